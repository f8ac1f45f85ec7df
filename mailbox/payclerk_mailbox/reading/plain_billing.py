"""Billing in plain words: `Line 3: 40 %`, `bill 12,500.00 on 2`, `item 5 complete`, `stored 4,000 on line 2`.

Every line of the answer must be one of these sentences, a greeting, a courtesy or a signature. One line left over, and
nothing of it is billed; the sender is told which line that was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from .amounts import read_amount, read_percent, show_amount, show_percent
from .billing_phrases import CANCEL, INTRODUCTION, NEXT, PHRASES, SUBMIT
from .clauses import tidy_lines
from .decision import Question
from .kinds_of_clauses import ClauseKinds
from .signatures import Names, signature_lines
from .words import comparable

_LONGEST: Final = 5000  # characters
_LONGEST_LINE: Final = 200
_BULLET: Final = re.compile(r"^[-*\u2022\u00b7>]\s+")
_SILENT: Final = frozenset("GCXAYK")  # what may stand around: greeting, courtesy, signature, and a yes
_HUNDRED: Final = Decimal(100)
_SMALL: Final = re.compile(r"\d{1,2}|100|\d{1,2}[.,]\d")
_BILL: Final = re.compile(r"\b(?:bill|invoice|claim|factur\w{1,4})\b")
_SIGNS: Final = {"\u20ac": "EUR", "\u00a3": "GBP", "us$": "USD"}


class Kind(StrEnum):
    """What a sentence says of its line."""

    PERCENT = "percent"  # complete to date
    WORK = "work"  # of this period
    STORED = "stored"  # in store now


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence: a line of the contract by its item, in small letters, and what is billed on it."""

    item: str
    kind: Kind
    number: Decimal
    written: str
    sign: str = ""  # "$" or a currency's code, where one was written


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is no sentence of ours, and why."""

    written: str
    why: str


@dataclass(frozen=True, slots=True)
class BillingText:
    statements: tuple[Statement, ...]
    unread: tuple[Unread, ...]


def read_billing(
    text: str, *, names: Sequence[str] = (), language: str = "en", decimals: int = 2
) -> BillingText | None:
    """What the answer bills; None when no line of it bills anything, so that it is some other answer.

    `decimals`: how many the contract's currency has.
    """
    if len(text) > _LONGEST:
        return None
    lines = tidy_lines(text)
    known, kinds = Names.of(names), ClauseKinds(Question.INVITATION.value, Names.of(names), spanish=language == "es")
    signature = signature_lines(lines, known, kinds.letters)
    found = [
        piece for at, line in enumerate(lines) if at not in signature for piece in _line(line, at, kinds, decimals)
    ]
    statements = tuple(one for one in found if isinstance(one, Statement))
    doubtful = any(isinstance(one, Unread) and one.why != _UNKNOWN for one in found)
    if not statements and not doubtful:
        return None
    return BillingText(statements, tuple(one for one in found if isinstance(one, Unread)))


def read_command(text: str, *, names: Sequence[str] = ()) -> str | None:
    """'submit' or 'cancel', when the word stands alone on the first line and nothing follows but a farewell."""
    lines = tidy_lines(text[:_LONGEST])
    word = comparable(lines[0]).strip(" .!*_\"'") if lines else ""
    if word not in SUBMIT | CANCEL or len(text) > _LONGEST:
        return None
    known = Names.of(names)
    kinds = ClauseKinds(Question.INVITATION.value, known, spanish=False)
    signature = signature_lines(lines, known, kinds.letters)
    rest = [line for at, line in enumerate(lines) if at and at not in signature]
    if any(not kinds.letters(line) <= frozenset("CX") for line in rest):
        return None
    return "submit" if word in SUBMIT else "cancel"


def say(statement: Statement, language: str = "en", decimals: int = 2) -> str:
    """The sentence as we write it ourselves; reading it gives the statement again."""
    if statement.kind is Kind.PERCENT:
        line = {"en": "Line {}: {} %", "fr": "ligne {} : {} %", "es": "l\u00ednea {}: {} %"}[language]
        return line.format(statement.item, show_percent(statement.number, language))
    words = _WORDS[statement.kind][language]
    return words.format(show_amount(statement.number, language, decimals), statement.item)


def _line(line: str, number: int, kinds: ClauseKinds, decimals: int) -> Iterator[Statement | Unread]:
    bare = _BULLET.sub("", line).strip()
    if INTRODUCTION.fullmatch(comparable(bare)) or not bare:
        return
    pieces = [_sentence(piece, decimals) for piece in NEXT.split(comparable(bare)[:_LONGEST_LINE]) if piece.strip()]
    if any(isinstance(piece, Statement) for piece in pieces) or any(_is_doubt(piece) for piece in pieces):
        yield from pieces
    elif not (kinds.letters(line) <= _SILENT or (number == 0 and _calls(line))):
        yield Unread(bare[:_LONGEST_LINE], _UNKNOWN)


def _is_doubt(piece: Statement | Unread) -> bool:
    return isinstance(piece, Unread) and piece.why != _UNKNOWN


def _calls(line: str) -> bool:
    """`Anna,` on the first line."""
    return line.endswith((",", ":")) and len(line.split()) <= 4 and line.strip(",: ").replace(" ", "").isalpha()


def _sentence(piece: str, decimals: int) -> Statement | Unread:
    bare = piece.strip().rstrip(".,;!").strip()
    for language, patterns in PHRASES.items():
        for pattern in patterns:
            found = pattern.fullmatch(bare)
            if found is not None:
                return _statement(found, language, bare, decimals)
    return Unread(bare, _UNKNOWN)


def _statement(found: re.Match[str], language: str, written: str, decimals: int) -> Statement | Unread:
    said = found.groupdict()
    item = said["item"]
    if said.get("complete"):
        return Statement(item, Kind.PERCENT, _HUNDRED, written)
    if said.get("percent"):
        percent = read_percent(said["percent"])
        return Statement(item, Kind.PERCENT, percent, written) if percent is not None else Unread(written, _TOO_MUCH)
    amount = read_amount(said["amount"], language, decimals)
    if amount is None:
        return Unread(written, _TWO_WAYS)
    if _may_be_percent(said, written):
        return Unread(written, _TWO_WAYS)
    kind = Kind.STORED if said.get("stored") else Kind.WORK
    signs = {sign for sign in (said["before"], said["after"]) if sign}
    return Statement(item, kind, amount, written, _SIGNS.get(sign := " ".join(signs), sign.upper()))


def _may_be_percent(said: Mapping[str, str | None], written: str) -> bool:
    """`Line 3: 40` is forty percent to some and forty dollars to others; `bill 40 on line 3` and `line 3: 40.00` are not."""
    bare = not (said.get("stored") or said["before"] or said["after"] or _BILL.search(written))
    return bare and _SMALL.fullmatch(said["amount"] or "") is not None


_UNKNOWN: Final = "unknown"
_TWO_WAYS: Final = "two_ways"
_TOO_MUCH: Final = "too_much"
_WORDS: Final = {
    Kind.WORK: {
        "en": "bill {} on line {}",
        "fr": "facturer {} sur la ligne {}",
        "es": "facturar {} en la l\u00ednea {}",
    },
    Kind.STORED: {
        "en": "stored {} on line {}",
        "fr": "entrepos\u00e9 {} sur la ligne {}",
        "es": "almacenado {} en la l\u00ednea {}",
    },
}
