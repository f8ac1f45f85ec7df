"""A billing form as other programs save it. The programs are not here: their habits are written down and imitated.

LibreOffice drops protection and validations and styles empty rows; Google Sheets shows hidden sheets as merely hidden;
Numbers drops the hidden sheet, renames the other and puts a summary before it; CSV is the shown sheet as it looks.
"""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter

from payclerk_core.documents.billing_form import BillingForm, FormLine
from payclerk_core.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Cells = list[list[Any]]


def sample_form() -> BillingForm:
    """Three lines of 10,000.00, each with 2,500.00 billed before."""
    lines = [
        FormLine(
            sov_line_id=100 + number,
            item=f"{number:03d}",
            description=f"Étage {number}, rough-in",
            scheduled=Money(1_000_000),
            previous_work=Money(250_000),
            work=Money(0),
            stored=Money(0),
        )
        for number in (1, 2, 3)
    ]
    return BillingForm(
        project_name="Maple Street",
        project_number="2611",
        contract_number="SC-04",
        contract_title="Drywall",
        company="Delgado Drywall",
        claim_number=2,
        period_from=date(2026, 11, 1),
        period_to=date(2026, 11, 30),
        due_on=date(2026, 11, 25),
        currency="USD",
        work_retainage=Decimal(10),
        stored_retainage=Decimal(5),
        previous_certificates=Money(500_000),
        lines=lines,
        seal="form:1:2:3:1:0123456789abcdef|opaque",
    )


def typed(form: bytes, entries: Mapping[str, object], *, sheet: str = "Billing") -> bytes:
    """The form with this in these cells ('E13'), as Excel saves it."""
    book = openpyxl.load_workbook(io.BytesIO(form))
    for place, value in entries.items():
        book[sheet][place].value = value
    return saved(book)


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def libreoffice(form: bytes) -> bytes:
    """No protection, no validations, strings inside the cells, empty styled rows far below the table."""
    return _rewritten(form, "Billing", hidden="very_hidden", empty_rows=1500, inline=True)


def libreoffice_ods(form: bytes) -> bytes:
    """As OpenDocument: cells alike and empty ones counted, numbers beside their text, a million empty rows at the end."""
    book = openpyxl.load_workbook(io.BytesIO(form))
    tables = "".join(_ods_table(sheet.title, [list(row) for row in sheet.iter_rows()]) for sheet in book.worksheets)
    return ods_of(tables)


ODS_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "draw")
)
EMPTY_END = (
    '<table:table-row table:number-rows-repeated="1048000">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def ods_of(tables: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    """An OpenDocument file with these tables."""
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    content = f"{head}<office:document-content {ODS_NAMES}>{body}</office:document-content>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return out.getvalue()


def _ods_table(title: str, rows: Cells) -> str:
    body = "".join(f"<table:table-row>{''.join(_ods_cell(cell) for cell in row)}</table:table-row>" for row in rows)
    return f'<table:table table:name="{escape(title)}">{body}{EMPTY_END}</table:table>'


def _ods_cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return "<table:table-cell/>"
    if cell.data_type == "f":
        formula = escape(str(value).lstrip("="), {'"': "&quot;"})
        return f'<table:table-cell table:formula="of:={formula}" office:value-type="float" office:value="0"/>'
    if isinstance(value, int | float):
        shown = f"<text:p>{value:,.2f}</text:p>"
        return f'<table:table-cell office:value-type="float" office:value="{value}">{shown}</table:table-cell>'
    words = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell office:value-type="string">{words}</table:table-cell>'


def google_sheets(form: bytes) -> bytes:
    """The hidden sheet merely hidden, a thousand rows and twenty-six columns."""
    return _rewritten(form, "Billing", hidden="hide", empty_rows=1000)


def numbers(form: bytes) -> bytes:
    """A summary sheet first, the table renamed, the hidden sheet gone."""
    return _rewritten(form, "Billing - Table 1", hidden="", summary=True)


def renamed_sheet(form: bytes) -> bytes:
    return _rewritten(form, "November", hidden="activate")


def moved(form: bytes) -> bytes:
    """Two empty columns before the table, and one row above it."""
    return _rewritten(form, "Billing", hidden="very_hidden", right=2, down=1)


PROGRAMS: dict[str, Callable[[bytes], bytes]] = {
    "LibreOffice": libreoffice,
    "LibreOffice as .ods": libreoffice_ods,
    "Google Sheets": google_sheets,
    "Numbers": numbers,
    "a renamed sheet": renamed_sheet,
    "columns and rows put before": moved,
}


def as_csv(form: bytes, *, comma: bool = False, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """The shown sheet as it looks, with decimal points or with decimal commas."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(
        [[_shown(value, comma=comma) for value in row] for row in _cells(form)]
    )
    return out.getvalue().encode(encoding)


CSVS: dict[str, dict[str, Any]] = {
    "UTF-8": {},
    "UTF-8 with its mark": {"encoding": "utf-8-sig"},
    "UTF-16": {"encoding": "utf-16", "delimiter": "\t"},
    "Windows": {"encoding": "cp1252", "delimiter": ";"},
    "tabs": {"delimiter": "\t"},
    "decimal commas": {"comma": True, "delimiter": ";"},
}


def _shown(value: object, *, comma: bool) -> str:
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    text = f"{Decimal(str(value)):,.2f}"
    return text.replace(",", "\u00a0").replace(".", ",") if comma else text


def _cells(form: bytes, sheet: str = "Billing") -> Cells:
    """Values, and 0 for a formula: nobody reads the totals back."""
    book = openpyxl.load_workbook(io.BytesIO(form))
    return [
        [0 if isinstance(value, str) and value.startswith("=") else value for value in row]
        for row in book[sheet].iter_rows(values_only=True)
    ]


def _rewritten(
    form: bytes,
    name: str,
    *,
    hidden: str,
    summary: bool = False,
    empty_rows: int = 0,
    inline: bool = False,
    right: int = 0,
    down: int = 0,
) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": inline})
    if summary:
        book.add_worksheet("Export Summary").write_string(0, 0, "This document was exported from Numbers.")
    _write(book.add_worksheet(name), _cells(form), right, down)
    if empty_rows:
        last = book.get_worksheet_by_name(name)
        last.write_blank(empty_rows, 25, None, book.add_format({"bold": True}))
    if hidden:
        sheet = book.add_worksheet("payclerk")
        _write(sheet, _cells(form, "payclerk"), 0, 0)
        getattr(sheet, hidden)()
    book.close()
    return out.getvalue()


def _write(sheet: Any, cells: Cells, right: int, down: int) -> None:
    for row, values in enumerate(cells, down):
        for column, value in enumerate(values, right):
            if value is not None:
                sheet.write(row, column, value)
