"""What is on the file a subcontractor breaks a contract down with, and where things stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..rules.ssov import Broken
from .sheets import Fault, SheetFaultsError

SHEET: Final = "Breakdown"
LINES_SHEET: Final = "Contract lines"
COLUMNS: Final = ("Contract line", "Item", "Description", "Amount")
LINE_COLUMNS: Final = ("Item", "Description", "Amount", "Allocated", "Remaining")
REMAINING: Final = "Remaining to allocate of the line"
HEAD_ROW: Final = 9  # the heading of the breakdown, counted from 1
CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class SsovSheetLine:
    """A line of the contract with the details it has so far."""

    line: Broken
    description: str


@dataclass(frozen=True, slots=True)
class SsovSheet:
    """A contract to break down. `taken` are the items that its details may not use."""

    project_name: str
    project_number: str
    contract_number: str
    contract_title: str
    company: str
    currency: str
    lines: tuple[SsovSheetLine, ...]
    taken: frozenset[str] = frozenset()


class SsovFaults(SheetFaultsError):  # noqa: N818 - what it holds
    """Why a breakdown was not taken; `faults` names each cell."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        counted = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"{counted} in the schedule of values:", faults)
