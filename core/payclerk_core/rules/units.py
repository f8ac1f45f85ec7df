"""Unit-price lines: amount = quantity x unit price, prices to four decimals, amounts to the minor unit (domain 3.5)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from ..money import Money, decimal_to_money, minor_units

PRICE_DECIMALS: Final = 4
_DIGITS: Final = 60  # a quantity times a price is exact, whatever the two are


def unit_amount(quantity: Decimal, price: Decimal, currency: str) -> Money:
    """The amount of so many units, rounded half up; ValueError when it is too large to be an amount.

    >>> unit_amount(Decimal("10"), Decimal("33.3333"), "USD")
    Money('333.33', 'USD')
    """
    with localcontext() as context:
        context.prec = _DIGITS
        smallest = Decimal(1).scaleb(-minor_units(currency))
        return decimal_to_money((quantity * price).quantize(smallest, ROUND_HALF_UP), currency)


def require_unit_price(price: Decimal) -> Decimal:
    """The price, or ValueError when it has more than four decimals."""
    exponent = price.normalize().as_tuple().exponent
    if isinstance(exponent, str) or exponent < -PRICE_DECIMALS:
        raise ValueError(f"{price} has more than four decimals")
    return price
