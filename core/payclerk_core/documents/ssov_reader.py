"""Reads a contract's breakdown from .xlsx or .csv: every fault at once, each with its cell and what to do.

Columns are found by their heading, not by their place, and lines by their item.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, Final

from ..errors import UserError
from ..money import Money
from ..rules.ssov import Broken, Detail, goes_against, unallocated
from .amounts import NotAnAmountError, amount_in
from .delimited import delimited_rows
from .file_kinds import refuse_other_kind
from .form_copies import Said, require_one
from .plain_sheet import LONGEST_TEXT, PlainCell, PlainSheet, plain_sheet, require_fit
from .sheets import FORM, Fault, open_workbook, sheet_names
from .ssov_values import COLUMNS, SHEET, SsovFaults, SsovSheet

LINE, ITEM, DESCRIPTION, AMOUNT = COLUMNS
_HEAD_WITHIN: Final = 30  # rows
_WIDEST: Final = 30  # columns of a workbook that are looked at
_LONGEST: Final = {ITEM: 40, DESCRIPTION: 300}


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of either kind of file; `formula`: it holds one whose result is not in the file."""

    place: str
    value: Any
    number_format: str = "General"
    formula: bool = False

    @property
    def text(self) -> str:
        return "" if self.value is None else " ".join(str(self.value).split())


def read_ssov_file(content: bytes, sheet: SsovSheet, *, whole: bool = True) -> dict[str, tuple[Detail, ...]]:
    """The details by the item of their line, as `put_details` takes them. Nothing is stored.

    Raises SsovFaults with every fault; `whole` asks that each line of the contract is broken down to the cent.
    """
    return read_breakdown(open_breakdown(content), sheet, whole=whole)


def open_breakdown(content: bytes) -> PlainSheet:
    """The table in a workbook or CSV file, as plain values; or UserError, also as `refuse_other_kind` raises it."""
    if len(content) > FORM.file:
        raise UserError("The file is larger than 5 MB; please send the breakdown alone.", code="too_large")
    refuse_other_kind(content, LINE)
    return _in_workbook(content) if content.startswith(b"PK") else _in_text(content)


def read_breakdown(table: PlainSheet, sheet: SsovSheet, *, whole: bool = True) -> dict[str, tuple[Detail, ...]]:
    """As `read_ssov_file`, of a table that was opened before."""
    reader = _Reader(sheet, table.title)
    reader.faults.extend(Fault(table.title, place, "Merged cells.", "Unmerge them.") for place in table.merged)
    details = reader.read(_rows(table), whole=whole)
    if reader.faults:
        raise SsovFaults(reader.faults)
    return details


def has_breakdown(content: bytes) -> bool:
    """Whether the file has a table with most of the breakdown's headings."""
    try:
        return has_headings(open_breakdown(content))
    except UserError:
        return False


