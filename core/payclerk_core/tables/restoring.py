"""A database that was restored from a backup: what it cannot know of the time since, until a person has settled it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Key, Keyed, Stated
from .mail import MessageRecipient


class Restoration(Keyed, Stated, Base):
    """A restore that `payclerk restore` looked into. settling: outgoing mail is held; settled: it goes out as usual;
    superseded: the database was restored once more before that.

    `open` is true or empty, so that there is one open row at most.
    """

    __tablename__ = "restoration"

    since: Mapped[datetime]  # of the last thing the restored database knew: the moment of the backup
    began_at: Mapped[datetime]
    handled_at: Mapped[datetime]  # when `payclerk restore` was last at work on it; what is later is not of its doing
    read_at: Mapped[datetime | None]  # when all mailboxes had been read again since then
    reread: Mapped[int] = mapped_column(default=0)  # mails that the server still had and the database had not
    open: Mapped[bool | None] = mapped_column(unique=True)


class HeldLetter(Keyed, Stated, Base):
    """One copy of a letter of ours that may have gone out before the restore. held, released, discarded, or sent: it
    is known to have gone out."""

    __tablename__ = "held_letter"

    restoration_id: Mapped[int] = mapped_column(Key, ForeignKey("restoration.id"))
    recipient_id: Mapped[int] = mapped_column(Key, ForeignKey("message_recipient.id"), index=True)
    held_at: Mapped[datetime]

    recipient: Mapped[MessageRecipient] = relationship()

    __table_args__ = (UniqueConstraint("restoration_id", "recipient_id"),)


class LostLetter(Keyed, Base):
    """A letter of ours that went out after the backup: the database does not know it, but the mailbox shows it."""

    __tablename__ = "lost_letter"

    restoration_id: Mapped[int] = mapped_column(Key, ForeignKey("restoration.id"))
    token: Mapped[str] = mapped_column(String(26))
    person: Mapped[str] = mapped_column(String(320))  # who got it, as far as the mailbox shows
    subject: Mapped[str] = mapped_column(String(500))
    seen_at: Mapped[datetime]  # when it went out, or when the mail came that shows it
    seen_in: Mapped[str] = mapped_column(String(20))  # answer, bounce, sent_folder
    inbox_id: Mapped[int | None] = mapped_column(Key, ForeignKey("inbox_mail.id"))

    __table_args__ = (UniqueConstraint("restoration_id", "token"),)
