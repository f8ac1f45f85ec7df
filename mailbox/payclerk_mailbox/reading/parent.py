"""Taking away what we wrote ourselves: we know the exact text we sent (reference 0, line 4)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .attribution import core_of

_ENOUGH_WORDS = 4  # that many words in a row, found in our own mail, are ours
_SURELY_OURS = 8  # where the person writes: "there is nothing to bill" is an answer, though our mail says it too


def parent_lines(lines: Sequence[str], ours: Ours, *, lone_words_too: bool) -> frozenset[int]:
    """The numbers of the lines that repeat the mail answered, also where a program wrapped them anew.

    A short line (`Thanks,`) may be the answerer's own. Below the quotation's start it is ours when our mail has it;
    above (`lone_words_too` false) only beside another line of ours, or when it is a line of ours from end to end.
    """
    cores = [core_of(line) for line in lines]
    enough = _ENOUGH_WORDS if lone_words_too else _SURELY_OURS
    found = {at for at, core in enumerate(cores) if core and ours.says(core, enough)}
    shown = [at for at, core in enumerate(cores) if core]
    found |= ours.running_on(shown, cores)
    if lone_words_too:
        found |= {at for at in shown if ours.has_line(cores[at])}
    # Both ways, so that a run of short lines follows its long neighbour on either side.
    for order in (shown, shown[::-1]):
        _spread(order, cores, found, ours)
    return frozenset(found)


def _spread(order: list[int], cores: Sequence[str], found: set[int], ours: Ours) -> None:
    for before, at in pairwise(order):
        if at in found or before not in found:
            continue
        pair = (cores[before], cores[at]) if before < at else (cores[at], cores[before])
        if ours.has_line(cores[at]) or ours.contains(" ".join(pair)[-2000:]):
            found.add(at)


class Ours:
    """The lines and the running words of the mail we sent."""

    def __init__(self, text: str) -> None:
        cores = [core_of(line) for line in text.splitlines()]
        self._lines = {core for core in cores if core}
        self._running = f" {' '.join(core for core in cores if core)} "

    def has_line(self, core: str) -> bool:
        return core in self._lines

    def says(self, core: str, enough: int) -> bool:
        words = len(core.split())
        return (words >= _ENOUGH_WORDS and self.has_line(core)) or (words >= enough and self.contains(core))

    def running_on(self, shown: Sequence[int], cores: Sequence[str]) -> set[int]:
        """Neighbours that follow one another in our mail too: a paragraph of ours, wrapped anew."""
        pairs = (pair for pair in pairwise(shown) if self._long(cores, pair))
        return {at for pair in pairs for at in pair if self.contains(" ".join(cores[one] for one in pair))}

    def _long(self, cores: Sequence[str], pair: tuple[int, int]) -> bool:
        return all(len(cores[at].split()) >= _ENOUGH_WORDS for at in pair)

    def contains(self, core: str) -> bool:
        return f" {core} " in self._running
