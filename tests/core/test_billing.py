"""The two pages of a claim: the published worked cases, and what must hold for any claim."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.money import Money, total
from payclerk_core.rules.billing import Line, Summary, check_claim, summarize

TEN, FIVE, ZERO = Decimal(10), Decimal(5), Decimal(0)


def line(
    scheduled: int,
    previous: int = 0,
    work: int = 0,
    stored: int = 0,
    *,
    item: str = "1",
    rates: tuple[Decimal, Decimal] = (TEN, FIVE),
    change_order: str | None = None,
) -> Line:
    """A line in whole dollars."""
    amounts = [Money(value * 100) for value in (scheduled, previous, work, stored)]
    return Line(item, "Work", *amounts, *rates, change_order)


def dollars(summary: Summary) -> tuple[int, ...]:
    """Lines 3, 4, 5a, 5b, 6, 7, 8 and 9 in whole dollars."""
    amounts = (
        summary.contract_sum,
        summary.completed,
        summary.work_retainage,
        summary.stored_retainage,
        summary.earned,
        summary.previous_certificates,
        summary.due,
        summary.balance,
    )
    return tuple(amount.cents // 100 for amount in amounts)


# The first six periods of the ten-period project (domain 3.6): columns 3, 4, 5a, 5b, 6, 7, 8, 9.
PERIODS = [
    ([(200_000, 0, 60_000, 0), (500_000, 0, 40_000, 0), (300_000, 0, 0, 0), (200_000, 0, 0, 0)], 0,
     (1_200_000, 100_000, 10_000, 0, 90_000, 0, 90_000, 1_110_000)),
    ([(200_000, 60_000, 40_000, 0), (500_000, 40_000, 110_000, 0), (500_000, 0, 0, 0)], 90_000,
     (1_200_000, 250_000, 25_000, 0, 225_000, 90_000, 135_000, 975_000)),
    ([(700_000, 250_000, 150_000, 0), (500_000, 0, 0, 0), (120_000, 0, 0, 0)], 225_000,
     (1_320_000, 400_000, 40_000, 0, 360_000, 225_000, 135_000, 960_000)),
    ([(1_200_000, 400_000, 100_000, 80_000), (120_000, 0, 0, 0)], 360_000,
     (1_320_000, 580_000, 50_000, 4_000, 526_000, 360_000, 166_000, 794_000)),
    ([(1_200_000, 500_000, 80_000, 0), (120_000, 0, 0, 0)], 526_000,
     (1_320_000, 580_000, 58_000, 0, 522_000, 526_000, -4_000, 798_000)),
    ([(1_200_000, 580_000, 120_000, 0), (120_000, 0, 0, 0), (-30_000, 0, 0, 0)], 522_000,
     (1_290_000, 700_000, 70_000, 0, 630_000, 522_000, 108_000, 660_000)),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "previous", "expected"), PERIODS, ids=[str(n) for n in range(1, 7)])
def test_ten_period_project(rows: list[tuple[int, int, int, int]], previous: int, expected: tuple[int, ...]) -> None:
    summary = summarize([line(*row) for row in rows], previous_certificates=Money(previous * 100))

    assert dollars(summary) == expected


def test_retainage_is_rounded_per_line_and_then_summed() -> None:
    lines = [Line("1", "", Money(c), Money(0), Money(c), Money(0), TEN, ZERO) for c in (3333333, 3333333, 3333334)]

    assert summarize(lines, previous_certificates=Money(0)).work_retainage == Money(999999)


def test_change_orders_are_line_two() -> None:
    lines = [line(100_000, work=20_000), line(10_000, item="CO1", change_order="CO-1")]

    summary = summarize(lines, previous_certificates=Money(0))

    assert (summary.original_sum, summary.change_orders) == (Money(10_000_000), Money(1_000_000))
    assert dollars(summary) == (110_000, 20_000, 2_000, 0, 18_000, 0, 18_000, 92_000)


small = st.integers(-(10**7), 10**7)
rates = st.sampled_from([ZERO, FIVE, TEN, Decimal("7.5")])
any_line = st.builds(
    lambda c, d, e, f, w, s: Line("1", "", Money(c), Money(d), Money(e), Money(f), w, s),
    small, small, small, small, rates, rates,
)  # fmt: skip


@given(st.lists(any_line, max_size=40), small)
def test_the_summary_is_the_sum_of_its_lines(lines: list[Line], previous: int) -> None:
    summary = summarize(lines, previous_certificates=Money(previous))

    assert summary.completed == total((row.completed for row in lines), "USD")
    assert summary.retainage == total((row.retainage for row in lines), "USD")
    assert summary.earned + summary.retainage == summary.completed
    assert summary.due + summary.previous_certificates == summary.earned
    assert summary.balance == total((row.balance for row in lines), "USD") + summary.retainage


def test_a_claim_that_bills_nothing_is_refused() -> None:
    assert [f.severity for f in check_claim([line(1000)])] == ["error"]


def test_over_a_hundred_percent_and_negative_work_are_warned_of() -> None:
    findings = check_claim([line(1000, 900, 200, item="3"), line(1000, 500, -100, item="4")])

    assert [(f.severity, f.item) for f in findings] == [("warning", "3"), ("warning", "4")]


@pytest.mark.parametrize("bad", [line(1000, stored=-5), line(1000, 100, -200)])
def test_what_cannot_be_is_an_error(bad: Line) -> None:
    assert "error" in {f.severity for f in check_claim([bad])}
