"""Another answer below the quotation's start, where nobody looks for one: `ACCEPT` above, `No, DECLINE` at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .decision import Decision, Question, read_decision
from .parent import Ours, parent_lines
from .words import comparable

_MOST_LINES: Final = 300
_MOST_TEXT: Final = 50_000
_LONGEST: Final = 200  # characters; an answer alone on its line is short
_ASKED: Final = re.compile(r"[^?]{10,200}\?\s*([^?]{2,80})")  # our question, and what somebody wrote behind it

# No dates, times and numbers of versions: nothing but an amount's own signs stands beside it.
_AMOUNT: Final = re.compile(
    r"(?<![\d.,:/-])(?:\d{1,3}(?:[,.' \u00a0\u202f]\d{3})+(?:[.,]\d{2,3})?|\d{1,9}[.,]\d{2,3})(?![.,:/-]?\d)"
)
# "kl. 14.30 skrev", "um 14.30 Uhr": the moment of our mail, as programs introduce it when they quote.
_MOMENT: Final = re.compile(r"\b(?:kl|klo|um|ore|ob|o)\.?\s{1,3}(?:[01]?\d|2[0-3])\.[0-5]\d(?=\s)", re.IGNORECASE)


def other_amounts(elided: str, parent_text: str) -> tuple[str, ...]:
    """Amounts in what was cut off that our mail did not name: somebody has corrected them there, under their `SUBMIT`."""
    ours = _amounts(parent_text)
    return tuple(written for number, written in _amounts(elided[:_MOST_TEXT]).items() if number not in ours)


def _amounts(text: str) -> dict[str, str]:
    return {re.sub(r"\D", "", found): found for found in _AMOUNT.findall(_MOMENT.sub(" ", text))}


def contrary_line(elided: str, parent_text: str, decided: Decision, question: Question) -> str | None:
    """The first line of what was cut off that is not ours and decides by itself, and otherwise than `decided`."""
    for line in _not_ours(elided, parent_text):
        other = read_decision(line, question).decision
        if other is not None and other is not decided:
            return line
    return None


def _not_ours(elided: str, parent_text: str) -> Iterator[str]:
    """Also what stands behind a question of ours on its line."""
    lines = [line.strip("> \t") for line in elided.split("\n")[:_MOST_LINES]]
    ours = parent_lines(lines, Ours(parent_text), lone_words_too=True)
    running = comparable(parent_text[:20_000])
    for at, line in enumerate(lines):
        if not line or at in ours:
            continue
        if len(line) <= _LONGEST:
            yield line
        behind = _ASKED.fullmatch(line)
        if behind and comparable(line).partition("?")[0] in running:
            yield behind.group(1)
