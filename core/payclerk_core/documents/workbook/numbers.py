"""Numbers kept as text: read when they can be read in one way only, looking at their whole column.

1.234,50 has a decimal comma for certain, and 12.5 a decimal point. 1.234 can be both; it is read when another number of
its column settles it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Final

from ...money import currencies


class Mark(StrEnum):
    """Which sign stands before the decimals of a column; UNSURE when none of its numbers says."""

    POINT = "point"
    COMMA = "comma"
    UNSURE = "unsure"


class UnclearNumberError(ValueError):
    """The text is no number, or can be read in two ways."""


_SPACES: Final = str.maketrans("", "", " \u00a0\u202f\u2009\t")
_SYMBOL: Final = re.compile(rf"({'|'.join(currencies())}|\$|£|€)")
_READINGS: Final = {
    Mark.POINT: re.compile(r"\d+(?:\.\d*)?|\.\d+|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|[1-9]\d{0,2}(?:'\d{3})+(?:\.\d*)?"),
    Mark.COMMA: re.compile(r"\d+(?:,\d*)?|,\d+|[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?|[1-9]\d{0,2}(?:'\d{3})+(?:,\d*)?"),
}


def mark_of(texts: Iterable[str]) -> Mark:
    """What the certain numbers of a column say; the more frequent where they disagree.

    >>> mark_of(["1.234", "1.234,50"])
    <Mark.COMMA: 'comma'>
    """
    votes = {Mark.POINT: 0, Mark.COMMA: 0}
    for text in texts:
        found = _readings(text)
        if len(found) == 1:
            votes[next(iter(found))] += 1
    if votes[Mark.POINT] == votes[Mark.COMMA]:
        return Mark.POINT if votes[Mark.POINT] else Mark.UNSURE
    return max(votes, key=votes.__getitem__)


def number_in(text: str, mark: Mark) -> Decimal:
    """The number, or UnclearNumberError with what is wrong.

    >>> number_in("(1 234,50)", Mark.COMMA)
    Decimal('-1234.50')
    """
    found = _readings(text)
    shown = text.strip()[:40]
    if not found:
        raise UnclearNumberError(f"'{shown}' is not a number")
    if len(set(found.values())) == 1 and len(found) == 2:
        return found[Mark.POINT]
    if mark is Mark.UNSURE:
        raise UnclearNumberError(f"'{shown}' can be read in two ways")
    if mark not in found:
        other = "point" if mark is Mark.COMMA else "comma"
        raise UnclearNumberError(f"'{shown}' has a decimal {other}, the others of its column a decimal {mark}")
    return found[mark]


def _readings(text: str) -> dict[Mark, Decimal]:
    """The number as read with each mark; more than one where both make sense."""
    bare = _SYMBOL.sub("", text.translate(_SPACES), count=1)
    bracketed = bare.startswith("(") and bare.endswith(")")
    bare = bare[1:-1] if bracketed else bare
    signed = bare.startswith("-") or bare.endswith("-")  # some accounting programs write the sign behind
    bare = bare.removesuffix("-") if not bare.startswith("-") else bare[1:]
    bare = bare.removeprefix("+")
    sign = -1 if signed != bracketed else 1
    return {
        mark: sign * _plain(bare, mark)
        for mark, reading in _READINGS.items()
        if bare.isascii() and reading.fullmatch(bare)
    }


def _plain(bare: str, mark: Mark) -> Decimal:
    group, decimal = (",", ".") if mark is Mark.POINT else (".", ",")
    return Decimal(bare.replace("'", "").replace(group, "").replace(decimal, "."))
