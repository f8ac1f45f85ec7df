"""Reads a billing form that came back: every fault at once, each with its cell and what to do.

Lines are found by their item, not by their row: a sheet that was sorted is taken, and a row that was added or lost is
named once instead of shifting all below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ..errors import UserError
from ..money import Money
from .amounts import NotAnAmountError, amount_in
from .form_values import (
    HEAD_ROW,
    HEADINGS,
    INVOICE_COLUMN,
    INVOICE_LABEL,
    PREVIOUS,
    SCHEDULED,
    SEAL_SHEET,
    SHEET,
    STORED,
    TOTAL,
    WORK,
    FilledForm,
    FilledRow,
    FormFaults,
)
from .sheets import DUST, Fault, open_workbook, sheet_names

_MOST_ROWS: Final = 5000
_WHOLE_FORM: Final = "Fill the form we sent, without adding, removing or merging rows."


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A line as it was when the form left."""

    sov_line_id: int
    item: str
    scheduled: str
    previous: str
    description: str


def is_billing_form(content: bytes) -> bool:
    """Does this look like one of our forms at all?"""
    try:
        return SEAL_SHEET in sheet_names(open_workbook(content))
    except UserError:
        return False


def read_form(content: bytes) -> FilledForm:
    """What the form says. Raises FormFaults with every fault, or UserError when it is not our form."""
    values = open_workbook(content)
    if not {SEAL_SHEET, SHEET} <= set(sheet_names(values)):
        raise UserError("This workbook is not the billing form we sent; please fill that one.", code="not_our_form")
    seal, currency, sealed = _read_seal(values[SEAL_SHEET])
    reader = _Reader(values[SHEET], open_workbook(content, formulas=True)[SHEET], currency)
    rows = reader.read(sealed)
    if reader.faults:
        raise FormFaults(reader.faults)
    return FilledForm(seal, tuple(rows), reader.invoice_number())


def _read_seal(sheet: Any) -> tuple[str, str, list[_Sealed]]:
    try:
        lines = [
            _Sealed(int(row[0]), *(str(text or "") for text in row[1:5]))
            for row in sheet.iter_rows(min_row=2, max_row=_MOST_ROWS, max_col=5, values_only=True)
            if row[0] is not None
        ]
        for line in lines:
            Decimal(line.scheduled), Decimal(line.previous)
    except (TypeError, ValueError, ArithmeticError):
        raise UserError("The form's hidden sheet was changed; please fill the form we sent.", code="seal") from None
    return str(sheet["A1"].value), str(sheet["B1"].value), lines


@dataclass
class _Reader:
    """The visible sheet twice: with results, and with formulas."""

    sheet: Any
    formulas: Any
    currency: str
    faults: list[Fault] = field(default_factory=list)

    def read(self, sealed: list[_Sealed]) -> list[FilledRow]:
        for merged in self.sheet.merged_cells.ranges:
            self._fault(str(merged), "The cells are merged.", _WHOLE_FORM)
        table = self._table()
        if table is None:
            return []
        rows = self._rows_by_item(table, {line.item for line in sealed})
        filled = []
        for line in sealed:
            if line.item in rows:
                filled.append(self._row(rows[line.item], line))
            else:
                self._fault("A", f"The row of item {line.item} is missing.", _WHOLE_FORM)
        return filled

    def invoice_number(self) -> str | None:
        """Beside its label; it moves with the sheet's rows."""
        row = self._find(INVOICE_LABEL)
        value = self.sheet.cell(row, INVOICE_COLUMN).value if row else None
        return " ".join(str(value).split())[:60] or None if value is not None else None

    def _find(self, label: str) -> int | None:
        last = min(self.sheet.max_row, HEAD_ROW + 60)
        return next((row for row in range(1, last + 1) if self._text(row) == label), None)

    def _text(self, row: int) -> str:
        value = self.sheet.cell(row, 1).value
        return "" if value is None else str(value).strip()

    def _rows_by_item(self, table: range, known: set[str]) -> Mapping[str, int]:
        rows: dict[str, int] = {}
        for row in table:
            item = self._text(row)
            if item in rows:
                self._fault(f"A{row}", f"Item {item} stands in row {rows[item]} already.", _WHOLE_FORM)
            elif item in known:
                rows[item] = row
            elif item or self._holds_something(row):
                self._fault(f"A{row}", f"Row {row} ('{item[:40]}') is not on the form we sent.", _WHOLE_FORM)
        return rows

    def _table(self) -> range | None:
        """The rows between the heading and the total; without either, every line would seem to be missing."""
        head = self._find(HEADINGS[0])
        if head is None:
            self._fault("A", "The table's heading is missing.", _WHOLE_FORM)
            return None
        rows = range(head + 1, min(self.sheet.max_row, head + _MOST_ROWS) + 1)
        # The last one, since an item may be called so too.
        end = max((row for row in rows if self._text(row) == TOTAL), default=None)
        if end is None:
            self._fault("A", "The row of totals is missing.", _WHOLE_FORM)
            return None
        return range(head + 1, end)

    def _holds_something(self, row: int) -> bool:
        return any(self.formulas.cell(row, column).value is not None for column in range(1, STORED + 1))

    def _row(self, row: int, line: _Sealed) -> FilledRow:
        self._unchanged(row, SCHEDULED, line.scheduled, "scheduled value")
        self._unchanged(row, PREVIOUS, line.previous, "amount billed before")
        described = self.sheet.cell(row, 2).value
        if _spaced(described) != _spaced(line.description):
            self._fault(f"B{row}", "The description was changed.", f"It is '{line.description[:80]}'.")
        work, stored = self._amount(row, WORK), self._amount(row, STORED)
        if stored.cents < 0:
            self._fault(f"F{row}", "Stored material is less than zero.", "Write what is stored now, or 0.")
        return FilledRow(line.sov_line_id, line.item, work, stored)

    def _unchanged(self, row: int, column: int, sealed: str, name: str) -> None:
        cell = self.sheet.cell(row, column)
        try:
            same = abs(Decimal(str(cell.value)) - Decimal(sealed)) < DUST
        except ArithmeticError:
            same = False
        if not same:
            self._fault(cell.coordinate, f"The {name} was changed.", f"It is {sealed}.")

    def _amount(self, row: int, column: int) -> Money:
        cell = self.sheet.cell(row, column)
        if cell.value is None and self.formulas.cell(row, column).data_type == "f":
            self._fault(cell.coordinate, "There is a formula without a result.", "Write the amount itself.")
            return Money(0, self.currency)
        try:
            return amount_in(cell, self.currency)
        except NotAnAmountError as error:
            self._fault(cell.coordinate, error.what, error.fix)
            return Money(0, self.currency)

    def _fault(self, cell: str, what: str, fix: str) -> None:
        self.faults.append(Fault(SHEET, cell, what, fix))


def _spaced(value: Any) -> str:
    """Line ends and runs of spaces come back changed from some programs."""
    return " ".join(str(value or "").split())
