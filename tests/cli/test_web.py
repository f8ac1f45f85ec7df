"""The HTTP door over a socket: what a monitor sees of the mailboxes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.request import urlopen

from mail_month import NOON, make_settings, noon
from payclerk.web import WebDoor
from payclerk_core.tables import MailFolder
from processes import free_port
from waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from payclerk_core.db import Database


def look(port: int, path: str) -> str:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""  # it does not listen yet


def test_the_age_of_the_last_good_look_is_there_for_each_mailbox_and_no_address(database: Database, tmp_path: Path):
    path = tmp_path / "mailboxes.toml"
    path.write_text("".join(f"[[mailbox]]\nname = '{name}'\nuser = '{name}@x'\n" for name in ("second", "never")))
    settings = make_settings(imap_user="main@x", mailboxes_file=path, web_port=free_port())
    with database.transaction() as session:
        for account, validity, seconds in (("main@x", 1, 900), ("main@x", 2, 40), ("second", 1, 300), ("gone", 1, 5)):
            polled_at = NOON - timedelta(seconds=seconds)
            folder = MailFolder(account=account, folder="INBOX", uidvalidity=validity, last_uid=0, polled_at=polled_at)
            session.add(folder)
    web = WebDoor(settings, database, noon)
    web.start()
    try:
        shown = eventually(lambda: look(settings.web_port, "/metrics"))
        health = look(settings.web_port, "/health")
    finally:
        web.stop()
    ages = [line for line in shown.splitlines() if line.startswith("payclerk_mail_poll_age_seconds")]
    assert ages == [
        'payclerk_mail_poll_age_seconds{mailbox="1"} 40.0',
        'payclerk_mail_poll_age_seconds{mailbox="2"} 300.0',
    ]
    assert json.loads(health) == {
        "status": "degraded",
        "mailboxes": [
            {"mailbox": 1, "last_read_seconds_ago": 40, "silent": False},
            {"mailbox": 2, "last_read_seconds_ago": 300, "silent": True},
            {"mailbox": 3, "last_read_seconds_ago": None, "silent": False},
        ],
        "late": [],
        "jobs_failed": 0,
        "oldest_job_seconds": 0,
        "processes": {},
        "restoring": False,
    }
    assert "@x" not in shown + health
