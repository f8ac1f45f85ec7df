"""Amounts in the cells of a workbook from outside, read without guessing."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from ..money import Money, minor_units
from .sheets import cell_money

_DECIMAL_COMMA: Final = {
    places: re.compile(rf"-?\d{{1,3}}([. \u00a0\u202f']?\d{{3}})*,\d{{1,{places}}}") for places in (2, 3)
}
_COMMA_FILE: Final = re.compile(r"\d+(,\d+)?|\d{1,3}([. \u00a0\u202f']\d{3})+(,\d+)?")
_LONE_GROUP: Final = re.compile(r"\d{1,3}[.,]\d{3}")  # a thousand to some, one and a little to others
_HOW: Final = {
    0: "Write an amount like 1234, without decimals.",
    2: "Write an amount like 1234.50, with at most two decimals.",
    3: "Write an amount like 1234.500, with at most three decimals.",
}


class NotAnAmountError(ValueError):
    """What is wrong with a cell that should hold an amount, and how to write it."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


def amount_in(cell: Any, currency: str, *, comma: bool = False) -> Money:
    """The amount in a cell (an empty one is zero), or NotAnAmountError. `comma`: the file writes decimal commas."""
    value, how = cell.value, _HOW[minor_units(currency)]
    if value is None or value == "":
        return Money(0, currency)
    if isinstance(value, bool):
        raise NotAnAmountError(f"'{str(value).upper()}' is not an amount.", how)
    if isinstance(value, datetime | date | time | timedelta):
        raise NotAnAmountError("This is a date, not an amount.", f"Format the cell as a number. {how}")
    if isinstance(value, str):
        return _typed(value.strip(), currency, comma=comma)
    if "%" in str(cell.number_format):
        raise NotAnAmountError("This is a percentage.", "Write the amount itself, such as 1234.50.")
    return _exact(value, currency)


def with_point(text: str) -> str:
    """An amount as a file with decimal commas shows it, written with a point; any other text as it is.

    >>> [with_point(text) for text in ("1.234,50", "-1 234,50 $", "12,5 %")]
    ['1234.50', '-1234.50', '12,5 %']
    """
    bare = text.strip().lstrip("-").strip("$€£ \u00a0\u202f")
    if not _COMMA_FILE.fullmatch(bare):
        return text
    sign = "-" if text.strip().startswith("-") else ""
    return sign + re.sub(r"[^\d,]", "", bare).replace(",", ".")


def _exact(value: Any, currency: str) -> Money:
    try:
        return cell_money(value, currency)
    except ValueError as error:
        raise NotAnAmountError(f"{error}.", _HOW[minor_units(currency)]) from None


def _typed(written: str, currency: str, *, comma: bool) -> Money:
    """An amount kept as text: taken when it can be read in one way only."""
    text, places = with_point(written) if comma else written, minor_units(currency)
    if "%" in text:
        raise NotAnAmountError(f"'{text[:40]}' is a percentage.", "Write the amount itself, such as 1234.50.")
    _require_one_reading(written, text, places)
    if _DECIMAL_COMMA[max(places, 2)].fullmatch(text):
        plain = re.sub(r"[^\d,-]", "", text).replace(",", ".")
        raise NotAnAmountError(f"'{text[:40]}' has a decimal comma.", f"If {plain} is meant, write it so.")
    try:
        return cell_money(text, currency)
    except ValueError:
        raise NotAnAmountError(f"'{text[:40]}' is not an amount.", _HOW[places]) from None


# The sign that a lone group of three digits may stand behind: yen have no decimals, and dinars always have three.
_CERTAIN: Final = {0: ",", 3: "."}


def _require_one_reading(written: str, text: str, places: int) -> None:
    if not _LONE_GROUP.fullmatch(text.lstrip("-(").rstrip(")")) or _CERTAIN.get(places, "none") in text:
        return
    plain = re.sub(r"[^\d-]", "", text)
    raise NotAnAmountError(
        f"'{written[:40]}' can be read in two ways.",
        f"If {plain}{'.' if places else ''}{'0' * places} is meant, write it so.",
    )
