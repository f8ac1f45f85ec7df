"""An amount as somebody types it in a sentence: read when it can be read in one way only, by the habits of its language."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_LONE: Final = re.compile(r"\d{1,3}([.,])\d{3}")
# By how many decimals the currency has: with a point, with a comma, and with groups of thousands before either.
_SHAPES: Final = {
    places: (
        re.compile(rf"\d{{1,12}}(?:\.\d{{1,{places}}})?" if places else r"\d{1,12}"),
        re.compile(rf"\d{{1,12}},\d{{1,{places}}}" if places else r"(?!)"),
        re.compile(
            r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3}){0,3}" + (rf"(?:([.,])\d{{1,{places}}})?" if places else r"()")
        ),
    )
    for places in (0, 2, 3)
}


def read_amount(written: str, language: str, decimals: int = 2) -> Decimal | None:
    """The amount, or None when it can be read in two ways or is none.

    `language` is that of the words around it, `decimals` what the currency has. 1.234 is a thousand to some and one and a
    quarter to others; 4,000 is a thousand in English alone, where no amount has three decimals. Where they have three,
    the language's own sign stands before them, and the other sign could be either.

    >>> [str(read_amount(text, "en")) for text in ("12,500.00", "4,000", "1.234", "12,5")]
    ['12500.00', '4000', 'None', 'None']
    >>> [str(read_amount(text, "fr")) for text in ("12 500,00", "4 000", "4,000", "12,5")]
    ['12500.00', '4000', 'None', '12.5']
    >>> [str(read_amount(text, "en", 3)) for text in ("12,500.000", "1.234", "1,234")]
    ['12500.000', '1.234', 'None']
    """
    plain, comma, grouped = _SHAPES[decimals]
    if lone := _LONE.fullmatch(written):
        return _lone(written, lone[1], language, decimals)
    if plain.fullmatch(written):
        return Decimal(written)
    if comma.fullmatch(written):
        return None if language == "en" else Decimal(written.replace(",", "."))
    found = grouped.fullmatch(written)
    if found is None or found[1] == found[2]:
        return None
    return _without_groups(written, found[1], found[2])


def _lone(written: str, sign: str, language: str, decimals: int) -> Decimal | None:
    """One sign with three digits behind it."""
    point = "." if language == "en" else ","
    if decimals == 3:
        return Decimal(written.replace(",", ".")) if sign == point else None
    if language == "en" or decimals == 0:
        return Decimal(written.replace(sign, "")) if sign != point else None
    return None


def _without_groups(written: str, group: str, point: str | None) -> Decimal:
    bare = written.replace(group, "")
    return Decimal(bare.replace(point, ".") if point else bare)


def read_percent(written: str) -> Decimal | None:
    """How complete, from 0 to 100 with at most two decimals."""
    number = Decimal(written.replace(",", "."))
    return number if number <= 100 else None


def show_amount(amount: Decimal, language: str, decimals: int = 2) -> str:
    """The amount as its language writes it, with the decimals of its currency.

    >>> [show_amount(Decimal("12500"), language) for language in ("en", "fr", "es")]
    ['12,500.00', '12 500,00', '12.500,00']
    """
    text = f"{amount:,.{decimals}f}"
    if language == "en":
        return text
    return text.translate(str.maketrans(",.", " ," if language == "fr" else ".,"))


def show_percent(percent: Decimal, language: str) -> str:
    """The percentage as its language writes it, without needless zeros."""
    text = f"{percent:.2f}".rstrip("0").rstrip(".")
    return text if language == "en" else text.replace(".", ",")
