"""What reading any workbook from outside needs: limits before it is opened, and faults that say where and what to do."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final

import openpyxl
from openpyxl.utils.cell import range_boundaries

from ..errors import UserError
from ..money import Money, decimal_to_money, minor_units, read_money
from .file_kinds import refuse_other_kind
from .ods import OdsError, OdsSheet, OdsTooFarError, is_ods, ods_sheets, ods_workbook

MEGABYTE: Final = 1024 * 1024
MOST_SPANNED: Final = 100_000
MOST_COLUMNS: Final = 100
# A computed cell carries binary dust (0.1 + 0.2 is 0.30000000000000004): what is a whole cent but for less than a
# ten-thousandth of a cent is that cent. Nobody types such an amount, and any real fraction of a cent is far above it.
DUST: Final = Decimal("0.000001")
_UNREADABLE: Final = "This is not an Excel workbook (.xlsx) that can be read."
# openpyxl makes a cell for each one that these cover, and a hundred bytes can cover seventeen milliards.
_SPANNING: Final = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref\s*=\s*[\"']([^\"']*)")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be before it is looked into, in bytes and rows."""

    file: int
    unpacked: int
    part: int
    rows: int


# A form comes from outside by mail and is loaded as a whole: openpyxl takes some fifty times a part in memory.
FORM: Final = Limits(5 * MEGABYTE, 50 * MEGABYTE, 20 * MEGABYTE, 20_000)
# An import comes from an administrator and is read row by row.
IMPORT: Final = Limits(25 * MEGABYTE, 150 * MEGABYTE, 80 * MEGABYTE, 100_000)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: in which sheet and cell, what, and how to put it right."""

    sheet: str
    cell: str
    what: str
    fix: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.sheet, self.cell))) + f": {self.what} {self.fix}"


class SheetFaultsError(UserError):
    """All that is wrong with a workbook, at once."""

    def __init__(self, heading: str, faults: Sequence[Fault], *, most: int = 1000) -> None:
        lines = "\n".join(f"- {fault}" for fault in faults[:most])
        if len(faults) > most:
            lines += f"\n... and {len(faults) - most} more."
        super().__init__(f"{heading}\n{lines}", code="faults")
        self.faults = tuple(faults)


def open_workbook(content: bytes, *, formulas: bool = False) -> Any:
    """The workbook loaded as a whole, or UserError. For forms: what is large is refused."""
    with opened_archive(content, FORM) as archive:
        sheets = _ods_sheets(archive) if is_ods(archive) else None
    book = loaded(content, data_only=not formulas) if sheets is None else ods_workbook(sheets, formulas=formulas)
    _limit_sheets(book)
    return book


def _ods_sheets(archive: zipfile.ZipFile) -> list[OdsSheet]:
    try:
        return ods_sheets(archive, rows=FORM.rows, columns=MOST_COLUMNS)
    except OdsTooFarError as error:
        raise too_far(error.title, error.row, error.column) from None
    except OdsError:
        text = "This OpenDocument file (.ods) cannot be read; save it as .xlsx, without a password."
        raise UserError(text, code="not_a_workbook") from None


def loaded(content: bytes, **options: bool) -> Any:
    """The workbook, whose archive was looked at before; or UserError."""
    try:
        return openpyxl.load_workbook(io.BytesIO(content), **options)
    except Exception:  # noqa: BLE001 - the library raises dozens of kinds on broken files
        raise UserError(_UNREADABLE, code="not_a_workbook") from None


def opened_archive(content: bytes, limits: Limits) -> zipfile.ZipFile:
    """The file's parts within limits, or UserError. Sizes are looked at first: a small file can hide a huge one."""
    if len(content) > limits.file:
        size = limits.file // MEGABYTE
        raise UserError(f"The file is larger than {size} MB; please send the workbook alone.", code="too_large")
    refuse_other_kind(content)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        _limit(archive, limits)
    except UserError:
        raise
    except Exception:  # noqa: BLE001 - broken archives raise many kinds
        raise UserError(_UNREADABLE, code="not_a_workbook") from None
    return archive


def _limit(archive: zipfile.ZipFile, limits: Limits) -> None:
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > limits.unpacked:
        size = limits.unpacked // MEGABYTE
        raise UserError(f"The file unpacks to more than {size} MB and was not opened.", code="too_large")
    if any(entry.file_size > limits.part for entry in entries):
        size = limits.part // MEGABYTE
        raise UserError(f"A part of the file is larger than {size} MB; it was not opened.", code="too_large")
    # Every part, wherever it stands: the file itself says which of them is a sheet.
    if sum(_spanned(archive.read(entry)) for entry in entries) > MOST_SPANNED:
        raise UserError("The workbook has merged cells or links over whole sheets; undo them.", code="too_large")


def _spanned(part: bytes) -> int:
    if part.startswith((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")):
        raise ValueError("text in a two-byte encoding cannot be looked through")
    if b"<!DOCTYPE" in part[:1000] or b"<!ENTITY" in part:
        raise ValueError("a workbook declares no entities; one can stand for gigabytes")
    return sum(_area(ref.decode("ascii")) for ref in _SPANNING.findall(part))


def _area(ref: str) -> int:
    left, top, right, bottom = (edge or 0 for edge in range_boundaries(ref))
    return int((right - left + 1) * (bottom - top + 1))


def _limit_sheets(book: Any) -> None:
    """One forgotten cell at the far end makes a sheet of seventeen milliard cells."""
    for sheet in book.worksheets:
        if sheet.max_row > FORM.rows or sheet.max_column > MOST_COLUMNS:
            raise too_far(sheet.title, sheet.max_row, sheet.max_column)


def too_far(title: str, row: int, column: int) -> UserError:
    """Why a sheet that reaches to the far end is not read."""
    text = (
        f"The sheet {title} reaches to row {row}, column {column}; delete the empty rows and columns after the table."
    )
    return UserError(text, code="too_large")


def sheet_names(book: Any) -> list[str]:
    """The sheets that have cells; a chart may stand on a sheet of its own."""
    return [sheet.title for sheet in book.worksheets]


def text_of(content: bytes) -> str | None:
    """The text of a table: UTF-8, UTF-16 by its mark, else as Excel writes it on Windows in the west; None: no text."""
    encodings = ["utf-16"] if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    return None


def number_format(currency: str) -> str:
    """How a spreadsheet shows amounts of the currency: with its own decimals, negative ones in red.

    >>> number_format("USD"), number_format("JPY")
    ('#,##0.00;[Red]-#,##0.00', '#,##0;[Red]-#,##0')
    """
    places = minor_units(currency)
    shape = "#,##0" + ("." + "0" * places if places else "")
    return f"{shape};[Red]-{shape}"


def cell_money(value: Any, currency: str) -> Money:
    """The amount in a cell, exact to the currency's minor unit; ValueError for what is none."""
    if isinstance(value, str):
        return read_money(value, currency)
    if value is None or isinstance(value, bool | date | time | timedelta):
        raise ValueError("this is not an amount")
    # A cell computed in the spreadsheet carries binary dust (0.1 + 0.2); what is a whole cent but for dust is one.
    # Its shortest form is what the person typed.
    try:
        exact = Decimal(str(value))
        rounded = exact.quantize(Decimal(1).scaleb(-minor_units(currency)))
        dusty = abs(rounded - exact) < DUST  # which no comparison with NaN is: it raises
    except ArithmeticError:
        raise ValueError("this is not an amount") from None
    return decimal_to_money(rounded if dusty else exact, currency)
