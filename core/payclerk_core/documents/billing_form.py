"""The billing form: an Excel workbook with the contract's lines that a subcontractor fills and sends back.

The lines and a seal travel in a hidden sheet, so that a form that was changed, mixed up or made by somebody else is
known when it comes back.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from ..errors import UserError
from ..money import Money, decimal_to_money, read_money
from .sheets import Fault, SheetFaultsError, open_workbook

SHEET: Final = "Billing"
SEAL_SHEET: Final = "payclerk"
HEADINGS: Final = (
    "Item",
    "Description",
    "Scheduled value",
    "Previously billed",
    "Work this period",
    "Materials stored",
    "Total completed",
    "%",
    "Balance to finish",
    "Reviewer's note",
)
HEAD_ROW: Final = 12  # the table's heading, counted from 1
WORK, STORED = 5, 6  # columns E and F, counted from 1
INVOICE_CELL: Final = "C9"
DUST: Final = Decimal("0.000001")
WIDTHS: Final = (9, 46, 16, 16, 16, 16, 16, 9, 16, 44)


@dataclass(frozen=True, slots=True)
class FormLine:
    sov_line_id: int
    item: str
    description: str
    scheduled: Money
    previous_work: Money
    work: Money  # prefilled on a correction
    stored: Money
    note: str = ""


@dataclass(frozen=True, slots=True)
class BillingForm:
    """All that is printed on the form, and the seal it carries."""

    project_name: str
    project_number: str
    contract_number: str
    contract_title: str
    company: str
    claim_number: int
    period_from: date
    period_to: date
    due_on: date
    currency: str
    work_retainage: Decimal
    stored_retainage: Decimal
    previous_certificates: Money
    lines: Sequence[FormLine]
    seal: str
    revision: int = 1


@dataclass(frozen=True, slots=True)
class FilledRow:
    sov_line_id: int
    item: str
    work: Money
    stored: Money


@dataclass(frozen=True, slots=True)
class FilledForm:
    """What came back: the seal as it is in the file, and the amounts of every line."""

    seal: str
    rows: tuple[FilledRow, ...]
    invoice_number: str | None


class FormFaults(SheetFaultsError):  # noqa: N818 - what it holds
    """Why a form was not taken; `faults` names each cell."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults in the billing form:", faults)


