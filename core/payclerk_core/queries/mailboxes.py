"""When the mailboxes were last read to their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..settings import Settings
from ..tables import MailboxSilence, MailFolder

# After so many intervals without a good look a mailbox is silent.
INTERVALS: Final = 3


@dataclass(frozen=True, slots=True)
class Look:
    """How old the last good look into a mailbox is (None: there was none yet), and whether that is too old."""

    account: str
    age: timedelta | None
    silent: bool


def last_polled(session: Session, account: str, folder: str) -> datetime | None:
    """The last good look into this mailbox; None when there was none yet."""
    query = select(func.max(MailFolder.polled_at)).where(MailFolder.account == account, MailFolder.folder == folder)
    return session.scalar(query)


def last_polls(session: Session, boxes: Sequence[Settings]) -> list[datetime | None]:
    """The same for each mailbox, in the order of the settings."""
    return [last_polled(session, box.account, box.imap_folder) for box in boxes]


def looks_into(session: Session, boxes: Sequence[Settings], now: datetime) -> list[Look]:
    """How each mailbox stands, in the order of the settings. What the watchdog told people of is silent until it is over."""
    return [_look(session, box, now) for box in boxes]


def _look(session: Session, box: Settings, now: datetime) -> Look:
    polled = last_polled(session, box.account, box.imap_folder)
    told = open_silence(session, box.account) is not None
    if polled is None:
        return Look(box.account, None, told)
    age = max(now - polled, timedelta(0))
    silent = age > INTERVALS * timedelta(seconds=box.poll_seconds)
    return Look(box.account, age, silent or told)


def open_silence(session: Session, account: str) -> MailboxSilence | None:
    """The silence of this mailbox that people were told of and that is not over."""
    query = select(MailboxSilence).where(MailboxSilence.account == account, MailboxSilence.over_at.is_(None))
    return session.scalars(query.order_by(MailboxSilence.id.desc())).first()
