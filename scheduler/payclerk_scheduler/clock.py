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
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

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
# Clocks of several machines differ a little; what lies further ahead was planned by one that was wrong.
AHEAD = timedelta(minutes=10)
# After so long without its tick an entry is late: the clock does not run.
LATE_AFTER = timedelta(minutes=10)


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
    """Promise the job of every entry whose moment has come; returns the names. One that fails stops no other."""
    _forget_the_future(db, now)
    started: list[str] = []
    fault: Exception | None = None
    for entry in table:
        try:
            started += [entry.name] if _tick_one(db, entry, now) else []
        except Exception as error:  # noqa: BLE001  raised below, when the others have had their turn
            fault = fault or error
    if fault is not None:
        raise fault
    return started


def late(session: Session, now: datetime, table: Sequence[Entry] = TABLE) -> list[str]:
    """The entries whose moment has passed and that nobody started. One that never ran is not late but new."""
    return [entry.name for entry in table if _is_late(session, entry, now)]


def _is_late(session: Session, entry: Entry, now: datetime) -> bool:
    last = _last_tick(session, entry, now)
    if last is None:
        return False
    expected = entry.when.get_next_fire_time(None, last + timedelta(seconds=1))
    return expected is not None and now - expected > LATE_AFTER


def _last_tick(session: Session, entry: Entry, now: datetime) -> datetime | None:
    past = ClockTick.name == entry.name, ClockTick.planned_at <= now + AHEAD
    return session.scalar(select(func.max(ClockTick.planned_at)).where(*past))


def _forget_the_future(db: Database, now: datetime) -> None:
    """Ignore moments planned by a clock that was wrong, which would stop every entry until then, and tell people."""
    future = ClockTick.planned_at > now + AHEAD
    with db.reading() as session:
        furthest = session.scalar(select(func.max(ClockTick.planned_at)).where(future))
    if furthest is None:
        return
    log.warning("clock_was_ahead", until=furthest.isoformat())
    with db.transaction() as session:
        session.execute(delete(ClockTick).where(future))
        # At most once a day, also while a machine's clock stays ahead.
        payload = {"notice": "clock", "id": int(furthest.timestamp())}
        promise(session, "slack.notice", f"clock:{now.date()}", payload)


def _tick_one(db: Database, entry: Entry, now: datetime) -> bool:
    try:
        with db.transaction() as session:
            last = _last_tick(session, entry, now)
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
