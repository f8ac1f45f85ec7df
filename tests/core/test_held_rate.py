"""The percent printed on lines 5a and 5b: one where it holds for every line, else that the lines differ."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.money import PercentOf
from payclerk_core.rules.held_rate import HeldRate, held_rate

TEN = Decimal(10)


@given(st.lists(st.integers(-(10**12), 10**12)), st.decimals(0, 100, places=2))
def test_one_percent_of_all_lines_is_that_percent(billed: list[int], rate: Decimal) -> None:
    of = PercentOf(rate)

    assert held_rate([(cents, of(cents)) for cents in billed], rate) == HeldRate(rate)


@pytest.mark.parametrize(
    ("lines", "agreed", "percent", "by_line"),
    [
        ([(100_00, 5_00), (200_00, 10_00)], TEN, "5", False),  # half of it was released
        ([(100_00, 0), (200_00, 0)], TEN, "0", False),  # all of it was
        ([(100_000, 7_125), (40_000, 2_850)], TEN, "7.125", False),  # the lines' own rate, the same for each
        ([(100_00, 10_00), (100_00, 5_00)], TEN, "7.50", True),
        ([(100_00, 10_00), (0, 0)], None, "10", False),  # a sliding scale, so far at its first rule
        ([(100_00, 10_00), (-100_00, -5_00)], TEN, None, True),
        ([(0, 0)], TEN, "10", False),
    ],
)
def test_the_percent_is_that_of_the_amounts(
    lines: list[tuple[int, int]], agreed: Decimal | None, percent: str | None, by_line: bool
) -> None:
    assert held_rate(lines, agreed) == HeldRate(None if percent is None else Decimal(percent), by_line=by_line)


def test_nothing_billed_under_a_scale_has_no_percent() -> None:
    assert held_rate([(0, 0)], None) is None


def test_a_cent_of_rounding_in_each_claim_is_no_difference() -> None:
    """7.5 % of 0.10 a month, rounded each month by itself: 0.01 of every 0.10."""
    lines = [(12 * 10, 12), (100_000, 7_500)]

    assert held_rate(lines, Decimal("7.5"), roundings=12) == HeldRate(Decimal("7.5"))
    assert held_rate(lines, Decimal("7.5"), roundings=1) == HeldRate(Decimal("7.50"), by_line=True)
