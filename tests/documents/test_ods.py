"""OpenDocument spreadsheets: what their cells say, and files that are made to hurt."""

from __future__ import annotations

import io
import re
import time
import tracemalloc
import zipfile
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from form_files import EMPTY_END, libreoffice_ods, ods_of, sample_form, typed
from payclerk_core.documents.billing_form import FormFaults, read_form
from payclerk_core.documents.form_writer import make_form
from payclerk_core.documents.sheets import open_workbook
from payclerk_core.documents.ssov_file import has_breakdown
from payclerk_core.documents.ssov_values import SsovSheet
from payclerk_core.documents.ssov_writer import make_ssov_file
from payclerk_core.errors import UserError

CELL = '<table:table-cell office:value-type="{kind}" {more}>{inside}</table:table-cell>'


def table(*rows: str, name: str = "Sheet1") -> str:
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    return f'<table:table table:name="{name}">{body}{EMPTY_END}</table:table>'


def cell(kind: str = "string", inside: str = "", more: str = "") -> str:
    return CELL.format(kind=kind, inside=inside, more=more)


def values(tables: str, *, formulas: bool = False) -> list[list[Any]]:
    book = open_workbook(ods_of(tables), formulas=formulas)
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def test_each_kind_of_cell_says_what_it_says_in_excel():
    cells = [
        cell("float", "<text:p>1</text:p>", 'office:value="1"'),
        cell("currency", "", 'office:value="12.50" office:currency="EUR"'),
        cell("boolean", "", 'office:boolean-value="true"'),
        cell("date", "<text:p>10/11/26</text:p>", 'office:date-value="2026-11-10"'),
        cell(inside='<text:p>two<text:s text:c="2"/>words</text:p><text:p>and a line</text:p>'),
        cell(inside="<office:annotation><text:p>a remark</text:p></office:annotation><text:p>said</text:p>"),
        cell("float", "", 'table:formula="of:=[.A1]*2" office:value="2"'),
    ]
    assert values(table("".join(cells))) == [
        [1, Decimal("12.50"), True, datetime(2026, 11, 10), "two  words\nand a line", "said", 2]
    ]
    assert values(table("".join(cells)), formulas=True)[0][-1] == "=of:=[.A1]*2"


def test_cells_and_rows_that_are_counted_instead_of_written_stand_where_they_belong():
    rows = [
        '<table:table-cell table:number-columns-repeated="3"/>' + cell(inside="<text:p>D1</text:p>"),
        cell(inside="<text:p>twice</text:p>", more='table:number-columns-repeated="2"'),
    ]
    assert values(table(*rows)) == [[None, None, None, "D1"], ["twice", "twice", None, None]]
    repeated = '<table:table-row table:number-rows-repeated="2">' + cell(inside="<text:p>x</text:p>")
    assert values(f'<table:table table:name="a">{repeated}</table:table-row></table:table>') == [["x"], ["x"]]


def test_a_percentage_a_merged_cell_and_what_looks_like_a_formula_are_seen_as_such():
    book = open_workbook(
        ods_of(
            table(
                cell("percentage", "<text:p>40%</text:p>", 'office:value="0.4"')
                + cell(inside="<text:p>=1+1</text:p>")
                + cell(inside="<text:p>m</text:p>", more='table:number-columns-spanned="2"')
            )
        )
    )
    sheet = book.worksheets[0]
    assert (sheet["A1"].value, sheet["A1"].number_format) == (Decimal("0.4"), "0%")
    assert (sheet["B1"].value, sheet["B1"].data_type) == ("=1+1", "s")
    assert [str(one) for one in sheet.merged_cells.ranges] == ["C1:D1"]


def amounts_in(typed_in: str) -> tuple[list[str], list[str]]:
    """What a form says whose first amount is this cell: the work of its lines, and what is wrong."""
    form = libreoffice_ods(typed(make_form(sample_form()), {"E13": 77}))
    with zipfile.ZipFile(io.BytesIO(form)) as archive:
        content = archive.read("content.xml").decode()
    [cell_of_it] = re.findall(r'<table:table-cell[^>]*office:value="77"[^>]*>.*?</table:table-cell>', content)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", content.replace(cell_of_it, typed_in))
    try:
        return [row.work.plain() for row in read_form(out.getvalue()).rows], []
    except FormFaults as refused:
        return [], [fault.what for fault in refused.faults]


