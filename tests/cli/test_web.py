"""The HTTP door over a socket: what a monitor sees of the mailboxes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from sqlalchemy import text

from mail_inbox import Inbox
from mail_month import NOON, call_of, make_settings, noon
from payclerk.web import WebDoor
from payclerk_core.actions.restoring import begin_restoration
from payclerk_core.db import database_now
from payclerk_core.jobs import promise
from payclerk_core.tables import Executor, MailFolder
from processes import free_port
from waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from payclerk_core.db import Database
    from payclerk_core.settings import Settings


def look(port: int, path: str) -> str:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""  # it does not listen yet


def what_is_watched(settings: Settings, database: Database) -> tuple[str, dict[str, Any]]:
    """The metrics and the health of a door that is opened for it."""
    web = WebDoor(settings, database, noon)
    web.start()
    try:
        metrics = eventually(lambda: look(settings.web_port, "/metrics"))
        return metrics, json.loads(look(settings.web_port, "/health"))
    finally:
        web.stop()


def test_the_age_of_the_last_good_look_is_there_for_each_mailbox_and_no_address(database: Database, tmp_path: Path):
    path = tmp_path / "mailboxes.toml"
    path.write_text("".join(f"[[mailbox]]\nname = '{name}'\nuser = '{name}@x'\n" for name in ("second", "never")))
    settings = make_settings(imap_user="main@x", mailboxes_file=path, web_port=free_port())
    with database.transaction() as session:
        for account, validity, seconds in (("main@x", 1, 900), ("main@x", 2, 40), ("second", 1, 300), ("gone", 1, 5)):
            polled_at = NOON - timedelta(seconds=seconds)
            folder = MailFolder(account=account, folder="INBOX", uidvalidity=validity, last_uid=0, polled_at=polled_at)
            session.add(folder)
    shown, health = what_is_watched(settings, database)
    ages = [line for line in shown.splitlines() if line.startswith("payclerk_mail_poll_age_seconds")]
    assert ages == [
        'payclerk_mail_poll_age_seconds{mailbox="1"} 40.0',
        'payclerk_mail_poll_age_seconds{mailbox="2"} 300.0',
    ]
    assert health == {
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
    assert "@x" not in shown + json.dumps(health)


def test_the_age_of_the_oldest_job_and_the_processes_that_live_are_there(database: Database):
    """An hour by the database's clock, counted from the promise, though the job was tried since."""
    settings = make_settings(web_port=free_port())
    with database.transaction() as session:
        promise(session, "mail.send", "1", {"recipient_id": 1})
        promise(session, "bulk.run", "1", {"batch_id": 1})
        now = database_now(session)
        for name, seconds in (("mail@a/1", 1), ("mail@b/2", 2), ("bot@a/3", 3), ("clock@gone/4", 3600)):
            session.add(Executor(id=name, kind=name.partition("@")[0], beats_at=now - timedelta(seconds=seconds)))
    table = "workflow_status" if database.engine.dialect.name == "sqlite" else "dbos.workflow_status"
    old = (
        f"UPDATE {table} SET created_at = created_at - 3600000, status = 'SUCCESS' WHERE workflow_uuid = 'mail.send:1'"  # noqa: S608
    )
    with database.engine.begin() as connection:
        connection.execute(text(old))
    with database.transaction() as session:
        promise(session, "mail.send", "1", {"recipient_id": 1}, attempt=2, wait=60)
    shown, health = what_is_watched(settings, database)
    found = dict(line.rpartition(" ")[::2] for line in shown.splitlines() if not line.startswith("#"))
    assert 3600 <= float(found['payclerk_job_age_seconds{job="mail.send"}']) < 4200
    assert 0 <= float(found['payclerk_job_age_seconds{job="bulk.run"}']) < 600
    assert found['payclerk_jobs_waiting{job="mail.send"}'] == "1.0"
    assert {key: found[key] for key in found if key.startswith("payclerk_processes")} == {
        'payclerk_processes{kind="bot"}': "1.0",
        'payclerk_processes{kind="mail"}': "2.0",
    }
    assert 3600 <= health["oldest_job_seconds"] < 4200
    assert health["processes"] == {"bot": 1, "mail": 2}


def test_a_restore_that_is_being_settled_is_there_with_the_letters_that_are_held(database: Database):
    inbox = Inbox(database)  # three people were invited, and no letter has gone out
    settings = make_settings(web_port=free_port())
    with database.transaction() as session:
        begin_restoration(call_of(session, inbox.settings, inbox.month.pat), None)
    shown, health = what_is_watched(settings, database)
    assert "payclerk_letters_held 3.0" in shown.splitlines()
    assert (health["status"], health["restoring"]) == ("degraded", True)
