"""A billing form goes out and comes back: what was filled is read to the cent, and each fault names its cell."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from form_files import libreoffice_ods
from payclerk_core.documents.billing_form import (
    BillingForm,
    FormFaults,
    FormLine,
    is_billing_form,
    make_form,
    read_form,
)
from payclerk_core.documents.form_values import CODE_ROW, HEAD_ROW, SEAL_SHEET
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.rules.billing import summarize

FIRST = HEAD_ROW + 1


def form_line(number, **changes):
    facts = {"description": f"Rough-in, level {number}", "scheduled": 1_000_000, "previous_work": 250_000}
    facts |= {"work": 0, "stored": 0, "note": ""} | changes
    money = {name: Money(facts.pop(name)) for name in ("scheduled", "previous_work", "work", "stored")}
    return FormLine(sov_line_id=100 + number, item=f"{number:03d}", **facts, **money)


def form(lines=3, **changes):
    base = BillingForm(
        project_name="Maple Street Medical Office",
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
        lines=[form_line(number) for number in range(1, lines + 1)],
        seal="opaque.seal",
    )
    return replace(base, **changes)


def edited(change, content=None):
    """The form as another program saves it after a change to its visible sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content or make_form(form())))
    change(book["Billing"])
    return saved(book)


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(**cells):
    def change(sheet):
        for name, value in cells.items():
            sheet[name] = value

    return change


def faults_of(content):
    with pytest.raises(FormFaults) as refused:
        read_form(content)
    said: dict[str, str] = {}
    for fault in refused.value.faults:
        said[fault.cell] = f"{said.get(fault.cell, '')} {fault.what} {fault.fix}".strip()
    return said


@pytest.mark.parametrize(
    ("cell", "value"), [("G13", 9_000), ("G13", "9,000.00"), ("H13", 90), ("H13", 0.9), ("H13", "90%"), ("G13", "all")]
)
def test_an_amount_in_the_total_or_percent_is_no_billing_of_nothing(cell, value):
    said = faults_of(edited(put(**{cell: value})))
    assert set(said) == {cell}
    assert "Write what is billed in this period in E13 and stored material in F13" in said[cell]


@pytest.mark.parametrize("cells", [{"G13": 9_000}, {"H13": 0.9}, {"H13": 90}, {"G13": "9,000.00", "H13": "90.00%"}])
def test_a_total_or_percent_that_agrees_with_the_amounts_is_taken(cells):
    read = read_form(edited(put(E13=6_500, **cells)))
    assert read.rows[0].work == Money(650_000)


def test_what_was_filled_is_read_to_the_cent():
    filled = read_form(edited(put(E13=1234.56, F13=0.1, E15=-7, C9="INV-7 ")))
    assert filled.seal == "opaque.seal"
    assert filled.invoice_number == "INV-7"
    assert [(row.sov_line_id, row.item, row.work.cents, row.stored.cents) for row in filled.rows] == [
        (101, "001", 123_456, 10),
        (102, "002", 0, 0),
        (103, "003", -700, 0),
    ]


@pytest.mark.parametrize("again", [1, 2])
def test_a_form_saved_by_other_programs_is_still_ours(again):
    content = make_form(form())
    for _ in range(again):
        content = edited(put(), content)
    assert len(read_form(content).rows) == 3
    assert is_billing_form(content)


def test_the_same_form_gives_the_same_bytes():
    assert make_form(form()) == make_form(form())


def test_a_correction_is_prefilled_with_the_reviewers_words():
    line = form_line(1, work=5_000, stored=300, note="No delivery ticket")
    content = make_form(form(lines=0, revision=2, claim_number=4))
    assert openpyxl.load_workbook(io.BytesIO(content))["Billing"]["A1"].value == "Billing form: claim 4, correction 1"
    content = make_form(replace(form(), lines=[line]))
    assert openpyxl.load_workbook(io.BytesIO(content))["Billing"]["J13"].value == "Rejected: No delivery ticket"
    assert [(row.work.cents, row.stored.cents) for row in read_form(content).rows] == [(5_000, 300)]


