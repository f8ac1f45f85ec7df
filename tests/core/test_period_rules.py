"""Any schedule that is taken, on any day: worked months, and what must hold for all of them for decades."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.dates import project_date
from payclerk_core.errors import UserError
from payclerk_core.rules.periods import (
    Frequency,
    PeriodDates,
    Schedule,
    check_schedule,
    due_to_open,
    next_to_open,
    numbers_of,
    usual_dates,
)

TODAY = date(2026, 11, 21)
MONDAY, TUESDAY, FRIDAY, SUNDAY, LAST = 1, 2, 5, 7, 5


def by_date(start: int, end: int, end_months: int, due: int, due_months: int = 0) -> Schedule:
    rule = {"start": start, "end": end, "end_months": end_months, "due": due, "due_months": due_months}
    return Schedule(Frequency.MONTHLY_BY_DATE, rule)


def by_weekday(
    start: tuple[int, int], end: tuple[int, int], end_months: int, due: tuple[int, int], due_months: int
) -> Schedule:
    """Each date is (which one of the month, weekday)."""
    rule = {"end_months": end_months, "due_months": due_months}
    for name, (week, weekday) in (("start", start), ("end", end), ("due", due)):
        rule |= {f"{name}_week": week, name: weekday}
    return Schedule(Frequency.MONTHLY_BY_WEEKDAY, rule)


def weekly(start: int, end: int, end_weeks: int, due: int, due_weeks: int) -> Schedule:
    rule = {"start": start, "end": end, "end_weeks": end_weeks, "due": due, "due_weeks": due_weeks}
    return Schedule(Frequency.WEEKLY, rule)


FIRST_MONDAY_ON = by_weekday((1, MONDAY), (1, SUNDAY), 1, (LAST, FRIDAY), 0)
# Worked by hand with a calendar.
PLANNED = [
    (by_date(26, 25, 1, 20, 1), "2026-12-25", "2026-11-26 2026-12-25 2026-12-20"),
    (by_date(31, 30, 1, 31), "2027-02-27", "2027-01-31 2027-02-27 2027-01-31"),
    (by_date(31, 30, 1, 31), "2027-02-28", "2027-02-28 2027-03-30 2027-02-28"),
    (by_date(30, 29, 1, 5, 1), "2028-01-30", "2028-01-30 2028-02-28 2028-02-05"),
    (by_weekday((1, MONDAY), (LAST, FRIDAY), 0, (4, FRIDAY), 0), "2026-11-21", "2026-11-02 2026-11-27 2026-11-27"),
    (FIRST_MONDAY_ON, "2026-11-01", "2026-10-05 2026-11-01 2026-10-30"),
    # February 2027 begins on a Monday: its first Sunday is after that Monday, so the end gives way by a week.
    (FIRST_MONDAY_ON, "2027-01-31", "2027-01-04 2027-01-31 2027-01-29"),
    (weekly(SUNDAY, 6, 1, 3, 1), "2026-11-21", "2026-11-15 2026-11-21 2026-11-18"),
    (weekly(4, 3, 1, FRIDAY, 1), "2027-01-01", "2026-12-31 2027-01-06 2027-01-08"),
]


@pytest.mark.parametrize(("schedule", "today", "expected"), PLANNED)
def test_the_planned_period(schedule: Schedule, today: str, expected: str) -> None:
    check_schedule(schedule, TODAY)
    assert due_to_open(schedule, date.fromisoformat(today)) == PeriodDates(*map(date.fromisoformat, expected.split()))


REFUSED = [
    (by_date(1, 1, 1, 25), "end", "when the next one starts"),
    (by_date(16, 15, 0, 20), "end", "before it starts"),
    (by_date(26, 25, 1, 20), "due", "before it starts"),
    (by_weekday((1, MONDAY), (1, FRIDAY), 0, (2, FRIDAY), 0), "end", "before it starts"),
    (by_weekday((1, MONDAY), (2, MONDAY), 1, (2, FRIDAY), 0), "end", "when the next one starts"),
    # For years the fourth Monday is before the last Tuesday; not in a month of 28 days that ends on a Monday.
    (by_weekday((4, MONDAY), (LAST, TUESDAY), 0, (LAST, TUESDAY), 0), "end", "before it starts"),
    (weekly(MONDAY, MONDAY, 1, FRIDAY, 1), "end", "would start before"),
    (weekly(FRIDAY, MONDAY, 0, FRIDAY, 1), "end", "before it starts"),
    (weekly(FRIDAY, MONDAY, 1, MONDAY, 0), "due", "before it starts"),
]


@pytest.mark.parametrize(("schedule", "field", "words"), REFUSED)
def test_what_cannot_be_kept_in_every_month_is_refused(schedule: Schedule, field: str, words: str) -> None:
    with pytest.raises(UserError) as refused:
        check_schedule(schedule, TODAY)

    assert refused.value.field == field
    assert words in refused.value.message


days, weekdays, weeks, later = st.integers(1, 31), st.integers(1, 7), st.integers(1, 5), st.integers(0, 1)
which = st.tuples(weeks, weekdays)
any_date = st.dates(date(2020, 1, 1), date(2060, 12, 31))
any_schedule = st.one_of(
    st.builds(by_date, days, days, later, days, later),
    st.builds(by_weekday, which, which, later, which, later),
    st.builds(weekly, weekdays, weekdays, later, weekdays, st.integers(0, 2)),
)


def is_taken(schedule: Schedule) -> bool:
    try:
        check_schedule(schedule, TODAY)
    except UserError:
        return False
    return True


schedules = any_schedule.filter(is_taken)


@given(schedules, any_date)
def test_periods_never_overlap_and_none_is_left_out(schedule: Schedule, today: date) -> None:
    period = due_to_open(schedule, today)
    for _ in range(30):
        assert period is not None
        following = next_to_open(schedule, period.starts_on)
        assert following is not None
        assert period.starts_on <= period.ends_on < following.starts_on
        assert period.due_on >= period.starts_on
        assert due_to_open(schedule, following.starts_on - timedelta(days=1)) == period
        assert due_to_open(schedule, following.starts_on) == following
        period = following


@given(schedules, any_date)
def test_there_is_one_period_in_each_month_or_week(schedule: Schedule, today: date) -> None:
    first, second = due_to_open(schedule, today), next_to_open(schedule, today)

    assert first is not None
    assert second is not None
    if schedule.frequency is Frequency.WEEKLY:
        assert second.starts_on - first.starts_on == timedelta(days=7)
    else:
        months = [period.starts_on.year * 12 + period.starts_on.month for period in (first, second)]
        assert months[1] - months[0] == 1


@given(any_schedule, any_date, any_date)
def test_a_schedule_is_taken_or_not_whatever_day_it_is(schedule: Schedule, one: date, other: date) -> None:
    found = []
    for today in (one, other):
        try:
            check_schedule(schedule, today)
            found.append("")
        except UserError as refused:
            found.append(refused.field)
    assert bool(found[0]) == bool(found[1])


ZONES = [
    "America/Chicago", "Pacific/Auckland", "Europe/London", "Africa/Cairo", "America/Havana", "Asia/Kathmandu",
    "Pacific/Kiritimati", "America/St_Johns",
]  # fmt: skip


@given(schedules, st.sampled_from(ZONES), st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1)))
def test_a_period_begins_at_the_projects_midnight_also_when_its_clocks_change(
    schedule: Schedule, zone: str, moment: datetime
) -> None:
    now = moment.replace(tzinfo=UTC)
    period = due_to_open(schedule, project_date(now, zone))

    assert period is not None
    midnight = datetime.combine(period.starts_on, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    assert midnight <= now
    # In Cairo and Havana a day may begin at one o'clock; two hours before midnight is yesterday everywhere.
    assert due_to_open(schedule, project_date(midnight - timedelta(hours=2), zone)) != period


@given(any_date, days, days, days)
def test_the_usual_days_always_make_a_period(today: date, start: int, end: int, due: int) -> None:
    dates = usual_dates(today, start, end, due)

    assert dates.starts_on <= dates.ends_on
    assert dates.starts_on <= dates.due_on
    assert (dates.starts_on.year, dates.starts_on.month) == (today.year, today.month)


@pytest.mark.parametrize("schedule", [by_date(26, 25, 1, 20), FIRST_MONDAY_ON, weekly(SUNDAY, 6, 1, 3, 1)])
def test_a_schedule_is_made_of_just_the_numbers_that_are_asked_for(schedule: Schedule) -> None:
    asked = numbers_of(schedule.frequency)
    assert asked.keys() == schedule.rule.keys()
    name, (low, high) = next(iter(asked.items()))
    for beyond in (low - 1, high + 1):
        with pytest.raises(UserError, match=str(high)):
            check_schedule(Schedule(schedule.frequency, {**schedule.rule, name: beyond}), TODAY)
