"""Lines of a schedule of values as they are entered: an amount, or a quantity times a unit price (domain 3.2, 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from ..errors import UserError
from ..money import Money, decimal_to_money
from .contract_terms import decimals

_CENT: Final = Decimal("0.01")
_MOST_DECIMALS: Final = 4
_EXACT: Final = 60  # digits: a quantity times a price is exact
_LARGEST: Final = Decimal(10) ** 13
_LENGTHS: Final = {"item": 40, "cost_code": 40, "cost_type": 40, "description": 300, "unit": 20}


@dataclass(frozen=True, slots=True)
class SovEntry:
    """One line as somebody enters it. Amount contracts give `amount`; unit contracts quantity, unit and price."""

    item: str
    cost_code: str
    cost_type: str
    description: str
    amount: Money | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None


def scheduled_of(entry: SovEntry, accounting: str, currency: str) -> Money:
    """Column C of the line; UserError, with the field, for what does not fit the contract's way of accounting."""
    _check_texts(entry)
    return _by_unit(entry, currency) if accounting == "unit" else _by_amount(entry, currency)


def _check_texts(entry: SovEntry) -> None:
    for name in ("item", "cost_code", "cost_type", "description"):
        if not getattr(entry, name).strip():
            raise UserError(f"The line needs its {name.replace('_', ' ')}.", field=name)
    for name, longest in _LENGTHS.items():
        if len((getattr(entry, name) or "").strip()) > longest:
            text = f"The {name.replace('_', ' ')} is longer than {longest} characters; shorten it."
            raise UserError(text, field=name)


def _by_amount(entry: SovEntry, currency: str) -> Money:
    if entry.quantity is not None or entry.unit_price is not None:
        text = f"Line {entry.item}: this contract is kept by amount; give an amount and no quantity."
        raise UserError(text, field="quantity")
    if entry.amount is None:
        raise UserError(f"Line {entry.item} needs its scheduled value.", field="amount")
    if entry.amount.currency != currency:
        raise UserError(f"Line {entry.item}: amounts of this contract are in {currency}.", field="amount")
    return entry.amount


def _by_unit(entry: SovEntry, currency: str) -> Money:
    if entry.quantity is None or entry.unit_price is None or not (entry.unit or "").strip():
        text = f"Line {entry.item}: this contract is kept by unit; give the quantity, the unit and the unit price."
        raise UserError(text, field="quantity")
    _require_number(entry.quantity, "quantity")
    _require_number(entry.unit_price, "unit_price")
    amount = priced(entry.quantity, entry.unit_price, currency)
    if entry.amount is not None and entry.amount != amount:
        text = f"Line {entry.item}: {entry.quantity} x {entry.unit_price} is {amount}, not {entry.amount}."
        raise UserError(text, field="amount")
    return amount


def _require_number(number: Decimal, field: str) -> None:
    name = field.replace("_", " ")
    if not number.is_finite() or abs(number) > _LARGEST or decimals(number) > _MOST_DECIMALS:
        raise UserError(f"The {name} {number} is no number with at most four decimals.", field=field)


def priced(quantity: Decimal, price: Decimal, currency: str) -> Money:
    """Quantity times unit price, rounded half up to the cent.

    >>> priced(Decimal("10"), Decimal("33.3333"), "USD")
    Money('333.33', 'USD')
    """
    with localcontext() as context:
        context.prec = _EXACT
        product = (quantity * price).quantize(_CENT, ROUND_HALF_UP)
    try:
        return decimal_to_money(product, currency)
    except ValueError as error:
        raise UserError(f"{error}.", field="quantity") from None
