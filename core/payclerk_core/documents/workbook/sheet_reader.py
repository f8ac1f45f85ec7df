"""A sheet's rows by their headings: finds the columns, and how each column writes its numbers."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openpyxl.utils.cell import get_column_letter

from ..sheets import Fault
from .cells import Row, marked
from .columns import SHEETS, Column
from .grid import Grid
from .numbers import Mark, mark_of
from .rows import Place


def rows_of(grid: Grid, currency: str, faults: list[Fault]) -> Iterator[Row]:
    """The rows below the headings; none when a needed column is missing. Faults go to `faults`."""
    faults.extend(grid.faults)
    places = _places(grid, faults)
    if not places:
        return
    letters = {name: get_column_letter(place + 1) for name, place in places.items()}
    columns = {column.name: column for column in SHEETS[grid.sheet] if column.name in places}
    body = grid.rows[1:]
    marks = {name: _mark(body, places[name]) for name, column in columns.items() if marked(column)}
    for number, values in body:
        cells = {name: values[place] if place < len(values) else None for name, place in places.items()}
        if any(value is not None for value in cells.values()):
            yield Row(Place(grid.sheet, number, letters), columns, cells, marks, currency, faults)


def _mark(body: Sequence[tuple[int, tuple[Any, ...]]], place: int) -> Mark:
    cells = (values[place] for _, values in body if place < len(values))
    return mark_of(cell for cell in cells if isinstance(cell, str))


def _places(grid: Grid, faults: list[Fault]) -> dict[str, int]:
    """Where each column stands; empty when one that is needed is missing."""
    number, heads = grid.rows[0] if grid.rows else (1, ())
    found: dict[str, int] = {}
    columns = {column.name.casefold(): column.name for column in SHEETS[grid.sheet]}
    spare = []
    for place, head in enumerate(heads):
        name = columns.get(str(head).strip().casefold())
        if name is None:
            spare.append(str(head).strip().casefold())
        elif name in found:
            what = f"The column '{name}' stands there twice."
            faults.append(Fault(grid.sheet, f"row {number}", what, "Remove one of the two."))
        else:
            found[name] = place
    missing = [c for c in SHEETS[grid.sheet] if not c.attribute and c.name not in found]
    faults.extend(_missing(grid.sheet, number, column, spare) for column in missing)
    return {} if missing else found


def _missing(sheet: str, number: int, column: Column, spare: Sequence[str]) -> Fault:
    near = difflib.get_close_matches(column.name.casefold(), spare, n=1)
    hint = f"Is '{near[0]}' it? Rename it." if near else "Add it."
    return Fault(sheet, f"row {number}", f"The column '{column.name}' is missing.", hint)


def project_cells(grid: Grid, faults: list[Fault]) -> Row:
    """The sheet Project as one row: names in column A, values in column B."""
    faults.extend(grid.faults)
    known = {column.name.casefold(): column for column in SHEETS["Project"]}
    values: dict[str, Any] = {}
    numbers: dict[str, int] = {}
    for number, cells in grid.rows:
        column = known.get(str(cells[0]).strip().casefold())
        if column is not None:
            values[column.name] = cells[1] if len(cells) > 1 else None
            numbers[column.name] = number
    for name, column in known.items():
        if not column.attribute and column.name not in numbers:
            faults.append(Fault("Project", "A", f"The row '{name}' is missing.", "Add it."))
    columns = {name: column for name, column in _by_name().items() if name in numbers}
    marks = {name: _alone(values[name]) for name, column in columns.items() if marked(column)}
    return ProjectCells(Place("Project", 1), columns, values, marks, "", faults, numbers)


def _by_name() -> Mapping[str, Column]:
    return {column.name: column for column in SHEETS["Project"]}


def _alone(value: Any) -> Mark:
    return mark_of([value] if isinstance(value, str) else [])


class ProjectCells(Row):
    """The one row of the sheet Project, each cell of which stands in a row of its own."""

    __slots__ = ("numbers",)

    def __init__(self, *given: Any) -> None:
        super().__init__(*given[:-1])
        self.numbers: Mapping[str, int] = given[-1]

    def fault(self, column: str, what: str, fix: str) -> None:
        """Note a fault in column B of the name's row."""
        number = self.numbers.get(column)
        if number is not None:  # a missing row was said
            self.faults.append(Fault("Project", f"B{number}", what, fix))

    def read(self, name: str) -> Any:
        """The value beside the name; a stand-in where the row is missing."""
        if name not in self.columns:
            return stand_in_for(name)
        return super().read(name)


def stand_in_for(name: str) -> Any:
    """Something to go on with in place of a missing row."""
    column = _by_name()[name]
    return column.low if column.kind == "count" else (column.choices or ("",))[0]
