"""When the mailboxes were last read to their end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..settings import Settings
from ..tables import MailboxSilence, MailFolder


def last_polled(session: Session, account: str, folder: str) -> datetime | None:
    """The last good look into this mailbox; None when there was none yet."""
    query = select(func.max(MailFolder.polled_at)).where(MailFolder.account == account, MailFolder.folder == folder)
    return session.scalar(query)


def last_polls(session: Session, boxes: Sequence[Settings]) -> list[datetime | None]:
    """The same for each mailbox, in the order of the settings."""
    return [last_polled(session, box.account, box.imap_folder) for box in boxes]


def open_silence(session: Session, account: str) -> MailboxSilence | None:
    """The silence of this mailbox that people were told of and that is not over."""
    query = select(MailboxSilence).where(MailboxSilence.account == account, MailboxSilence.over_at.is_(None))
    return session.scalars(query.order_by(MailboxSilence.id.desc())).first()
