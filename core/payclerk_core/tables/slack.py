"""What the Slack workbench remembers: selections, batches of bulk work, and where each post is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Json, Key, Keyed


class Selection(Keyed, Base):
    """The rows a person is picking for a bulk action: a query or a list of ids, kept here and not in Slack."""

    __tablename__ = "selection"

    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    person_id: Mapped[int] = mapped_column(Key, ForeignKey("person.id"))
    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"))
    action: Mapped[str] = mapped_column(String(40))
    filters: Mapped[dict[str, str]] = mapped_column(Json)
    mode: Mapped[str] = mapped_column(String(20))  # ids, all_matching
    include: Mapped[list[int]] = mapped_column(Json)
    exclude: Mapped[list[int]] = mapped_column(Json)
    page: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    # Of a last look: by row, the digest of what was shown of it. Such a selection is never changed, only confirmed.
    seen: Mapped[dict[str, str] | None] = mapped_column(Json)


class Batch(Keyed, Base):
    """One bulk action: one Slack message shows its progress and is updated in place."""

    __tablename__ = "batch"

    key: Mapped[str] = mapped_column(String(80), unique=True)  # the selection's: a second Confirm finds it
    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"))
    action: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    channel: Mapped[str | None] = mapped_column(String(80))
    started_at: Mapped[datetime]
    report: Mapped[list[str] | None] = mapped_column(Json)  # what was done, in lines, where there are no rows

    items: Mapped[list[BatchItem]] = relationship(order_by="BatchItem.id")


class BatchItem(Keyed, Base):
    """One row of a bulk action and what became of it. queued, waiting, done, failed, skipped.

    queued: its slice is still to come; waiting: done here, and on its way to somebody.
    """

    __tablename__ = "batch_item"

    batch_id: Mapped[int] = mapped_column(Key, ForeignKey("batch.id"), index=True)
    record_id: Mapped[int] = mapped_column(Key)
    label: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(500))
    settled_at: Mapped[datetime | None]
    seen: Mapped[str | None] = mapped_column(String(120))  # the digest of what was confirmed of the row

    __table_args__ = (UniqueConstraint("batch_id", "record_id"),)


class SlackPost(Keyed, Base):
    """Where the one message about a subject stands, so that it is updated and not posted again."""

    __tablename__ = "slack_post"

    subject: Mapped[str] = mapped_column(String(120), unique=True)
    channel: Mapped[str] = mapped_column(String(80))
    ts: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[datetime]
    shown: Mapped[str | None] = mapped_column(String(64))  # hash of what it shows: an equal update is not sent
