"""Reading a mailbox again after a restore: what the database does not hold is stored, once, wherever it lies by now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from mail_month import noon, promised, settings_for
from payclerk_core.db import Database
from payclerk_core.tables import InboxMail
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.imap import ImapFolder, UnreadableMailError, open_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imap_servers import ImapServer

DAY = timedelta(days=1)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """What is tested here is on the server."""
    database = Database(sqlite_url)
    yield database
    database.close()


class Mailbox:
    """A mailbox whose dealt-with mail lies in Done."""

    def __init__(self, server: ImapServer, db: Database) -> None:
        self.server, self.db, self.user = server, db, server.new_user()
        self.settings = settings_for(server, self.user, imap_processed_folder="Done")
        self.done = settings_for(server, self.user, imap_folder="Done")
        self.deal_with()  # connected once, so that what comes from now on is new

    def deal_with(self, *mails: bytes) -> None:
        for mail in mails:
            self.server.deliver(self.user, mail)
        capture = Capture(self.settings, self.db, noon)
        with open_folder(self.settings) as folder:
            capture.run(folder)
            with self.db.transaction() as session:
                for row in session.scalars(select(InboxMail).where(InboxMail.status == "new")):
                    row.status = "done"
            capture.flag(folder)

    def lose(self, *subjects: bytes) -> None:
        """As a backup made before these came."""
        with self.db.transaction() as session:
            for row in session.scalars(select(InboxMail)):
                if any(subject in row.raw for subject in subjects):
                    session.execute(delete(InboxMail).where(InboxMail.id == row.id))

    def reread(self, *, later: timedelta = -DAY, kind: type[ImapFolder] = ImapFolder) -> int:
        with open_folder(self.done) as folder:
            first = folder.facts(_all(folder))
            since = max((one.arrived_at for one in first.values()), default=noon()) + later
            return Capture(self.done, self.db, noon).reread(kind(folder._client, "Done"), since)

    def new(self) -> list[str]:
        query = select(InboxMail).where(InboxMail.status != "done").order_by(InboxMail.uid)
        with self.db.reading() as session:
            return [row.raw.decode().rpartition("\r\n\r\n")[2].strip() or row.status for row in session.scalars(query)]


def _all(folder: ImapFolder) -> list[int]:
    folder.select()
    return list(folder.uids_from(1))


def mail(text: str, message_id: str) -> bytes:
    head = f"From: ana@ridgeline.example\r\nMessage-ID: <{message_id}>\r\nSubject: {text}\r\n\r\n"
    return f"{head}{text}\r\n".encode()


def test_what_the_database_does_not_hold_is_stored_once(imap_server: ImapServer, database: Database) -> None:
    box = Mailbox(imap_server, database)
    box.deal_with(mail("kept", "1@x"), mail("lost", "2@x"), mail("lost too, under the same id", "2@x"))
    box.lose(b"lost")
    assert box.reread() == 2
    assert box.new() == ["lost", "lost too, under the same id"]
    assert box.reread() == 0
    assert len(box.new()) == 2


def test_older_mail_is_not_asked_for(imap_server: ImapServer, database: Database) -> None:
    box = Mailbox(imap_server, database)
    box.deal_with(mail("old", "1@x"))
    box.lose(b"old")
    assert box.reread(later=DAY) == 0


def test_a_mail_that_is_not_handed_over_is_put_before_a_person(imap_server: ImapServer, database: Database) -> None:
    class Stubborn(ImapFolder):
        def raw(self, uid: int) -> bytes:  # noqa: ARG002
            raise UnreadableMailError

    box = Mailbox(imap_server, database)
    box.deal_with(mail("lost", "1@x"))
    box.lose(b"lost")
    assert box.reread(kind=Stubborn) == 1
    assert box.new() == ["quarantine"]
    assert len(promised(database, "slack.notice")) == 1
    assert box.reread() == 0
