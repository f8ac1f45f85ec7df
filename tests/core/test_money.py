"""Money: exact to the cent, by property."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.money import Money, PercentOf, decimal_to_money, percent_of, read_money, total

cents = st.integers(-(10**12), 10**12)


@given(cents, st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(any))
def test_shares_add_up_to_the_cent(amount: int, weights: list[int]) -> None:
    parts = Money(amount).share(weights)

    assert total(parts, "USD") == Money(amount)


@given(cents, st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(any))
def test_no_share_is_a_cent_or_more_from_its_exact_part(amount: int, weights: list[int]) -> None:
    parts = Money(amount).share(weights)

    for part, weight in zip(parts, weights, strict=True):
        assert abs(Decimal(part.cents) - Decimal(amount) * weight / sum(weights)) < 1


@given(cents)
def test_what_is_shown_is_read_back(amount: int) -> None:
    assert read_money(str(Money(amount))) == Money(amount)
    assert read_money(Money(amount).plain()) == Money(amount)


@given(cents, st.decimals(0, 1, places=4))
def test_times_rounds_half_up(amount: int, rate: Decimal) -> None:
    exact = Decimal(amount) * rate

    assert abs(Money(amount).times(rate).cents - exact) <= Decimal("0.5")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.50", 123450),
        ("$ 1234.5", 123450),
        ("(12.00)", -1200),
        ("-12", -1200),
        ("-$1,234.50", -123450),
        (".5", 50),
        ("1\u00a0234.00", 123400),
        ("0", 0),
    ],
)
def test_amounts_as_people_type_them(text: str, amount: int) -> None:
    assert read_money(text) == Money(amount)


@pytest.mark.parametrize(
    "text", ["1.234,50", "12,5", "1,23,456.00", "12.345", "", "abc", "--5", "1e5", "5%", "9" * 30, "1,2345.00"]
)
def test_what_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|cent"):
        read_money(text)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("0.001")])
def test_odd_decimals_are_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match=r"cent|amount"):
        decimal_to_money(value, "USD")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="USD and CAD"):
        Money(1) + Money(1, "CAD")


def test_percent_of_nothing_is_zero() -> None:
    assert percent_of(Money(5), Money(0)) == Decimal("0.00")


@given(cents, st.decimals(0, 200, places=4))
def test_a_percentage_is_rounded_half_up_away_from_zero(amount: int, rate: Decimal) -> None:
    exact = Fraction(amount) * Fraction(rate) / 100
    expected = floor(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)

    assert PercentOf(rate)(amount) == expected
    assert Money(amount, "CAD").percent(rate) == Money(expected, "CAD")
    assert Money(amount, "CAD").times(rate / 100) == Money(expected, "CAD")


@pytest.mark.parametrize(
    ("amount", "rate", "expected"), [(5, "10", 1), (-5, "10", -1), (4, "10", 0), (-4, "10", 0), (10001, "7.5", 750)]
)
def test_half_a_cent_goes_away_from_zero(amount: int, rate: str, expected: int) -> None:
    assert PercentOf(Decimal(rate))(amount) == expected


@given(cents, cents)
def test_amounts_add_and_compare_as_their_cents_do(a: int, b: int) -> None:
    one, other = Money(a), Money(b)

    assert (one + other, one - other, -one) == (Money(a + b), Money(a - b), Money(-a))
    assert (one < other, one <= other, one > other, one >= other) == (a < b, a <= b, a > b, a >= b)
    assert (one == other, bool(one)) == (a == b, a != 0)


@pytest.mark.parametrize(
    ("amount", "shown", "plain"),
    [
        (Money(123450), "$1,234.50", "1234.50"),
        (Money(-123450), "-$1,234.50", "-1234.50"),
        (Money(5), "$0.05", "0.05"),
        (Money(-5, "GBP"), "-£0.05", "-0.05"),
        (Money(100, "EUR"), "€1.00", "1.00"),
        (Money(100, "CHF"), "CHF 1.00", "1.00"),
    ],
)
def test_how_amounts_are_shown(amount: Money, shown: str, plain: str) -> None:
    assert (str(amount), amount.plain()) == (shown, plain)
    assert repr(amount) == f"Money('{plain}', '{amount.currency}')"


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (100, [0, 3, 1], [0, 75, 25]),
        (5, [2, 1], [3, 2]),
        (0, [1, 1], [0, 0]),
        (2, [1, 1, 1, 1], [1, 1, 0, 0]),
    ],
)
def test_largest_remainder_first_on_a_tie(amount: int, weights: list[int], parts: list[int]) -> None:
    assert [part.cents for part in Money(amount).share(weights)] == parts


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_share_nothing(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must not be negative"):
        Money(1).share(weights)


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(1, 3, "33.33"), (2, 3, "66.67"), (-1, 3, "-33.33"), (1, -3, "-33.33"), (125, 1000, "12.50"), (5, 4000, "0.13")],
)
def test_percent_of(part: int, whole: int, percent: str) -> None:
    assert str(percent_of(Money(part), Money(whole))) == percent


def test_the_largest_amount() -> None:
    assert decimal_to_money(Decimal(10**13), "USD") == Money(10**15)
    with pytest.raises(ValueError, match="too large"):
        decimal_to_money(Decimal("10000000000000.01"), "USD")


def test_other_currencies_are_read_with_their_own_sign() -> None:
    assert read_money("£1.50", "GBP") == Money(150, "GBP")
    assert read_money("USD 1.50") == Money(150)
    assert read_money("+1.50") == Money(150)
    assert read_money("(-1.50)") == Money(150)
    assert total([], "CAD") == Money(0, "CAD")
    assert total([Money(1), Money(2)], "USD") == Money(3)


def test_the_smallest_amounts() -> None:
    assert (str(Money(0)), Money(0).plain()) == ("$0.00", "0.00")
    assert (str(Money(-1)), Money(-1).plain()) == ("-$0.01", "-0.01")
    assert Money(-1).share([1, 1]) == [Money(-1), Money(0)]
