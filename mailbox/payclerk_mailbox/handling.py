"""What is done with each captured mail: read it, then change everything it changes in one transaction (reference 5.2).

Nothing of a mail is read in that transaction (`ahead.py`), for whoever else writes waits for it.

An attempt is counted before the mail is looked at, so that one which kills the process stops doing so; what the world
spoils (a full disk, a database that is away) counts for no mail. The row's state is claimed first in the transaction of
its effects, so that two pollers never do it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import ColumnElement, select, true, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import finish_mail
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings
from payclerk_core.tables import InboxMail

from .ahead import Ahead, OutOfDateError, read_ahead
from .dns_keys import key_from_dns
from .entries import without_our_logo
from .guard import GuardedReader, ReadingDiedError, shared_reader
from .identity import own_identity
from .incoming import needs_of, take_in
from .reading.dkim_check import Keys
from .reading.explain import Looked
from .reading.message import Unreadable

log = structlog.get_logger()

ATTEMPTS: Final = 3
_READINGS: Final = 3  # in one attempt


class Handling:
    """Deals with the captured mail that is still new, oldest first."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        clock: Clock,
        *,
        whose: ColumnElement[bool] | None = None,
        keys: Keys = key_from_dns,
        reader: GuardedReader | None = None,
    ) -> None:
        self._settings, self._db, self._clock, self._keys = settings, db, clock, keys
        self._reader = reader or shared_reader()
        # Each mailbox handles its own mail: two at one mail would count its attempts twice.
        self._whose = true() if whose is None else whose
        self._given_back: set[int] = set()  # mails whose counted attempt the world spoilt, and not they

    def run(self) -> None:
        """Each mail once. What goes wrong with one stays with that one."""
        for key in self._new():
            self.handle(key)

    def handle(self, key: int) -> None:
        """Deal with this mail if it is new."""
        self._reader.ready()  # before the attempt counts: that it does not start is no mail's fault
        with structlog.contextvars.bound_contextvars(inbox_id=key), self._db.alone_with(key, of="mail") as alone:
            if alone:  # else another process is at it, and would be counted twice
                self._handle(key)

    def _new(self) -> Sequence[int]:
        query = select(InboxMail.id).where(InboxMail.status == "new", self._whose)
        with self._db.reading() as session:
            return session.scalars(query.order_by(InboxMail.arrived_at, InboxMail.id)).all()

    def _handle(self, key: int) -> None:
        if not self._begin(key):
            return
        raw = self._raw(key)
        if not raw:  # the server never handed it over, and reading it again changes nothing
            self._quarantine(key, "There is nothing of this mail to read; look at it in the mailbox.")
            return
        try:
            self._take_in(key, self._look(key, raw))
        except Unreadable as error:
            self._quarantine(key, f"The mail {error.reason}.")
        except ReadingDiedError as error:
            self._note_failure(key, f"The mail {error.reason}.")
        except (OperationalError, OutsideError, OSError, MemoryError):
            # The database's trouble or the machine's, not this mail's: the poller waits and comes back. Kept in memory,
            # for on a full disk nothing can be written about it either.
            self._given_back.add(key)
            raise
        except Exception:
            log.exception("mail_fault")  # still new: tried again at the next poll, then quarantined

    def _begin(self, key: int) -> bool:
        """Count the attempt, unless it was counted for one that came to nothing. False when the mail is dealt with, or
        has had its chances."""
        with self._db.transaction() as session:
            inbox = session.get_one(InboxMail, key)
            reason = inbox.reason
            if key in self._given_back and inbox.status == "new":
                self._given_back.discard(key)
                return True
            if inbox.attempts < ATTEMPTS:
                query = update(InboxMail).where(InboxMail.id == key, InboxMail.status == "new")
                done = session.execute(query.values(attempts=InboxMail.attempts + 1))
                return bool(done.rowcount)  # type: ignore[attr-defined]
        self._quarantine(key, f"payclerk failed on this mail {ATTEMPTS} times. {reason or ''}".strip())
        return False

    def _note_failure(self, key: int, reason: str) -> None:
        """Kept for the person who is shown the mail when the next tries fail too."""
        with self._db.transaction() as session:
            session.execute(
                update(InboxMail).where(InboxMail.id == key, InboxMail.status == "new").values(reason=reason)
            )

    def _raw(self, key: int) -> bytes:
        with self._db.reading() as session:
            return session.scalars(select(InboxMail.raw).where(InboxMail.id == key)).one()

    def _look(self, key: int, raw: bytes) -> Looked:
        """Before the transaction, for the check of signatures may ask the network."""
        own = own_identity(self._settings)
        looked = self._reader.look(raw, own)
        if not self._settings.mail_dkim_check:
            return looked
        with self._db.reading() as session:
            arrived_at = session.scalars(select(InboxMail.arrived_at).where(InboxMail.id == key)).one()
        try:
            signers = self._reader.signers(looked, own, self._keys, arrived_at)
        except (Unreadable, ReadingDiedError) as error:
            log.warning("mail_signatures_not_checked", reason=error.reason)
            return looked  # as a mail without signatures: nobody vouches for it
        return replace(looked, mail=replace(looked.mail, signers=signers))

    def _read(self, looked: Looked) -> Ahead:
        with self._db.reading() as session:
            looked = without_our_logo(session, looked)
            needs = needs_of(self._call(session), looked)
        return read_ahead(self._reader, looked, own_identity(self._settings), needs)

    def _take_in(self, key: int, looked: Looked) -> None:
        """Read, then change; once more when what it was read for changed in between."""
        for _ in range(_READINGS):
            ahead = self._read(looked)
            with suppress(OutOfDateError):
                self._change(key, ahead)
                return
        log.warning("mail_out_of_date")  # still new: the next poll tries again

    def _change(self, key: int, ahead: Ahead) -> None:
        with self._db.transaction() as session:
            inbox = _claim(session, key)
            if inbox is None:
                return
            kind = take_in(self._call(session), inbox, ahead)
            finish_mail(self._call(session), inbox, "done", kind=kind)
        log.info("mail_handled", kind=kind)

    def _quarantine(self, key: int, reason: str) -> None:
        with self._db.transaction() as session:
            inbox = _claim(session, key)
            if inbox is not None:
                finish_mail(self._call(session), inbox, "quarantine", reason=reason)
                log.warning("mail_quarantined")

    def _call(self, session: Session) -> Call:
        return Call(session, self._clock(), self._settings, actor=None, door="mail")


def _claim(session: Session, key: int) -> InboxMail | None:
    """Take the mail from 'new' to 'done', or learn that another has. The row stays locked until we commit."""
    query = update(InboxMail).where(InboxMail.id == key, InboxMail.status == "new").values(status="done")
    if not session.execute(query).rowcount:  # type: ignore[attr-defined]
        return None
    return session.get_one(InboxMail, key)
