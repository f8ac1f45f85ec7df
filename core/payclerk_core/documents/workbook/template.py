"""Writes the workbook to fill: headings with a comment each, lists to choose from, and one small project as example."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from .columns import MOST_TOLD, REQUIRED, SHEETS, Column, told
from .example import EXAMPLE

_MADE: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed date, so that the same version gives the same bytes
_LIST_TO: Final = 5000  # rows with a list to choose from
_FORMATS: Final = {"money": "#,##0.00", "quantity": "#,##0.####", "day": "yyyy-mm-dd"}
_SAYS: Final = {
    "money": "An amount such as 1234.50.",
    "quantity": "A number with at most four decimals.",
    "percent": "A percentage: 10 for 10 %.",
    "day": "A date such as 2026-11-30.",
    "yes": "yes or no.",
}


def write_template() -> bytes:
    """The template. What it holds as an example can be imported as it is."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": "payclerk: a project to import", "created": _MADE})
    for name, columns in SHEETS.items():
        writer = _Sheet(book, book.add_worksheet(name))
        if name == "Project":
            writer.facts(columns, EXAMPLE[name][0])
        else:
            writer.table(columns, EXAMPLE[name])
    book.close()
    return out.getvalue()


def write_sheet(name: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A workbook with one sheet of these rows, to be changed and imported."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": f"payclerk: {name} to import", "created": _MADE})
    _Sheet(book, book.add_worksheet(name)).table(SHEETS[name], rows)
    book.close()
    return out.getvalue()


class _Sheet:
    def __init__(self, book: Any, sheet: Any) -> None:
        self._book, self._sheet = book, sheet
        look = {"bold": True, "bg_color": "#22384F", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
        self._needed = book.add_format(look)
        self._optional = book.add_format({**look, "bg_color": "#6B7C93"})
        self._formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}

    def facts(self, columns: Sequence[Column], values: Mapping[str, Any]) -> None:
        """Names below one another, values beside them."""
        for row, column in enumerate(columns):
            self._head(row, 0, column)
            self._cell(row, 1, column, values.get(column.name))
            self._choices(row, 1, row, column)
        self._sheet.set_column(0, 0, 24)
        self._sheet.set_column(1, 1, 44)
        self._sheet.freeze_panes(0, 1)

    def table(self, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> None:
        """Headings in the first row, which stays in sight."""
        for place, column in enumerate(columns):
            self._head(0, place, column)
            self._choices(1, place, _LIST_TO, column)
            for number, values in enumerate(rows, 1):
                self._cell(number, place, column, values.get(column.name))
            longest = max((len(str(values.get(column.name, ""))) for values in rows), default=0)
            self._sheet.set_column(place, place, min(max(len(column.name), longest) + 3, 40))
        self._sheet.freeze_panes(1, 0)

    def _head(self, row: int, place: int, column: Column) -> None:
        self._sheet.write_string(row, place, column.name, self._optional if column.attribute else self._needed)
        self._sheet.write_comment(row, place, explained(column), {"x_scale": 2})

    def _cell(self, row: int, place: int, column: Column, value: Any) -> None:
        look = self._formats.get(column.kind)
        if value is None:
            return
        if isinstance(value, date):
            self._sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), look)  # noqa: DTZ001
        elif isinstance(value, int | Decimal):
            self._sheet.write_number(row, place, value, look)
        else:
            self._sheet.write_string(row, place, value)

    def _choices(self, first: int, place: int, last: int, column: Column) -> None:
        if column.choices and len(column.choices) <= MOST_TOLD:
            shown = [choice.replace("_", " ") for choice in column.choices]
            self._sheet.data_validation(
                first,
                place,
                last,
                place,
                {"validate": "list", "source": shown, "error_message": f"Use one of: {', '.join(shown)}."[:255]},
            )


def explained(column: Column) -> str:
    """What a column is for, what it takes, and what an empty cell means."""
    takes = _SAYS.get(column.kind, told(column))
    if column.kind == "count":
        takes = f"A whole number from {column.low} to {column.high}."
    empty = "Needed." if column.empty is REQUIRED else _empty(column)
    optional = "The column may be missing." if column.attribute else ""
    return " ".join(filter(None, (column.help, takes, empty, optional)))


def _empty(column: Column) -> str:
    value = column.empty
    if value is None or value == "":
        return "May be empty."
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return f"Empty: {value}."
