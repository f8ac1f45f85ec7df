"""A sheet of a workbook as plain values: what is left of a file from outside once it was opened.

Workbooks are opened where a hostile one does no harm; what is read off them is decided on elsewhere, and only this
passes between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from openpyxl.utils import get_column_letter

from ..errors import UserError

MOST_CELLS: Final = 60_000
LONGEST_TEXT: Final = 5000
_MOST_MERGED: Final = 100


@dataclass(frozen=True, slots=True)
class PlainCell:
    """What a cell shows, with its place; `formula`: it holds one, whatever the result. Moments and decimals are kept as text."""

    row: int
    column: int
    kind: str = "plain"
    data: str | int | float | bool | None = None
    number_format: str = "General"
    formula: bool = False

    @property
    def value(self) -> Any:
        """As a workbook gives it: text, number, truth value, date, time, or None."""
        match self.kind:
            case "date":
                return datetime.fromisoformat(str(self.data))
            case "time":
                return time.fromisoformat(str(self.data))
            case "duration":
                return timedelta(seconds=int(self.data or 0))
            case "number":
                return Decimal(str(self.data))
            case _:
                return self.data

    @property
    def coordinate(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}"

    @property
    def is_empty(self) -> bool:
        return self.data is None and not self.formula


@dataclass(frozen=True, slots=True)
class PlainSheet:
    """The cells of a sheet that hold something, by row and column counted from 1."""

    title: str
    max_row: int
    max_column: int
    cells: Mapping[int, Mapping[int, PlainCell]]
    merged: tuple[str, ...] = field(default_factory=tuple)

    def cell(self, row: int, column: int) -> PlainCell:
        """The cell at a place; an empty one where there is nothing."""
        return self.cells.get(row, {}).get(column) or PlainCell(row, column)


def plain_sheet(values: Any, formulas: Any, *, rows: int, columns: int) -> PlainSheet:
    """A sheet that was loaded twice, with results and with formulas, as far as these rows and columns."""
    # The library's own walk makes a cell of every empty place.
    places = {*values._cells, *formulas._cells}  # noqa: SLF001
    cells: dict[int, dict[int, PlainCell]] = {}
    for row, column in sorted(place for place in places if place[0] <= rows and place[1] <= columns):
        plain = _plain(values.cell(row, column), formulas.cell(row, column))
        if not plain.is_empty:
            cells.setdefault(row, {})[column] = plain
    require_fit(cells, str(values.title))
    merged = tuple(str(merged) for merged in list(values.merged_cells.ranges)[:_MOST_MERGED])
    return PlainSheet(str(values.title), values.max_row, values.max_column, cells, merged)


def require_fit(cells: Mapping[int, Mapping[int, PlainCell]], title: str) -> None:
    """UserError for more than anybody types."""
    if sum(map(len, cells.values())) > MOST_CELLS:
        text = f"The sheet {title[:40]} has more than {MOST_CELLS} filled cells; send the table alone."
        raise UserError(text, code="too_large")


def _plain(cell: Any, written: Any) -> PlainCell:
    kind, data = _data(cell.value)
    number_format = str(getattr(cell, "number_format", "General"))[:100]
    return PlainCell(cell.row, cell.column, kind, data, number_format, formula=_is_formula(written))


def _is_formula(cell: Any) -> bool:
    return getattr(cell, "data_type", "") == "f" and cell.value is not None


def _data(value: Any) -> tuple[str, str | int | float | bool | None]:
    if value is None or isinstance(value, bool | int | float):
        return "plain", value
    if isinstance(value, Decimal):  # a number, as any other: as text it would be read as somebody's words
        return "number", str(value)
    if isinstance(value, datetime):
        return "date", value.isoformat()
    if isinstance(value, date):
        return "date", datetime(value.year, value.month, value.day).isoformat()  # noqa: DTZ001 - a cell has no zone
    if isinstance(value, time):
        return "time", value.isoformat()
    if isinstance(value, timedelta):
        return "duration", value // timedelta(seconds=1)
    return "plain", str(value)[:LONGEST_TEXT]