def test_only_the_coloured_cells_can_be_changed():
    sheet = openpyxl.load_workbook(io.BytesIO(make_form(form())))["Billing"]
    assert sheet.protection.sheet
    free = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    assert free == {"C9", *(f"{column}{row}" for column in "EF" for row in (13, 14, 15))}
    assert openpyxl.load_workbook(io.BytesIO(make_form(form())))[SEAL_SHEET].sheet_state == "veryHidden"


def test_a_preview_that_computes_nothing_shows_the_claims_own_totals():
    made = replace(form(), lines=[form_line(1, work=33_333), form_line(2, stored=7_777)])
    sheet = openpyxl.load_workbook(io.BytesIO(make_form(made)), data_only=True)["Billing"]
    page = summarize(made.claim_lines(), previous_certificates=made.previous_certificates)
    shown = {sheet.cell(row, 2).value: sheet.cell(row, 7).value for row in range(16, 21)}
    assert Decimal(str(shown["Payment due"])) == Decimal(page.due.plain())
    assert Decimal(str(shown["Total completed and stored to date"])) == Decimal(page.completed.plain())


BAD_AMOUNTS = {
    "words": ("about half", "'about half' is not an amount."),
    "a percentage as text": ("50 %", "Write the amount itself"),
    "a decimal comma": ("1.234,50", "If 1234.50 is meant, write it so."),
    "a decimal comma with spaces": ("1 234,5", "If 1234.5 is meant, write it so."),
    "a short decimal comma": ("12,5", "If 12.5 is meant"),
    "one group of thousands": ("1,234", "can be read in two ways. If 1234.00 is meant"),
    "fractions of a cent": (33.3333, "fractions of a cent"),
    "fractions of a cent as text": ("33.3333", "is not an amount"),
    "one group behind a point": ("33.333", "can be read in two ways. If 33333.00 is meant"),
    "a truth": (True, "'TRUE' is not an amount."),
    "a date": (datetime(2026, 11, 3), "This is a date"),
    "a formula nobody computed": ("=2*50", "formula without a result"),
    "too large": (10**15, "too large"),
    "an error": ("#REF!", "is not an amount"),
}


@pytest.mark.parametrize("name", BAD_AMOUNTS)
@pytest.mark.parametrize("cell", ["E14", "F14"])
def test_what_is_no_amount_is_named_with_its_cell(name, cell):
    value, expected = BAD_AMOUNTS[name]
    (found,) = faults_of(edited(put(**{cell: value}))).items()
    assert found[0] == cell
    assert expected in found[1]


def test_a_cell_formatted_as_percent_is_asked_again():
    def change(sheet):
        sheet["E13"] = 0.5
        sheet["E13"].number_format = "0%"

    assert faults_of(edited(change))["E13"].startswith("This is a percentage.")


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("1,234.50", 123_450),
        ("$ 12", 1_200),
        ("(3.10)", -310),
        (" 7 ", 700),
        (0.1 + 0.2, 30),
        (1e7 + 0.1 + 0.2, 1_000_000_030),
        ("", 0),
        (None, 0),
    ],
)
def test_an_amount_that_can_be_read_in_one_way_is_taken(typed, cents):
    assert read_form(edited(put(E13=typed))).rows[0].work.cents == cents


