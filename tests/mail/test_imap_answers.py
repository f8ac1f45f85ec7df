"""What Microsoft 365 and Gmail answer when they will not: said as what it is, with the next step; a wait is kept."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from imapclient import IMAPClient
from sqlalchemy import select

from mail_month import make_settings, noon
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import JobRunner
from payclerk_core.tables import MailboxSilence
from payclerk_mailbox import poller
from payclerk_mailbox.checks import check_imap
from payclerk_mailbox.door import MailDoor
from payclerk_mailbox.imap_answers import LONGEST_WAIT, meaning_of
from payclerk_mailbox.poller import Poller
from payclerk_mailbox.watch import Watch
from scripted_imap import ScriptedImap
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from payclerk_core.settings import Settings

THROTTLED = "BAD Request is throttled. Suggested Backoff Time: 299992 milliseconds"
ANSWERS = {
    "m365 not connected": ({"SELECT": "BAD User is authenticated but not connected."}, "close other programs", None),
    "gmail folder": ({"SELECT": "NO [NONEXISTENT] Unknown Mailbox: Bills (Failure)"}, "PAYCLERK_IMAP_FOLDER", None),
    "dovecot folder": ({"SELECT": "NO Mailbox doesn't exist: Bills"}, "PAYCLERK_IMAP_FOLDER", None),
    "m365 throttled": ({"SELECT": THROTTLED}, "waits 300 s", 299.992),
    "gmail bandwidth": ({"LOGIN": "NO [OVERQUOTA] Account exceeded command or bandwidth limits."}, "throttled", 300.0),
    "wait in seconds": ({"LOGIN": "NO throttled, wait 45 seconds"}, "waits 45 s", 45.0),
    "wait in minutes": ({"LOGIN": "NO [UNAVAILABLE] busy, try again in 2 minutes"}, "waits 120 s", 120.0),
    "bare wait": ({"LOGIN": "NO throttled, wait 30"}, "waits 30 s", 30.0),
    "too many": ({"LOGIN": "NO [ALERT] Too many simultaneous connections. (Failure)"}, "too many connections", None),
    "imap off": ({"LOGIN": "NO [ALERT] Your account is not enabled for IMAP use."}, "switch it on", None),
    "not now": ({"LOGIN": "NO [UNAVAILABLE] Temporary System Problem"}, "tries again by itself", None),
    "password": ({"LOGIN": "NO [AUTHENTICATIONFAILED] Invalid credentials"}, "PAYCLERK_IMAP_PASSWORD", None),
}


@pytest.fixture
def scripted() -> Iterator[Callable[..., tuple[ScriptedImap, Settings]]]:
    servers: list[ScriptedImap] = []

    def make(**answers: str) -> tuple[ScriptedImap, Settings]:
        server = ScriptedImap(**answers)
        servers.append(server)
        facts: dict[str, Any] = {"imap_port": server.port, "imap_user": "billing@x.example", "imap_password": "p"}
        return server, make_settings(**facts, poll_seconds=1)

    yield make
    for server in servers:
        server.close()


@pytest.mark.parametrize(("answers", "words", "wait"), ANSWERS.values(), ids=ANSWERS)
def test_doctor_says_what_the_server_means(scripted: Any, answers: dict[str, str], words: str, wait: float | None):
    _, settings = scripted(**answers)
    with pytest.raises(OutsideError) as caught:
        check_imap(settings)
    assert words in caught.value.message
    assert "cannot be reached" not in caught.value.message
    assert caught.value.retry_after == wait
    assert not caught.value.permanent


def test_a_server_that_answers_is_read(scripted: Any):
    _, settings = scripted()
    assert check_imap(settings).startswith("signed in")


def test_nothing_of_the_servers_own_words_is_said():
    said = meaning_of(IMAPClient.Error("Unknown Mailbox: dana@harbor.example secret"))
    assert said is not None
    assert "dana" not in said.message


@pytest.mark.parametrize("words", ["please wait", "connection reset", "FETCH failed", "line 12 try again", ""])
def test_other_words_mean_nothing_special(words: str):
    assert meaning_of(IMAPClient.Error(words)) is None


def test_no_wait_is_longer_than_an_hour():
    said = meaning_of(IMAPClient.Error("throttled, wait 999999999 seconds"))
    assert said is not None
    assert said.retry_after == LONGEST_WAIT


def test_the_wait_that_was_asked_for_is_kept_whatever_rings_and_ends_when_stopped(
    scripted: Any, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(poller, "LONGEST_BACKOFF", 0)  # what a trouble without a wait would take
    server, settings = scripted(LOGIN="NO throttled, wait 60 seconds")
    database = Database(sqlite_url)
    one = Poller(settings, database, noon)
    thread = threading.Thread(target=one.run)
    with structlog.testing.capture_logs() as logs:
        thread.start()
        eventually(lambda: one.trouble is not None)
        began = time.monotonic()
        for _ in range(5):
            one.wake()
        thread.join(0.5)
        assert (thread.is_alive(), server.sign_ins) == (True, 1)
        one.stop()
        thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - began < 30
    assert "waits 60 s" in next(line["reason"] for line in logs if line["event"] == "mail_poll_trouble")
    one.close()
    database.close()


def test_the_notice_of_a_silent_mailbox_says_why_once_it_is_known(scripted: Any, sqlite_url: str):
    _, settings = scripted()
    database, clock, why = Database(sqlite_url), [0.0], [None, "the mail server (IMAP) has no such folder"]
    watch = Watch([settings], database, noon, steady=lambda: clock[0], trouble=lambda account: why[0])

    def reasons() -> list[str | None]:
        with database.reading() as session:
            return list(session.scalars(select(MailboxSilence.reason)))

    watch.look()
    clock[0] = 1000.0
    watch.look()
    assert reasons() == [None]
    why.pop(0)
    watch.look()
    assert reasons() == ["the mail server (IMAP) has no such folder"]
    database.close()


def test_the_door_tells_its_watch_what_the_poller_met(scripted: Any, sqlite_url: str):
    _, settings = scripted(SELECT="NO [NONEXISTENT] Unknown Mailbox: Bills (Failure)")
    database = Database(sqlite_url)
    door = MailDoor(settings, database, noon, JobRunner(database, noon, executor_id="mail"))
    door.start()
    eventually(lambda: door._watch._trouble(settings.account) is not None)
    assert "PAYCLERK_IMAP_FOLDER" in (door._watch._trouble(settings.account) or "")
    door.stop()
    database.close()
