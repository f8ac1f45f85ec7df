"""The poller against real servers: woken by IDLE, outliving everything, one at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import select

from imap_servers import Dovecot
from mail_month import noon, promised, settings_for
from payclerk_core.db import Database, database_now
from payclerk_core.fleet import Heart, Pace
from payclerk_core.jobs import JobRunner
from payclerk_core.tables import InboxMail, MailFolder, MailLease
from payclerk_mailbox.bell import Bell
from payclerk_mailbox.door import MailDoor
from payclerk_mailbox.folders import Lease
from payclerk_mailbox.imap import ImapFolder, Selected, open_folder
from payclerk_mailbox.poller import Poller
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imap_servers import ImapServer, SecureDovecot
    from payclerk_core.settings import Settings

LETTER = b"From: Ana <ana@ridgeline.example>\r\nTo: billing@reply.maple.example\r\nSubject: Hello\r\n\r\nHello\r\n"


class Office:
    """A mail door over a mailbox of its own."""

    def __init__(self, server: ImapServer, url: str, **settings: int) -> None:
        self.server, self.user = server, server.new_user()
        self.settings: Settings = settings_for(server, self.user, **settings)
        self.db = Database(url)
        self.door = MailDoor(self.settings, self.db, noon, JobRunner(self.db, noon, executor_id="mail"))

    def deliver(self) -> None:
        self.server.deliver(self.user, LETTER)

    def polled(self) -> bool:
        with self.db.reading() as session:
            return any(row.polled_at for row in session.scalars(select(MailFolder)))

    def done(self) -> int:
        with self.db.reading() as session:
            rows = session.scalars(select(InboxMail)).all()
            return sum(row.status == "done" and row.flagged for row in rows)

    def close(self) -> None:
        self.door.stop()
        self.db.close()


@pytest.fixture
def office(imap_server: ImapServer, sqlite_url: str) -> Iterator[Office]:
    """Polls once an hour: what comes sooner came by IDLE or the bell."""
    office = Office(imap_server, sqlite_url, poll_seconds=3600)
    yield office
    office.close()


@pytest.fixture
def dovecot_office(dovecot_server: Dovecot, sqlite_url: str) -> Iterator[Office]:
    office = Office(dovecot_server, sqlite_url, poll_seconds=3600)
    yield office
    office.close()


def test_a_mail_no_thread_claims_is_done_flagged_and_put_before_a_person(office: Office):
    office.door.poll_once()
    office.deliver()
    office.door.poll_once()
    assert office.done() == 1
    assert promised(office.db) == ["slack.notice:unmatched:1"]


def test_idle_wakes_the_poller(office: Office):
    office.door.start()
    eventually(office.polled)
    office.deliver()
    eventually(office.done)


def test_a_wake_up_looks_at_once(office: Office):
    office.door.start()
    eventually(office.polled)
    office.door.wake()
    office.deliver()
    office.door.wake()
    eventually(office.done)


def test_a_server_without_idle_is_waited_out_and_the_bell_still_heard(dovecot_office: Office):
    bell = Bell()
    with open_folder(dovecot_office.settings) as folder:
        folder._can_idle = False
        folder.select()
        assert not folder.wait(0.01, bell)
        bell.ring()
        assert folder.wait(60, bell)
    bell.close()


def test_idle_that_ends_early_and_empty_is_not_worth_a_look(dovecot_office: Office):
    bell = Bell()
    with open_folder(dovecot_office.settings) as folder:
        folder.select()
        assert not folder.wait(0.01, bell)
    bell.close()


class MailComes(ImapFolder):
    """A folder into which a mail falls right after one of our steps."""

    falls = staticmethod(lambda: None)

    def select(self) -> Selected:
        selected = super().select()
        self.falls()
        return selected


def test_a_mail_that_comes_as_idle_begins_is_heard(secure_dovecot: SecureDovecot):
    """The server tells of it in one packet with its go-ahead: nothing more comes over the socket."""
    user, bell = secure_dovecot.new_user(), Bell()
    facts = {
        "imap_port": secure_dovecot.tls_port,
        "imap_security": "tls",
        "mail_ca_file": secure_dovecot.authority.file,
    }
    with open_folder(settings_for(secure_dovecot, user).model_copy(update=facts)) as opened:
        folder = MailComes(opened._client, "INBOX")
        folder.select()
        folder.uids_from(1)
        folder.falls = lambda: secure_dovecot.deliver(user, LETTER)
        assert folder.wait(3600, bell)
        assert folder._client.socket().gettimeout()
    bell.close()


def test_a_mail_that_came_between_the_look_and_the_wait_is_looked_for(office: Office):
    """The answer to a command in between has told of it, and IDLE is silent on it."""
    bell = Bell()
    with open_folder(office.settings) as folder:
        folder.select()
        assert folder.uids_from(1) == []
        office.deliver()
        folder.select()
        assert folder.wait(3600, bell)
        assert folder.uids_from(1) == [folder._selected.uidnext - 1]
        assert not folder.wait(0.01, bell)
    bell.close()


def test_the_poller_outlives_a_server_that_stops_and_starts(dovecot_office: Office):
    office = dovecot_office
    with structlog.testing.capture_logs() as logs:
        office.door.start()
        eventually(office.polled)
        office.server.stop()
        eventually(lambda: "mail_poll_trouble" in [line["event"] for line in logs])
        office.deliver()
        office.server.start()
        eventually(office.done, timeout=30)
    events = [line["event"] for line in logs]
    assert events.count("mail_poll_recovered") == 1
    assert "mail_fault" not in events
    assert office.user not in str(logs)


def test_a_wrong_password_is_said_once_and_without_the_password(dovecot_server: Dovecot, sqlite_url: str):
    office = Office(dovecot_server, sqlite_url)
    wrong = settings_for(dovecot_server, office.user)
    wrong = wrong.model_copy(update={"imap_password": type(wrong.imap_password)("not-the-secret")})
    poller = Poller(wrong, office.db, noon)
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(Exception, match="PAYCLERK_IMAP_PASSWORD") as caught:
                poller.poll_once()
            poller._note_trouble(caught.value)
    assert len(logs) == 1
    assert "not-the-secret" not in str(logs)
    poller.close()
    office.close()


def test_it_stops_at_once_while_it_waits(office: Office):
    office.door.start()
    eventually(office.polled)
    office.door.stop()
    assert not any(thread.is_alive() for thread in office.door._threads)
    with office.db.reading() as session:  # and the mailbox is free for the next
        assert session.scalars(select(MailLease.until)).one() <= database_now(session)


def lease(db: Database, holder: str) -> Lease:
    return Lease(db, "billing@x", holder, timedelta(seconds=90))


def test_one_poller_at_a_time_and_the_next_when_the_lease_runs_out(database: Database):
    assert lease(database, "one").take()
    assert lease(database, "one").take()
    assert not lease(database, "two").take()
    move_lease(database, -timedelta(seconds=120))
    assert lease(database, "two").take()
    assert not lease(database, "one").take()


def move_lease(db: Database, by: timedelta) -> None:
    with db.transaction() as session:
        row = session.scalars(select(MailLease)).one()
        row.until += by


def test_a_released_lease_is_free(database: Database):
    assert lease(database, "one").take()
    lease(database, "two").release()
    assert not lease(database, "two").take()
    lease(database, "one").release()
    assert lease(database, "two").take()


def test_a_lease_of_a_clock_that_was_set_back_does_not_hold_for_ever(database: Database):
    assert lease(database, "one").take()
    move_lease(database, timedelta(days=30))
    assert lease(database, "two").take()


def test_the_heartbeat_keeps_the_mailbox_of_its_process_and_no_other(database: Database):
    assert lease(database, "one").take()
    assert Lease(database, "second@x", "two", timedelta(seconds=90)).take()
    move = select(MailLease.account, MailLease.until).order_by(MailLease.account)
    with database.reading() as session:
        before = {row.account: row.until for row in session.execute(move)}
    Heart(database, "one", Pace(timedelta(seconds=100)), lambda _judge: None).beat()
    with database.reading() as session:
        after = {row.account: row.until for row in session.execute(move)}
    assert after["billing@x"] > before["billing@x"] + timedelta(seconds=400)
    assert after["second@x"] == before["second@x"]


def test_a_second_poller_leaves_the_mailbox_to_the_first(dovecot_office: Office):
    office = dovecot_office
    assert office.door.poll_once()
    other = Poller(office.settings, office.db, noon)
    assert not other.poll_once()
    other.close()