CHANGES = {
    "scheduled value": (put(C14=1), "C14", "The scheduled value was changed. It is 10000.00."),
    "scheduled value lost": (put(C14=None), "C14", "It is 10000.00."),
    "earlier billing": (put(D13=0), "D13", "It is 2500.00."),
    "description": (put(B13="Other work"), "B13", "It is 'Rough-in, level 1'."),
    "item": (put(A14="9"), "A14", "not on the form we sent"),
    "twice": (put(A14="001"), "A14", "stands in row 13 already"),
    "negative stored": (put(F15=-1), "F15", "less than zero"),
    "merged": (lambda sheet: sheet.merge_cells("A17:B18"), "A17:B18", "merged"),
    "a row removed": (lambda sheet: sheet.delete_rows(14), "A", "The row of item 002 is missing."),
    "a row added": (lambda sheet: (sheet.insert_rows(14), sheet.cell(14, 1, "Extra")), "A14", "'Extra'"),
    "a nameless row added": (lambda sheet: (sheet.insert_rows(14), sheet.cell(14, 5, 10)), "A14", "Row 14"),
    "heading gone": (put(A12="No."), "A", "heading is missing"),
    "totals gone": (put(A16=None), "A", "totals is missing"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_named(name):
    change, cell, expected = CHANGES[name]
    assert expected in faults_of(edited(change))[cell]


def test_one_added_row_is_one_fault():
    added = edited(lambda sheet: (sheet.insert_rows(13), sheet.cell(13, 1, "Extra")))
    assert len(faults_of(added)) == 1


def test_all_faults_come_at_once():
    assert set(faults_of(edited(put(E13="x", F14=-1, C15=2, E15=True)))) == {"E13", "F14", "C15", "E15"}


def test_an_empty_row_and_another_order_change_nothing():
    def change(sheet):
        sheet.insert_rows(14)
        for column in range(1, 7):
            first, last = sheet.cell(13, column), sheet.cell(16, column)
            first.value, last.value = last.value, first.value
        sheet["E13"] = 3

    assert [row.work.cents for row in read_form(edited(change)).rows] == [0, 0, 300]


def test_rows_above_may_move_the_table():
    content = edited(lambda sheet: (sheet.insert_rows(1, 2), sheet.cell(15, 5, 9), sheet.cell(11, 3, "INV-1")))
    assert read_form(content).rows[0].work.cents == 900
    assert read_form(content).invoice_number == "INV-1"


def test_an_item_may_be_called_like_the_last_row():
    lines = [replace(form_line(1), item="Total"), form_line(2)]
    assert len(read_form(make_form(replace(form(), lines=lines))).rows) == 2


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def without_seal(*, code=True):
    book = openpyxl.load_workbook(io.BytesIO(make_form(form())))
    del book[SEAL_SHEET]
    if not code:
        book["Billing"].cell(CODE_ROW, 3).value = None
    return saved(book)


def with_seal(cell, value):
    book = openpyxl.load_workbook(io.BytesIO(make_form(form())))
    book[SEAL_SHEET][cell] = value
    return saved(book)


MERGE = b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
REFUSED = {
    "nothing": (b"", "not_our_form"),
    "text": (b"Item;Amount\n1;2\n", "not_our_form"),
    "an old or locked workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "other_kind"),
    "a zip": (zipped(a=b"b"), "not_a_workbook"),
    "a large file": (b"P" * (5 * 1024 * 1024 + 1), "too_large"),
    "a bomb": (zipped(a=bytes(51 * 1024 * 1024)), "too_large"),
    "a bomb of merged cells": (zipped(**{"xl/worksheets/sheet1.xml": MERGE}), "too_large"),
    "neither seal nor code": (without_seal(code=False), "not_our_form"),
    "an OpenDocument file": (zipped(**{"content.xml": b"<a/>"}), "not_our_form"),
    "an OpenDocument file behind a password": (zipped(**{"content.xml": b"\x8f\x1d"}), "not_a_workbook"),
    "a Numbers file": (zipped(**{"Index/Document.iwa": b"\0"}), "other_kind"),
    "a changed id": (with_seal("A2", "x"), "seal"),
    "a changed hidden value": (with_seal("C2", "x"), "seal"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_our_form_is_refused(name):
    content, code = REFUSED[name]
    with pytest.raises(UserError) as refused:
        read_form(content)
    assert refused.value.code == code
    assert is_billing_form(content) == (code == "seal")


amounts = st.integers(-(10**11), 10**11)


@given(
    st.lists(st.tuples(amounts, amounts, amounts, st.integers(0, 10**11), st.text(max_size=40)), min_size=1, max_size=6)
)
@settings(max_examples=25)
def test_any_form_comes_back_as_it_left(drawn):
    lines = [
        form_line(n, scheduled=c, previous_work=d, work=e, stored=f, description=text)
        for n, (c, d, e, f, text) in enumerate(drawn, 1)
    ]
    filled = read_form(edited(put(), make_form(replace(form(), lines=lines))))
    assert [(row.work, row.stored) for row in filled.rows] == [(line.work, line.stored) for line in lines]


@given(st.integers(0, 12_000), st.binary(min_size=1, max_size=8))
@settings(max_examples=60)
def test_damage_is_only_ever_the_persons_error(at, noise):
    whole = make_form(form())
    at %= len(whole)
    try:
        read_form(whole[:at] + noise + whole[at + len(noise) :])
    except UserError as refused:
        assert refused.message


def with_copies(ours, *copies, title="Billing (2)"):
    """The form with copies of its sheet, as Excel makes them, each filled with these cells."""
    book = openpyxl.load_workbook(io.BytesIO(make_form(form())))
    sheets = [book.copy_worksheet(book["Billing"]) for _ in copies]
    for number, sheet in enumerate(sheets):
        sheet.title = title if not number else f"{title} {number}"
    for sheet, cells in zip([book["Billing"], *sheets], [ours, *copies], strict=True):
        put(**cells)(sheet)
    return saved(book)


def refused_for_copies(content):
    with pytest.raises(UserError) as refused:
        read_form(content)
    assert refused.value.code == "filled_copy"
    return refused.value.message


@pytest.mark.parametrize("title", ["Billing (2)", "Sheet1 (2)", "November"])
@pytest.mark.parametrize(
    "cells", [{"E13": 9_000}, {"F14": "1,000.00"}, {"G13": 9_000}, {"E13": "half"}, {"C9": "INV-7"}]
)
def test_amounts_in_a_copy_of_the_empty_sheet_are_no_billing_of_nothing(title, cells):
    said = refused_for_copies(with_copies({}, cells, title=title))
    assert f"The sheet 'Billing' is empty, but there are amounts in '{title}'." in said
    assert f"Enter them in the sheet 'Billing', delete the sheet '{title}'" in said


def test_the_same_with_the_copy_saved_as_opendocument():
    assert "'Billing (2)'" in refused_for_copies(libreoffice_ods(with_copies({}, {"E13": 9_000})))


def test_a_copy_without_the_forms_code_is_a_copy_still():
    assert "'Billing (2)'" in refused_for_copies(with_copies({}, {"E13": 9_000, f"C{CODE_ROW}": None}))


def test_several_filled_copies_are_all_named():
    said = refused_for_copies(with_copies({}, {"E13": 9_000}, {"E13": 8_000}))
    assert "there are amounts in 'Billing (2)', 'Billing (2) 1'." in said


def test_a_copy_that_says_something_else_is_named_beside_ours():
    said = refused_for_copies(with_copies({"E13": 9_000}, {"E13": 900}))
    assert "The sheets 'Billing' and 'Billing (2)' do not say the same" in said


def test_of_copies_alone_none_is_taken_for_ours():
    book = openpyxl.load_workbook(io.BytesIO(with_copies({}, {"E13": 9_000}, {"E13": 8_000})))
    del book["Billing"]
    assert "The sheets 'Billing (2)' and 'Billing (2) 1' do not say the same" in refused_for_copies(saved(book))


@pytest.mark.parametrize(
    "copy", [{}, {"E13": 9_000}, {"E13": "9,000.00"}], ids=["empty", "the same", "the same as text"]
)
def test_a_copy_that_is_empty_or_says_the_same_changes_nothing(copy):
    assert [row.work.cents for row in read_form(with_copies({"E13": 9_000}, copy)).rows] == [900_000, 0, 0]


def test_last_months_form_beside_ours_is_no_copy():
    content = with_copies({"E13": 9_000}, {"E13": 77, f"C{CODE_ROW}": "the code of October"})
    assert read_form(content).rows[0].work.cents == 900_000


def test_more_copies_than_anybody_makes_are_not_looked_through():
    assert "more than 10 copies" in refused_for_copies(with_copies({"E13": 1}, *[{}] * 11))
