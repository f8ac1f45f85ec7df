"""Reads a spreadsheet in the OpenDocument format (.ods), as LibreOffice and Google Sheets save it, into the same sheets as Excel's.

Only what a table says is read: values, whether a cell is computed or a percentage, and merged cells. The XML comes from
outside: one pass, no document type, no entities, and every count that can stand for millions is limited.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from xml.parsers import expat

import openpyxl
from openpyxl.worksheet.cell_range import CellRange

CONTENT: Final = "content.xml"
MOST_BYTES: Final = 3 * 1024 * 1024  # of XML; thousands of lines
MOST_CELLS: Final = 100_000
MOST_SHEETS: Final = 50
_LONGEST: Final = 5000
_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_NO_TITLE: Final = re.compile(r"[*?:\\/\[\]\x00-\x1f]")
# What stands in a cell without being its value: remarks and drawings, which have paragraphs of their own.
_BESIDE: Final = frozenset({"office:annotation", "draw:frame", "draw:custom-shape", "table:shapes"})
_CELLS: Final = frozenset({"table:table-cell", "table:covered-table-cell"})


class OdsError(ValueError):
    """The file is none that can be read."""


class OdsTooFarError(OdsError):
    """Something stands so far out that the sheet is not read."""

    def __init__(self, title: str, row: int, column: int) -> None:
        super().__init__(title)
        self.title, self.row, self.column = title, row, column


@dataclass(slots=True)
class OdsCell:
    """A cell with its value as Excel's reader would give it."""

    row: int
    column: int
    value: Any
    percent: bool
    formula: str


@dataclass(slots=True)
class OdsSheet:
    title: str
    cells: list[OdsCell] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # left, top, right, bottom


def is_ods(archive: zipfile.ZipFile) -> bool:
    """Whether the archive is an OpenDocument file: Excel's has no such part."""
    return CONTENT in archive.namelist()


def ods_sheets(archive: zipfile.ZipFile, *, rows: int, columns: int) -> list[OdsSheet]:
    """Its sheets. Raises OdsError, or OdsTooFarError for a sheet with more rows or columns."""
    if archive.getinfo(CONTENT).file_size > MOST_BYTES:
        raise OdsError("too large")
    reader = _Reader(rows, columns)
    try:
        reader.parser.Parse(archive.read(CONTENT), True)
    except OdsError:
        raise
    except (expat.ExpatError, LookupError, ValueError, zipfile.BadZipFile) as error:
        raise OdsError("not readable") from error
    return reader.sheets


