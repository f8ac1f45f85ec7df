"""Reads a billing form that came back: every fault at once, each with its cell and what to do.

Lines are found by their item and columns by their heading, not by their place: a sheet that was sorted or got a column
more is taken, and a row that was added or lost is named once instead of shifting all below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from openpyxl.utils import get_column_letter

from ..errors import UserError
from ..money import Money, percent_of
from .amounts import NotAnAmountError, amount_in, with_point
from .form_copies import Said, require_one
from .form_table import MOST_ROWS, WIDEST, FormTable, beside, find_label, open_form, text_at
from .form_values import (
    BALANCE,
    COMPLETED,
    HEADINGS,
    INVOICE_LABEL,
    PERCENT,
    PREVIOUS,
    SCHEDULED,
    SHEET,
    STORED,
    TOTAL,
    WORK,
    Entered,
    FilledForm,
    FilledRow,
    FormFaults,
    SealedLine,
)
from .plain_sheet import PlainCell, PlainSheet
from .sheets import DUST, Fault, cell_money

_SHOWN: Final = Decimal("0.01")  # percent points
_WHOLE_FORM: Final = "Fill the form we sent, without adding, removing or merging rows."


def is_billing_form(content: bytes) -> bool:
    """Does this look like one of our forms at all?"""
    try:
        open_form(content)
    except UserError as error:
        return error.code == "seal"
    return True


def read_form(content: bytes) -> FilledForm:
    """What the form says. Raises FormFaults with every fault, or UserError when it is not our form."""
    return read_table(open_form(content))


def read_table(table: FormTable, lines: Sequence[SealedLine] | None = None, currency: str = "") -> FilledForm:
    """What a form says; `lines` and `currency` are for one that came without its hidden sheet.

    Raises FormFaults with every fault, or UserError when a copy of the sheet says something else.
    """
    known = table.lines if table.lines is not None else lines
    if known is None:
        text = "The form came without its hidden sheet; send it in answer to the mail it came with."
        raise UserError(text, code="no_lines")
    reader, *copies = [_Reader(sheet, table.currency or currency) for sheet in (table.sheet, *table.copies)]
    rows = reader.read(known)
    require_one(reader.said(rows), [copy.said(copy.read(known)) for copy in copies])
    if reader.faults:
        raise FormFaults(reader.faults, table.seal, reader.entered)
    return FilledForm(table.seal, tuple(rows), reader.invoice_number())


@dataclass
class _Reader:
    """Goes through the visible sheet once; what is wrong is kept with its cell."""

    sheet: PlainSheet
    currency: str
    faults: list[Fault] = field(default_factory=list)
    entered: dict[int, Entered] = field(default_factory=dict)
    _columns: dict[int, int] = field(default_factory=dict)  # from where a column was to where it is
    _comma: bool = False

    def read(self, sealed: Sequence[SealedLine]) -> list[FilledRow]:
        for merged in self.sheet.merged:
            self._fault(merged, "The cells are merged.", _WHOLE_FORM)
        table = self._table()
        if table is None:
            return []
        rows = self._rows_by_item(table, {line.item for line in sealed})
        found = [(line, rows[line.item]) for line in sealed if line.item in rows]
        self._comma = self._writes_commas(found)
        for line in sealed:
            if line.item not in rows:
                self._fault("A", f"The row of item {line.item} is missing.", _WHOLE_FORM)
        filled = [self._row(row, line) for line, row in found]
        if not any(row.work.cents for row in filled):
            self._no_total_alone(self._cell(table.stop, WORK))
        return filled

    def said(self, rows: Sequence[FilledRow]) -> Said:
        """What was entered on the sheet, for a comparison with its copies."""
        amounts = {(row.sov_line_id, row.work, row.stored) for row in rows if row.work.cents or row.stored.cents}
        entries = {*amounts, *self.faults, self.invoice_number()} - {None}
        return Said(self.sheet.title, frozenset(entries))

    def invoice_number(self) -> str | None:
        """Beside its label; it moves with the sheet's rows."""
        return " ".join(beside(self.sheet, INVOICE_LABEL).split())[:60] or None

    def _at(self, column: int) -> int:
        return self._columns.get(column, column)

    def _cell(self, row: int, column: int) -> PlainCell:
        return self.sheet.cell(row, self._at(column))

    def _item(self, row: int) -> str:
        return text_at(self.sheet, row, self._at(1))

    def _rows_by_item(self, table: range, known: set[str]) -> Mapping[str, int]:
        rows: dict[str, int] = {}
        for row in table:
            written = self._item(row)
            item = _known_item(written, known)
            place = f"{get_column_letter(self._at(1))}{row}"
            if item in rows:
                self._fault(place, f"Item {item} stands in row {rows[item]} already.", _WHOLE_FORM)
            elif item in known:
                rows[item] = row
            elif written or self._holds_something(row):
                self._fault(place, f"Row {row} ('{written[:40]}') is not on the form we sent.", _WHOLE_FORM)
        return rows

    def _table(self) -> range | None:
        """The rows between the heading and the total; without either, every line would seem to be missing."""
        place = find_label(self.sheet, HEADINGS[0])
        if place is None:
            self._fault("A", "The table's heading is missing.", _WHOLE_FORM)
            return None
        head, first = place
        self._columns = self._placed(head, first)
        rows = range(head + 1, min(self.sheet.max_row, head + MOST_ROWS) + 1)
        # The last one, since an item may be called so too.
        end = max((row for row in rows if self._item(row) == TOTAL), default=None)
        if end is None:
            self._fault("A", "The row of totals is missing.", _WHOLE_FORM)
            return None
        return range(head + 1, end)

    def _placed(self, head: int, first: int) -> dict[int, int]:
        """Each column by its heading; one whose heading was changed, by how far it was from the first."""
        last = min(self.sheet.max_column, WIDEST)
        texts = {text_at(self.sheet, head, at).casefold(): at for at in range(last, first - 1, -1)}
        return {n: texts.get(name.casefold(), first + n - 1) for n, name in enumerate(HEADINGS, 1)}

    def _holds_something(self, row: int) -> bool:
        return any(not self._cell(row, n).is_empty for n in range(1, STORED + 1))

    def _writes_commas(self, found: Sequence[tuple[SealedLine, int]]) -> bool:
        """Whether the amounts we wrote ourselves came back with decimal commas: then all of the file has them."""
        ours = [pair for line, row in found for pair in self._own_texts(line, row)]
        read_only_so = any(
            not _is(text, sealed, self.currency) and _is(with_point(text), sealed, self.currency)
            for text, sealed in ours
        )
        return read_only_so and all(_is(with_point(text), sealed, self.currency) for text, sealed in ours)

    def _own_texts(self, line: SealedLine, row: int) -> Iterator[tuple[str, str]]:
        for column, sealed in ((SCHEDULED, line.scheduled), (PREVIOUS, line.previous)):
            value = self._cell(row, column).value
            if isinstance(value, str):
                yield value, sealed

    def _row(self, row: int, line: SealedLine) -> FilledRow:
        before = len(self.faults)
        self._unchanged(row, SCHEDULED, line.scheduled, "scheduled value")
        self._unchanged(row, PREVIOUS, line.previous, "amount billed before")
        described = self._cell(row, 2)
        if _spaced(described.value) != _spaced(line.description):
            self._fault(described.coordinate, "The description was changed.", f"It is '{line.description[:80]}'.")
        work, stored = self._amount(row, WORK), self._amount(row, STORED)
        if stored.cents < 0:
            place = self._cell(row, STORED).coordinate
            self._fault(place, "Stored material is less than zero.", "Write what is stored now, or 0.")
        if len(self.faults) == before:
            self._ties(row, line, work, stored)
        self._keep(row, line, self.faults[before:])
        return FilledRow(line.sov_line_id, line.item, work, stored)

    def _ties(self, row: int, line: SealedLine, work: Money, stored: Money) -> None:
        """What somebody typed over the form's formulas must be what they come to: with the amounts of this line, or
        as we sent it, for a file without formulas (CSV) keeps that beside amounts that were filled in.
        """
        before = cell_money(line.previous, self.currency)
        totals = [before + work + stored]  # the first that fits best
        totals += [before + stored, before] if work.cents or stored.cents else []
        wrong = min((self._disagreeing(row, line, total) for total in totals), key=len)
        for cell, expected in wrong:
            what = f"'{str(cell.value)[:40]}' is not {expected}, which the amounts of this line come to."
            self._fault(cell.coordinate, what, self._where_to(row))
        if not work.cents:
            self._nothing_beside(row)

    def _disagreeing(self, row: int, line: SealedLine, total: Money) -> list[tuple[PlainCell, str]]:
        """The typed cells that do not say what follows from this total, each with what would."""
        scheduled = cell_money(line.scheduled, self.currency)
        percent = percent_of(total, scheduled)
        found = [
            (cell, str(amount))
            for column, amount in ((COMPLETED, total), (BALANCE, scheduled - total))
            if _typed(cell := self._cell(row, column)) and not self._is_amount(cell, amount)
        ]
        cell = self._cell(row, PERCENT)
        if _typed(cell) and not _is_percent(cell.value, percent):
            found.append((cell, f"{percent} %"))
        return found

    def _nothing_beside(self, row: int) -> None:
        """Who bills in a column of their own, or in the reviewer's, has billed nothing where we look."""
        entries = {self._at(column) for column in range(1, BALANCE + 1)}
        for column in range(1, min(self.sheet.max_column, WIDEST) + 1):
            cell = self.sheet.cell(row, column)
            if column not in entries and _typed(cell) and self._holds_amount(cell):
                what = f"'{str(cell.value)[:40]}' stands in a column where nothing is billed."
                self._fault(cell.coordinate, what, self._where_to(row))

    def _no_total_alone(self, cell: PlainCell) -> None:
        if _typed(cell) and self._holds_amount(cell):
            what = f"'{str(cell.value)[:40]}' stands in the row of totals, and no line bills anything."
            self._fault(cell.coordinate, what, "Write what is billed in this period beside each item.")

    def _where_to(self, row: int) -> str:
        work, stored = self._cell(row, WORK).coordinate, self._cell(row, STORED).coordinate
        return (
            f"Write what is billed in this period in {work} and stored material in {stored}, as amounts; "
            "the rest is worked out from them."
        )

    def _holds_amount(self, cell: PlainCell) -> bool:
        try:
            return amount_in(cell, self.currency, comma=self._comma).cents != 0
        except NotAnAmountError:
            return False

    def _is_amount(self, cell: PlainCell, expected: Money) -> bool:
        try:
            return amount_in(cell, self.currency, comma=self._comma) == expected
        except NotAnAmountError:
            return False

    def _keep(self, row: int, line: SealedLine, faults: Sequence[Fault]) -> None:
        """What was typed, for a copy that marks what is wrong."""
        marks = {}
        for column in (WORK, STORED):
            place = self._cell(row, column).coordinate
            told = [f"{fault.what} {fault.fix}" for fault in faults if fault.cell == place]
            if told:
                marks[column] = f"{HEADINGS[column - 1]}: {' '.join(told)}"
        work, stored = self._cell(row, WORK).value, self._cell(row, STORED).value
        self.entered[line.sov_line_id] = Entered(work, stored, marks)

    def _unchanged(self, row: int, column: int, sealed: str, name: str) -> None:
        cell = self._cell(row, column)
        value = with_point(cell.value) if self._comma and isinstance(cell.value, str) else cell.value
        if not _is(value, sealed, self.currency):
            self._fault(cell.coordinate, f"The {name} was changed.", f"It is {sealed}.")

    def _amount(self, row: int, column: int) -> Money:
        cell = self._cell(row, column)
        if cell.value is None and cell.formula:
            self._fault(cell.coordinate, "There is a formula without a result.", "Write the amount itself.")
            return Money(0, self.currency)
        try:
            return amount_in(cell, self.currency, comma=self._comma)
        except NotAnAmountError as error:
            self._fault(cell.coordinate, error.what, error.fix)
            return Money(0, self.currency)

    def _fault(self, cell: str, what: str, fix: str) -> None:
        self.faults.append(Fault(SHEET, cell, what, fix))


