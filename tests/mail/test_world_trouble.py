"""Only a mail's own faults spend its three tries: a full disk and a database that is away are no fault of a mail."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from mail_inbox import Inbox
from mail_month import noon
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError
from payclerk_core.tables import InboxMail
from payclerk_mailbox.handling import ATTEMPTS, Handling

if TYPE_CHECKING:
    from collections.abc import Iterator


class FullDisk:
    """The database refuses what comes after the counting of the attempt, as a disk does that is nearly full."""

    def __init__(self, database: Database) -> None:
        self.full, self._engine = True, database.engine
        event.listen(self._engine, "before_cursor_execute", self._refuse)

    def _refuse(self, *given: object) -> None:
        statement = str(given[2])
        if self.full and statement.startswith("INSERT INTO message"):
            raise OperationalError(statement, None, sqlite3.OperationalError("database or disk is full"))

    def close(self) -> None:
        event.remove(self._engine, "before_cursor_execute", self._refuse)


@pytest.fixture
def disk(inbox: Inbox) -> Iterator[FullDisk]:
    disk = FullDisk(inbox.db)
    yield disk
    disk.close()


def state(inbox: Inbox, key: int) -> tuple[str, int]:
    with inbox.db.reading() as session:
        row = session.get_one(InboxMail, key)
        return row.status, row.attempts


def test_a_full_disk_spends_no_try_however_long_it_lasts(inbox: Inbox, disk: FullDisk):
    key = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    handling = Handling(inbox.settings, inbox.db, noon, keys=inbox.keys)
    for _ in range(ATTEMPTS * 3):
        with pytest.raises(OperationalError):
            handling.handle(key)
    assert state(inbox, key) == ("new", 1)
    disk.full = False
    handling.handle(key)
    assert state(inbox, key)[0] == "done"
    assert inbox.status(inbox.month.plumbing) == "accepted"


@pytest.mark.parametrize(
    "trouble", [OSError(28, "No space left on device"), MemoryError(), OutsideError("x", permanent=False)]
)
def test_nor_does_what_else_is_the_machines(inbox: Inbox, monkeypatch: pytest.MonkeyPatch, trouble: Exception):
    key = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    handling = Handling(inbox.settings, inbox.db, noon, keys=inbox.keys)

    def fail(*_: object) -> None:
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr(handling, "_take_in", fail)
        for _ in range(ATTEMPTS * 2):
            with pytest.raises(type(trouble)):
                handling.handle(key)
    handling.handle(key)
    assert state(inbox, key) == ("done", 1)


def test_a_mails_own_fault_still_spends_them(inbox: Inbox, monkeypatch: pytest.MonkeyPatch):
    key = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    handling = Handling(inbox.settings, inbox.db, noon, keys=inbox.keys)

    def fail(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(handling, "_take_in", fail)
    for _ in range(ATTEMPTS + 1):
        handling.handle(key)
    assert state(inbox, key) == ("quarantine", ATTEMPTS)
