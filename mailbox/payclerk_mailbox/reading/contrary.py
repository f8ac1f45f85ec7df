"""Another answer below the quotation's start, where nobody looks for one: `ACCEPT` above, `No, DECLINE` at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .decision import Decision, Question, read_decision
from .parent import parent_lines
from .words import comparable

_MOST_LINES: Final = 300
_ASKED: Final = re.compile(r"[^?]{10,200}\?\s*([^?]{2,80})")  # our question, and what somebody wrote behind it


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
    ours = parent_lines(lines, parent_text, lone_words_too=True)
    running = comparable(parent_text[:20_000])
    for at, line in enumerate(lines):
        if not line or at in ours:
            continue
        yield line
        behind = _ASKED.fullmatch(line)
        if behind and comparable(line).partition("?")[0] in running:
            yield behind.group(1)
