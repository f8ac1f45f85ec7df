"""Whether a page shows a value that its form stores: the whole value, however it is written. When in doubt it does not.

A value is listed once too often rather than not told (`package_words`).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

_CENTS: Final = 2
_FEWEST_DIGITS: Final = 7  # of a telephone number; fewer may be two numbers by chance
_AMOUNT: Final = re.compile(r"(\D*?)(\d(?:[\d.,' ]*\d)?|[.,]\d+)(\D*)")
_DATE_OR_WORD: Final = re.compile(r"[^\W\d_]{4}|\d\s*[/:]\s*\d")
_BY_COMMA: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_BY_POINT: Final = re.compile(r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:\.\d{3})+,\d+")
_BY_SPACE: Final = re.compile(r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?")
_UNGROUPED: Final = re.compile(r"\d*(?:[.,]\d+)?")
_CODE: Final = re.compile(r"0\d")  # a number such as '007' is one by its digits
_HUNDRED: Final = 100


class _Amount(NamedTuple):
    value: Decimal
    unit: str  # its letters and percent sign
    currency: str


def agrees(value: str, shown: str, *, formatted: bool = False, comb: bool = False) -> bool:
    """Whether what is seen in a place is this value: the same words, or the same amount with other separators.

    `formatted`: a script of the file writes it in its own way; then what has to survive that is compared. `comb`: each
    letter stands in a cell of its own.
    """
    if _bare(value, comb=comb) == _bare(shown, comb=comb):
        return True
    held, there = _amount(value), _amount(shown)
    if held is not None and there is not None:
        return _is_same(held, there, formatted=formatted)
    return formatted and _is_rewritten(value, shown)


def lists(values: str, shown: str) -> bool:
    """Whether each line of `values` is one of those shown."""
    lines = {_bare(line) for line in shown.splitlines()}
    return all(_bare(line) in lines for line in values.splitlines())


def _folded(text: str) -> str:
    """Without differences of form; pdfium has a sign of its own for a hyphen at the end of a line."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\ufffe", "-").replace("\u2212", "-")


def _bare(text: str, *, comb: bool = False) -> str:
    """Without spaces and hyphens of broken words; those between digits are part of the value."""
    spaced = re.sub(r"[\s\x00-\x1f]+", " ", re.sub("[\u00ad\u200b]", "", _folded(text))).strip()
    joined = re.sub(r"(?<=[^\W\d_]) ?- ?(?=[^\W\d_])", "", re.sub(r" ?- ?", "-", spaced))
    return joined.replace(" ", "") if comb else re.sub(r"(?<!\d) | (?!\d)", "", joined)


def _amount(text: str) -> _Amount | None:
    """'$1,234.50' and '1234.5' are one amount, '1,5' and '15' are not."""
    folded = _folded(text).strip()
    parts = None if _DATE_OR_WORD.search(folded) else _AMOUNT.fullmatch(folded)
    number = _number(parts[2]) if parts else None
    if parts is None or number is None:
        return None
    around = re.sub(r"\s", "", parts[1] + parts[3])
    currency = "".join(sign for sign in around if unicodedata.category(sign) == "Sc")
    unit = "".join(sign for sign in around if sign == "%" or sign.isalpha())
    rest = around.translate({ord(sign): None for sign in currency + unit + "."})
    if rest not in {"", "+", "-", "()", "(-)"}:
        return None
    return _Amount(number if rest in {"", "+"} else -number, unit, currency)


def _number(written: str) -> Decimal | None:
    """By commas as Americans write it where both ways are possible: '1,500' is a thousand and a half."""
    if _CODE.match(written):
        return None
    if _BY_COMMA.fullmatch(written):
        return Decimal(written.replace(",", ""))
    if _BY_POINT.fullmatch(written):
        return Decimal(written.replace(".", "").replace(",", "."))
    if _BY_SPACE.fullmatch(written) or _UNGROUPED.fullmatch(written):
        return Decimal(re.sub("[ ']", "", written).replace(",", "."))
    return None


def _is_same(held: _Amount, there: _Amount, *, formatted: bool) -> bool:
    value = held.value
    if held.currency and there.currency and held.currency != there.currency:
        return False
    if held.unit != there.unit:
        if not (formatted and (held.unit, there.unit) == ("", "%")):
            return False
        value *= _HUNDRED
    return value == there.value or (formatted and _is_rounded(value, there.value))


def _is_rounded(value: Decimal, shown: Decimal) -> bool:
    """To cents, or finer: what is cut off a script has computed, and nobody bills it."""
    exponent = shown.as_tuple().exponent
    if not isinstance(exponent, int) or exponent > -_CENTS:
        return False
    return abs(value) < Decimal(10) ** 15 and value.quantize(shown, ROUND_HALF_UP) == shown


def _is_rewritten(value: str, shown: str) -> bool:
    """Whether all words and digits have survived: a date in another order of year, month and day, a telephone number."""
    held, there = _folded(value), _folded(shown)
    if re.findall(r"[^\W\d_]+", held) != re.findall(r"[^\W\d_]+", there):
        return False
    numbers, others = ([int(one) for one in re.findall(r"[0-9]{1,20}", text)] for text in (held, there))
    if len(numbers) == len(others) == 3:
        return others in (numbers, numbers[1:] + numbers[:1], numbers[2:] + numbers[:2])
    digits, other_digits = (re.sub(r"\D", "", text) for text in (held, there))
    return digits == other_digits and len(digits) >= _FEWEST_DIGITS
