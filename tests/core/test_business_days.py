"""Business days of New South Wales, Victoria and Queensland: known years, and what holds of any date."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.errors import UserError
from payclerk_core.rules.business_days import (
    add_business_days,
    easter_sunday,
    holidays,
    is_business_day,
    nth_weekday,
)
from payclerk_core.rules.jurisdictions import answer_of, answering_jurisdictions

NSW, VIC, QLD = "au-nsw", "au-vic", "au-qld"
# 70 business days on, the calendar is still known.
DAYS = st.dates(date(2016, 1, 1), date(2027, 7, 31))
STATES = st.sampled_from([NSW, VIC, QLD])
COUNTS = st.integers(0, 30)


def weekdays_off(year: int, state: str) -> list[str]:
    """The holidays of a year that fall on a weekday, in order, as '01-26'."""
    return [f"{day:%m-%d}" for day in sorted(holidays(year, state)) if day.isoweekday() < 6]


@pytest.mark.parametrize(
    ("year", "state", "expected"),
    [
        # As the states published them.
        (2021, NSW, "01-01 01-26 04-02 04-05 06-14 10-04 12-27 12-28"),
        (2021, VIC, "01-01 01-26 03-08 04-02 04-05 06-14 12-27 12-28"),
        (2021, QLD, "01-01 01-26 04-02 04-05 04-26 05-03 10-04 12-27 12-28"),
        (2022, NSW, "01-03 01-26 04-15 04-18 04-25 06-13 10-03 12-26 12-27"),
        (2023, VIC, "01-02 01-26 03-13 04-07 04-10 04-25 06-12 12-25 12-26"),
        (2026, NSW, "01-01 01-26 04-03 04-06 04-27 06-08 10-05 12-25 12-28"),
        (2026, VIC, "01-01 01-26 03-09 04-03 04-06 06-08 12-25 12-28"),
        (2026, QLD, "01-01 01-26 04-03 04-06 05-04 10-05 12-25 12-28"),
        (2027, NSW, "01-01 01-26 03-26 03-29 04-26 06-14 10-04 12-27 12-28"),
    ],
)
def test_the_holidays_of_known_years(year: int, state: str, expected: str):
    assert weekdays_off(year, state) == expected.split()


def test_australia_day_moves_to_its_monday():
    assert not is_business_day(date(2019, 1, 28), VIC)  # the 26th is a Saturday
    assert is_business_day(date(2019, 1, 29), VIC)


def test_a_holiday_that_meets_another_only_moves_past_it_at_christmas():
    # Anzac Day 2038 is Easter Sunday, its Monday Easter Monday: nothing gives Queensland the Tuesday.
    assert date(2038, 4, 27) not in holidays(2038, QLD)


def test_the_days_the_acts_leave_out():
    between = [date(2026, 12, 29), date(2026, 12, 30), date(2026, 12, 31)]
    assert [is_business_day(day, NSW) for day in between] == [False, False, False]
    assert [is_business_day(day, VIC) for day in between] == [False, False, False]
    # Before Act 43 of 2025 came into force Victoria counted them.
    assert is_business_day(date(2025, 12, 29), VIC)
    assert is_business_day(date(2026, 1, 5), VIC)
    assert [is_business_day(date(2027, 1, day), VIC) for day in (8, 11)] == [False, True]
    assert is_business_day(date(2026, 12, 21), VIC)
    # The Queensland commission's own example: the last business day of 2022, and the first of 2023.
    assert is_business_day(date(2022, 12, 21), QLD)
    assert add_business_days(date(2022, 12, 21), 1, QLD) == date(2023, 1, 11)


@pytest.mark.parametrize(
    ("state", "received", "answer"),
    [
        (NSW, date(2026, 11, 10), date(2026, 11, 24)),  # two plain weeks
        (VIC, date(2026, 11, 10), date(2026, 11, 24)),
        (QLD, date(2026, 11, 10), date(2026, 12, 1)),
        (NSW, date(2026, 11, 14), date(2026, 11, 27)),  # received on a Saturday: Monday is the first day
        (NSW, date(2026, 12, 18), date(2027, 1, 11)),  # 21 to 24 December, then 4 to 11 January
        (VIC, date(2026, 12, 18), date(2027, 1, 21)),
        (QLD, date(2026, 12, 18), date(2027, 1, 29)),  # 21 December, then 11 January on; Australia Day
        (NSW, date(2026, 3, 27), date(2026, 4, 14)),  # over Easter
    ],
)
def test_the_answer_date(state: str, received: date, answer: date):
    rule = answer_of(state)
    assert rule is not None
    assert add_business_days(received, rule.business_days, state) == answer


def test_each_place_that_asks_for_an_answer_has_a_calendar():
    for state in answering_jurisdictions():
        assert {"Anzac Day", "Labour Day", "King's Birthday"} <= set(holidays(2026, state).values())


CASE = json.loads((Path(__file__).parents[1] / "cases/engine/core_D_victoria_summer_days.json").read_text("utf-8"))


@pytest.mark.parametrize(("state", "start", "count", "expected"), CASE["input"]["cases"])
def test_the_summer_days_of_victoria(state: str, start: str, count: int, expected: str):
    assert add_business_days(date.fromisoformat(start), count, state) == date.fromisoformat(expected)


@pytest.mark.parametrize("state", [NSW, VIC, QLD])
def test_beyond_the_last_year_known_nothing_is_counted(state: str):
    with pytest.raises(UserError, match="knows the public holidays to the end of 2027") as refused:
        add_business_days(date(2027, 12, 20), 10, state)
    assert refused.value.code == "calendar_unknown"


@given(DAYS, st.integers(1, 30), STATES)
def test_it_lands_on_a_business_day_with_so_many_between(start: date, count: int, state: str):
    end = add_business_days(start, count, state)
    passed = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert passed[-1] == end
    assert end.isoweekday() < 6
    assert end not in holidays(end.year, state)
    assert sum(is_business_day(day, state) for day in passed) == count


@given(DAYS, st.integers(0, 40), COUNTS, STATES)
def test_a_later_start_never_ends_earlier(start: date, later: int, count: int, state: str):
    end = add_business_days(start, count, state)
    assert end <= add_business_days(start + timedelta(days=later), count, state)
    assert end < add_business_days(start, count + 1, state)


@given(DAYS, COUNTS, COUNTS, STATES)
def test_days_add_up(start: date, first: int, second: int, state: str):
    halfway = add_business_days(start, first, state)
    assert add_business_days(halfway, second, state) == add_business_days(start, first + second, state)


@given(st.integers(1900, 2199))
def test_easter_is_a_sunday_in_its_five_weeks(year: int):
    day = easter_sunday(year)
    assert day.isoweekday() == 7
    assert date(year, 3, 22) <= day <= date(year, 4, 25)


@pytest.mark.parametrize("day", ["1954-04-18", "1981-04-19", "2000-04-23", "2024-03-31", "2038-04-25", "2285-03-22"])
def test_easter_of_known_years(day: str):
    # 1954 and 1981 are the two years in which a plain epact is one too high; 2285 and 2038 are the ends of the range.
    assert easter_sunday(int(day[:4])) == date.fromisoformat(day)


@given(st.integers(2000, 2100), st.integers(1, 12), st.integers(1, 7), st.integers(1, 4))
def test_the_nth_weekday(year: int, month: int, weekday: int, nth: int):
    day = nth_weekday(year, month, weekday, nth)
    assert (day.year, day.month, day.isoweekday(), (day.day - 1) // 7 + 1) == (year, month, weekday, nth)
