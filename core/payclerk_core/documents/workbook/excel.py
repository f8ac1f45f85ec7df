"""An Excel workbook read row by row: a sheet of fifty thousand lines is never held as cells."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any, Final

from ...errors import UserError
from ..file_kinds import OTHER_KIND
from ..ods import is_ods
from ..sheets import IMPORT, MOST_COLUMNS, Fault, loaded, opened_archive, too_far
from .columns import sheet_named
from .grid import NO_RESULT, Grid, Percent, Progress

_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref\s*=\s*[\"']([^\"']*)")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s>/]")
_TOLD_EACH: Final = 1000
_OPEN_DOCUMENT: Final = "This is an OpenDocument spreadsheet (.ods). Save it as an Excel workbook (.xlsx) or CSV."


def read_excel(content: bytes, tell: Progress) -> tuple[list[Grid], list[str]]:
    """The sheets that an import knows, and the names of the others. Raises UserError when it is no workbook."""
    with opened_archive(content, IMPORT) as archive, warnings.catch_warnings():
        if is_ods(archive):
            raise UserError(_OPEN_DOCUMENT, code=OTHER_KIND)
        warnings.simplefilter("ignore")  # of extensions (slicers, validations) that have no cells
        book = loaded(content, read_only=True, data_only=True)
        try:
            known = [sheet for sheet in book.worksheets if sheet_named(sheet.title)]
            others = [sheet.title for sheet in book.worksheets if sheet not in known]
            return [_grid(sheet, archive, content, tell) for sheet in known], others
        except UserError:
            raise
        except Exception:  # noqa: BLE001 - a broken sheet shows only when it is read
            text = "A sheet of this workbook is broken; open it in a spreadsheet program and save it again."
            raise UserError(text, code="not_a_workbook") from None
        finally:
            book.close()


def _grid(sheet: Any, archive: zipfile.ZipFile, content: bytes, tell: Progress) -> Grid:
    part = archive.read(sheet._worksheet_path)  # noqa: SLF001 - which part a sheet is stands nowhere else
    grid = Grid(sheet_named(sheet.title) or sheet.title)
    merged = (ref.decode("ascii", "replace") for ref in _MERGED.findall(part))
    # Only the first of merged cells has a value; the others would be read as empty.
    grid.faults.extend(Fault(grid.sheet, ref, "Merged cells.", "Unmerge them.") for ref in merged)
    expected = sheet.max_row if isinstance(sheet.max_row, int) and sheet.max_row <= IMPORT.rows else None
    for number, values in _rows(sheet, content if _FORMULA.search(part) else None):
        grid.rows.append((number, values))
        if number % _TOLD_EACH == 0:
            tell(f"Reading {grid.sheet}", number, expected)
    return grid


def _rows(sheet: Any, with_formulas: bytes | None) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows that hold something. What the file says of its own size is not believed."""
    sheet.reset_dimensions()
    formulas = _formula_rows(with_formulas, sheet.title) if with_formulas else repeat(())
    for number, (row, shadow) in enumerate(zip(sheet.iter_rows(), formulas, strict=False), 1):
        if number > IMPORT.rows:
            raise too_far(sheet.title, number, len(row))
        values = _values(row, shadow)
        if len(values) > MOST_COLUMNS:
            raise too_far(sheet.title, number, len(values))
        if values:
            yield number, values


def _formula_rows(content: bytes, title: str) -> Iterator[Any]:
    book = loaded(content, read_only=True)
    try:
        sheet = book[title]
        sheet.reset_dimensions()
        yield from sheet.iter_rows()
    finally:
        book.close()


def _values(row: Any, shadow: Any) -> tuple[Any, ...]:
    found = [_value(cell) for cell in row]
    for place, cell in enumerate(shadow):
        if cell.data_type == "f" and found[place] is None:
            found[place] = NO_RESULT
    while found and found[-1] is None:
        found.pop()
    return tuple(found)


def _value(cell: Any) -> Any:
    value = cell.value
    if value is None or isinstance(value, str | bool | date | time | timedelta):
        return value
    return Percent(Decimal(str(value))) if "%" in str(cell.number_format) else value
