"""A filled form that another program saved: read as it was meant, or refused with what to do."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from dataclasses import replace
from functools import cache

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from form_files import CSVS, PROGRAMS, as_csv, sample_form, typed
from payclerk_core.documents.billing_form import BillingForm, FormFaults, SealedLine, open_form, read_table
from payclerk_core.documents.form_values import BALANCE, COMPLETED, PERCENT, WORK
from payclerk_core.documents.form_writer import make_form
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from timing import processor_time

ENTRIES = {"E13": 1234.5, "F13": 0.25, "C9": "INV-7"}


@cache
def lines_of(content: bytes) -> list[SealedLine]:
    return list(open_form(content).lines or ())


@cache
def read(content: bytes, made: bytes):
    return read_table(open_form(content), lines_of(made), "USD")


MADE = make_form(sample_form())
FILLED = typed(MADE, ENTRIES)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_form_saved_by_another_program_says_the_same(program):
    assert read(PROGRAMS[program](FILLED), MADE) == read(FILLED, MADE)


@pytest.mark.parametrize("kind", CSVS)
def test_a_form_saved_as_csv_says_the_same(kind):
    assert read(as_csv(FILLED, **CSVS[kind]), MADE) == read(FILLED, MADE)


def test_a_csv_that_lost_the_zeros_before_an_item_is_read_while_it_can_be_one_line_only():
    items = [line.item for line in lines_of(MADE)]
    content = as_csv(FILLED).decode()
    for item in items:
        content = content.replace(f"\r\n{item},", f"\r\n{item.lstrip('0')},")
    assert read(content.encode(), MADE) == read(FILLED, MADE)


@pytest.mark.parametrize(
    ("written", "cents"), [("$1,234.50", 123450), ("1 234.50", 123450), ("USD 40", 4000), ("(12.00)", -1200)]
)
def test_an_amount_as_text_that_can_be_read_in_one_way_is_taken(written, cents):
    assert read(typed(MADE, {"E13": written}), MADE).rows[0].work.cents == cents


@pytest.mark.parametrize("written", ["1.234,50", "4,000", "40 %", "about half", "1.234.50", "12,5", '=HYPERLINK("x")'])
def test_an_amount_as_text_that_is_none_or_has_two_readings_is_a_fault_of_its_cell(written):
    with pytest.raises(FormFaults) as refused:
        read(typed(MADE, {"E13": written}), MADE)
    assert [fault.cell for fault in refused.value.faults] == ["E13"]


def test_in_a_file_with_decimal_commas_a_thousand_is_not_taken_for_one():
    content = as_csv(typed(MADE, {"E13": "4,00"}), comma=True, delimiter=";")
    assert read(content, MADE).rows[0].work.cents == 400


def test_commas_are_not_taken_for_points_where_our_own_amounts_came_back_with_points():
    content = as_csv(typed(MADE, {"E13": "1234,5"}), delimiter=";")
    with pytest.raises(FormFaults, match="decimal comma"):
        read(content, MADE)


def test_the_copy_to_correct_marks_the_faulted_cells_and_keeps_the_rest():
    with pytest.raises(FormFaults) as refused:
        read(typed(MADE, {"E13": "about half", "F13": 7, "E14": '=HYPERLINK("x","y")'}), MADE)
    again = make_form(replace(sample_form(), entered=refused.value.entered))
    sheet = openpyxl.load_workbook(io.BytesIO(again))["Billing"]
    assert [sheet["E13"].value, sheet["F13"].value] == ["about half", 7]
    assert sheet["E13"].fill.fgColor.rgb.endswith("F8C9C4")
    assert not sheet["F13"].fill.fgColor.rgb.endswith("F8C9C4")
    assert "about half" in sheet["J13"].value
    assert sheet["E14"].data_type != "f"
    assert not sheet["E13"].protection.locked
    with pytest.raises(FormFaults) as still:
        read(again, MADE)
    assert "E13" in [fault.cell for fault in still.value.faults]


def test_a_form_without_its_hidden_sheet_is_not_read_without_the_lines_it_was_made_with():
    with pytest.raises(UserError) as refused:
        read_table(open_form(as_csv(FILLED)))
    assert refused.value.code == "no_lines"


def shared_strings() -> bytes:
    """A small workbook whose shared strings unpack to many megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(MADE)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            bomb = b"<si><t>" + b"a" * 21 * 2**20 + b"</t></si></sst>" if name == "xl/sharedStrings.xml" else b"</sst>"
            new.writestr(name, old.read(name).replace(b"</sst>", bomb))
    return out.getvalue()


