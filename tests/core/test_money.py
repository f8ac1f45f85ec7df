"""Money: exact to the cent, by property."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.money import Money, decimal_to_money, percent_of, read_money, total

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


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("0.001")])
def test_odd_decimals_are_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match=r"cent|amount"):
        decimal_to_money(value, "USD")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="USD and CAD"):
        Money(1) + Money(1, "CAD")


def test_percent_of_nothing_is_zero() -> None:
    assert percent_of(Money(5), Money(0)) == Decimal("0.00")
