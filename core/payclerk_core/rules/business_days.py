"""Business days of an Australian state as its security-of-payment law counts them (domain 6.4).

Where a holiday is not sure or kept in a part of the state only, it is left out: a date comes too early, never too late.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ..errors import UserError

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 6  # ISO


@dataclass(frozen=True, slots=True)
class Holiday:
    """One holiday of some states, and on which ISO weekdays (or in which years) a weekend day gets a weekday too."""

    name: str
    sources: Sequence[str]  # keys of the data file's sources: the law, and the page it was compared with
    looked_at: date  # when it was last compared
    states: Sequence[str] = ("au-nsw", "au-vic", "au-qld")
    on: str | None = None  # month-day
    easter: int | None = None  # days after Easter Sunday
    nth: int = 0
    weekday: int = 0
    month: int = 0
    moves: Sequence[int] = ()
    moves_in: Sequence[int] = ()
    passes: bool = False  # moves on past other holidays: Boxing Day past the Monday that is Christmas's

    def day(self, year: int) -> date:
        """The day itself, before it moves."""
        if self.on is not None:
            return date.fromisoformat(f"{year}-{self.on}")
        if self.easter is not None:
            return easter_sunday(year) + self.easter * _DAY
        return nth_weekday(year, self.month, self.weekday, self.nth)

    def gets_weekday(self, day: date) -> bool:
        """Does a weekday become a holiday in place of this day, or beside it?"""
        return day.isoweekday() in self.moves or (_is_weekend(day) and day.year in self.moves_in)


@dataclass(frozen=True, slots=True)
class Closed:
    """Days, first and last as month-day, that the law itself does not count."""

    first: str
    last: str
    states: Sequence[str]
    source: str
    page: str  # what it was compared with
    looked_at: date  # when it was last compared
    since: date = date.min

    def holds(self, day: date) -> bool:
        """Is the day within them?"""
        return day >= self.since and self.first <= f"{day:%m-%d}" <= self.last


def add_business_days(start: date, count: int, state: str) -> date:
    """The last day to do what is due `count` business days after `start`; the day of the start does not count."""
    day = start
    for _ in range(count):
        day = _next_business_day(day, state)
    return day


def is_business_day(day: date, state: str) -> bool:
    """Neither a weekend, nor a holiday of the state, nor left out by its law on security of payment.

    Raises UserError beyond the last year whose holidays are known: a day that is guessed may be missed.
    """
    _require_known(day)
    closed = any(period.holds(day) for period in _closed() if state in period.states)
    return not (_is_weekend(day) or closed or day in holidays(day.year, state))


def _require_known(day: date) -> None:
    if day.year > (last := _data()["known_until"]):
        text = f"payclerk knows the public holidays to the end of {last} and cannot count business days to {day}"
        raise UserError(f"{text}; update payclerk, or work out the day with your adviser.", code="calendar_unknown")


@cache
def holidays(year: int, state: str) -> Mapping[date, str]:
    """The public holidays of a state in a year, by day; one that falls on a weekend may stand twice."""
    ours = [holiday for holiday in _holidays() if state in holiday.states]
    found = {holiday.day(year): holiday.name for holiday in ours}
    for holiday in sorted(ours, key=lambda one: one.day(year)):
        if holiday.gets_weekday(holiday.day(year)):
            found[_next_weekday(holiday.day(year), found if holiday.passes else ())] = holiday.name
    return found


def _next_weekday(day: date, taken: Collection[date]) -> date:
    while _is_weekend(day) or day in taken:
        day += _DAY
    return day


def _next_business_day(day: date, state: str) -> date:
    return next(following for following in _days_after(day) if is_business_day(following, state))


def _days_after(day: date) -> Iterator[date]:
    while True:
        day += _DAY
        yield day


def _is_weekend(day: date) -> bool:
    return day.isoweekday() >= _SATURDAY


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such ISO weekday of a month.

    >>> nth_weekday(2026, 6, 1, 2)
    datetime.date(2026, 6, 8)
    """
    first = date(year, month, 1)
    return first + ((weekday - first.isoweekday()) % 7 + 7 * (nth - 1)) * _DAY


def easter_sunday(year: int) -> date:
    """Easter of the Gregorian calendar, by the full moon of the church: golden number, century, epact, Sunday.

    >>> easter_sunday(2026)
    datetime.date(2026, 4, 5)
    """
    golden, century = year % 19, year // 100
    solar, lunar = century - century // 4, (8 * century + 13) // 25
    epact = (19 * golden + solar - lunar + 15) % 30
    epact -= epact // 28 * (1 - 29 // (epact + 1) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - solar) % 7
    return date(year, 3, 28) + (epact - weekday) * _DAY


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("business_days.toml").read_text("utf-8"))


@cache
def _holidays() -> Sequence[Holiday]:
    return [Holiday(**row) for row in _data()["holiday"]]


@cache
def _closed() -> Sequence[Closed]:
    return [Closed(**row) for row in _data()["closed"]]
