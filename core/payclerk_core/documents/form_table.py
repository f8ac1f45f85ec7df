"""Finds the billing form in a file that came back, whatever saved it: the sheet people see, its code, its sealed lines.

Excel, LibreOffice and Google Sheets keep the hidden sheet, as .xlsx and as .ods; Numbers may drop it and rename the other; a CSV file is the
shown sheet alone. Then the code in the shown sheet says which form it was, and the caller knows its lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import openpyxl
from openpyxl.utils.exceptions import IllegalCharacterError

from ..errors import UserError
from .delimited import delimited_rows
from .file_kinds import refuse_other_kind
from .form_copies import MOST_COPIES
from .form_values import CODE_LABEL, HEAD_ROW, HEADINGS, SEAL_SHEET, SHEET, WORK, SealedLine
from .plain_sheet import LONGEST_TEXT, PlainSheet, plain_sheet
from .sheets import FORM, open_workbook, opened_archive, sheet_names

MOST_ROWS: Final = 5000
FIRST_COLUMNS: Final = 10  # where the labels may stand, if somebody put columns before them
WIDEST: Final = FIRST_COLUMNS + len(HEADINGS)
_TOP: Final = HEAD_ROW + 60
_SEAL_SHEET_NAME: Final = f'"{SEAL_SHEET}"'.encode()
_CHANGED: Final = "The form's hidden sheet was changed; please fill the form we sent."


@dataclass(frozen=True, slots=True)
class FormTable:
    """A form as it came: the shown sheet as plain values. `lines`: None where they did not come.

    `copies`: the other sheets that hold the form's table, one more than may be, so that too many are seen.
    """

    seal: str
    sheet: PlainSheet
    currency: str = ""
    lines: tuple[SealedLine, ...] | None = None
    copies: tuple[PlainSheet, ...] = ()


def open_form(content: bytes) -> FormTable:
    """The form in this workbook or CSV file; UserError with the code 'not_our_form' when there is none.

    For a kind of file that is not read it has the codes of `refuse_other_kind`.
    """
    if len(content) > FORM.file:
        raise UserError("The file is larger than 5 MB; please send the form alone.", code="too_large")
    refuse_other_kind(content, CODE_LABEL)
    return _in_workbook(content) if content.startswith(b"PK") else _in_text(content)


def find_label(sheet: Any, label: str) -> tuple[int, int] | None:
    """Where a label of ours stands, in the first rows and columns."""
    for row in range(1, min(sheet.max_row, _TOP) + 1):
        for column in range(1, min(sheet.max_column, FIRST_COLUMNS) + 1):
            if text_at(sheet, row, column) == label:
                return row, column
    return None


def text_at(sheet: Any, row: int, column: int) -> str:
    """What a cell says, without the space around it."""
    value = sheet.cell(row, column).value
    return "" if value is None else str(value).strip()


def beside(sheet: Any, label: str) -> str:
    """The first words to the right of a label; '' for none."""
    place = find_label(sheet, label)
    if place is None:
        return ""
    row, column = place
    return next((text for at in range(column + 1, column + 6) if (text := text_at(sheet, row, at))), "")


def _in_workbook(content: bytes) -> FormTable:
    if _is_another_book(content):
        raise not_ours()
    values = open_workbook(content)
    names = sheet_names(values)
    name = _shown(values, names)
    if not name:
        raise not_ours()
    formulas = open_workbook(content, formulas=True)
    seal, currency, lines = _sealed(values[SEAL_SHEET]) if SEAL_SHEET in names else ("", "", None)
    seal = seal or beside(values[name], CODE_LABEL)
    if not seal:
        raise not_ours()
    others = [one for one in names if one not in {name, SEAL_SHEET} and _is_copy(values[one], seal)]
    copies = tuple(_plain(values[one], formulas[one]) for one in others[: MOST_COPIES + 1])
    return FormTable(seal, _plain(values[name], formulas[name]), currency, lines, copies)


def _plain(values: Any, formulas: Any) -> PlainSheet:
    return plain_sheet(values, formulas, rows=_TOP + MOST_ROWS, columns=WIDEST)


def _is_another_book(content: bytes) -> bool:
    """Somebody's list of costs takes seconds to open; that it is no form of ours is seen in its parts as they are."""
    with opened_archive(content, FORM) as archive:
        entries = archive.infolist()
        parts = (archive.read(entry) for entry in entries)
        is_book = any(entry.filename.startswith("xl/") for entry in entries)
        return is_book and not any(CODE_LABEL.encode() in part or _SEAL_SHEET_NAME in part for part in parts)


def _shown(book: Any, names: list[str]) -> str:
    """The sheet with the table: by its name, else the one with the code or the heading."""
    if SHEET in names:
        return SHEET
    others = [name for name in names if name != SEAL_SHEET]
    return next((name for name in others if _has_table(book[name])), "")


def _is_copy(sheet: Any, seal: str) -> bool:
    """A sheet with the form's headings; one with another form's code is of another month or contract."""
    place = find_label(sheet, HEADINGS[0])
    if place is None or beside(sheet, CODE_LABEL) not in {"", seal}:
        return False
    row, first = place
    return any(text_at(sheet, row, at) == HEADINGS[WORK - 1] for at in range(first, min(sheet.max_column, WIDEST) + 1))


def _has_table(sheet: Any) -> bool:
    return find_label(sheet, CODE_LABEL) is not None and find_label(sheet, HEADINGS[0]) is not None


def _sealed(sheet: Any) -> tuple[str, str, tuple[SealedLine, ...]]:
    try:
        lines = tuple(
            SealedLine(int(row[0]), *(str(text or "")[:LONGEST_TEXT] for text in row[1:5]))
            for row in sheet.iter_rows(min_row=2, max_row=MOST_ROWS, max_col=5, values_only=True)
            if row[0] is not None
        )
        for line in lines:
            Decimal(line.scheduled), Decimal(line.previous)
    except (TypeError, ValueError, ArithmeticError):
        raise UserError(_CHANGED, code="seal") from None
    return str(sheet["A1"].value)[:LONGEST_TEXT], str(sheet["B1"].value)[:LONGEST_TEXT], lines


def _in_text(content: bytes) -> FormTable:
    if not any(CODE_LABEL.encode(encoding) in content for encoding in ("ascii", "utf-16-le", "utf-16-be")):
        raise not_ours()
    sheet = _as_sheet(delimited_rows(content, HEADINGS))
    seal = beside(sheet, CODE_LABEL)
    if not seal:
        raise not_ours()
    return FormTable(seal, _plain(sheet, sheet))


def _as_sheet(rows: list[list[str]]) -> Any:
    """The same cells as a sheet, so that one reader reads both."""
    sheet = openpyxl.Workbook().active
    try:
        for number, row in enumerate(rows, 1):
            for column, text in enumerate(row, 1):
                if text.strip():
                    sheet.cell(number, column).value = text.strip()
    except IllegalCharacterError:
        raise UserError("The table holds characters that no table has; save it anew.", code="not_a_table") from None
    return sheet


def not_ours() -> UserError:
    """Why a file is left alone."""
    return UserError("This workbook is not the billing form we sent; please fill that one.", code="not_our_form")