def ods_workbook(sheets: list[OdsSheet], *, formulas: bool) -> Any:
    """The same as a workbook, so that one reader reads both; with `formulas` instead of their results."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for one in sheets:
        sheet = book.create_sheet(_NO_TITLE.sub("_", one.title)[:31] or "Sheet")
        for found in one.cells:
            _put(sheet.cell(found.row, found.column), found, formulas=formulas)
        for left, top, right, bottom in one.merged:
            area = CellRange(min_col=left, min_row=top, max_col=right, max_row=bottom)
            sheet.merged_cells.add(area.coord)
    return book


def _put(cell: Any, found: OdsCell, *, formulas: bool) -> None:
    cell.value = f"={found.formula}" if formulas and found.formula else found.value
    if isinstance(found.value, str) and not (formulas and found.formula):
        cell.data_type = "s"  # what only looks like a formula is none
    if found.percent:
        cell.number_format = "0%"


class _Reader:
    """One pass over content.xml: where we are, and the cell that is being read."""

    def __init__(self, rows: int, columns: int) -> None:
        self.sheets: list[OdsSheet] = []
        self._most_rows, self._most_columns = rows, columns
        self._row = self._column = self._rows_alike = self._count = 0
        self._row_cells: list[OdsCell] = []
        self._cell: Mapping[str, str] | None = None
        self._text: list[str] = []
        self._length = 0
        self._beside = self._paragraphs = self._depth = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._said
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        name = _short(full)
        self._depth += 1
        if self._depth > 200:
            raise OdsError("nested too deep")
        if name in _BESIDE:
            self._beside += 1
        if begin := _BEGINS.get(name):
            begin(self, {_short(key): value for key, value in attributes.items()})

    def _end(self, full: str) -> None:
        name = _short(full)
        self._depth -= 1
        if name in _BESIDE:
            self._beside -= 1
        if name == "table:table-row":
            self._end_row()
        elif name in _CELLS:
            self._end_cell()

    def _begin_table(self, given: Mapping[str, str]) -> None:
        if len(self.sheets) >= MOST_SHEETS:
            raise OdsError("too many sheets")
        self.sheets.append(OdsSheet(given.get("table:name", "")[:200]))
        self._row = 0

    def _begin_row(self, given: Mapping[str, str]) -> None:
        self._rows_alike = _times(given.get("table:number-rows-repeated"))
        self._column, self._row_cells = 0, []

    def _begin_cell(self, given: Mapping[str, str]) -> None:
        self._cell, self._text, self._length, self._paragraphs = given, [], 0, 0

    def _begin_paragraph(self, _given: Mapping[str, str]) -> None:
        if not self._beside:
            self._paragraphs += 1
            if self._paragraphs > 1:
                self._said("\n")

    def _break(self, _given: Mapping[str, str]) -> None:
        self._said("\n")

    def _space(self, given: Mapping[str, str]) -> None:
        self._said(" " * min(_times(given.get("text:c")), 100))

    def _said(self, text: str) -> None:
        if self._cell is not None and self._paragraphs and not self._beside and self._length < _LONGEST:
            self._text.append(text[:_LONGEST])
            self._length += len(text)

    def _end_cell(self) -> None:
        given, self._cell = self._cell or {}, None
        alike = _times(given.get("table:number-columns-repeated"))
        value = _value(given, "".join(self._text)[:_LONGEST])
        formula = given.get("table:formula", "")[:1000]
        self._merge(given)
        if value is not None or formula:
            self._keep(given, value, formula, alike)
        self._column += alike

    def _keep(self, given: Mapping[str, str], value: Any, formula: str, alike: int) -> None:
        last = self._column + alike
        if last > self._most_columns or self._row + self._rows_alike > self._most_rows:
            raise OdsTooFarError(self.sheets[-1].title if self.sheets else "", self._row + self._rows_alike, last)
        self._count += alike * self._rows_alike
        if self._count > MOST_CELLS or not self.sheets:
            raise OdsError("too many cells")
        percent = given.get("office:value-type") == "percentage"
        for column in range(self._column + 1, last + 1):
            self._row_cells.append(OdsCell(self._row + 1, column, value, percent, formula))

    def _merge(self, given: Mapping[str, str]) -> None:
        across, down = (_times(given.get(f"table:number-{which}-spanned")) for which in ("columns", "rows"))
        if (across > 1 or down > 1) and self.sheets and len(self.sheets[-1].merged) < 1000:
            left, top = self._column + 1, self._row + 1
            far = (min(left + across - 1, self._most_columns), min(top + down - 1, self._most_rows))
            if left <= far[0] and top <= far[1]:
                self.sheets[-1].merged.append((left, top, *far))

    def _end_row(self) -> None:
        if self._row_cells:
            for down in range(self._rows_alike):
                self.sheets[-1].cells += [
                    OdsCell(one.row + down, one.column, one.value, one.percent, one.formula) for one in self._row_cells
                ]
        self._row, self._row_cells = self._row + self._rows_alike, []


_BEGINS: Final[Mapping[str, Callable[[_Reader, Mapping[str, str]], None]]] = {
    "table:table": _Reader._begin_table,  # noqa: SLF001 - its own table of what begins
    "table:table-row": _Reader._begin_row,  # noqa: SLF001
    "table:table-cell": _Reader._begin_cell,  # noqa: SLF001
    "table:covered-table-cell": _Reader._begin_cell,  # noqa: SLF001
    "text:p": _Reader._begin_paragraph,  # noqa: SLF001
    "text:s": _Reader._space,  # noqa: SLF001
    "text:tab": _Reader._break,  # noqa: SLF001
    "text:line-break": _Reader._break,  # noqa: SLF001
}


def _refuse(*_given: Any) -> None:
    raise OdsError("a spreadsheet declares no document type and no entities; one can stand for gigabytes")


def _shorten(uri: str) -> str:
    """
    >>> _shorten("urn:oasis:names:tc:opendocument:xmlns:table:1.0")
    'table'
    """
    found = re.fullmatch(r"urn:oasis:names:tc:opendocument:xmlns:([a-z-]{1,40}):1\.0", uri)
    return found.group(1) if found else ""


@lru_cache(maxsize=1000)
def _short(full: str) -> str:
    uri, _, local = full.rpartition(" ")
    return f"{_shorten(uri[:100])}:{local}"


def _times(text: str | None) -> int:
    """How often something is repeated; a million at most, which no sheet of ours has.

    >>> _times(None), _times("3"), _times("99999999999"), _times("-1")
    (1, 3, 1048576, 1)
    """
    return min(max(int(text[:9]), 1), 1_048_576) if text and text.isdecimal() and text.isascii() else 1


def _value(given: Mapping[str, str], text: str) -> Any:
    if given.get(":value-type") == "error":  # LibreOffice's own word; the value beside it is 0
        return text.strip() or "#ERROR"
    kind = given.get("office:value-type", "")
    if kind in {"float", "currency", "percentage"}:
        return _number(given.get("office:value", ""))
    if kind == "date":
        return _day(given.get("office:date-value", "")) or text
    if kind == "boolean":
        return given.get("office:boolean-value") == "true"
    return text.strip() or given.get("office:string-value", "").strip()[:_LONGEST] or None


def _number(text: str) -> int | Decimal | str:
    """As Excel's reader gives it: a whole number as such, so that item 1 is not 1.0."""
    if not _NUMBER.fullmatch(text):
        return text[:_LONGEST]
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else number


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text[:30])
    return None