def make_form(form: BillingForm) -> bytes:
    """The workbook. The same form gives the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": f"Billing form {form.contract_number}", "created": datetime(2026, 1, 1)})  # noqa: DTZ001
    _Writer(book, form).write()
    book.close()
    return out.getvalue()


class _Writer:
    def __init__(self, book: Any, form: BillingForm) -> None:
        self._book, self._form = book, form
        self._sheet = book.add_worksheet(SHEET)
        money = {"num_format": "#,##0.00;[Red]-#,##0.00", "border": 1, "border_color": "#C9CED6"}
        text = {"border": 1, "border_color": "#C9CED6", "text_wrap": True, "valign": "top"}
        self._title = book.add_format({"bold": True, "font_size": 16})
        self._bold = book.add_format({"bold": True})
        self._head = book.add_format({**text, "bold": True, "bg_color": "#22384F", "font_color": "#FFFFFF"})
        self._text, self._money = book.add_format(text), book.add_format(money)
        self._input = book.add_format({**money, "bg_color": "#FFF6D6", "locked": False})
        self._free = book.add_format({**text, "bg_color": "#FFF6D6", "locked": False})
        self._percent = book.add_format({**money, "num_format": "0.00%"})
        self._total = book.add_format({**money, "bold": True, "bg_color": "#EEF1F5"})
        self._note = book.add_format({**text, "font_color": "#A4161A"})

    def write(self) -> None:
        self._front()
        for place, line in enumerate(self._form.lines):
            self._line(HEAD_ROW + place, line)
        self._totals(HEAD_ROW + len(self._form.lines))
        self._finish()
        self._seal()

    def _front(self) -> None:
        form, sheet = self._form, self._sheet
        again = f", correction {form.revision - 1}" if form.revision > 1 else ""
        sheet.write_string(0, 0, f"Billing form: claim {form.claim_number}{again}", self._title)
        facts = (
            ("Project", f"{form.project_number} {form.project_name}"),
            ("Contract", f"{form.contract_number} {form.contract_title}"),
            ("Company", form.company),
            ("Billing period", f"{form.period_from:%b %d, %Y} to {form.period_to:%b %d, %Y}"),
            ("Send back by", f"{form.due_on:%b %d, %Y}"),
            ("Currency", form.currency),
        )
        for row, (name, value) in enumerate(facts, 1):
            sheet.write_string(row, 0, name, self._bold)
            sheet.write_string(row, 2, value)
        sheet.write_string(8, 0, "Your invoice number", self._bold)
        sheet.write_blank(8, 2, None, self._free)
        sheet.write_string(
            10,
            0,
            "Fill the coloured cells with amounts (not percent), save, and answer our mail with this file attached.",
        )
        for column, name in enumerate(HEADINGS):
            sheet.write_string(HEAD_ROW - 1, column, name, self._head)

    def _line(self, row: int, line: FormLine) -> None:
        sheet, number = self._sheet, row + 1
        sheet.write_string(row, 0, line.item, self._text)
        sheet.write_string(row, 1, line.description, self._text)
        sheet.write_number(row, 2, Decimal(line.scheduled.plain()), self._money)
        sheet.write_number(row, 3, Decimal(line.previous_work.plain()), self._money)
        sheet.write_number(row, 4, Decimal(line.work.plain()), self._input)
        sheet.write_number(row, 5, Decimal(line.stored.plain()), self._input)
        sheet.write_formula(row, 6, f"=D{number}+E{number}+F{number}", self._money)
        sheet.write_formula(row, 7, f"=IF(C{number}=0,0,G{number}/C{number})", self._percent)
        sheet.write_formula(row, 8, f"=C{number}-G{number}", self._money)
        sheet.write_string(row, 9, f"Rejected: {line.note}" if line.note else "", self._note)

    def _totals(self, row: int) -> None:
        sheet, first, last, form = self._sheet, HEAD_ROW + 1, row, self._form
        sheet.write_string(row, 0, "Total", self._total)
        sheet.write_string(row, 1, "", self._total)
        for column in range(2, 9):
            letter = "ABCDEFGHI"[column]
            formula = (
                f"=IF(C{row + 1}=0,0,G{row + 1}/C{row + 1})" if column == 7 else f"=SUM({letter}{first}:{letter}{last})"
            )
            sheet.write_formula(row, column, formula, self._percent if column == 7 else self._total)
        work = f"SUMPRODUCT(ROUND((D{first}:D{last}+E{first}:E{last})*{form.work_retainage}/100,2))"
        stored = f"SUMPRODUCT(ROUND(F{first}:F{last}*{form.stored_retainage}/100,2))"
        summary = (
            ("Total completed and stored to date", f"=G{row + 1}"),
            (
                f"Less retainage ({form.work_retainage} % of work, {form.stored_retainage} % of stored)",
                f"={work}+{stored}",
            ),
            ("Less previous certificates for payment", f"={form.previous_certificates.plain()}"),
            ("Payment due", f"=G{row + 3}-G{row + 4}-G{row + 5}"),
        )
        for place, (name, formula) in enumerate(summary):
            sheet.write_string(row + 2 + place, 1, name, self._bold)
            sheet.write_formula(row + 2 + place, 6, formula, self._total)

    def _finish(self) -> None:
        sheet = self._sheet
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(HEAD_ROW, 2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEAD_ROW - 1)
        sheet.protect("", {"format_columns": True, "format_rows": True})
        last = HEAD_ROW + max(len(self._form.lines), 1) - 1
        rule = {
            "validate": "decimal",
            "criteria": "between",
            "minimum": -1_000_000_000,
            "maximum": 1_000_000_000,
            "error_title": "An amount, please",
            "error_message": "Write an amount such as 1234.50.",
        }
        sheet.data_validation(HEAD_ROW, WORK - 1, last, STORED - 1, rule)

    def _seal(self) -> None:
        hidden = self._book.add_worksheet(SEAL_SHEET)
        hidden.very_hidden()
        hidden.write_string(0, 0, self._form.seal)
        hidden.write_string(0, 1, self._form.currency)
        for row, line in enumerate(self._form.lines, 1):
            hidden.write_string(row, 0, str(line.sov_line_id))
            hidden.write_string(row, 1, line.item)
            hidden.write_string(row, 2, line.scheduled.plain())


@dataclass(frozen=True, slots=True)
class _Sealed:
    sov_line_id: int
    item: str
    scheduled: str


def is_billing_form(content: bytes) -> bool:
    """Does this look like one of our forms at all?"""
    try:
        return SEAL_SHEET in open_workbook(content).sheetnames
    except UserError:
        return False


def read_form(content: bytes) -> FilledForm:
    """What the form says. Raises FormFaults with every fault, or UserError when it is not our form."""
    values, formulas = open_workbook(content), open_workbook(content, formulas=True)
    if SEAL_SHEET not in values.sheetnames or SHEET not in values.sheetnames:
        raise UserError("This workbook is not the billing form we sent; please fill that one.", code="not_our_form")
    seal, currency, sealed = _read_seal(values[SEAL_SHEET])
    sheet = values[SHEET]
    faults: list[Fault] = []
    rows = [
        row
        for line in enumerate(sealed, HEAD_ROW + 1)
        if (row := _read_line(sheet, formulas[SHEET], *line, currency, faults))
    ]
    faults.extend(_extra_rows(sheet, HEAD_ROW + 1 + len(sealed)))
    if faults:
        raise FormFaults(faults)
    invoice = sheet[INVOICE_CELL].value
    return FilledForm(seal, tuple(rows), str(invoice).strip()[:60] or None if invoice is not None else None)


def _read_seal(sheet: Any) -> tuple[str, str, list[_Sealed]]:
    try:
        seal, currency = str(sheet["A1"].value), str(sheet["B1"].value)
        lines = [
            _Sealed(int(row[0]), str(row[1]), str(row[2]))
            for row in sheet.iter_rows(min_row=2, max_col=3, values_only=True)
            if row[0] is not None
        ]
    except (TypeError, ValueError):
        raise UserError("The form's hidden sheet was changed; please fill the form we sent.", code="seal") from None
    return seal, currency, lines


def _read_line(
    sheet: Any, formulas: Any, row: int, line: _Sealed, currency: str, faults: list[Fault]
) -> FilledRow | None:
    before = len(faults)
    item = sheet.cell(row, 1).value
    if str(item).strip() != line.item:
        fix = f"This row must be item {line.item}; do not move, add or remove rows."
        faults.append(Fault(SHEET, f"A{row}", f"Found '{str(item)[:40]}'.", fix))
        return None
    if not _same_amount(sheet.cell(row, 3).value, line.scheduled):
        faults.append(Fault(SHEET, f"C{row}", "The scheduled value was changed.", f"It is {line.scheduled}."))
    work = _amount(sheet, formulas, row, WORK, currency, faults)
    stored = _amount(sheet, formulas, row, STORED, currency, faults)
    if stored.cents < 0:
        faults.append(Fault(SHEET, f"F{row}", "Stored material is less than zero.", "Write what is stored now, or 0."))
    return FilledRow(line.sov_line_id, line.item, work, stored) if len(faults) == before else None


def _same_amount(value: Any, expected: str) -> bool:
    try:
        return abs(Decimal(str(value)) - Decimal(expected)) < DUST
    except ArithmeticError:
        return False


def _amount(sheet: Any, formulas: Any, row: int, column: int, currency: str, faults: list[Fault]) -> Money:
    cell = sheet.cell(row, column)
    raw = formulas.cell(row, column).value
    if cell.value is None and isinstance(raw, str) and raw.startswith("="):
        faults.append(Fault(SHEET, cell.coordinate, "A formula without a result.", "Write the amount itself."))
        return Money(0, currency)
    try:
        return _money(cell.value, currency)
    except ValueError as error:
        faults.append(Fault(SHEET, cell.coordinate, f"{str(error)[:1].upper()}{str(error)[1:]}.", _hint(cell.value)))
        return Money(0, currency)


def _money(value: Any, currency: str) -> Money:
    if value is None or value == "":
        return Money(0, currency)
    if isinstance(value, bool) or (not isinstance(value, int | str | Decimal) and not hasattr(value, "is_integer")):
        raise ValueError("this is not an amount")
    if isinstance(value, str):
        return read_money(value, currency)
    exact = Decimal(str(value))
    # A cell computed in the spreadsheet carries binary dust (0.1 + 0.2); what is a whole cent but for dust is one.
    rounded = exact.quantize(Decimal("0.01")) if exact.is_finite() else exact
    return decimal_to_money(rounded if abs(rounded - exact) < DUST else exact, currency)


def _hint(value: Any) -> str:
    if isinstance(value, str) and "%" in value:
        return "Write the amount, not the percentage."
    return "Write an amount like 1234.50, with at most two decimals."


def _extra_rows(sheet: Any, first: int) -> Iterator[Fault]:
    """Rows put in below the table push its total down: the total must follow the last line."""
    cell = sheet.cell(first, 1)
    if str(cell.value).strip() != "Total":
        yield Fault(SHEET, cell.coordinate, f"Found '{str(cell.value)[:40]}'.", "Do not add or remove rows.")
