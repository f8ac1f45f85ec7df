"""The pure rules of a schedule of values: units, details, what may be held."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.money import Money
from payclerk_core.rules.schedules import may_be_held, missing_of_details, unit_amount

CENTS = st.integers(-(10**12), 10**12)


def test_quantity_times_price_is_rounded_half_up():
    assert unit_amount(Decimal(15), Decimal("100.0000"), "USD") == Money(150_000)
    assert unit_amount(Decimal("0.5"), Decimal("0.0100"), "USD") == Money(1)
    assert unit_amount(Decimal("0.5"), Decimal("0.0099"), "USD") == Money(0)
    large = Decimal("999999999999.9999")
    assert unit_amount(large, large, "USD").cents == 99999999999999980000000000  # exact, then rounded
    assert unit_amount(Decimal("-0.5"), Decimal("0.0100"), "USD") == Money(-1)


@given(st.decimals(0, 10**6, places=4), st.decimals(0, 10**6, places=4))
def test_the_amount_is_within_half_a_cent(quantity, price):
    assert abs(Decimal(unit_amount(quantity, price, "USD").cents) - quantity * price * 100) <= Decimal("0.5")


@given(CENTS, st.lists(CENTS, max_size=6))
def test_what_lacks_makes_the_details_add_up(whole, parts):
    lacking = missing_of_details(Money(whole), [Money(part) for part in parts])
    assert sum(parts) + lacking.cents == whole


@given(CENTS, CENTS)
def test_never_more_is_held_than_was_billed(held, billed):
    allowed = may_be_held(Money(held), Money(billed))
    assert allowed == (abs(held) <= abs(billed) and held * billed >= 0)
