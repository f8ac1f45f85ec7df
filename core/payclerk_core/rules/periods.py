"""When billing periods open by themselves: monthly by date or by weekday, weekly, never (task T7).

Plain dates throughout: what day it is, is asked of the project's own time zone by whoever calls.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from ..dates import day_of_month
from ..errors import UserError

LAST: Final = 5  # "the fifth Monday" is the last one of its month
_CHECKED_MONTHS: Final = 28 * 12  # every length of month begins on every weekday once


class Frequency(StrEnum):
    MONTHLY_BY_DATE = "monthly_by_date"
    MONTHLY_BY_WEEKDAY = "monthly_by_weekday"
    WEEKLY = "weekly"
    NEVER = "never"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class PeriodDates:
    """A billing period's days, the last ones included."""

    starts_on: date
    ends_on: date
    due_on: date


def usual_dates(today: date, start_day: int, end_day: int, due_day: int) -> PeriodDates:
    """What a period made by hand is prefilled with: the project's usual days, in the month it is (task T6).

    An end or a due date that would lie before the start is next month's, as from the 26th to the 25th.
    """
    this, following = (_shifted(today.year, today.month, by) for by in (0, 1))
    start = day_of_month(*this, start_day)
    end, due = (
        found if (found := day_of_month(*this, day)) >= start else day_of_month(*following, day)
        for day in (end_day, due_day)
    )
    return PeriodDates(start, end, due)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often, and the numbers that say which days.

    By date: `start`, `end`, `due` are days of the month (31: its last), `end_months` and `due_months` 0 for this month, 1
    for the next. By weekday: `start`, `end`, `due` are ISO weekdays (1: Monday), `start_week` and so on which one of the
    month (5: the last). Weekly: weekdays, with `end_weeks` and `due_weeks` from the week of the start on.
    """

    frequency: Frequency
    rule: Mapping[str, int]

    def __post_init__(self) -> None:
        limits = _LIMITS[self.frequency]
        for name, (low, high) in limits.items():
            if name not in self.rule or not low <= self.rule[name] <= high:
                text = f"Give '{name.replace('_', ' ')}' as a number from {low} to {high}."
                raise UserError(text, code="bad_schedule", field=name)
        if unknown := self.rule.keys() - limits.keys():
            raise UserError(f"'{min(unknown)}' has no place in this schedule.", code="bad_schedule", field=min(unknown))


_DAYS: Final = dict.fromkeys(("start", "end", "due"), (1, 31))
_WEEKDAYS: Final = dict.fromkeys(("start", "end", "due"), (1, 7))
_LIMITS: Final[Mapping[Frequency, Mapping[str, tuple[int, int]]]] = {
    Frequency.MONTHLY_BY_DATE: {**_DAYS, "end_months": (0, 1), "due_months": (0, 1)},
    Frequency.MONTHLY_BY_WEEKDAY: {
        **_WEEKDAYS,
        **{f"{name}_week": (1, LAST) for name in ("start", "end", "due")},
        "end_months": (0, 1),
        "due_months": (0, 1),
    },
    Frequency.WEEKLY: {**_WEEKDAYS, "end_weeks": (0, 1), "due_weeks": (0, 2)},
    Frequency.NEVER: {},
}


def numbers_of(frequency: Frequency) -> Mapping[str, tuple[int, int]]:
    """The numbers a schedule of this frequency needs, by name, and from where to where each may go."""
    return _LIMITS[frequency]


def check_schedule(schedule: Schedule, today: date) -> None:
    """Raise UserError for a schedule whose periods would overlap, end before they start, or be due before that."""
    if _runs_into_next(schedule):
        text = "A period would still run when the next one starts; choose an earlier end."
        raise UserError(text, code="bad_schedule", field="end")
    periods = list(_periods(schedule, _months(today, -1, _CHECKED_MONTHS)))
    for period in periods:
        if period.ends_on < period.starts_on:
            text = (
                f"A period would end on {period.ends_on}, before it starts on {period.starts_on}; choose a later end."
            )
            raise UserError(text, code="bad_schedule", field="end")
        if period.due_on < period.starts_on:
            text = (
                f"A period would be due on {period.due_on}, before it starts on {period.starts_on}; choose a later day."
            )
            raise UserError(text, code="bad_schedule", field="due")
    for earlier, later in pairwise(periods):
        if later.starts_on <= earlier.ends_on:
            text = f"The period from {later.starts_on} would start before the one to {earlier.ends_on} is over."
            raise UserError(text, code="bad_schedule", field="end")


def _runs_into_next(schedule: Schedule) -> bool:
    """Is an end in the next month meant to lie after that month's start?"""
    if not schedule.rule.get("end_months"):
        return False
    by_week = schedule.frequency is Frequency.MONTHLY_BY_WEEKDAY
    return (
        schedule.rule["end_week"] > schedule.rule["start_week"]
        if by_week
        else schedule.rule["end"] >= schedule.rule["start"]
    )


