"""What a subcontractor does with a billing form: open it, fill the coloured cells, save it."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

FIRST_COLUMN = "Item"


def fill(content: bytes, share: Callable[[str, Decimal], tuple[object, object]]) -> bytes:
    """Fill each line: `share` gives work and stored for (item, what is left to bill)."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["Billing"]
    head, columns = _columns(sheet)
    for row in range(head + 1, sheet.max_row + 1):
        item, scheduled = sheet.cell(row, columns["item"]).value, sheet.cell(row, columns["scheduled value"]).value
        if item is None or not isinstance(scheduled, int | float) or isinstance(scheduled, bool):
            break
        previous = sheet.cell(row, columns["previously billed"]).value or 0
        work, stored = share(str(item), Decimal(str(scheduled)) - Decimal(str(previous)))
        sheet.cell(row, columns["work this period"]).value = work
        sheet.cell(row, columns["materials stored"]).value = stored
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def part(left: Decimal, percent: int) -> Decimal:
    """So many percent of what is left, to the cent."""
    return (left * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _columns(sheet: Worksheet) -> tuple[int, dict[str, int]]:
    """The table's heading row, and where each column is."""
    for row in sheet.iter_rows():
        if row[0].value == FIRST_COLUMN:
            return row[0].row, {str(cell.value).casefold(): cell.column for cell in row if cell.value}
    raise LookupError("the form has no table")
