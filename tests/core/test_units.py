"""Unit-price lines: exact, rounded half up, prices to four decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.money import Money
from payclerk_core.rules.retainage import may_be_held
from payclerk_core.rules.units import require_unit_price, unit_amount

CENTS = st.integers(-(10**12), 10**12)


def test_quantity_times_price_is_rounded_half_up() -> None:
    assert unit_amount(Decimal(15), Decimal("100.0000"), "USD") == Money(150_000)
    assert unit_amount(Decimal("0.5"), Decimal("0.0100"), "USD") == Money(1)
    assert unit_amount(Decimal("0.5"), Decimal("0.0099"), "USD") == Money(0)
    assert unit_amount(Decimal("-0.5"), Decimal("0.0100"), "USD") == Money(-1)


def test_what_is_too_large_is_no_amount() -> None:
    large = Decimal("999999999999.9999")

    with pytest.raises(ValueError, match="too large"):
        unit_amount(large, large, "USD")


@given(st.decimals(0, 10**6, places=4), st.decimals(0, 10**6, places=4))
def test_the_amount_is_within_half_a_cent(quantity: Decimal, price: Decimal) -> None:
    assert abs(Decimal(unit_amount(quantity, price, "USD").cents) - quantity * price * 100) <= Decimal("0.5")


@pytest.mark.parametrize("price", ["0", "1.1234", "1.12340", "-2", "1E+3"])
def test_a_price_has_up_to_four_decimals(price: str) -> None:
    assert require_unit_price(Decimal(price)) == Decimal(price)


@pytest.mark.parametrize("price", ["1.12345", "NaN", "Infinity"])
def test_no_price(price: str) -> None:
    with pytest.raises(ValueError, match="more than four decimals"):
        require_unit_price(Decimal(price))


@given(CENTS, CENTS)
def test_never_more_is_held_than_was_billed(held: int, billed: int) -> None:
    assert may_be_held(Money(held), Money(billed)) == (abs(held) <= abs(billed) and held * billed >= 0)
