"""Writes the billing form: protected but for the coloured cells, with formulas that work out what is billed."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from ..money import Money, minor_units, percent_of, total
from ..rules.billing import Line, summarize
from .form_values import (
    CODE_LABEL,
    CODE_ROW,
    HEAD_ROW,
    HEADINGS,
    INVOICE_COLUMN,
    INVOICE_LABEL,
    INVOICE_ROW,
    SEAL_SHEET,
    SHEET,
    STORED,
    TOTAL,
    WORK,
    BillingForm,
    Entered,
    FormLine,
)
from .sheets import number_format

WIDTHS: Final = (9, 46, 16, 16, 16, 16, 16, 9, 16, 44)
HOW_TO: Final = "Fill the coloured cells with amounts (not percent), save, and answer our mail with this file attached."
_MADE: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed date, so that the same form gives the same bytes
_LARGEST: Final = 1_000_000_000_000


def make_form(form: BillingForm) -> bytes:
    """The workbook. The same form gives the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": f"Billing form {form.contract_number}", "created": _MADE})
    _Writer(book, form).write()
    book.close()
    return out.getvalue()


def _number(money: Money) -> Decimal:
    return Decimal(money.plain())


class _Writer:
    def __init__(self, book: Any, form: BillingForm) -> None:
        self._book, self._form, self._claim = book, form, form.claim_lines()
        self._sheet = book.add_worksheet(SHEET)
        money = {"num_format": number_format(form.currency), "border": 1, "border_color": "#C9CED6", "valign": "top"}
        text = {"border": 1, "border_color": "#C9CED6", "text_wrap": True, "valign": "top"}
        self._title = book.add_format({"bold": True, "font_size": 16})
        self._bold = book.add_format({"bold": True})
        self._head = book.add_format({**text, "bold": True, "bg_color": "#22384F", "font_color": "#FFFFFF"})
        self._text, self._money = book.add_format(text), book.add_format(money)
        self._input = book.add_format({**money, "bg_color": "#FFF6D6", "locked": False})
        self._free = book.add_format({**text, "bg_color": "#FFF6D6", "locked": False, "num_format": "@"})
        self._percent = book.add_format({**money, "num_format": "0.00%"})
        self._total = book.add_format({**money, "bold": True, "bg_color": "#EEF1F5"})
        self._total_percent = book.add_format({**money, "bold": True, "bg_color": "#EEF1F5", "num_format": "0.00%"})
        self._wrong = book.add_format({**money, "bg_color": "#F8C9C4", "bold": True, "locked": False})
        self._code = book.add_format({"font_color": "#8B95A0", "font_size": 8})
        self._note = book.add_format({**text, "font_color": "#A4161A"})

    def write(self) -> None:
        self._front()
        for place, (line, claimed) in enumerate(zip(self._form.lines, self._claim, strict=True)):
            self._line(HEAD_ROW + place, line, claimed)
        self._totals(HEAD_ROW + len(self._form.lines))
        self._summary(HEAD_ROW + len(self._form.lines))
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
        sheet.write_string(CODE_ROW - 1, 0, CODE_LABEL, self._code)
        sheet.write_string(CODE_ROW - 1, 2, form.seal, self._code)
        sheet.write_string(INVOICE_ROW - 1, 0, INVOICE_LABEL, self._bold)
        sheet.write_blank(INVOICE_ROW - 1, INVOICE_COLUMN - 1, None, self._free)
        sheet.write_string(HEAD_ROW - 2, 0, HOW_TO)
        for column, name in enumerate(HEADINGS):
            sheet.write_string(HEAD_ROW - 1, column, name, self._head)

    def _line(self, row: int, line: FormLine, claimed: Line) -> None:
        """Each formula with its result: a preview on a phone shows what is stored and computes nothing."""
        sheet, n = self._sheet, row + 1
        sheet.write_string(row, 0, line.item, self._text)
        sheet.write_string(row, 1, line.description, self._text)
        sheet.write_number(row, 2, _number(line.scheduled), self._money)
        sheet.write_number(row, 3, _number(line.previous_work), self._money)
        entered = self._form.entered.get(line.sov_line_id) or Entered(_number(line.work), _number(line.stored), {})
        self._enter(row, WORK, entered.work, entered)
        self._enter(row, STORED, entered.stored, entered)
        sheet.write_formula(row, 6, f"=D{n}+E{n}+F{n}", self._money, _number(claimed.completed))
        sheet.write_formula(row, 7, f"=IF(C{n}=0,0,G{n}/C{n})", self._percent, claimed.percent / 100)
        sheet.write_formula(row, 8, f"=C{n}-G{n}", self._money, _number(claimed.balance))
        rejected = [f"Rejected: {line.note}"] if line.note else []
        sheet.write_string(row, 9, " ".join([*rejected, *entered.faults.values()]), self._note)

    def _enter(self, row: int, column: int, value: object, entered: Entered) -> None:
        """As text what is no number: a formula somebody sent us is never written as one."""
        how = self._wrong if column in entered.faults else self._input
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            self._sheet.write_number(row, column - 1, value, how)
        else:
            self._sheet.write_string(row, column - 1, "" if value is None else str(value)[:200], how)

    def _totals(self, row: int) -> None:
        sheet, n = self._sheet, row + 1
        sheet.write_string(row, 0, TOTAL, self._total)
        sheet.write_string(row, 1, "", self._total)
        sums = self._sums()
        for letter, column in zip("CDEFGI", (2, 3, 4, 5, 6, 8), strict=True):
            # From the heading on, which counts as nothing: a form without lines would else add itself up.
            formula = f"=SUM({letter}{HEAD_ROW}:{letter}{row})"
            sheet.write_formula(row, column, formula, self._total, _number(sums[letter]))
        percent = percent_of(sums["G"], sums["C"]) / 100
        sheet.write_formula(row, 7, f"=IF(C{n}=0,0,G{n}/C{n})", self._total_percent, percent)

    def _sums(self) -> dict[str, Money]:
        columns = {
            "C": [line.scheduled for line in self._claim],
            "D": [line.previous_work for line in self._claim],
            "E": [line.this_work for line in self._claim],
            "F": [line.stored for line in self._claim],
            "G": [line.completed for line in self._claim],
            "I": [line.balance for line in self._claim],
        }
        return {letter: total(amounts, self._form.currency) for letter, amounts in columns.items()}

    def _summary(self, row: int) -> None:
        """Lines 4, 5, 7 and 8 of the summary page, rounded on each line as the claim will be."""
        form, first, last = self._form, HEAD_ROW + 1, max(row, HEAD_ROW + 1)
        places = minor_units(form.currency)
        work = f"SUMPRODUCT(ROUND((D{first}:D{last}+E{first}:E{last})*{form.work_retainage}/100,{places}))"
        stored = f"SUMPRODUCT(ROUND(F{first}:F{last}*{form.stored_retainage}/100,{places}))"
        rates = f"({form.work_retainage} % of work, {form.stored_retainage} % of stored)"
        page = summarize(self._claim, previous_certificates=form.previous_certificates)
        otherwise = form.held_otherwise or Money(0, form.currency)
        held = f"{work}+{stored}" if self._claim else "0"
        if otherwise:
            rates, held = f"{rates[:-1]}, and {otherwise} otherwise)", f"{held}+({otherwise.plain()})"
        lines = (
            ("Total completed and stored to date", f"=G{row + 1}", page.completed),
            (f"Less retainage {rates}", f"={held}", page.retainage + otherwise),
            ("Less previous certificates for payment", f"={form.previous_certificates.plain()}", form.previous_certificates),
            ("Payment due", f"=G{row + 3}-G{row + 4}-G{row + 5}", page.due - otherwise),
        )  # fmt: skip
        for place, (name, formula, result) in enumerate(lines):
            self._sheet.write_string(row + 2 + place, 1, name, self._bold)
            self._sheet.write_formula(row + 2 + place, 6, formula, self._total, _number(result))

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
        sheet.data_validation(HEAD_ROW, WORK - 1, last, WORK - 1, _rule(-_LARGEST))
        sheet.data_validation(HEAD_ROW, STORED - 1, last, STORED - 1, _rule(0))

    def _seal(self) -> None:
        """What the form said when it left, as text, in a sheet that no menu shows."""
        hidden = self._book.add_worksheet(SEAL_SHEET)
        hidden.very_hidden()
        hidden.write_string(0, 0, self._form.seal)
        hidden.write_string(0, 1, self._form.currency)
        for row, line in enumerate(self._form.lines, 1):
            sealed = (str(line.sov_line_id), line.item, line.scheduled.plain(), line.previous_work.plain())
            for column, text in enumerate((*sealed, line.description)):
                hidden.write_string(row, column, text)


def _rule(lowest: int) -> dict[str, object]:
    return {
        "validate": "decimal",
        "criteria": "between",
        "minimum": lowest,
        "maximum": _LARGEST,
        "error_title": "An amount, please",
        "error_message": "Write an amount such as 1234.50." + (" It cannot be below zero." if lowest == 0 else ""),
    }
