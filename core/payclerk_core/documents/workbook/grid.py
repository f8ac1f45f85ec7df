"""A sheet as rows of plain values, whatever kind of file it came in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ..sheets import Fault

# Tells how far a long work is: what, how much is done, out of how much (None: not known).
Progress = Callable[[str, int, int | None], None]
NO_RESULT: Final = object()  # a formula that no program has computed


def untold(_what: str, _done: int, _of: int | None) -> None:
    """For who does not watch."""


@dataclass(frozen=True, slots=True)
class Percent:
    """A number in a cell that is formatted as a percentage: 0.1 shows as 10 %."""

    value: Decimal


@dataclass(slots=True)
class Grid:
    """The rows of a sheet that hold something, with their numbers; the first is row 1."""

    sheet: str
    rows: list[tuple[int, tuple[Any, ...]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
