"""Billing periods: made by hand and by themselves, one open at a time, in the project's own days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from books import Books
from mail_month import NOON, make_settings, promised
from payclerk_core.actions.batches import Order
from payclerk_core.actions.call import Call
from payclerk_core.actions.invitations import invite
from payclerk_core.actions.period_schedules import open_due_period, set_schedule
from payclerk_core.actions.periods import close_period, create_period, delete_period, edit_period, reopen_period
from payclerk_core.dates import end_of_day, project_date
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.jobs import Job
from payclerk_core.rules.periods import (
    Frequency,
    PeriodDates,
    Schedule,
    check_schedule,
    due_to_open,
    next_to_open,
    weekday_of_month,
)
from payclerk_core.tables import BillingPeriod, Project, ReplyToken
from payclerk_scheduler.routines import Routines

if TYPE_CHECKING:
    from payclerk_core.db import Database

CALENDAR = Schedule(Frequency.MONTHLY_BY_DATE, {"start": 1, "end": 31, "due": 25, "end_months": 0, "due_months": 0})
ACROSS = Schedule(Frequency.MONTHLY_BY_DATE, {"start": 26, "end": 25, "due": 28, "end_months": 1, "due_months": 1})
MONDAYS = Schedule(
    Frequency.MONTHLY_BY_WEEKDAY,
    {"start": 1, "start_week": 1, "end": 5, "end_week": 5, "end_months": 0, "due": 5, "due_week": 3, "due_months": 0},
)
WEEKS = Schedule(Frequency.WEEKLY, {"start": 1, "end": 7, "end_weeks": 0, "due": 3, "due_weeks": 1})
NEVER = Schedule(Frequency.NEVER, {})
SCHEDULES = [CALENDAR, ACROSS, MONDAYS, WEEKS]


def days(period: PeriodDates | None) -> tuple[str, str, str] | None:
    return None if period is None else (str(period.starts_on), str(period.ends_on), str(period.due_on))


@pytest.mark.parametrize(
    ("schedule", "today", "expected"),
    [
        (CALENDAR, date(2028, 2, 29), ("2028-02-01", "2028-02-29", "2028-02-25")),
        (CALENDAR, date(2027, 2, 1), ("2027-02-01", "2027-02-28", "2027-02-25")),
        (CALENDAR, date(2026, 12, 31), ("2026-12-01", "2026-12-31", "2026-12-25")),
        (ACROSS, date(2026, 12, 25), ("2026-11-26", "2026-12-25", "2026-12-28")),
        (ACROSS, date(2026, 12, 26), ("2026-12-26", "2027-01-25", "2027-01-28")),
        (MONDAYS, date(2026, 11, 2), ("2026-11-02", "2026-11-27", "2026-11-20")),
        (MONDAYS, date(2026, 11, 1), ("2026-10-05", "2026-10-30", "2026-10-16")),
        (WEEKS, date(2026, 11, 22), ("2026-11-16", "2026-11-22", "2026-11-25")),
        (NEVER, date(2026, 11, 22), None),
    ],
)
def test_the_period_whose_day_has_come(schedule: Schedule, today: date, expected: tuple[str, str, str] | None) -> None:
    assert days(due_to_open(schedule, today)) == expected


def test_frequencies_in_words() -> None:
    assert [frequency.label for frequency in Frequency] == ["Monthly by date", "Monthly by weekday", "Weekly", "Never"]


def test_a_moment_without_a_zone_is_nobodys() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        project_date(datetime(2026, 11, 10), "UTC")


def test_the_last_weekday_of_a_month_is_the_fifth_or_the_fourth() -> None:
    assert weekday_of_month(2026, 11, 5, 1) == date(2026, 11, 30)
    assert weekday_of_month(2027, 2, 5, 1) == date(2027, 2, 22)


@given(st.sampled_from(SCHEDULES), st.dates(date(2024, 1, 1), date(2040, 12, 31)))
def test_the_periods_follow_each_other(schedule: Schedule, today: date) -> None:
    now, later = due_to_open(schedule, today), next_to_open(schedule, today)

    assert now is not None
    assert later is not None
    assert now.starts_on <= today < later.starts_on
    assert now.starts_on <= now.ends_on < later.starts_on
    assert now.due_on >= now.starts_on
    assert due_to_open(schedule, later.starts_on) == later
    check_schedule(schedule, today)


@given(
    st.fixed_dictionaries(
        {
            "start": st.integers(1, 31), "end": st.integers(1, 31), "due": st.integers(1, 31),
            "end_months": st.integers(0, 1), "due_months": st.integers(0, 1),
        }
    ),
    st.dates(date(2024, 1, 1), date(2032, 1, 1)),
)  # fmt: skip
def test_a_schedule_that_passes_its_check_never_overlaps(rule: dict[str, int], today: date) -> None:
    schedule = Schedule(Frequency.MONTHLY_BY_DATE, rule)
    try:
        check_schedule(schedule, today)
    except UserError as refused:
        assert refused.field in {"end", "due"}
        return
    opened = {due_to_open(schedule, today + timedelta(days=n)) for n in range(400)} - {None}
    for earlier, later in pairwise(sorted(opened, key=lambda period: period.starts_on)):
        assert earlier.starts_on <= earlier.ends_on < later.starts_on


@pytest.mark.parametrize(
    ("frequency", "rule", "field"),
    [
        (Frequency.WEEKLY, {"start": 8, "end": 7, "end_weeks": 0, "due": 3, "due_weeks": 1}, "start"),
        (Frequency.WEEKLY, {"start": 1, "end": 7, "end_weeks": 0, "due": 3}, "due_weeks"),
        (Frequency.NEVER, {"start": 1}, "start"),
    ],
)
def test_a_schedule_with_wrong_numbers(frequency: Frequency, rule: dict[str, int], field: str) -> None:
    with pytest.raises(UserError) as refused:
        Schedule(frequency, rule)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"start": 10, "end": 5, "due": 25, "end_months": 0, "due_months": 0}, "end"),
        ({"start": 10, "end": 15, "due": 25, "end_months": 1, "due_months": 0}, "end"),
        ({"start": 10, "end": 31, "due": 9, "end_months": 0, "due_months": 0}, "due"),
        ({"start": 30, "end": 30, "due": 31, "end_months": 1, "due_months": 1}, "end"),
    ],
)
def test_a_schedule_whose_periods_cannot_be(rule: dict[str, int], field: str) -> None:
    with pytest.raises(UserError) as refused:
        check_schedule(Schedule(Frequency.MONTHLY_BY_DATE, rule), date(2026, 11, 10))

    assert refused.value.field == field


# --- on the books


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def periods(books: Books) -> list[tuple[str, str]]:
    with books.database.transaction() as session:
        rows = session.scalars(select(BillingPeriod).order_by(BillingPeriod.starts_on))
        return [(str(row.starts_on), row.status) for row in rows]


def tick(books: Books, moment: datetime) -> None:
    """As the clock does it."""
    Routines(make_settings(), books.database, lambda: moment).open_periods(Job("clock.periods", "now", {}, 1))


def test_a_period_opens_by_itself_on_its_day_where_the_project_is(books: Books) -> None:
    with books.call() as call:
        upcoming = set_schedule(call, books.month.project.id, CALENDAR)
    assert days(upcoming) == ("2026-12-01", "2026-12-31", "2026-12-25")

    tick(books, datetime(2026, 12, 1, 5, 59, tzinfo=UTC))  # 23:59 of the day before in Chicago
    assert periods(books) == [("2026-11-01", "open")]
    tick(books, datetime(2026, 12, 1, 6, 0, tzinfo=UTC))
    tick(books, datetime(2026, 12, 1, 7, 0, tzinfo=UTC))

    assert periods(books) == [("2026-11-01", "closed"), ("2026-12-01", "open")]
    assert sum(key.startswith("slack.notice:period:") for key in promised(books.database)) == 1


def test_a_clock_that_was_down_opens_the_newest_only(books: Books) -> None:
    with books.call() as call:
        set_schedule(call, books.month.project.id, CALENDAR)
    tick(books, datetime(2027, 3, 15, 12, tzinfo=UTC))

    assert periods(books) == [("2026-11-01", "closed"), ("2027-03-01", "open")]


def test_the_first_period_is_made_by_hand_when_its_day_is_over(books: Books) -> None:
    with books.call() as call:
        delete_period(call, books.period_id)
        set_schedule(call, books.month.project.id, CALENDAR)
    tick(books, NOON + timedelta(days=1))
    assert periods(books) == []


def test_a_period_made_by_hand_is_not_closed_for_an_earlier_or_equal_one(books: Books) -> None:
    with books.call() as call:
        set_schedule(call, books.month.project.id, CALENDAR)
        create_period(
            call, books.month.project.id, PeriodDates(date(2026, 12, 1), date(2026, 12, 31), date(2026, 12, 20))
        )
    tick(books, datetime(2026, 12, 5, 12, tzinfo=UTC))

    assert periods(books) == [("2026-11-01", "closed"), ("2026-12-01", "open")]


def test_never_cancels(books: Books) -> None:
    for schedule in (CALENDAR, NEVER):
        with books.call() as call:
            assert (set_schedule(call, books.month.project.id, schedule) is None) == (schedule is NEVER)
    tick(books, datetime(2026, 12, 5, 12, tzinfo=UTC))

    assert periods(books) == [("2026-11-01", "open")]


zones = st.sampled_from(
    ["America/Chicago", "Australia/Sydney", "Europe/London", "Pacific/Auckland", "America/St_Johns"]
)


@given(zones, st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))
def test_the_day_is_that_of_the_project_through_every_change_of_the_clocks(zone: str, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    today = project_date(now, zone)
    deadline = end_of_day(today, zone)

    assert today == now.astimezone(ZoneInfo(zone)).date()
    assert now < deadline <= now + timedelta(hours=25)
    assert project_date(deadline - timedelta(seconds=1), zone) == today


def test_the_due_date_moves_with_the_answers_that_are_waited_for(books: Books) -> None:
    with books.call() as call:
        invite(call, Order("first", books.month.project.id, None), [books.month.plumbing.id])
        edit_period(call, books.period_id, PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 28)))
    with books.database.transaction() as session:
        deadlines = {row.decision_expires_at for row in session.scalars(select(ReplyToken))}
    assert deadlines == {end_of_day(date(2026, 11, 28), "America/Chicago")}


def test_the_days_of_a_period_stay_once_a_claim_of_it_was_submitted(books: Books) -> None:
    books.claim(1000)
    with pytest.raises(UserError, match="printed on them") as refused, books.call() as call:
        edit_period(call, books.period_id, PeriodDates(date(2026, 11, 2), date(2026, 11, 30), date(2026, 11, 25)))
    assert refused.value.code == "period_in_use"
    with books.call() as call:
        edit_period(call, books.period_id, PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 26)))
    assert books.events("billing_period", books.period_id) == ["period_edited"]


def test_one_is_open_at_a_time_and_ranges_are_unique(books: Books) -> None:
    december = PeriodDates(date(2026, 12, 1), date(2026, 12, 31), date(2026, 12, 25))
    with books.call() as call:
        create_period(call, books.month.project.id, december)
    with pytest.raises(UserError) as refused, books.call() as call:
        edit_period(call, books.period_id, december)
    assert refused.value.code == "duplicate_period"
    with books.call() as call:
        reopen_period(call, books.period_id)
    assert periods(books) == [("2026-11-01", "open"), ("2026-12-01", "closed")]
    with books.call() as call:
        close_period(call, books.period_id)
    assert [status for _, status in periods(books)] == ["closed", "closed"]
    for act, wrong in ((close_period, books.period_id),):
        with pytest.raises(UserError) as refused, books.call() as call:
            act(call, wrong)
        assert refused.value.code == "wrong_status"


def test_a_period_that_something_belongs_to_is_never_deleted(books: Books) -> None:
    with books.call() as call:
        invite(call, Order("first", books.month.project.id, None), [books.month.plumbing.id])
    with pytest.raises(UserError) as refused, books.call() as call:
        delete_period(call, books.period_id)
    assert refused.value.code == "period_in_use"


def test_only_administrators(books: Books) -> None:
    project_id = books.month.project.id
    dates = PeriodDates(date(2027, 1, 1), date(2027, 1, 31), date(2027, 1, 25))
    for act in (
        lambda call: create_period(call, project_id, dates),
        lambda call: set_schedule(call, project_id, CALENDAR),
        lambda call: edit_period(call, books.period_id, dates),
        lambda call: close_period(call, books.period_id),
        lambda call: reopen_period(call, books.period_id),
        lambda call: delete_period(call, books.period_id),
    ):
        with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
            act(call)


def test_two_clocks_open_a_period_once(books: Books) -> None:
    with books.call() as call:
        set_schedule(call, books.month.project.id, CALENDAR)
    with books.database.transaction() as session:
        call = Call(session, datetime(2026, 12, 2, 12, tzinfo=UTC), make_settings(), actor=None, door="clock")
        assert open_due_period(call, books.month.project.id) is not None
        assert open_due_period(call, books.month.project.id) is None
        assert session.scalars(select(Project)).one().id == books.month.project.id
