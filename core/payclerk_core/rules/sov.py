"""Lines of a schedule of values as they are entered: an amount, or a quantity times a unit price (domain 3.2, 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..errors import UserError
from ..money import Money
from .contract_terms import decimals
from .units import unit_amount

_MOST_DECIMALS: Final = 4
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
    try:
        amount = unit_amount(entry.quantity, entry.unit_price, currency)
    except ValueError as error:
        raise UserError(f"Line {entry.item}: {error}.", field="quantity") from None
    if entry.amount is not None and entry.amount != amount:
        text = f"Line {entry.item}: {entry.quantity} x {entry.unit_price} is {amount}, not {entry.amount}."
        raise UserError(text, field="amount")
    return amount


def _require_number(number: Decimal, field: str) -> None:
    name = field.replace("_", " ")
    if not number.is_finite() or number.copy_abs() > _LARGEST or decimals(number) > _MOST_DECIMALS:
        raise UserError(f"The {name} {number} is no number with at most four decimals.", field=field)
