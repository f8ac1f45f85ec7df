"""Writes the file to break a contract down with: a row a detail, and what remains of each line worked out at once."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from ..money import Money, total
from ..rules.ssov import Detail
from .sheets import number_format
from .ssov_values import COLUMNS, HEAD_ROW, LINE_COLUMNS, LINES_SHEET, REMAINING, SHEET, SsovSheet

HOW_TO: Final = (
    "Break each contract line down: choose the line, then give each detail an item, a description and an amount. "
    "Go on until 0.00 remains of every line, save, and answer our mail with this file attached."
)
_MADE: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed date, so that the same contract gives the same bytes
_SPARE: Final = 50  # empty rows ready to be filled; more may be added below them
_FIRST_LINE: Final = 2  # of the contract's lines, counted from 1
_LARGEST: Final = 1_000_000_000_000


def make_ssov_file(sheet: SsovSheet) -> bytes:
    """The workbook, with the details there are. The same contract gives the same bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": f"Schedule of values {sheet.contract_number}", "created": _MADE})
    _Writer(book, sheet).write()
    book.close()
    return out.getvalue()


def _number(money: Money) -> Decimal:
    return Decimal(money.plain())


class _Writer:
    def __init__(self, book: Any, sheet: SsovSheet) -> None:
        self._sheet = sheet
        self._entry, self._lines = book.add_worksheet(SHEET), book.add_worksheet(LINES_SHEET)
        shape = number_format(sheet.currency)
        money = {"num_format": shape, "border": 1, "border_color": "#C9CED6", "valign": "top"}
        text = {"border": 1, "border_color": "#C9CED6", "text_wrap": True, "valign": "top"}
        free = {"bg_color": "#FFF6D6", "locked": False}
        self._title = book.add_format({"bold": True, "font_size": 16})
        self._bold = book.add_format({"bold": True})
        self._head = book.add_format({**text, "bold": True, "bg_color": "#22384F", "font_color": "#FFFFFF"})
        self._text, self._money = book.add_format(text), book.add_format(money)
        self._input = book.add_format({**money, **free})
        # As text: '1-2' would become a date, and '001' the number 1.
        self._free = book.add_format({**text, **free, "num_format": "@"})
        self._below = book.add_format({"locked": False, "num_format": "@"})
        self._amount_below = book.add_format({"locked": False, "num_format": shape.split(";")[0]})
        self._total = book.add_format({**money, "bold": True, "bg_color": "#EEF1F5"})
        details = [(row.line.item, detail) for row in sheet.lines for detail in row.line.details]
        self._details: list[tuple[str, Detail]] = details
        self._last = HEAD_ROW + len(details) + 2 * len(sheet.lines) + _SPARE  # counted from 1
        self._last_line = _FIRST_LINE + max(len(sheet.lines), 1) - 1

    def write(self) -> None:
        self._front()
        for row in range(HEAD_ROW, self._last):
            self._detail(row)
        self._contract_lines()
        self._finish()

    def _front(self) -> None:
        sheet, entry = self._sheet, self._entry
        entry.write_string(0, 0, "Schedule of values: breakdown", self._title)
        facts = (
            ("Project", f"{sheet.project_number} {sheet.project_name}"),
            ("Contract", f"{sheet.contract_number} {sheet.contract_title}"),
            ("Company", sheet.company),
            ("Currency", sheet.currency),
        )
        for row, (name, value) in enumerate(facts, 1):
            entry.write_string(row, 0, name, self._bold)
            entry.write_string(row, 2, value)
        entry.write_string(HEAD_ROW - 3, 0, HOW_TO)
        for column, name in enumerate((*COLUMNS, REMAINING)):
            entry.write_string(HEAD_ROW - 1, column, name, self._head)

    def _detail(self, row: int) -> None:
        """A filled row or an empty one; the formula with its result, since a phone's preview computes nothing."""
        entry, place = self._entry, row - HEAD_ROW
        left: Decimal | str = ""
        if place < len(self._details):
            line, detail = self._details[place]
            entry.write_string(row, 0, line, self._free)
            entry.write_string(row, 1, detail.item, self._free)
            entry.write_string(row, 2, detail.description, self._free)
            entry.write_number(row, 3, _number(detail.amount), self._input)
            left = next(_number(known.line.remaining) for known in self._sheet.lines if known.line.item == line)
        else:
            for column in range(3):
                entry.write_blank(row, column, None, self._free)
            entry.write_blank(row, 3, None, self._input)
        entry.write_formula(row, 4, self._left(row + 1), self._money, left)

    def _left(self, n: int) -> str:
        # Not SUMIF: its criterion takes '001' for the number 1, and '*' for anything.
        items, sums = self._range("A"), self._range("C")
        scheduled = f"SUMPRODUCT(--({items}=A{n}),{sums})"
        return f'=IF(A{n}="","",{scheduled}-{self._allocated(f"A{n}", "")})'

    def _range(self, column: str) -> str:
        return f"'{LINES_SHEET}'!${column}${_FIRST_LINE}:${column}${self._last_line}"

    def _allocated(self, cell: str, sheet: str) -> str:
        first = HEAD_ROW + 1
        return f"SUMPRODUCT(--({sheet}$A${first}:$A${self._last}={cell}),{sheet}$D${first}:$D${self._last})"

    def _contract_lines(self) -> None:
        for column, name in enumerate(LINE_COLUMNS):
            self._lines.write_string(0, column, name, self._head)
        for row, known in enumerate(self._sheet.lines, _FIRST_LINE - 1):
            n, line = row + 1, known.line
            self._lines.write_string(row, 0, line.item, self._text)
            self._lines.write_string(row, 1, known.description, self._text)
            self._lines.write_number(row, 2, _number(line.scheduled), self._money)
            allocated = self._allocated(f"A{n}", f"{SHEET}!")
            self._lines.write_formula(row, 3, f"={allocated}", self._money, _number(line.scheduled - line.remaining))
            self._lines.write_formula(row, 4, f"=C{n}-D{n}", self._money, _number(line.remaining))
        self._totals(len(self._sheet.lines) + _FIRST_LINE - 1)

    def _totals(self, row: int) -> None:
        currency, lines = self._sheet.currency, [known.line for known in self._sheet.lines]
        scheduled, left = total((x.scheduled for x in lines), currency), total((x.remaining for x in lines), currency)
        self._lines.write_string(row, 0, "Total", self._total)
        self._lines.write_string(row, 1, "", self._total)
        for column, letter, result in ((2, "C", scheduled), (3, "D", scheduled - left), (4, "E", left)):
            # From the heading on, which counts as nothing: without lines it would add itself up.
            self._lines.write_formula(row, column, f"=SUM({letter}1:{letter}{row})", self._total, _number(result))

    def _finish(self) -> None:
        entry = self._entry
        for column, width in enumerate((16, 16, 54)):
            entry.set_column(column, column, width, self._below)
        entry.set_column(3, 3, 18, self._amount_below)
        entry.set_column(4, 4, 22)
        for column, width in enumerate((16, 54, 18, 18, 18)):
            self._lines.set_column(column, column, width)
        entry.freeze_panes(HEAD_ROW, 0)
        self._lines.freeze_panes(1, 0)
        for sheet in (entry, self._lines):
            sheet.protect("", {"format_columns": True, "format_rows": True})
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
        entry.data_validation(HEAD_ROW, 0, self._last - 1, 0, self._choice())
        entry.data_validation(HEAD_ROW, 3, self._last - 1, 3, _AMOUNT)

    def _choice(self) -> dict[str, object]:
        return {
            "validate": "list",
            "source": f"={self._range('A')}",
            "error_title": "A contract line, please",
            "error_message": "Choose a line of the contract from the list.",
        }


_AMOUNT: Final = {
    "validate": "decimal",
    "criteria": "between",
    "minimum": -_LARGEST,
    "maximum": _LARGEST,
    "error_title": "An amount, please",
    "error_message": "Write an amount such as 1234.50.",
}
