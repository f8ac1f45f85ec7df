"""Billing periods that open by themselves: from a schedule and a project date to the planned period (task T7).

All dates are plain dates of the project's own time zone. Whether a moment is on that date is `dates.project_date`'s
matter, so a change to or from daylight saving time can move no period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ..dates import day_of_month
from ..errors import UserError

LAST: Final = 5  # the "nth" of a weekday that means the month's last one
LAST_DAY: Final = 31  # the day of a month that means its last one


class Frequency(StrEnum):
    """How often a period opens by itself; NEVER is the default and cancels (task T7)."""

    MONTHLY_BY_DATE = "monthly_by_date"
    MONTHLY_BY_WEEKDAY = "monthly_by_weekday"
    WEEKLY = "weekly"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class PeriodDates:
    """The three dates of a billing period; both ends are part of it."""

    starts_on: date
    ends_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Mark:
    """One date of a planned period: a day of the month, the nth weekday of the month, or a weekday.

    `day` 31 is the month's last; `weekday` counts from 1 (Monday); `nth` 5 is the month's last such weekday; `later`
    says how many months, or weeks, after those in which the period starts.
    """

    day: int = 0
    weekday: int = 0
    nth: int = 0
    later: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When periods open by themselves, and from when to when they run (task T7)."""

    frequency: Frequency
    start: Mark = Mark()
    end: Mark = Mark()
    due: Mark = Mark()


NEVER: Final = Schedule(Frequency.NEVER)
# The numbers each frequency needs, besides how much later the end and the due date lie.
_NUMBERS: Final[Mapping[Frequency, tuple[str, ...]]] = {
    Frequency.MONTHLY_BY_DATE: ("day",),
    Frequency.MONTHLY_BY_WEEKDAY: ("nth", "weekday"),
    Frequency.WEEKLY: ("weekday",),
    Frequency.NEVER: (),
}
_RANGES: Final[Mapping[str, tuple[int, int]]] = {"day": (1, LAST_DAY), "nth": (1, LAST), "weekday": (1, 7)}
_LATER: Final[Mapping[str, int]] = {"start": 0, "end": 1, "due": 2}  # this or next month; what is due may wait longer
# Any 28 years in a row hold every shape a month can have.
_ALL_MONTHS: Final = range(2001 * 12, 2029 * 12)


def read_schedule(frequency: str, rule: Mapping[str, int]) -> Schedule:
    """The schedule of its stored numbers (`start_day`, `end_months`...), checked.

    Errors: UserError that names the field, when a number is missing or out of range, or the dates cannot be kept.
    """
    chosen = _frequency(frequency)
    marks = {name: _mark(chosen, name, rule) for name in ("start", "end", "due")}
    schedule = Schedule(chosen, **marks)
    _check(schedule)
    return schedule


def rule_of(schedule: Schedule) -> dict[str, int]:
    """The numbers of a schedule, as they are stored."""
    if schedule.frequency is Frequency.NEVER:
        return {}
    marks = {"start": schedule.start, "end": schedule.end, "due": schedule.due}
    numbers = _NUMBERS[schedule.frequency]
    rule = {f"{name}_{number}": getattr(mark, number) for name, mark in marks.items() for number in numbers}
    later = {f"{name}_{_unit_name(schedule.frequency)}": marks[name].later for name in ("end", "due")}
    return {**rule, **later}


def planned(schedule: Schedule, today: date) -> PeriodDates | None:
    """The newest period whose start date has come on that project date; None when nothing opens by itself."""
    return None if schedule.frequency is Frequency.NEVER else _period(schedule, _newest(schedule, today))


def next_planned(schedule: Schedule, today: date) -> PeriodDates | None:
    """The first period that starts after that project date; None when nothing opens by itself."""
    return None if schedule.frequency is Frequency.NEVER else _period(schedule, _newest(schedule, today) + 1)


def _newest(schedule: Schedule, today: date) -> int:
    """The number of the month or week in which the newest period started."""
    unit = (today.toordinal() - 1) // 7 if _is_weekly(schedule) else today.year * 12 + today.month - 1
    return unit if _on(schedule, schedule.start, unit) <= today else unit - 1


def _is_weekly(schedule: Schedule) -> bool:
    return schedule.frequency is Frequency.WEEKLY


def _period(schedule: Schedule, unit: int) -> PeriodDates:
    start, end, due = _marked(schedule, unit)
    # In a short month the next start comes early (the 30th is February's 28th): the end gives way, never overlaps.
    before_next = _on(schedule, schedule.start, unit + 1) - timedelta(days=1)
    return PeriodDates(start, min(end, before_next), due)


