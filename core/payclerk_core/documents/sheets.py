"""What reading any workbook from outside needs: limits before it is opened, and faults that say where and what to do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import openpyxl

from ..errors import UserError

LARGEST_FILE: Final = 5 * 1024 * 1024
LARGEST_UNPACKED: Final = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: in which sheet and cell, what, and how to put it right."""

    sheet: str
    cell: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.sheet} {self.cell}: {self.what} {self.fix}"


class SheetFaultsError(UserError):
    """All that is wrong with a workbook, at once."""

    def __init__(self, heading: str, faults: Sequence[Fault]) -> None:
        lines = "\n".join(f"- {fault}" for fault in faults)
        super().__init__(f"{heading}\n{lines}", code="faults")
        self.faults = tuple(faults)


def open_workbook(content: bytes, *, formulas: bool = False) -> Any:
    """The workbook, or UserError. Its unpacked size is looked at first: a small file can hide a huge one."""
    if len(content) > LARGEST_FILE:
        raise UserError("The file is larger than 5 MB; please send the workbook alone.", code="too_large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
                raise UserError("The file unpacks to more than 50 MB and was not opened.", code="too_large")
        return openpyxl.load_workbook(io.BytesIO(content), data_only=not formulas)
    except UserError:
        raise
    except Exception:  # noqa: BLE001 - the library raises dozens of kinds on broken files
        raise UserError("This is not an Excel workbook (.xlsx) that can be read.", code="not_a_workbook") from None
