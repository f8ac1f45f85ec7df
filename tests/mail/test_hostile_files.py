"""Files and signatures that cost more than they may: the poller goes on, others write, and somebody is told of the file."""

from __future__ import annotations

import base64
import os
import signal
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

import hostile_files
from dkim_mail import sign
from mail_inbox import MINE, Inbox
from mail_month import noon
from payclerk_core.db import Database
from payclerk_core.tables import Attachment, Event, InboxMail, Person, ReplyToken
from payclerk_mailbox.guard import GuardedReader
from payclerk_mailbox.handling import Handling
from payclerk_mailbox.identity import own_identity
from payclerk_mailbox.reading.opening import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from payclerk_mailbox.reading.opening import OpenedFile


class Watched(GuardedReader):
    """A reader with a short clock; whenever it is asked anything, somebody else writes to the database and may not wait."""

    def __init__(self, inbox: Inbox | None = None) -> None:
        super().__init__(cpu_seconds=0.5)
        self.inbox, self.asked = inbox, 0
        self.meanwhile: Callable[[], None] = lambda: None

    def _ask(self, request: Any) -> Any:
        self.asked += 1
        assert self.inbox
        file = self.inbox.db.url.removeprefix("sqlite:///")
        with sqlite3.connect(file, timeout=0) as other:
            other.execute("UPDATE mail_lease SET holder = holder")
        other.close()
        if request.asked is not None:
            self.meanwhile()
        return super()._ask(request)


@pytest.fixture
def inbox(sqlite_url: str) -> Iterator[Inbox]:
    database = Database(sqlite_url)
    yield Inbox(database)
    database.close()


@pytest.fixture(scope="module")
def process() -> Iterator[Watched]:
    process = Watched()
    yield process
    process.close()


@pytest.fixture
def reader(process: Watched, inbox: Inbox) -> Watched:
    """One process for all of them, as the poller keeps it."""
    process.inbox, process.asked, process.meanwhile = inbox, 0, lambda: None
    return process


def take(inbox: Inbox, reader: Watched, mail: Any) -> InboxMail:
    key = inbox.put(mail)
    Handling(inbox.settings, inbox.db, noon, keys=inbox.keys, reader=reader).run()
    with inbox.db.reading() as session:
        return session.get_one(InboxMail, key)


def test_somebody_who_may_not_write_while_a_mail_is_read_would_be_noticed(inbox: Inbox, reader: Watched):
    with inbox.db.transaction() as session:
        session.connection()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            reader.look(b"From: a@b.example\n\nhi", own_identity(inbox.settings))


def test_a_mail_that_hangs_the_reader_when_it_is_judged_is_put_aside_with_its_reason_and_stops_no_other(inbox: Inbox):
    class Hanging(Watched):
        def _ask(self, request: Any) -> Any:
            hangs = request.asked is not None and inbox.month.dana.name in request.asked.names
            self._wall_seconds = 0.1 if hangs else 30
            if hangs:
                os.kill(self._running().pid, signal.SIGSTOP)
            return super()._ask(request)

    reader = Hanging(inbox)
    poison = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    good = take(inbox, reader, inbox.answer(inbox.month.sam, "ACCEPT"))
    for _ in range(3):
        Handling(inbox.settings, inbox.db, noon, reader=reader).run()
    reader.close()
    with inbox.db.reading() as session:
        row = session.get_one(InboxMail, poison)
    assert good.status == "done"
    assert (row.status, row.attempts) == ("quarantine", 3)
    assert "took too long to read" in (row.reason or "")
    assert f"quarantine:{poison}" in inbox.notices()
    assert inbox.status(inbox.month.plumbing) == "invited"


TABLES = {
    "archives in archives.xlsx": hostile_files.archive_of_archives,
    "shared strings without end.xlsx": hostile_files.many_strings,
    "elements in elements.xlsx": hostile_files.nested_xml,
    "a million empty cells.xlsx": hostile_files.empty_cells,
    "left closed after two of them.csv": lambda: b"a,b\n1,2\n",
}
PDFS = {
    "pages in pages.pdf": hostile_files.deep_pages,
    "pages in a circle.pdf": hostile_files.circle_of_pages,
    "a page that unpacks to far more.pdf": hostile_files.deflated_page,
    "a page that repeats itself.pdf": hostile_files.busy_page,
}


@pytest.mark.parametrize(
    ("files", "hard"),
    [(TABLES, [*TABLES][2:]), (PDFS, ["a page that repeats itself.pdf"])],
    ids=["workbooks", "PDFs"],
)
def test_hostile_files_are_kept_and_named_and_the_answer_beside_them_counts(
    files: dict[str, Callable[[], bytes]], hard: list[str], inbox: Inbox, reader: Watched
):
    made = [(name, make()) for name, make in files.items()]
    row = take(inbox, reader, inbox.answer(inbox.month.dana, "ACCEPT", files=made))
    assert (row.status, row.attempts) == ("done", 1)
    assert inbox.status(inbox.month.plumbing) == "accepted"
    [line] = inbox.log()
    assert f"not opened: {', '.join(hard)}" in (line.decision_why or "")
    assert f"unclear:{line.id}" in inbox.notices()
    with inbox.db.reading() as session:
        [event] = session.scalars(select(Event).where(Event.verb == "files_unopened"))
        kept = session.scalars(select(Attachment.name).where(Attachment.message_id == line.id)).all()
    assert event.after == {"files": hard}
    assert sorted(kept) == sorted(files)