def _known_item(written: str, known: set[str]) -> str:
    """A spreadsheet makes 1 of 001; that is taken while it can be one line only."""
    if written in known or not written:
        return written
    alike = [item for item in known if item.casefold().lstrip("0") == written.casefold().lstrip("0")]
    return alike[0] if len(alike) == 1 else written


def _is(value: Any, sealed: str, currency: str) -> bool:
    """Whether a cell still holds the amount that we wrote, as a number or as text that shows it."""
    try:
        if isinstance(value, str):
            return cell_money(value, currency) == cell_money(sealed, currency)
        return abs(Decimal(str(value)) - Decimal(sealed)) < DUST
    except (ArithmeticError, ValueError):
        return False


def _typed(cell: PlainCell) -> bool:
    """A formula is left to the program that computes it; programs leave a bare 0 where one was, in whatever writing."""
    return not cell.formula and str(cell.value or "").strip("0.,% \t\xa0") != ""


def _is_percent(value: Any, expected: Decimal) -> bool:
    """Whether 0.45, 45 or '45.00%' is this percent, to the two decimals that are shown."""
    text = str(value).replace("%", "").replace(",", ".").strip()
    try:
        written = Decimal(text)
    except ArithmeticError:
        return False
    shown = (written,) if "%" in str(value) else (written, written * 100)
    return any(abs(one - expected) <= _SHOWN for one in shown)


def _spaced(value: Any) -> str:
    """Line ends and runs of spaces come back changed from some programs."""
    return " ".join(str(value or "").split())
