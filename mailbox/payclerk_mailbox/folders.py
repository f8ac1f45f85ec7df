"""How far a folder was read, and who reads it: the rows of mail_folder and mail_lease."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payclerk_core.db import Database, database_now
from payclerk_core.tables import InboxMail, MailFolder, MailLease

from .imap import Selected

OLDER: Final = "older"
COPY: Final = "copy"
_SAME_FOLDER_SLACK: Final = timedelta(days=1)
_LONGEST: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FolderState:
    """A folder under one UIDVALIDITY, and all below `last_uid` captured."""

    id: int
    account: str
    folder: str
    uidvalidity: int
    last_uid: int
    # Set while the folder is read from the start again because its UIDVALIDITY changed.
    rescan: bool
    since: datetime | None
    # Set while a restored database reads again what it may have had before: in this folder, or put away from it.
    restored: bool = False

    def is_older_than_us(self, arrived_at: datetime) -> bool:
        """There before the first mail we took: what we did not act on then may not trigger anything now (3.1 #12)."""
        return self.since is not None and arrived_at < self.since


def open_state(session: Session, account: str, folder: str, selected: Selected) -> FolderState:
    """The state of the folder as it is now. UIDs mean nothing under another UIDVALIDITY (3.1 #15)."""
    rows = session.scalars(select(MailFolder).where(_is_folder(account, folder))).all()
    row = next((row for row in rows if row.uidvalidity == selected.uidvalidity), None)
    others = [row for row in rows if row.uidvalidity != selected.uidvalidity]
    if row is None:
        # The first connect of an account starts with what comes from now on.
        last = 0 if others else selected.uidnext - 1
        row = MailFolder(
            account=account, folder=folder, uidvalidity=selected.uidvalidity, last_uid=last, polled_at=None
        )
        session.add(row)
        session.flush()
    rescan = bool(others) and row.polled_at is None
    since = _first_arrival(session, others) if rescan else None
    return FolderState(row.id, account, folder, row.uidvalidity, row.last_uid, rescan, since)


def _is_folder(account: str, folder: str) -> ColumnElement[bool]:
    return and_(MailFolder.account == account, MailFolder.folder == folder)


def _first_arrival(session: Session, others: list[MailFolder]) -> datetime | None:
    """When the first mail we took arrived, by the server's own clock; if there is none, our last look."""
    validities = [row.uidvalidity for row in others]
    first = session.scalar(
        select(func.min(InboxMail.arrived_at)).where(
            InboxMail.account == others[0].account,
            InboxMail.folder == others[0].folder,
            InboxMail.uidvalidity.in_(validities),
            or_(InboxMail.kind.is_(None), InboxMail.kind != OLDER),
        )
    )
    looks = [row.polled_at for row in others if row.polled_at is not None]
    return first or (max(looks) - _SAME_FOLDER_SLACK if looks else None)


def is_copy(session: Session, state: FolderState, sha256: str) -> bool:
    """Whether we took this very mail under another UIDVALIDITY of the folder; after a restore, anywhere in the mailbox."""
    query = select(InboxMail.id).where(InboxMail.sha256 == sha256, InboxMail.account == state.account)
    if not state.restored:
        query = query.where(InboxMail.folder == state.folder, InboxMail.uidvalidity != state.uidvalidity)
    return session.scalar(query.limit(1)) is not None


def advance(session: Session, state: FolderState, uid: int) -> None:
    """All up to `uid` is captured; another poller may have come further."""
    query = update(MailFolder).where(MailFolder.id == state.id, MailFolder.last_uid < uid)
    session.execute(query.values(last_uid=uid))


def note_polled(session: Session, state: FolderState, at: datetime) -> None:
    """The folder was read to its end: what the watchdog looks at."""
    session.execute(update(MailFolder).where(MailFolder.id == state.id).values(polled_at=at))


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to poll an account, by the database's time. It runs out by itself when its holder no longer beats."""

    db: Database
    account: str
    holder: str
    length: timedelta

    def take(self) -> bool:
        """Take or renew it. False while another holds it."""
        try:
            with self.db.transaction() as session:
                at = database_now(session)
                return self._renew(session, at) or self._first(session, at)
        except IntegrityError:  # another took it at the same moment
            return False

    def _renew(self, session: Session, at: datetime) -> bool:
        free = or_(
            MailLease.holder == self.holder,
            MailLease.until <= at,
            MailLease.until > at + _LONGEST,  # of a clock that has been set back since
        )
        query = update(MailLease).where(MailLease.account == self.account, free)
        done = session.execute(query.values(holder=self.holder, until=at + self.length))
        return bool(done.rowcount)  # type: ignore[attr-defined]

    def _first(self, session: Session, at: datetime) -> bool:
        if session.get(MailLease, self.account) is not None:
            return False
        session.add(MailLease(account=self.account, holder=self.holder, until=at + self.length))
        session.flush()
        return True

    def release(self) -> None:
        """Let another take over at once."""
        with self.db.transaction() as session:
            query = update(MailLease).where(MailLease.account == self.account, MailLease.holder == self.holder)
            session.execute(query.values(until=database_now(session)))
