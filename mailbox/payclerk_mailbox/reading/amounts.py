"""An amount as somebody types it in a sentence: read when it can be read in one way only, by the habits of its language."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_PLAIN: Final = re.compile(r"\d{1,12}(?:\.\d{1,2})?")
_COMMA: Final = re.compile(r"\d{1,12},\d{1,2}")
_LONE: Final = re.compile(r"\d{1,3}([.,])\d{3}")
_GROUPED: Final = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3}){0,3}(?:([.,])\d{1,2})?")


def read_amount(written: str, language: str) -> Decimal | None:
    """The amount, or None when it can be read in two ways or is none. `language` is that of the words around it.

    1.234 is a thousand to some and one and a quarter to others; 4,000 is a thousand in English alone.

    >>> [str(read_amount(text, "en")) for text in ("12,500.00", "4,000", "1.234", "12,5")]
    ['12500.00', '4000', 'None', 'None']
    >>> [str(read_amount(text, "fr")) for text in ("12 500,00", "4 000", "4,000", "12,5")]
    ['12500.00', '4000', 'None', '12.5']
    """
    if _PLAIN.fullmatch(written):
        return Decimal(written)
    if _COMMA.fullmatch(written):
        return None if language == "en" else Decimal(written.replace(",", "."))
    lone, grouped = _LONE.fullmatch(written), _GROUPED.fullmatch(written)
    if lone:
        return Decimal(written.replace(",", "")) if language == "en" and lone[1] == "," else None
    if grouped is None or grouped[1] == grouped[2]:
        return None
    return _without_groups(written, grouped[1], grouped[2])


def _without_groups(written: str, group: str, point: str | None) -> Decimal:
    bare = written.replace(group, "")
    return Decimal(bare.replace(point, ".") if point else bare)


def read_percent(written: str) -> Decimal | None:
    """How complete, from 0 to 100 with at most two decimals."""
    number = Decimal(written.replace(",", "."))
    return number if number <= 100 else None


def show_amount(amount: Decimal, language: str) -> str:
    """The amount as its language writes it.

    >>> [show_amount(Decimal("12500"), language) for language in ("en", "fr", "es")]
    ['12,500.00', '12 500,00', '12.500,00']
    """
    text = f"{amount:,.2f}"
    if language == "en":
        return text
    return text.translate(str.maketrans(",.", " ," if language == "fr" else ".,"))


def show_percent(percent: Decimal, language: str) -> str:
    """The percentage as its language writes it, without needless zeros."""
    text = f"{percent:.2f}".rstrip("0").rstrip(".")
    return text if language == "en" else text.replace(".", ",")
