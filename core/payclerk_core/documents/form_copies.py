"""Copies of the form's sheet in the workbook that came back: which of the sheets counts is never guessed.

Who duplicates the sheet and fills the copy has billed nothing on ours. A copy that is empty, or says the same, is nothing
to ask about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import UserError

MOST_COPIES: Final = 10
FILLED_COPY: Final = "filled_copy"  # the code of the error
_NAME: Final = 60  # characters of a sheet's name; Excel allows 31
_IN_A_COPY: Final = (
    "The sheet '{sheet}' is empty, but there are amounts in '{copies}'. "
    "Enter them in the sheet '{sheet}', delete the sheet '{copies}' and send the file again."
)
_NOT_THE_SAME: Final = (
    "The sheets '{sheet}' and '{copies}' do not say the same, and we cannot tell which of them counts. "
    "Enter what counts in the sheet '{sheet}', delete the sheet '{copies}' and send the file again."
)
_TOO_MANY: Final = (
    "The workbook has more than {most} copies of the sheet '{sheet}'. Delete them and send the file again."
)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody entered on a sheet: the amounts that are not zero, and what is wrong with it, as comparable values."""

    title: str
    entries: frozenset[object]

    @property
    def is_empty(self) -> bool:
        return not self.entries


def require_one(ours: Said, copies: Sequence[Said]) -> None:
    """UserError when a copy holds what our own sheet does not: which sheets they are, and what to do."""
    if len(copies) > MOST_COPIES:
        raise UserError(_TOO_MANY.format(most=MOST_COPIES, sheet=ours.title[:_NAME]), code=FILLED_COPY)
    filled = [copy for copy in copies if not copy.is_empty and copy.entries != ours.entries]
    if filled:
        names = "', '".join(copy.title[:_NAME] for copy in filled[:3])
        told = _IN_A_COPY if ours.is_empty else _NOT_THE_SAME
        raise UserError(told.format(sheet=ours.title[:_NAME], copies=names), code=FILLED_COPY)
