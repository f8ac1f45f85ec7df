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
from payclerk_core.errors import UserError
from payclerk_core.jobs import Job, JobRunner, waiting
from payclerk_core.rules.periods import Frequency, Schedule
from payclerk_core.tables import BillingPeriod, ClockTick, Project
from payclerk_scheduler.clock import TABLE, Entry, late, latest_planned, tick
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


def test_a_clock_that_was_ahead_for_a_while_is_ignored_and_told_once(database: Database) -> None:
    year = timedelta(days=365)
    for minutes in (0, 60, 120):
        tick(database, NOON + year + timedelta(minutes=minutes))
    done_ahead = {row.job: row.count for row in waiting(database)}

    assert set(tick(database, NOON)) == {entry.name for entry in TABLE}
    assert tick(database, NOON + timedelta(minutes=11)) == ["signatures"]

    assert max(moments(database, "reminders")) == NOON.replace(minute=0)
    now = {row.job: row.count for row in waiting(database)}
    assert now["clock.reminders"] == done_ahead["clock.reminders"] + 1
    assert now["slack.notice"] == 1


def test_a_clock_a_little_ahead_of_another_is_no_news(database: Database) -> None:
    on_the_hour = NOON.replace(minute=0)
    assert len(tick(database, on_the_hour)) == len(TABLE)
    assert tick(database, on_the_hour - timedelta(seconds=90)) == []
    assert "slack.notice" not in {row.job for row in waiting(database)}


def test_an_entry_whose_moment_passed_without_its_tick_is_late(database: Database) -> None:
    with database.reading() as session:
        assert late(session, NOON) == []  # it never ran: nothing can be late
    tick(database, NOON)
    with database.reading() as session:
        assert late(session, NOON + timedelta(minutes=19)) == []
        assert late(session, NOON + timedelta(minutes=21)) == ["signatures"]
        assert late(session, NOON + timedelta(minutes=70)) == [entry.name for entry in TABLE]


def test_an_entry_that_fails_stops_no_other(database: Database) -> None:
    table = [Entry("unknown", HOURLY, "clock.unknown"), Entry("hourly", HOURLY, "clock.reminders")]
    with pytest.raises(KeyError):
        tick(database, NOON, table)
    assert len(moments(database, "hourly")) == 1


@pytest.mark.parametrize("job", ["clock.reminders", "clock.periods", "clock.digest"])
def test_a_fault_of_one_project_stops_no_other_and_is_shown_once(database: Database, job: str) -> None:
    """A project with a time zone that does not exist comes before one that is all right."""
    monday = datetime(2026, 11, 9, 16, tzinfo=UTC)
    with database.transaction() as session:
        first = Month(session)
        fields = {c.key: getattr(first.project, c.key) for c in Project.__table__.columns if c.key != "id"}
        good = Project(**{**fields, "number": "9999", "slack_channel": None})
        session.add(good)
        session.flush()
        first.project.timezone = "America/Atlantis"
        good.weekly_digest = True
        numbers = first.project.id, good.id
    routines = Routines(make_settings(), database, lambda: monday)
    run = {"clock.reminders": routines.remind, "clock.periods": routines.open_periods, "clock.digest": routines.digest}[
        job
    ]
    run(Job(job, "2026-11-09T16:00", {}, 1))
    run(Job(job, "2026-11-09T17:00", {}, 1))

    assert {(row.job, row.count) for row in waiting(database)} >= {(job, 1)}  # one job for the project, not one an hour
    with pytest.raises(UserError, match=r"time zone that is not known \(America/Atlantis\)"):
        run(Job(job, f"project:{numbers[0]}:2026-11-09", {"project_id": numbers[0]}, 1))
    if job == "clock.digest":
        assert [row.count for row in waiting(database) if row.job == "slack.digest"] == [1]


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
        [period] = eventually(opened)
    finally:
        runner.stop()
    assert (str(period.starts_on), str(period.ends_on), period.status) == ("2026-12-01", "2026-12-31", "open")
