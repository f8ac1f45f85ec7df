"""An answer taken apart into clauses: pieces between line ends, punctuation, dashes and words like *because*."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .words import comparable, straight

# A thumb or a tick behind the words adds nothing; any other sign stays, and no rule of the grammar uses it up.
_DECORATION: Final = re.compile("[\U0001f44d\u2705\u2714\U0001f64f\U0001f642\U0001f60a\U0001f44c\U0001f3fb-\U0001f3ff]")
_TITLES: Final = re.compile(r"\b(mr|mrs|ms|dr|sr|sra|mme|jr|ing|st|co|inc|ltd|no)\.", re.IGNORECASE)
_ENDINGS: Final = re.compile(r"\(e?s?\)", re.IGNORECASE)  # refusé(e)
_SEPARATOR: Final = re.compile(
    r"\s*(?:[.!;:,]+(?=[\s)\"'*_]|$)|\s-+(?=\s|$|\w)|-+(?=\s|$)|[\u2012-\u2015]|--+|[()\[\]]"
    r"|\b(?:because of|because|due to|parce qu[e']|puisqu[e']|porque|ya que|debido a|car)(?=\s|$))\s*",
    re.IGNORECASE,
)
_WRAPPING: Final = " \t*_\"'`\u00ab\u00bb#>"  # and no `~`, which strikes out


@dataclass(frozen=True, slots=True)
class Clause:
    raw: str
    words: str  # comparable, without wrapping marks
    line: int
    start: int  # where it stands in its line
    alone: bool  # the only clause of its line
    calls: bool  # the first line, and it ends as an address to somebody does: `Anna,`

    @property
    def end(self) -> int:
        return self.start + len(self.raw)


def tidy_lines(text: str) -> list[str]:
    """The lines with something on them, titles without their full stop."""
    lines = (_ENDINGS.sub("", _DECORATION.sub("", straight(line))).strip() for line in text.split("\n"))
    return [_TITLES.sub(r"\1", line).replace("o.k.", "ok").replace("O.K.", "OK") for line in lines if line]


def clauses_of(line: str, number: int) -> list[Clause]:
    spans: list[tuple[int, int]] = []
    at = 0
    for separator in _SEPARATOR.finditer(line):
        spans.append((at, separator.start()))
        at = separator.end()
    spans.append((at, len(line)))
    pieces = [(start, line[start:end]) for start, end in spans if line[start:end].strip(_WRAPPING)]
    alone = len(pieces) == 1
    calls = alone and number == 0 and line.endswith((",", ":"))
    return [Clause(raw, _words(raw), number, start, alone, calls) for start, raw in pieces]


def _words(raw: str) -> str:
    return comparable(raw).strip(_WRAPPING)