HOSTILE = {
    "shared strings that unpack to many megabytes": shared_strings(),
    "three hundred thousand rows": b"Form code,,x\r\n" + b"a\r\n" * 300_000,
    "a line of a million cells": b"Form code,,x\r\n" + b"," * 1_000_000,
    "an open quotation mark": b'Form code,,x\r\n"' + b"a" * 1_000_000,
    "bytes that are no text": b"Form code\x00\x81\x8d\xff" * 1000,
    "control characters": b"Form code,,x\r\nItem,\x01\x02\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_little_time(name):
    began = time.process_time()
    with pytest.raises(UserError):
        read(HOSTILE[name], MADE)
    assert time.process_time() - began < 5


@given(st.binary(max_size=300))
@settings(max_examples=15)
def test_any_bytes_behind_the_label_are_refused_or_read(tail):
    try:
        read(b"Form code," + tail, MADE)
    except UserError as error:
        assert error.message


def test_a_large_list_of_somebodys_costs_is_left_alone_in_a_moment():
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Costs")
    for row in range(15_000):
        sheet.append([row, "Copper", 1234.5, 2, 3, 4, 5, 6])
    out = io.BytesIO()
    book.save(out)
    with processor_time() as took, pytest.raises(UserError) as told:
        open_form(out.getvalue())
    assert told.value.code == "not_our_form"
    assert took.yardsticks < 75


def filled_csv(form: BillingForm, cells: dict[int, str]) -> bytes:
    """The first line of the sheet as a CSV file shows it, with these columns typed over: nothing is worked out anew."""
    rows = list(csv.reader(io.StringIO(as_csv(make_form(form)).decode("utf-8-sig"))))
    head = next(at for at, row in enumerate(rows) if row[:1] == ["Item"])
    for column, text in cells.items():
        rows[head + 1][column - 1] = text
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def faults_of(content: bytes, form: BillingForm) -> list[tuple[str, str]]:
    try:
        read_table(open_form(content), list(open_form(make_form(form)).lines or ()), "USD")
    except FormFaults as error:
        return [(fault.cell, fault.fix) for fault in error.faults]
    return []


def carried(form: BillingForm) -> BillingForm:
    return replace(form, lines=[replace(line, stored=Money(50_000)) for line in form.lines])


def first(form: BillingForm) -> BillingForm:
    return replace(form, lines=[replace(line, previous_work=Money(0)) for line in form.lines])


def test_a_csv_with_stored_material_carried_over_keeps_the_totals_we_sent():
    form = carried(sample_form())
    content = filled_csv(form, {WORK: "1,000.00"})
    read = read_table(open_form(content), list(open_form(make_form(form)).lines or ()), "USD")
    assert [(row.work.cents, row.stored.cents) for row in read.rows] == [(100_000, 50_000), (0, 50_000), (0, 50_000)]


@pytest.mark.parametrize("form", [sample_form(), carried(sample_form()), first(sample_form())], ids=range(3))
@pytest.mark.parametrize(
    ("column", "text"), [(PERCENT, "90"), (PERCENT, "90.00%"), (COMPLETED, "9,000.00"), (BALANCE, "1,000.00")]
)
@pytest.mark.parametrize("work", ["", "1,000.00"])
def test_what_is_typed_where_the_form_works_out_is_a_fault_of_its_cell_unless_it_agrees(
    form: BillingForm, column: int, text: str, work: str
):
    cell = f"{'ABCDEFGHI'[column - 1]}13"
    number = float(text.replace(",", "").rstrip("%"))
    for content in (
        filled_csv(form, {WORK: work, column: text}),
        typed(make_form(form), {cell: number} | ({"E13": 1000} if work else {})),
    ):
        assert [place for place, _ in faults_of(content, form)] == [cell]
        assert "E13" in faults_of(content, form)[0][1]


@pytest.mark.parametrize("cell", ["J13", "K13", "L13"])
def test_an_amount_in_another_column_is_no_billing_of_nothing(cell: str):
    form = sample_form()
    assert [place for place, _ in faults_of(typed(make_form(form), {cell: 1000}), form)] == [cell]
    assert faults_of(typed(make_form(form), {cell: 1000, "E13": 1000}), form) == []
    assert faults_of(typed(make_form(form), {cell: "see line 4"}), form) == []


def test_an_amount_in_the_row_of_totals_alone_is_no_billing_of_nothing():
    form = sample_form()
    assert [place for place, _ in faults_of(typed(make_form(form), {"E16": 5000}), form)] == ["E16"]
