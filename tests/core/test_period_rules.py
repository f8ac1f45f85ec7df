"""Planned periods: the months that make trouble, and what must hold for any schedule and any date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.dates import project_date
from payclerk_core.errors import UserError
from payclerk_core.rules.periods import (
    NEVER,
    Frequency,
    PeriodDates,
    Schedule,
    check_dates,
    next_planned,
    planned,
    read_schedule,
    rule_of,
    usual_dates,
)


def by_date(start: int, end: int, end_months: int, due: int, due_months: int = 0) -> Schedule:
    rule = {"start_day": start, "end_day": end, "end_months": end_months, "due_day": due, "due_months": due_months}
    return read_schedule("monthly_by_date", rule)


def by_weekday(
    start: tuple[int, int], end: tuple[int, int], end_months: int, due: tuple[int, int], due_months: int
) -> Schedule:
    """Each date is (nth, weekday)."""
    rule = {"end_months": end_months, "due_months": due_months}
    for name, (nth, weekday) in (("start", start), ("end", end), ("due", due)):
        rule |= {f"{name}_nth": nth, f"{name}_weekday": weekday}
    return read_schedule("monthly_by_weekday", rule)


def weekly(start: int, end: int, end_weeks: int, due: int, due_weeks: int) -> Schedule:
    rule = {"start_weekday": start, "end_weekday": end, "end_weeks": end_weeks}
    return read_schedule("weekly", {**rule, "due_weekday": due, "due_weeks": due_weeks})


CALENDAR_MONTH = by_date(1, 31, 0, 25)
MONDAY, FRIDAY, SUNDAY, LAST = 1, 5, 7, 5


def days(text: str) -> PeriodDates:
    """'2026-11-01 2026-11-30 2026-11-25'."""
    return PeriodDates(*(date.fromisoformat(day) for day in text.split()))


# Worked by hand with a calendar.
PLANNED = [
    (CALENDAR_MONTH, "2026-11-01", "2026-11-01 2026-11-30 2026-11-25"),
    (CALENDAR_MONTH, "2026-11-30", "2026-11-01 2026-11-30 2026-11-25"),
    (CALENDAR_MONTH, "2027-02-10", "2027-02-01 2027-02-28 2027-02-25"),
    (CALENDAR_MONTH, "2028-02-29", "2028-02-01 2028-02-29 2028-02-25"),
    (CALENDAR_MONTH, "2027-01-01", "2027-01-01 2027-01-31 2027-01-25"),
    (by_date(26, 25, 1, 20, 1), "2026-11-25", "2026-10-26 2026-11-25 2026-11-20"),
    (by_date(26, 25, 1, 20, 1), "2026-12-26", "2026-12-26 2027-01-25 2027-01-20"),
    (by_date(31, 30, 1, 31), "2027-02-27", "2027-01-31 2027-02-27 2027-01-31"),
    (by_date(31, 30, 1, 31), "2027-02-28", "2027-02-28 2027-03-30 2027-02-28"),
    (by_date(30, 29, 1, 5, 2), "2028-01-30", "2028-01-30 2028-02-28 2028-03-05"),
    (by_weekday((1, MONDAY), (LAST, FRIDAY), 0, (4, FRIDAY), 0), "2026-11-21", "2026-11-02 2026-11-27 2026-11-27"),
    (by_weekday((1, MONDAY), (1, SUNDAY), 1, (LAST, FRIDAY), 0), "2026-11-01", "2026-10-05 2026-11-01 2026-10-30"),
    # February 2027 begins on a Monday: its first Sunday is after that Monday, so the end gives way by a week.
    (by_weekday((1, MONDAY), (1, SUNDAY), 1, (LAST, FRIDAY), 0), "2027-01-31", "2027-01-04 2027-01-31 2027-01-29"),
    (weekly(MONDAY, SUNDAY, 0, FRIDAY, 0), "2026-11-22", "2026-11-16 2026-11-22 2026-11-20"),
    (weekly(SUNDAY, 6, 1, 3, 1), "2026-11-21", "2026-11-15 2026-11-21 2026-11-18"),
    (weekly(4, 3, 1, FRIDAY, 1), "2027-01-01", "2026-12-31 2027-01-06 2027-01-08"),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "today", "expected"), PLANNED)
def test_the_planned_period(schedule: Schedule, today: str, expected: str) -> None:
    assert planned(schedule, date.fromisoformat(today)) == days(expected)


def test_the_next_one_is_the_first_after_today() -> None:
    assert next_planned(CALENDAR_MONTH, date(2026, 11, 1)) == days("2026-12-01 2026-12-31 2026-12-25")
    assert next_planned(by_date(15, 14, 1, 10, 1), date(2026, 11, 14)) == days("2026-11-15 2026-12-14 2026-12-10")


def test_never_plans_nothing() -> None:
    assert (planned(NEVER, date(2026, 11, 1)), next_planned(NEVER, date(2026, 11, 1))) == (None, None)
    assert (read_schedule("never", {}), rule_of(NEVER)) == (NEVER, {})


numbers = st.integers(1, 31)
weekdays = st.integers(1, 7)
nths = st.integers(1, 5)
later = st.integers(0, 1)
any_date = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any schedule that is accepted: what is refused is drawn again."""
    make = draw(st.sampled_from([_any_by_date, _any_by_weekday, _any_weekly]))
    for _ in range(50):
        try:
            return make(draw)
        except UserError:
            continue
    return CALENDAR_MONTH


def _any_by_date(draw: st.DrawFn) -> Schedule:
    return by_date(draw(numbers), draw(numbers), draw(later), draw(numbers), draw(st.integers(0, 2)))