def has_headings(table: PlainSheet) -> bool:
    """Whether the table has most of the breakdown's headings."""
    return any(_headings([cell.text for cell in row]) > len(COLUMNS) // 2 for row in _rows(table)[:_HEAD_WITHIN])


def _rows(table: PlainSheet) -> list[list[_Cell]]:
    """Rows from the first to the last that holds anything; one that holds nothing has no cells."""
    width = min(table.max_column, _WIDEST)
    last = max(table.cells, default=0)
    return [[_cell(table, row, at) for at in range(1, width + 1)] if row in table.cells else [] for row in range(1, last + 1)]  # fmt: skip


def _cell(table: PlainSheet, row: int, column: int) -> _Cell:
    cell = table.cell(row, column)
    return _Cell(cell.coordinate, cell.value, cell.number_format, formula=cell.value is None and cell.formula)


def _in_workbook(content: bytes) -> PlainSheet:
    values, formulas = open_workbook(content), open_workbook(content, formulas=True)
    names = sheet_names(values)
    if not names:
        raise UserError("The workbook has no sheet with a table; fill the one we sent.", code="not_a_workbook")
    name = SHEET if SHEET in names else names[0]
    ours = _plain(values[name], formulas[name])
    tops = {one: _plain(values[one], formulas[one], rows=_HEAD_WITHIN) for one in names if one != name}
    copies = [_plain(values[one], formulas[one]) for one, top in tops.items() if _is_copy(top)]
    require_one(_said(ours), [_said(copy) for copy in copies])
    return ours


def _plain(values: Any, formulas: Any, *, rows: int = FORM.rows) -> PlainSheet:
    return plain_sheet(values, formulas, rows=rows, columns=_WIDEST)


def _is_copy(table: PlainSheet) -> bool:
    """The sheet with the contract's lines has most of the headings, but not the first."""
    return has_headings(table) and any(cell.text == LINE for row in _rows(table)[:_HEAD_WITHIN] for cell in row)


def _said(table: PlainSheet) -> Said:
    """The rows below the headings that hold more than a line chosen."""
    rows = [[cell.text for cell in row] for row in _rows(table)]
    head = max(range(len(rows[:_HEAD_WITHIN])), key=lambda place: _headings(rows[place]), default=0)
    places = {text: at for at, text in enumerate(rows[head] if rows else [])}
    said = (
        tuple(row[at] for name in COLUMNS if (at := places.get(name, len(row))) < len(row)) for row in rows[head + 1 :]
    )
    return Said(table.title, frozenset(row for row in said if any(row[1:])))


def _in_text(content: bytes) -> PlainSheet:
    rows = delimited_rows(content, COLUMNS)
    cells = {r: {c: PlainCell(r, c, data=text[:LONGEST_TEXT]) for c, text in enumerate(row, 1) if text} for r, row in enumerate(rows, 1)}  # fmt: skip
    require_fit(cells, SHEET)
    return PlainSheet(SHEET, len(rows), max(map(len, rows), default=0), {r: row for r, row in cells.items() if row})


def _headings(texts: Sequence[str]) -> int:
    found = {text.strip().strip('"').strip().casefold() for text in texts}
    return sum(name.casefold() in found for name in COLUMNS)


@dataclass
class _Reader:
    """Goes through the rows once; what is wrong is kept with its cell."""

    sheet: SsovSheet
    name: str = SHEET
    faults: list[Fault] = field(default_factory=list)
    _seen: dict[str, str] = field(default_factory=dict)
    _doubtful: set[str | None] = field(default_factory=set)  # lines with a faulty row; None: it could be any

    def read(self, rows: Sequence[Sequence[_Cell]], *, whole: bool) -> dict[str, tuple[Detail, ...]]:
        head, places = self._head(rows)
        if places is None:
            return {}
        parents = {row.line.item: row.line.scheduled for row in self.sheet.lines}
        found: dict[str, list[Detail]] = {item: [] for item in parents} if whole else {}
        for row in rows[head + 1 :]:
            cells = {name: row[place] if place < len(row) else _Cell("", None) for name, place in places.items()}
            if self._says_something(cells, parents):
                self._take(cells, parents, found)
        if whole:
            self._allocated(parents, found)
        elif not found and not self.faults:
            self._fault("", "There is no detail in the table.", "Fill in at least one row.")
        return {item: tuple(details) for item, details in found.items()}

    def _says_something(self, cells: Mapping[str, _Cell], parents: Mapping[str, Money]) -> bool:
        """An empty row, or one with a line chosen and nothing else, is left alone."""
        if any(cells[name].value is not None or cells[name].formula for name in (ITEM, DESCRIPTION, AMOUNT)):
            return True
        return cells[LINE].text not in {"", *parents}

    def _head(self, rows: Sequence[Sequence[_Cell]]) -> tuple[int, dict[str, int] | None]:
        top = [[cell.text for cell in row] for row in rows[:_HEAD_WITHIN]]
        head = max(range(len(top)), key=lambda place: _headings(top[place]), default=0)
        texts = [text.casefold() for text in top[head]] if top else []
        missing = [name for name in COLUMNS if name.casefold() not in texts]
        for name in missing:
            near = difflib.get_close_matches(name.casefold(), texts, n=1)
            hint = f"Is '{near[0]}' it? Rename it." if near else f"Its headings are: {', '.join(COLUMNS)}."
            self._fault(f"row {head + 1}", f"The column '{name}' is missing.", hint)
        return head, None if missing else {name: texts.index(name.casefold()) for name in COLUMNS}

    def _take(self, cells: Mapping[str, _Cell], parents: Mapping[str, Money], found: dict[str, list[Detail]]) -> None:
        before = len(self.faults)
        parent = self._parent(cells, parents)
        item, description = self._text(cells, ITEM), self._text(cells, DESCRIPTION)
        amount = self._amount(cells)
        if parent is not None and amount is not None and goes_against(parents[parent], amount):
            what = f"{amount} goes against line {parent}, which is {parents[parent]}."
            self._fault(cells[AMOUNT].place, what, "Give it the sign of its line.")
        self._once(cells, item)
        if len(self.faults) > before:
            self._doubtful.add(parent)
        elif parent is not None and amount is not None:
            found.setdefault(parent, []).append(Detail(item, description, amount))

    def _parent(self, cells: Mapping[str, _Cell], parents: Mapping[str, Money]) -> str | None:
        text = self._text(cells, LINE)
        if not text or text in parents:
            return text or None
        # A spreadsheet makes 1 of 001; that is taken while it can be one line only.
        alike = [item for item in parents if item.casefold().lstrip("0") == text.casefold().lstrip("0")]
        if len(alike) == 1:
            return alike[0]
        near = difflib.get_close_matches(text, parents, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Use an item of the sheet with the contract's lines."
        self._fault(cells[LINE].place, f"The contract has no line '{text[:40]}' to break down.", hint)
        return None

    def _text(self, cells: Mapping[str, _Cell], name: str) -> str:
        cell = cells[name]
        if isinstance(cell.value, bool | date | time | timedelta):
            self._fault(cell.place, f"'{name}' is a date or a truth value.", "Format the cell as text.")
            return ""
        if not cell.text:
            what = "A formula without a result." if cell.formula else f"'{name}' is empty."
            self._fault(cell.place or self._row(cells), what, "Fill it in.")
        elif len(cell.text) > _LONGEST.get(name, FORM.rows):
            self._fault(cell.place, f"'{name}' has {len(cell.text)} characters.", f"Keep it within {_LONGEST[name]}.")
        return cell.text

    def _amount(self, cells: Mapping[str, _Cell]) -> Money | None:
        cell = cells[AMOUNT]
        if cell.value is None or cell.value == "":
            what = "A formula without a result." if cell.formula else "The amount is empty."
            self._fault(cell.place or self._row(cells), what, "Write an amount like 1234.50.")
            return None
        try:
            return amount_in(cell, self.sheet.currency)
        except NotAnAmountError as error:
            self._fault(cell.place, error.what, error.fix)
            return None

    def _once(self, cells: Mapping[str, _Cell], item: str) -> None:
        cell = cells[ITEM]
        if item in self.sheet.taken:
            self._fault(cell.place, f"Item {item} is a line of the contract.", f"Number it otherwise, as {item}.1.")
        elif item in self._seen:
            self._fault(cell.place, f"Item {item} stands in {self._seen[item]} already.", "Renumber one of the two.")
        elif item:
            self._seen[item] = cell.place

    def _allocated(self, parents: Mapping[str, Money], found: Mapping[str, Sequence[Detail]]) -> None:
        """Said of lines whose rows are all understood: a row that is not would make the sum wrong twice."""
        if None in self._doubtful:
            return
        lines = [Broken(item, parents[item], tuple(found[item])) for item in parents if item not in self._doubtful]
        for text in unallocated(lines):
            self._fault("", text, "Add or correct its details until 0.00 remains.")

    def _row(self, cells: Mapping[str, _Cell]) -> str:
        return next(
            (f"row {cell.place.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}" for cell in cells.values() if cell.place), ""
        )

    def _fault(self, cell: str, what: str, fix: str) -> None:
        self.faults.append(Fault(self.name, cell, what, fix))