def _marked(schedule: Schedule, unit: int) -> tuple[date, date, date]:
    marks = (schedule.start, schedule.end, schedule.due)
    start, end, due = (_on(schedule, mark, unit + mark.later) for mark in marks)
    return start, end, due


def _on(schedule: Schedule, mark: Mark, unit: int) -> date:
    """The date of a mark in the month, or the week (Monday to Sunday), of this number."""
    if _is_weekly(schedule):
        return date.fromordinal(unit * 7 + mark.weekday)
    year, month = divmod(unit, 12)
    return day_of_month(year, month + 1, mark.day) if mark.day else _nth_weekday(year, month + 1, mark)


def _nth_weekday(year: int, month: int, mark: Mark) -> date:
    if mark.nth == LAST:
        last = day_of_month(year, month, LAST_DAY)
        return last - timedelta(days=(last.isoweekday() - mark.weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(mark.weekday - first.isoweekday()) % 7 + 7 * (mark.nth - 1))


def _frequency(name: str) -> Frequency:
    try:
        return Frequency(name)
    except ValueError:
        known = ", ".join(Frequency)
        raise UserError(f"There is no frequency '{name}'; choose one of {known}.", field="frequency") from None


def _mark(frequency: Frequency, name: str, rule: Mapping[str, int]) -> Mark:
    if frequency is Frequency.NEVER:
        return Mark()
    numbers = {number: _number(rule, f"{name}_{number}", *_RANGES[number]) for number in _NUMBERS[frequency]}
    if name != "start":
        numbers["later"] = _number(rule, f"{name}_{_unit_name(frequency)}", 0, _LATER[name])
    return Mark(**numbers)


def _unit_name(frequency: Frequency) -> str:
    return "weeks" if frequency is Frequency.WEEKLY else "months"


def _number(rule: Mapping[str, int], name: str, least: int, most: int) -> int:
    value = rule.get(name)
    if value is None or not least <= value <= most:
        text = f"{name.replace('_', ' ').capitalize()} must be a number from {least} to {most}."
        raise UserError(text, code="schedule", field=name.partition("_")[0])
    return value


def _check(schedule: Schedule) -> None:
    """Refuse what cannot be kept in every month: an end before the start, a due date before it, an overlap."""
    if schedule.frequency is Frequency.NEVER:
        return
    if schedule.end.later and _reaches_next_start(schedule.start, schedule.end):
        text = "The period would still run when the next one starts; choose an earlier end."
        raise UserError(text, code="overlap", field="end")
    for start, end, due in _all_marked(schedule):
        if end < start:
            text = f"The period would end before it starts ({start} to {end}); choose a later end, or the next one."
            raise UserError(text, code="schedule", field="end")
        if due < start:
            text = f"The due date would be before the start ({start}, due {due}); choose a later one."
            raise UserError(text, code="schedule", field="due")


def _reaches_next_start(start: Mark, end: Mark) -> bool:
    """Of an end in the next month or week. Within the same nth week the end gives way, as in a short month."""
    if start.nth:
        return end.nth > start.nth
    return (end.day, end.weekday) >= (start.day, start.weekday)


def _all_marked(schedule: Schedule) -> Iterator[tuple[date, date, date]]:
    units = range(1, 2) if _is_weekly(schedule) else _ALL_MONTHS
    return (_marked(schedule, unit) for unit in units)


def check_dates(dates: PeriodDates) -> None:
    """Refuse dates that make no period, whoever chose them (tasks T8, T12)."""
    if dates.ends_on < dates.starts_on:
        raise UserError("The period ends before it starts; put To on or after From.", field="ends_on")
    if dates.due_on < dates.starts_on:
        raise UserError("The due date is before the period starts; put it on or after From.", field="due_on")


def usual_dates(today: date, start_day: int, end_day: int, due_day: int) -> PeriodDates:
    """The dates a manual period is prefilled with: the project's usual days, from those of this month on (task T6).

    An end or a due date that would lie before the start is next month's: the 26th to the 25th is two months' matter.
    """
    month = today.year * 12 + today.month - 1
    start = _day_in(month, start_day)
    end, due = (_first_from(start, month, day) for day in (end_day, due_day))
    return PeriodDates(start, end, due)


def _first_from(start: date, month: int, day: int) -> date:
    found = _day_in(month, day)
    return found if found >= start else _day_in(month + 1, day)


def _day_in(month: int, day: int) -> date:
    return day_of_month(month // 12, month % 12 + 1, day)
