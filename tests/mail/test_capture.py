"""Getting mail off real servers: nothing lost, nothing twice, whatever happens between two steps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from imap_servers import Dovecot
from mail_month import noon, promised, settings_for
from payclerk_core.db import Database
from payclerk_core.tables import InboxMail, MailFolder
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.imap import ImapFolder, UnreadableMailError, open_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imap_servers import ImapServer
    from payclerk_core.settings import Settings


def mail(text: str, message_id: str | None = None) -> bytes:
    head = "" if message_id is None else f"Message-ID: <{message_id}>\r\n"
    return (
        f"From: ana@ridgeline.example\r\nTo: billing@reply.example\r\n{head}Subject: {text}\r\n\r\n{text}\r\n".encode()
    )


@dataclass
class Mailbox:
    """A mailbox on a server, and the database its mail goes to."""

    server: ImapServer
    user: str
    settings: Settings
    db: Database

    def deliver(self, *texts: str) -> None:
        for text in texts:
            self.server.deliver(self.user, mail(text))

    def capture(self, **limits: int) -> Capture:
        return Capture(self.settings, self.db, noon, **limits)

    def poll(self, **limits: int) -> bool:
        with open_folder(self.settings) as folder:
            return self.capture(**limits).run(folder)

    def rows(self) -> list[InboxMail]:
        with self.db.reading() as session:
            rows = list(session.scalars(select(InboxMail).order_by(InboxMail.uidvalidity, InboxMail.uid)))
            for row in rows:
                assert isinstance(row.raw, bytes)
            return rows

    def texts(self) -> list[str]:
        return [row.raw.decode().rsplit("\r\n\r\n", 1)[-1].strip() for row in self.rows() if row.raw]

    def folders(self) -> list[MailFolder]:
        with self.db.reading() as session:
            return list(session.scalars(select(MailFolder).order_by(MailFolder.id)))

    def seen(self) -> list[bool]:
        with open_folder(self.settings) as folder:
            folder.select()
            flags = folder._client.get_flags(folder.uids_from(1))
            return [b"\\Seen" in flags[uid] for uid in sorted(flags)]


def mailbox_on(server: ImapServer, db: Database) -> Mailbox:
    user = server.new_user()
    return Mailbox(server, user, settings_for(server, user), db)


@pytest.fixture
def mailbox(imap_server: ImapServer, database: Database) -> Mailbox:
    """Connected once, so that what comes from now on is new."""
    box = mailbox_on(imap_server, database)
    box.poll()
    return box


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    db = Database(sqlite_url)
    yield db
    db.close()


@pytest.fixture
def dovecot_mailbox(dovecot_server: Dovecot, sqlite_database: Database) -> Mailbox:
    box = mailbox_on(dovecot_server, sqlite_database)
    box.poll()
    return box


def test_mail_is_kept_byte_for_byte_with_the_servers_own_time(mailbox: Mailbox):
    raw = mail("ACCEPT", "1@ridgeline.example")
    mailbox.server.deliver(mailbox.user, raw)
    mailbox.poll()
    [row] = mailbox.rows()
    assert row.raw == raw
    assert (row.status, row.size, row.captured_at) == ("new", len(raw), noon())
    assert row.arrived_at.tzinfo is not None


def test_the_first_connect_takes_nothing_that_was_there_before(imap_server: ImapServer, database: Database):
    box = mailbox_on(imap_server, database)
    box.deliver("old", "older")
    box.poll()
    assert box.rows() == []
    box.deliver("new")
    box.poll()
    assert box.texts() == ["new"]


def test_polling_again_takes_nothing_twice(mailbox: Mailbox):
    mailbox.deliver("one", "two")
    mailbox.poll()
    mailbox.poll()
    assert mailbox.texts() == ["one", "two"]
    [folder] = mailbox.folders()
    assert folder.last_uid == mailbox.rows()[-1].uid
    assert folder.polled_at == noon()


def test_capturing_does_not_mark_mail_read_and_flagging_marks_only_what_is_done(mailbox: Mailbox):
    mailbox.deliver("one", "two")
    mailbox.poll()
    assert mailbox.seen() == [False, False]
    with mailbox.db.transaction() as session:
        session.scalars(select(InboxMail).order_by(InboxMail.uid)).first().status = "done"
    for _ in range(2):
        with open_folder(mailbox.settings) as folder:
            mailbox.capture().flag(folder)
        assert mailbox.seen() == [True, False]
    assert [row.flagged for row in mailbox.rows()] == [True, False]


def test_mail_a_person_has_read_in_the_mailbox_is_taken_all_the_same(mailbox: Mailbox):
    mailbox.deliver("one")
    with open_folder(mailbox.settings) as folder:
        folder.select()
        folder.mark_seen(folder.uids_from(1))
    mailbox.poll()
    assert mailbox.texts() == ["one"]


def test_mails_without_or_with_the_same_message_id_are_all_kept(mailbox: Mailbox):
    for raw in (mail("a"), mail("b"), mail("c", "same@x.example"), mail("d", "same@x.example")):
        mailbox.server.deliver(mailbox.user, raw)
    mailbox.poll()
    assert mailbox.texts() == ["a", "b", "c", "d"]


def test_a_run_takes_so_many_and_says_that_there_is_more(mailbox: Mailbox):
    mailbox.deliver("one", "two", "three")
    assert mailbox.poll(mails_a_run=2)
    assert mailbox.texts() == ["one", "two"]
    assert not mailbox.poll(mails_a_run=2)
    assert mailbox.texts() == ["one", "two", "three"]


def test_a_mail_that_is_too_large_is_kept_in_part_and_put_before_a_person(mailbox: Mailbox):
    mailbox.server.deliver(mailbox.user, mail("x" * 200_000))
    mailbox.deliver("small")
    mailbox.poll(max_bytes=100_000)
    large, small = mailbox.rows()
    assert (large.status, len(large.raw)) == ("oversize", 65_536)
    assert large.size > 200_000
    assert small.status == "new"
    assert promised(mailbox.db) == [f"slack.notice:oversize:{large.id}"]


class Dies(ImapFolder):
    """A connection that breaks at one call."""

    deadly = ""

    def __getattribute__(self, name: str):
        if name == type(self).deadly:
            raise ConnectionResetError
        return super().__getattribute__(name)


@pytest.mark.parametrize("step", ["uids_from", "facts", "raw"])
def test_a_death_before_any_step_on_the_server_is_made_good_by_the_next_poll(mailbox: Mailbox, step: str):
    mailbox.deliver("one", "two")
    deadly = type("Deadly", (Dies,), {"deadly": step})
    with pytest.raises(ConnectionResetError), open_folder(mailbox.settings) as folder:
        mailbox.capture().run(deadly(folder._client, "INBOX"))
    mailbox.poll()
    assert mailbox.texts() == ["one", "two"]


def test_a_death_after_the_first_mail_was_stored_loses_and_doubles_nothing(mailbox: Mailbox):
    mailbox.deliver("one", "two", "three")
    mailbox.poll(mails_a_run=1)
    with mailbox.db.transaction() as session:  # stored, and last_uid not yet moved on
        session.scalars(select(MailFolder)).one().last_uid -= 1
    mailbox.poll()
    assert mailbox.texts() == ["one", "two", "three"]


class Refuses(ImapFolder):
    """A server that does not hand over one mail."""

    bad = 0

    def raw(self, uid: int) -> bytes:
        if uid == self.bad:
            raise UnreadableMailError
        return super().raw(uid)


def test_a_mail_the_server_does_not_hand_over_stops_no_other_and_ends_before_a_person(dovecot_mailbox: Mailbox):
    box = dovecot_mailbox
    box.deliver("one", "bad", "three")
    capture = box.capture()
    for expected in (["one", "three"], ["one", "three"], ["one", "three"]):
        with open_folder(box.settings) as folder:
            bad = Refuses(folder._client, "INBOX")
            bad.bad = 2
            capture.run(bad)
        assert box.texts() == expected
    assert [row.status for row in box.rows()] == ["new", "quarantine", "new"]
    assert promised(box.db) == [f"slack.notice:quarantine:{box.rows()[1].id}"]


def test_two_pollers_at_once_keep_each_mail_once(mailbox: Mailbox):
    texts = [f"mail {number}" for number in range(12)]
    mailbox.deliver(*texts)
    start = Barrier(2)

    def poll() -> None:
        start.wait()
        mailbox.poll()

    pollers = [Thread(target=poll) for _ in range(2)]
    for poller in pollers:
        poller.start()
    for poller in pollers:
        poller.join()
    mailbox.poll()
    assert sorted(mailbox.texts()) == sorted(texts)


def test_a_changed_uidvalidity_is_read_again_and_known_mail_is_known(dovecot_mailbox: Mailbox):
    box = dovecot_mailbox
    box.deliver("one", "two")
    box.poll()
    box.server.renumber(box.user)
    box.deliver("three")
    box.poll()
    box.poll()
    assert sorted(box.texts()) == ["one", "three", "two"]
    assert sorted(row.kind or "" for row in box.rows()) == ["", "", "", "copy", "copy"]
    assert [folder.last_uid for folder in box.folders()] == [2, 3]


def test_a_changed_uidvalidity_brings_in_nothing_from_before_the_first_connect(
    dovecot_server: Dovecot, sqlite_database: Database
):
    box = mailbox_on(dovecot_server, sqlite_database)
    box.deliver("long ago")
    for file in (dovecot_server._inbox(box.user) / "new").iterdir():
        os.utime(file, (1_700_000_000, 1_700_000_000))  # what Dovecot takes for the time of arrival
    box.poll()
    box.deliver("ours")
    box.poll()
    box.server.renumber(box.user)
    box.poll()
    assert box.texts() == ["ours"]
    assert [row.kind for row in box.rows()] == [None, "older", "copy"]
    box.deliver("next")
    box.poll()
    assert box.texts() == ["ours", "next"]
