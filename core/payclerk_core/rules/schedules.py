"""What a schedule of values has to fulfil before anything is billed on it (domain 1.2, 3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext

from ..money import Money, total


def unit_amount(quantity: Decimal, unit_price: Decimal, currency: str) -> Money:
    """Quantity times unit price, rounded half up to the cent (domain 3.5).

    >>> unit_amount(Decimal(15), Decimal("100.0000"), "USD")
    Money('1500.00', 'USD')
    """
    with localcontext() as context:
        context.prec = 60  # digits: a quantity times a price is exact
        return Money(int((quantity * unit_price * 100).to_integral_value(ROUND_HALF_UP)), currency)


def missing_of_details(whole: Money, details: Iterable[Money]) -> Money:
    """What the subcontractor's details lack to add up to the contract's line; zero when they do (task C10)."""
    return whole - total(details, whole.currency)


def may_be_held(retainage: Money, billed: Money) -> bool:
    """May so much retainage be held of what was billed? Never more than it, and never of the other sign."""
    return min(0, billed.cents) <= retainage.cents <= max(0, billed.cents)
