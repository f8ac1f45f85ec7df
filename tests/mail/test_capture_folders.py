"""Folders with names in any script, and mail that is put away once it is dealt with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import select

from mail_month import noon, settings_for
from payclerk_core.db import Database
from payclerk_core.tables import InboxMail
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.imap import ImapFolder, open_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from imap_servers import Dovecot, ImapServer
    from payclerk_core.settings import Settings


def letter(text: str) -> bytes:
    return f"From: ana@ridgeline.example\r\nSubject: {text}\r\n\r\n{text}\r\n".encode()


class Mailbox:
    """A mailbox of one's own on the server, read from `folder`, put away into `processed`."""

    def __init__(
        self, server: ImapServer, db: Database, *, folder: str = "INBOX", processed: str | None = None
    ) -> None:
        self.server, self.db, self.user = server, db, server.new_user()
        self.settings: Settings = settings_for(server, self.user, imap_folder=folder, imap_processed_folder=processed)
        self.capture = Capture(self.settings, db, noon)

    def poll(self, *, done: bool = True, folder_type: type[ImapFolder] = ImapFolder) -> None:
        with open_folder(self.settings) as folder:
            kind = folder_type(folder._client, self.settings.imap_folder)
            self.capture.run(kind)
            if done:
                self.finish()
            self.capture.flag(kind)

    def finish(self) -> None:
        with self.db.transaction() as session:
            for row in session.scalars(select(InboxMail).where(InboxMail.status == "new")):
                row.status = "done"

    def there(self, name: str) -> list[str]:
        """What is in a folder, by its text, with a star on what is marked as read."""
        with open_folder(self.settings) as folder:
            client = folder._client
            client.select_folder(name)
            uids = client.search()
            rows = client.fetch(uids, ["BODY.PEEK[TEXT]", "FLAGS"])
            texts = {uid: row[b"BODY[TEXT]"].decode().strip() for uid, row in rows.items()}
            return [texts[uid] + "*" * (b"\\Seen" in rows[uid][b"FLAGS"]) for uid in sorted(rows)]

    def texts(self) -> list[str]:
        with self.db.reading() as session:
            rows = session.scalars(select(InboxMail).order_by(InboxMail.uid)).all()
            return [row.raw.decode().rsplit("\r\n\r\n", 1)[-1].strip() for row in rows]

    def flagged(self) -> list[bool]:
        with self.db.reading() as session:
            return list(session.scalars(select(InboxMail.flagged).order_by(InboxMail.uid)))


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """One kind is enough: what is tested here is on the server."""
    database = Database(sqlite_url)
    yield database
    database.close()


def is_read_from(server: ImapServer, database: Database, name: str) -> None:
    box = Mailbox(server, database, folder=name)
    with open_folder(box.settings) as folder:
        folder._client.create_folder(name)
        assert name in [found for _, _, found in folder._client.list_folders()]
    box.poll()
    with open_folder(box.settings) as folder:
        folder._client.append(name, letter("Rechnung"))
    box.poll()
    assert box.texts() == ["Rechnung"]
    assert box.there(name) == ["Rechnung*"]


def test_a_folder_is_found_by_its_name_on_either_server(imap_server: ImapServer, database: Database):
    is_read_from(imap_server, database, "Rechnungen/Größe 請求")


@pytest.mark.parametrize("name", ["Éléments traités", "Tom & Jerry", "Счета", "😀 bills", 'a "quoted" \\ one'])
def test_a_folder_is_found_by_its_name_in_any_script(dovecot_server: Dovecot, database: Database, name: str):
    is_read_from(dovecot_server, database, name)


@pytest.fixture
def tidy(imap_server: ImapServer, database: Database) -> Mailbox:
    """Polled once; what is dealt with goes to a folder that is not there yet."""
    box = Mailbox(imap_server, database, processed="Erledigt für 請求")
    box.poll()
    return box


def deliver(box: Mailbox, *texts: str) -> None:
    for text in texts:
        box.server.deliver(box.user, letter(text))


def test_what_is_done_is_put_away_and_what_waits_stays(tidy: Mailbox):
    deliver(tidy, "one", "two")
    tidy.poll()
    deliver(tidy, "three")
    tidy.poll(done=False)
    tidy.poll(done=False)
    assert tidy.there("INBOX") == ["three"]
    assert tidy.there("Erledigt für 請求") == ["one*", "two*"]
    assert tidy.texts() == ["one", "two", "three"]
    assert tidy.flagged() == [True, True, False]


class DiesAfterTheMove(ImapFolder):
    def move(self, uids: Collection[int], target: str) -> bool:
        super().move(uids, target)
        raise ConnectionResetError


def test_a_death_right_after_the_move_is_made_good_and_moves_nothing_twice(dovecot_server: Dovecot, database: Database):
    tidy = Mailbox(dovecot_server, database, processed="Erledigt für 請求")
    tidy.poll()
    deliver(tidy, "one", "two")
    with pytest.raises(ConnectionResetError):
        tidy.poll(folder_type=DiesAfterTheMove)
    assert tidy.flagged() == [False, False]
    tidy.poll()
    assert tidy.there("Erledigt für 請求") == ["one*", "two*"]
    assert tidy.flagged() == [True, True]


class KnowsOnly(ImapFolder):
    """A server of fewer words."""

    words: tuple[bytes, ...] = ()

    def move(self, uids: Collection[int], target: str) -> bool:
        self._client._cached_capabilities = self.words
        return super().move(uids, target)


class WithoutMove(KnowsOnly):
    words = (b"IMAP4REV1", b"UIDPLUS")


class WithNeither(KnowsOnly):
    words = (b"IMAP4REV1",)


def test_without_move_a_mail_is_copied_and_only_that_one_expunged(dovecot_server: Dovecot, database: Database):
    box = Mailbox(dovecot_server, database, processed="Done")
    box.poll()
    deliver(box, "a person has deleted this")
    box.poll(done=False)
    with open_folder(box.settings) as folder:
        folder.select()
        folder._client.delete_messages([1])
    with box.db.transaction() as session:
        session.scalars(select(InboxMail)).one().status = "quarantine"
    deliver(box, "one")
    box.poll(folder_type=WithoutMove)
    assert box.there("INBOX") == ["a person has deleted this"]
    assert box.there("Done") == ["one*"]


def test_a_death_between_copy_and_expunge_leaves_one_copy(dovecot_server: Dovecot, database: Database):
    box = Mailbox(dovecot_server, database, processed="Done")
    box.poll()
    deliver(box, "one")
    with open_folder(box.settings) as folder:
        folder.select()
        folder._client.create_folder("Done")
        folder._client.copy([1], "Done")
        folder._client.delete_messages([1])
    box.poll(folder_type=WithoutMove)
    assert box.there("INBOX") == []
    assert len(box.there("Done")) == 1


def test_a_server_that_can_neither_keeps_the_mail_where_it_is(dovecot_server: Dovecot, database: Database):
    box = Mailbox(dovecot_server, database, processed="Done")
    box.poll()
    deliver(box, "one")
    with structlog.testing.capture_logs() as logs:
        box.poll(folder_type=WithNeither)
    assert box.there("INBOX") == ["one*"]
    assert "mail_not_moved" in [line["event"] for line in logs]
    assert box.flagged() == [True]