def test_a_form_beyond_the_limits_is_answered_by_its_name(inbox: Inbox, reader: Watched):
    files = [("Billing form SC-001 claim 1.xlsx", hostile_files.nested_xml())]
    row = take(inbox, reader, inbox.answer(inbox.month.dana, "", files=files))
    assert row.status == "done"
    [letter] = inbox.letters("file_refused")
    assert "Billing form SC-001 claim 1.xlsx" in letter.text
    assert "took too long to read" in letter.text


def test_a_reader_that_is_ended_from_outside_opens_the_file_at_the_second_try(inbox: Inbox):
    class Struck(Watched):
        struck = False

        def open(self, content: bytes, purpose: Purpose) -> OpenedFile:
            if not self.struck:
                self.struck = True
                self.ready()
                assert self._process is not None
                os.kill(self._process.pid, signal.SIGSTOP)  # then ended for doing nothing
                self._wall_seconds = 0.1
            else:
                self._wall_seconds = 30
            return super().open(content, purpose)

    reader = Struck(inbox)
    take(inbox, reader, inbox.answer(inbox.month.dana, "ACCEPT", files=[("a.csv", b"a,b\n1,2\n")]))
    reader.close()
    assert inbox.status(inbox.month.plumbing) == "accepted"


def giant_key() -> bytes:
    """A key whose exponent is as long as its number: to raise to it takes minutes."""
    number = (1 << 20_000) - 1
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der_key(number, number - 2))


def der_key(modulus: int, exponent: int) -> bytes:
    numbers = b"".join(
        tagged(2, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in (modulus, exponent)
    )
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    return tagged(0x30, algorithm + tagged(3, b"\x00" + tagged(0x30, numbers)))


def tagged(tag: int, content: bytes) -> bytes:
    length = len(content).to_bytes(3, "big")
    return bytes([tag, 0x83]) + length + content


def signed_by(inbox: Inbox, times: int = 1) -> bytes:
    raw = inbox.answer(inbox.month.dana, "ACCEPT", Authentication_Results=f"{MINE}; none").as_bytes()
    signed = sign(raw, "harbor.example")
    header = signed[: len(signed) - len(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))]
    return header * (times - 1) + signed


@pytest.mark.parametrize(("times", "names"), [(300, ["s1._domainkey.harbor.example"]), (1000, [])])
def test_signatures_that_take_too_long_vouch_for_nobody_and_the_mail_is_logged(
    times: int, names: list[str], inbox: Inbox, reader: Watched
):
    asked: list[str] = []
    key = giant_key()
    inbox.keys = lambda name: asked.append(name) or key
    row = take(inbox, reader, signed_by(inbox, times))
    assert row.status == "done"
    assert asked == names
    [line] = inbox.log()
    assert not line.sender_verified
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert f"unclear:{line.id}" in inbox.notices()


def test_what_changes_while_a_mail_is_read_is_read_for_anew(inbox: Inbox, reader: Watched):
    turns = iter(["fr", "es"])

    def move() -> None:
        language = next(turns, None)
        if language:
            with inbox.db.transaction() as session:
                session.execute(update(Person).where(Person.id == inbox.month.dana.id).values(language=language))

    reader.meanwhile = move
    row = take(inbox, reader, inbox.answer(inbox.month.dana, "Aceptamos"))
    assert row.status == "done"
    assert inbox.status(inbox.month.plumbing) == "accepted"  # as a Spaniard's answer, which it was read for last


def test_what_changes_at_every_reading_leaves_the_mail_for_the_next_poll(inbox: Inbox, reader: Watched):
    languages = iter(["fr", "es", "en", "fr", "es", "en"])

    def move() -> None:
        with inbox.db.transaction() as session:
            session.execute(update(Person).where(Person.id == inbox.month.dana.id).values(language=next(languages)))

    reader.meanwhile = move
    row = take(inbox, reader, inbox.answer(inbox.month.dana, "ACCEPT"))
    assert (row.status, row.attempts, inbox.log()) == ("new", 1, [])
    reader.meanwhile = lambda: None
    Handling(inbox.settings, inbox.db, noon, reader=reader).run()
    assert inbox.status(inbox.month.plumbing) == "accepted"


def test_a_token_that_is_revoked_while_the_mail_is_read_decides_nothing(inbox: Inbox, reader: Watched):
    def revoke() -> None:
        with inbox.db.transaction() as session:
            session.execute(update(ReplyToken).values(revoked_at=noon()))

    reader.meanwhile = revoke
    row = take(inbox, reader, inbox.answer(inbox.month.dana, "ACCEPT"))
    assert row.status == "done"
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.notices() == [f"unmatched:{row.id}"]
