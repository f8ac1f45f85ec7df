"""The clock: one table of what happens when, and the tick that turns planned moments into jobs.

The clock only starts jobs. A job's id is made of the entry's name and the planned moment, so two clocks running at
once start it once; a clock that was down starts the latest moment it missed, which is enough because every job looks
at the state it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.jobs import promise
from payclerk_core.tables import ClockTick

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing payclerk does by itself: its name, when (UTC), and the job it starts."""

    name: str
    when: CronTrigger
    job: str


# Hourly where the hour is the project's own: the job sees whether it is the right hour there.
TABLE: Sequence[Entry] = (
    Entry("signatures", CronTrigger(minute="*/15", timezone=UTC), "docusign.poll"),
    Entry("periods", CronTrigger(minute=0, timezone=UTC), "clock.periods"),
    Entry("reminders", CronTrigger(minute=0, timezone=UTC), "clock.reminders"),
    Entry("digest", CronTrigger(minute=0, timezone=UTC), "clock.digest"),
)
LOOK_BACK = timedelta(days=1)


def latest_planned(when: CronTrigger, after: datetime, now: datetime) -> datetime | None:
    """The last planned moment in (after, now], or None.

    Anything planned more than a day ago has been overtaken by what was planned since.
    """
    start = max(after, now - LOOK_BACK) + timedelta(microseconds=1)
    found: datetime | None = None
    moment = when.get_next_fire_time(None, start)
    while moment is not None and moment <= now:
        found = moment.astimezone(UTC)
        moment = when.get_next_fire_time(moment, moment + timedelta(seconds=1))
    return found


def tick(db: Database, now: datetime, table: Sequence[Entry] = TABLE) -> list[str]:
    """Promise the job of every entry whose moment has come; returns the names."""
    return [entry.name for entry in table if _tick_one(db, entry, now)]


def _tick_one(db: Database, entry: Entry, now: datetime) -> bool:
    try:
        with db.transaction() as session:
            last = session.scalar(select(func.max(ClockTick.planned_at)).where(ClockTick.name == entry.name))
            planned = latest_planned(entry.when, last or now - LOOK_BACK, now)
            if planned is None:
                return False
            session.add(ClockTick(name=entry.name, planned_at=planned))
            promise(session, entry.job, planned.isoformat(), {"planned": planned.isoformat()})
    except IntegrityError:
        return False  # another clock was quicker
    log.info("clock_started", entry=entry.name)
    return True


class ClockDoor:
    """Ticks every few seconds, by APScheduler, until stopped."""

    def __init__(self, db: Database, clock: Clock, *, every_seconds: int) -> None:
        self._db, self._clock = db, clock
        self._scheduler = BackgroundScheduler(timezone=UTC)
        trigger = IntervalTrigger(seconds=every_seconds, timezone=UTC)
        self._scheduler.add_job(_guarded(self._tick), trigger, name="tick", max_instances=1, coalesce=True)

    def _tick(self) -> None:
        tick(self._db, self._clock())

    def start(self) -> None:
        self._tick_or_log()
        self._scheduler.start()

    def _tick_or_log(self) -> None:
        _guarded(self._tick)()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)


def _guarded(step: Callable[[], None]) -> Callable[[], None]:
    """A tick that fails (the database is away) is logged; the next one comes anyway."""

    def run() -> None:
        try:
            step()
        except Exception:
            log.exception("clock_tick_failed")

    return run