def _any_by_weekday(draw: st.DrawFn) -> Schedule:
    pairs = [(draw(nths), draw(weekdays)) for _ in range(3)]
    return by_weekday(pairs[0], pairs[1], draw(later), pairs[2], draw(st.integers(0, 2)))


def _any_weekly(draw: st.DrawFn) -> Schedule:
    return weekly(draw(weekdays), draw(weekdays), draw(later), draw(weekdays), draw(st.integers(0, 2)))


@given(schedules(), any_date)
def test_a_period_starts_before_it_ends_and_is_due_after_it_starts(schedule: Schedule, today: date) -> None:
    period = planned(schedule, today)

    assert period is not None
    check_dates(period)
    assert period.starts_on <= today


@given(schedules(), any_date)
def test_periods_never_overlap_and_none_is_left_out(schedule: Schedule, today: date) -> None:
    period = planned(schedule, today)
    for _ in range(30):
        assert period is not None
        following = next_planned(schedule, period.starts_on)
        assert following is not None
        assert period.ends_on < following.starts_on
        # Every day until then belongs to this one: nothing starts in between.
        assert planned(schedule, following.starts_on - timedelta(days=1)) == period
        assert planned(schedule, following.starts_on) == following
        period = following


@given(schedules(), any_date)
def test_there_is_one_period_in_each_month_or_week(schedule: Schedule, today: date) -> None:
    first, second = planned(schedule, today), next_planned(schedule, today)

    assert first is not None
    assert second is not None
    if schedule.frequency is Frequency.WEEKLY:
        assert second.starts_on - first.starts_on == timedelta(days=7)
    else:
        months = [period.starts_on.year * 12 + period.starts_on.month for period in (first, second)]
        assert months[1] - months[0] == 1


@given(schedules())
def test_a_schedule_comes_back_from_what_is_stored(schedule: Schedule) -> None:
    assert read_schedule(schedule.frequency.value, rule_of(schedule)) == schedule


ZONES = [
    "America/Chicago", "Pacific/Auckland", "Europe/London", "Africa/Cairo", "America/Havana", "Asia/Kathmandu",
    "Pacific/Kiritimati", "America/St_Johns",
]  # fmt: skip


@given(schedules(), st.sampled_from(ZONES), st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1)))
def test_the_day_is_the_projects_own_also_when_its_clocks_change(
    schedule: Schedule, zone: str, moment: datetime
) -> None:
    now = moment.replace(tzinfo=UTC)
    period = planned(schedule, project_date(now, zone))

    assert period is not None
    midnight = datetime.combine(period.starts_on, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    assert midnight <= now
    # In Cairo and Havana a day may begin at one o'clock; the evening before is yesterday everywhere.
    evening_before = midnight - timedelta(hours=2)
    assert planned(schedule, project_date(evening_before, zone)) != period


REFUSED = [
    (lambda: by_date(1, 15, 1, 25), "end", "when the next one starts"),
    (lambda: by_date(1, 1, 1, 25), "end", "when the next one starts"),
    (lambda: by_date(16, 15, 0, 20), "end", "end before it starts"),
    (lambda: by_date(26, 25, 1, 20, 0), "due", "before the start"),
    (lambda: by_date(0, 31, 0, 25), "start", "Start day must be a number from 1 to 31."),
    (lambda: by_date(1, 31, 2, 25), "end", "End months must be a number from 0 to 1."),
    (lambda: by_weekday((1, MONDAY), (1, FRIDAY), 0, (2, FRIDAY), 0), "end", "end before it starts"),
    (lambda: by_weekday((1, MONDAY), (2, MONDAY), 1, (2, FRIDAY), 0), "end", "when the next one starts"),
    (lambda: by_weekday((4, FRIDAY), (LAST, MONDAY), 0, (4, FRIDAY), 1), "end", "end before it starts"),
    (lambda: by_weekday((1, MONDAY), (LAST, FRIDAY), 0, (6, FRIDAY), 0), "due", "Due nth must be a number from 1 to 5."),
    (lambda: weekly(MONDAY, MONDAY, 1, FRIDAY, 1), "end", "when the next one starts"),
    (lambda: weekly(FRIDAY, MONDAY, 0, FRIDAY, 1), "end", "end before it starts"),
    (lambda: weekly(FRIDAY, MONDAY, 1, MONDAY, 0), "due", "before the start"),
    (lambda: read_schedule("weekly", {"start_weekday": 1}), "end", "must be a number"),
    (lambda: read_schedule("daily", {}), "frequency", "There is no frequency 'daily'"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "field", "words"), REFUSED)
def test_what_cannot_be_kept_in_every_month_is_refused_with_the_field(make, field: str, words: str) -> None:
    with pytest.raises(UserError) as refused:
        make()

    assert refused.value.field == field
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("today", "usual", "expected"),
    [
        ("2026-11-10", (1, 31, 25), "2026-11-01 2026-11-30 2026-11-25"),
        ("2027-02-10", (1, 31, 25), "2027-02-01 2027-02-28 2027-02-25"),
        ("2026-12-27", (26, 25, 20), "2026-12-26 2027-01-25 2027-01-20"),
        ("2028-02-01", (29, 28, 29), "2028-02-29 2028-03-28 2028-02-29"),
    ],
)
def test_the_usual_dates_of_a_month(today: str, usual: tuple[int, int, int], expected: str) -> None:
    assert usual_dates(date.fromisoformat(today), *usual) == days(expected)


@given(any_date, numbers, numbers, numbers)
def test_the_usual_dates_make_a_period(today: date, start: int, end: int, due: int) -> None:
    check_dates(usual_dates(today, start, end, due))