def due_to_open(schedule: Schedule, today: date) -> PeriodDates | None:
    """The period whose start has come last; None when the schedule opens nothing."""
    started = [period for period in _around(schedule, today) if period.starts_on <= today]
    return started[-1] if started else None


def next_to_open(schedule: Schedule, today: date) -> PeriodDates | None:
    """The period that opens next, after today."""
    return next((period for period in _around(schedule, today) if period.starts_on > today), None)


def _around(schedule: Schedule, today: date) -> Iterator[PeriodDates]:
    return _periods(schedule, _months(today, -1, 3))


def _periods(schedule: Schedule, months: list[tuple[int, int]]) -> Iterator[PeriodDates]:
    """In order of their starts: those that start in these months."""
    match schedule.frequency:
        case Frequency.NEVER:
            return
        case Frequency.WEEKLY:
            yield from _weekly(schedule.rule, months)
        case Frequency.MONTHLY_BY_DATE:
            yield from _monthly(schedule.rule, months, _by_date(schedule.rule))
        case _:
            yield from _monthly(schedule.rule, months, _by_weekday(schedule.rule))


Day = Callable[[str, int, int], date]  # which day (start, end, due) of a year and month


def _monthly(rule: Mapping[str, int], months: list[tuple[int, int]], day: Day) -> Iterator[PeriodDates]:
    for year, month in months:
        end, due = (_shifted(year, month, rule[f"{name}_months"]) for name in ("end", "due"))
        ends_on = day("end", *end)
        if rule["end_months"]:
            # The 30th is February's 28th, and the first Sunday may come after the first Monday: the end gives way.
            ends_on = min(ends_on, day("start", *end) - timedelta(days=1))
        yield PeriodDates(day("start", year, month), ends_on, day("due", *due))


def _by_date(rule: Mapping[str, int]) -> Day:
    return lambda name, year, month: day_of_month(year, month, rule[name])


def _by_weekday(rule: Mapping[str, int]) -> Day:
    return lambda name, year, month: weekday_of_month(year, month, rule[f"{name}_week"], rule[name])


def weekday_of_month(year: int, month: int, week: int, weekday: int) -> date:
    """The first to fourth such weekday of the month, or its last one (5).

    >>> weekday_of_month(2026, 11, 1, 1), weekday_of_month(2026, 11, 5, 1)
    (datetime.date(2026, 11, 2), datetime.date(2026, 11, 30))
    """
    first = date(year, month, 1)
    found = first + timedelta(days=(weekday - first.isoweekday()) % 7 + 7 * (week - 1))
    last = calendar.monthrange(year, month)[1]
    return found if found.month == month and found.day <= last else found - timedelta(days=7)


def _weekly(rule: Mapping[str, int], months: list[tuple[int, int]]) -> Iterator[PeriodDates]:
    first, last = date(*months[0], 1), date(*_shifted(*months[-1], 1), 1)
    start = first + timedelta(days=(rule["start"] - first.isoweekday()) % 7)
    while start < last:
        monday = start - timedelta(days=start.isoweekday() - 1)
        end = monday + timedelta(days=rule["end"] - 1, weeks=rule["end_weeks"])
        due = monday + timedelta(days=rule["due"] - 1, weeks=rule["due_weeks"])
        yield PeriodDates(start, end, due)
        start += timedelta(days=7)


def _months(day: date, first: int, count: int) -> list[tuple[int, int]]:
    return [_shifted(day.year, day.month, first + n) for n in range(count)]


def _shifted(year: int, month: int, by: int) -> tuple[int, int]:
    years, months = divmod(month - 1 + by, 12)
    return year + years, months + 1