def test_a_number_with_a_fraction_is_a_number_and_a_percentage_no_amount():
    assert amounts_in(cell("float", "", 'office:value="1.234"')) == (
        [],
        ["1.234 has fractions of a cent; round it to two decimals."],
    )
    assert amounts_in(cell("percentage", "<text:p>40%</text:p>", 'office:value="0.4"')) == (
        [],
        ["This is a percentage."],
    )
    dust, _ = amounts_in(cell("float", "", 'table:formula="of:=[.A1]" office:value="0.30000000000000004"'))
    assert dust[0] == "0.30"
    exact, _ = amounts_in(cell("currency", "<text:p>$1,234.50</text:p>", 'office:value="1234.5"'))
    assert exact[0] == "1234.50"


def test_a_formula_that_fails_is_no_zero():
    failed = cell(
        "float", "<text:p>#DIV/0!</text:p>", 'office:value="0" table:formula="of:=1/0" calcext:value-type="error"'
    )
    declared = failed.replace(
        "<table:table-cell ",
        '<table:table-cell xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" ',
    )
    assert amounts_in(declared) == ([], ["'#DIV/0!' is not an amount."])


def test_words_that_only_an_attribute_holds_are_read_and_a_broken_line_joins_no_digits():
    assert values(table(cell(more='office:string-value="half"'))) == [["half"]]
    assert amounts_in(cell(inside="<text:p>1<text:line-break/>000</text:p>"))[1]
    assert amounts_in(cell(inside="<text:p>1<text:tab/>000</text:p>"))[1]


def test_a_form_saved_as_ods_with_a_wrong_amount_is_answered_by_cell():
    form = libreoffice_ods(typed(make_form(sample_form()), {"E13": "half", "C14": 1}))
    with pytest.raises(FormFaults) as refused:
        read_form(form)
    assert {fault.cell for fault in refused.value.faults} == {"E13", "C14"}


def test_a_breakdown_saved_as_ods_is_known_as_one():
    made = make_ssov_file(SsovSheet("Maple", "2611", "SC-04", "Drywall", "Delgado", "USD", ()))
    assert has_breakdown(libreoffice_ods(made))


FULL = cell(inside="<text:p>x</text:p>", more='table:number-columns-repeated="{}"')
LAUGHS = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
HOSTILE = {
    "a document type": ods_of(table(cell(inside="<text:p>x</text:p>")), LAUGHS),
    "a document type behind a long comment": ods_of(table(), f'<?xml version="1.0"?><!--{"x" * 5000}--><!DOCTYPE a>'),
    "a cell repeated over all columns": ods_of(table(FULL.format(16384))),
    "a row repeated a million times": ods_of(
        f'<table:table><table:table-row table:number-rows-repeated="1048576">{FULL.format(1)}</table:table-row></table:table>'
    ),
    "rows within the limits that make millions of cells": ods_of(
        f'<table:table><table:table-row table:number-rows-repeated="19000">{FULL.format(99)}</table:table-row></table:table>'
    ),
    "deep nesting": ods_of("<table:table>" * 5000 + "</table:table>" * 5000),
    "a thousand sheets": ods_of(table() * 1000),
    "cut off": ods_of("<table:table>"),
    "no XML": ods_of("\0"),
    "an unknown encoding": ods_of(table(), '<?xml version="1.0" encoding="utf-7"?>'),
    "four megabytes of it": ods_of("<a/>" * 1_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_little_time_and_memory(name: str):
    began = time.process_time()
    tracemalloc.start()
    with pytest.raises(UserError):
        open_workbook(HOSTILE[name])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 60_000_000
    assert time.process_time() - began < 5


def test_many_spaces_and_long_words_are_cut():
    spaces = '<text:s text:c="999999999"/>' * 1000
    [[said]] = values(table(cell(inside=f"<text:p>a{spaces}b{'x' * 100_000}</text:p>")))
    assert len(said) <= 5000


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.booleans())
@settings(max_examples=40)
def test_whatever_stands_in_content_xml_is_read_or_refused(inside: str, wrapped: bool):
    try:
        open_workbook(ods_of(table(cell(inside=inside)) if wrapped else inside))
    except UserError as error:
        assert error.message


def test_a_part_that_is_damaged_is_refused():
    whole = bytearray(ods_of(table(cell(inside="<text:p>x</text:p>" * 50))))
    at = whole.index(b"content.xml") + 60
    whole[at] ^= 0xFF
    with pytest.raises(UserError), zipfile.ZipFile(io.BytesIO(bytes(whole))):
        open_workbook(bytes(whole))
