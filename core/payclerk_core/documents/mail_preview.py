"""What a mail would do, as a page shows it before anything is done."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

MOST_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A line with what is billed on it, or a detail of a breakdown with its amount."""

    item: str
    description: str
    amounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a mail does: submitted, drafted, cancelled, breakdown, refused with what is wrong, or nothing but to be kept."""

    kind: str
    rows: tuple[Row, ...] = ()
    more: int = 0  # rows that are not shown
    totals: tuple[tuple[str, str], ...] = ()  # the name of each, and the amount
    faults: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sender: str = ""
    text: str = ""

    @property
    def digest(self) -> str:
        """Who saw this page agreed to this and to nothing else."""
        return hashlib.sha256(repr(self).encode("utf-8", "replace")).hexdigest()[:32]
