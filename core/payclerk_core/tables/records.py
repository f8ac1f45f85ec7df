"""Events, stored files, the clock's ticks, the living processes, and jobs that failed for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Json, Key, Keyed, Stated


class Event(Keyed, Base):
    """Who did what, when, through which door, and what changed. Written with the change, never altered."""

    __tablename__ = "event"

    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    door: Mapped[str] = mapped_column(String(20))  # slack, mail, web, clock, cli
    verb: Mapped[str] = mapped_column(String(60))
    record: Mapped[str] = mapped_column(String(40))  # the table's name
    record_id: Mapped[int] = mapped_column(Key)
    project_id: Mapped[int | None] = mapped_column(Key, ForeignKey("project.id"), index=True)
    before: Mapped[dict[str, object] | None] = mapped_column(Json)
    after: Mapped[dict[str, object] | None] = mapped_column(Json)

    __table_args__ = (Index("ix_event_record", "record", "record_id"),)


class StoredFile(Keyed, Base):
    """Bytes by content. The same bytes are stored once."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    content_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


class ClockTick(Keyed, Base):
    """A planned moment the clock has dealt with: what makes two clocks do a thing once, and a late one catch up."""

    __tablename__ = "clock_tick"

    name: Mapped[str] = mapped_column(String(60))
    planned_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("name", "planned_at"),)


class FailedJob(Keyed, Stated, Base):
    """A job that ended without success: what people see of it, and may try again. failed, retried."""

    __tablename__ = "failed_job"

    job: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, object]] = mapped_column(Json)
    attempts: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))


class Executor(Base):
    """A process that runs jobs, and when it last said that it lives. The time is the database's."""

    __tablename__ = "executor"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    beats_at: Mapped[datetime]


class JobTakeover(Base):
    """How often the processes that were at a job ended before it did."""

    __tablename__ = "job_takeover"

    workflow_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    count: Mapped[int]
