"""A project's workbook: the example is read, every fault is named at once, and loading it again changes nothing."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import BarChart
from sqlalchemy import func, select

from payclerk_core.actions.call import Call
from payclerk_core.actions.importing import import_project
from payclerk_core.documents.workbook import CHANGE_COLUMNS, WorkbookFaults, read_workbook
from payclerk_core.errors import UserError
from payclerk_core.money import Money, total
from payclerk_core.settings import Settings
from payclerk_core.tables import Event, SovLine

SETTINGS = Settings(_env_file=None, token_secret="x" * 32)
EXAMPLE = (Path(__file__).parents[2] / "examples" / "maple-street.xlsx").read_bytes()


def edited(*changes):
    book = openpyxl.load_workbook(io.BytesIO(EXAMPLE))
    for change in changes:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(sheet, cell, value):
    def change(book):
        book[sheet][cell] = value

    return change


def with_changes(*rows):
    def change(book):
        sheet = book.create_sheet("Change orders")
        for row in (CHANGE_COLUMNS, *rows):
            sheet.append(row)

    return change


def faults_of(content):
    with pytest.raises(WorkbookFaults) as refused:
        read_workbook(content)
    assert all(str(fault) in refused.value.message for fault in refused.value.faults)
    return {(fault.sheet, fault.cell): f"{fault.what} {fault.fix}" for fault in refused.value.faults}


def test_the_example_is_read():
    file = read_workbook(EXAMPLE)
    assert (len(file.companies), len(file.people), len(file.contracts), len(file.sov)) == (16, 17, 15, 290)
    assert {row.kind for row in file.contracts} == {"subcontract", "purchase_order", "prime"}
    concrete = total((row.scheduled for row in file.sov if row.contract == "SC-02"), "USD")
    assert concrete == Money(46_340_000)


def test_a_workbook_saved_by_another_program_says_the_same():
    assert read_workbook(edited()) == read_workbook(EXAMPLE)


CHANGE = ("SC-01", "CO-1", "More rock", date(2026, 11, 20), "900", "31-2000", "Subcontract", "Rock removal", -1200.5)


def test_a_change_order_is_a_line_with_its_approval():
    added = read_workbook(edited(with_changes(CHANGE))).sov[-1]
    assert (added.scheduled, added.item) == (Money(-120_050), "900")
    assert added.change_order is not None
    assert added.change_order.approved_on == date(2026, 11, 20)


FAULTS = {
    "two ways": (put("SOV", "F3", "1.234"), "SOV", "F3", "can be read in two ways. Write an amount like 1234.50."),
    "fraction of a cent": (put("SOV", "F3", 10.005), "SOV", "F3", "fractions of a cent"),
    "beyond any number": (put("SOV", "F3", "9" * 400), "SOV", "F3", "too large"),
    "no amount": (put("SOV", "F3", None), "SOV", "F3", "not an amount"),
    "a date for an amount": (put("SOV", "F3", datetime(2026, 11, 1)), "SOV", "F3", "not an amount"),
    "formula nobody computed": (put("SOV", "F3", "=1+1"), "SOV", "F3", "A formula without a result."),
    "item twice": (put("SOV", "B3", "001"), "SOV", "B3", "stands in SOV row 2 already"),
    "empty item": (put("SOV", "B3", "  "), "SOV", "B3", "is empty"),
    "long description": (put("SOV", "E3", "x" * 301), "SOV", "E3", "301 characters"),
    "unknown contract": (put("SOV", "A3", "SC-99"), "SOV", "A3", "not in the sheet Contracts"),
    "unknown company": (put("Contracts", "D2", "Prairie Earthwork"), "Contracts", "D2", "'Prairie Earthworks'"),
    "contact elsewhere": (put("Contracts", "I2", "dana@northside.example"), "Contracts", "I2", "works for Northside"),
    "unknown contact": (put("Contracts", "I2", "x@y.example"), "Contracts", "I2", "not in the sheet People"),
    "contract twice": (put("Contracts", "A3", "SC-01"), "Contracts", "A3", "stands in row 2 already"),
    "kind": (put("Contracts", "B2", "subcontrct"), "Contracts", "B2", "Did you mean 'subcontract'?"),
    "retainage": (put("Contracts", "G2", 101), "Contracts", "G2", "from 0 to 100"),
    "no address": (put("People", "B3", "not an address"), "People", "B3", "not an e-mail address"),
    "address twice": (put("People", "B3", "ANNA@harborline.example"), "People", "B3", "already"),
    "level": (put("People", "F2", "Admn"), "People", "F2", "Did you mean 'admin'?"),
    "column": (put("SOV", "F1", "Scheduled values"), "SOV", "row 1", "Is 'scheduled values' it? Rename it."),
    "zone": (put("Project", "B3", "Chicago"), "Project", "B3", "not a time zone"),
    "currency": (put("Project", "B4", "USDD"), "Project", "B4", "Did you mean 'usd'?"),
    "merged": (lambda book: book["SOV"].merge_cells("E3:E4"), "SOV", "E3:E4", "Unmerge them."),
    "approval day": (
        with_changes((*CHANGE[:3], "soon", *CHANGE[4:])),
        "Change orders",
        "D2",
        "Write a date like 2026-11-30.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_place_and_what_to_do(name):
    change, sheet, cell, expected = FAULTS[name]
    assert expected in faults_of(edited(change))[sheet, cell]


def test_all_faults_come_at_once():
    names = [name for name in FAULTS if FAULTS[name][1:3] in {("SOV", "F3"), ("Contracts", "D2"), ("People", "B3")}]
    found = faults_of(edited(*(FAULTS[name][0] for name in names)))
    assert {("SOV", "F3"), ("Contracts", "D2"), ("People", "B3")} <= set(found)


def test_a_missing_sheet_is_named_with_the_one_that_may_be_meant():
    def rename(book):
        book["SOV"].title = "SOVs"

    assert faults_of(edited(rename)) == {("SOV", ""): "The sheet is missing. Is 'SOVs' it? Rename it."}


def test_a_chart_is_no_sheet_with_rows():
    def replace(book):
        del book["SOV"]
        book.create_chartsheet("SOV").add_chart(BarChart())

    assert ("SOV", "") in faults_of(edited(replace))


def test_a_computed_amount_with_binary_dust_is_its_cent():
    file = read_workbook(edited(put("SOV", "F2", 0.1 + 0.2)))
    assert file.sov[0].scheduled == Money(30)


def test_empty_rows_between_are_passed_over():
    assert read_workbook(edited(lambda book: book["SOV"].insert_rows(5, 3))).sov == read_workbook(EXAMPLE).sov


@pytest.mark.parametrize("far", ["XFD2", "A1048576"])
def test_a_forgotten_cell_at_the_far_end_is_named_and_not_waited_for(far):
    with pytest.raises(UserError, match="The sheet SOV reaches to row") as refused:
        read_workbook(edited(put("SOV", far, "x")))
    assert refused.value.code == "too_large"


def test_importing_twice_changes_nothing(database):
    def load(content):
        with database.transaction() as session:
            call = Call(session, datetime(2026, 11, 10, 15, tzinfo=UTC), SETTINGS, actor=None, door="cli")
            report = import_project(call, read_workbook(content))
            return report, session.scalar(select(func.count(SovLine.id))), session.scalar(select(func.count(Event.id)))

    first, lines, events = load(EXAMPLE)
    assert lines == first.new["sov line"] == 290
    again, *counted = load(EXAMPLE)
    assert (again.new, again.changed) == ({}, {})
    assert counted == [lines, events]
    changed, *counted = load(edited(put("SOV", "F2", 20_000)))
    assert (changed.new, changed.changed) == ({}, {"sov line": 1})
    assert counted == [lines, events + 1]
