"""The clock's table: planned moments become jobs once each, whoever ticks and however late."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from mail_month import Month, call_of, make_settings
from payclerk_core.actions.period_schedules import set_schedule
from payclerk_core.jobs import JobRunner, waiting
from payclerk_core.rules.periods import Frequency, Schedule
from payclerk_core.tables import BillingPeriod, ClockTick
from payclerk_scheduler.clock import TABLE, Entry, latest_planned, tick
from payclerk_scheduler.routines import Routines
from waiting import eventually

if TYPE_CHECKING:
    from payclerk_core.db import Database

NOON = datetime(2026, 11, 9, 12, 5, tzinfo=UTC)
HOURLY = CronTrigger(minute=0, timezone=UTC)


def moments(database: Database, name: str) -> list[datetime]:
    with database.reading() as session:
        return [row.planned_at for row in session.query(ClockTick).filter_by(name=name).order_by(ClockTick.id)]


@pytest.mark.parametrize(
    ("after", "now", "expected"),
    [
        (NOON, NOON + timedelta(minutes=10), None),
        (NOON, NOON + timedelta(minutes=55), datetime(2026, 11, 9, 13, tzinfo=UTC)),
        (NOON, NOON + timedelta(hours=5), datetime(2026, 11, 9, 17, tzinfo=UTC)),
        (NOON, NOON + timedelta(days=40), datetime(2026, 12, 19, 12, tzinfo=UTC)),
        (datetime(2026, 11, 9, 13, tzinfo=UTC), datetime(2026, 11, 9, 13, tzinfo=UTC), None),
    ],
)
def test_the_latest_planned_moment(after: datetime, now: datetime, expected: datetime | None) -> None:
    assert latest_planned(HOURLY, after, now) == expected


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(0, 200_000))
def test_a_planned_moment_is_never_in_the_future_nor_taken_twice(start: datetime, seconds: int) -> None:
    after = start.replace(tzinfo=UTC)
    now = after + timedelta(seconds=seconds)

    found = latest_planned(HOURLY, after, now)

    assert found is None or after < found <= now
    assert found is None or latest_planned(HOURLY, found, now) is None


def test_a_moment_starts_its_job_once(database: Database) -> None:
    assert set(tick(database, NOON)) == {entry.name for entry in TABLE}
    assert tick(database, NOON) == []
    assert tick(database, NOON + timedelta(minutes=11)) == ["signatures"]

    assert {row.job: row.count for row in waiting(database)} == {
        "docusign.poll": 2,
        "clock.reminders": 1,
        "clock.digest": 1,
        "clock.periods": 1,
    }


def test_a_clock_that_was_down_catches_up_with_the_latest(database: Database) -> None:
    tick(database, NOON)
    tick(database, NOON + timedelta(days=3))

    assert moments(database, "reminders") == [NOON.replace(minute=0), NOON.replace(minute=0) + timedelta(days=3)]


def test_two_clocks_at_once_start_a_thing_once(database: Database) -> None:
    table = [Entry("hourly", HOURLY, "clock.reminders")]
    gate = threading.Barrier(4)
    started: list[str] = []

    def other_clock() -> None:
        gate.wait()
        started.extend(tick(database, NOON, table))

    clocks = [threading.Thread(target=other_clock) for _ in range(4)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()

    assert started == ["hourly"]
    assert len(moments(database, "hourly")) == 1


def test_a_tick_opens_the_planned_period_in_the_process_that_runs_the_clocks_jobs(database: Database) -> None:
    midnight = datetime(2026, 12, 1, 6, tzinfo=UTC)  # in Chicago
    with database.transaction() as session:
        month = Month(session)
        call = call_of(session, make_settings(), month.pat)
        rule = {"start": 1, "end": 31, "due": 25, "end_months": 0, "due_months": 0}
        set_schedule(call, month.project.id, Schedule(Frequency.MONTHLY_BY_DATE, rule))
    runner = JobRunner(database, lambda: midnight, executor_id="clock")
    runner.handle("clock.periods", Routines(make_settings(), database, lambda: midnight).open_periods)
    table = [entry for entry in TABLE if entry.job == "clock.periods"]

    def opened() -> list[BillingPeriod]:
        with database.reading() as session:
            return session.query(BillingPeriod).all()

    runner.start()
    try:
        assert tick(database, midnight, table) == ["periods"]
        [period] = eventually(opened, timeout=20)
    finally:
        runner.stop()
    assert (str(period.starts_on), str(period.ends_on), period.status) == ("2026-12-01", "2026-12-31", "open")
