"""What the billing engine needs from a file: units, opening balances, details, scales, change orders, settings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from import_files import Draft
from payclerk_core.documents.workbook import WorkbookFaults, read_workbook
from payclerk_core.money import Money


def faults_of(draft):
    with pytest.raises(WorkbookFaults) as refused:
        read_workbook(draft.xlsx())
    return {(fault.sheet, fault.cell): f"{fault.what} {fault.fix}" for fault in refused.value.faults}


def line(file, contract, item):
    return next(row for row in file.sov if (row.contract, row.item) == (contract, item))


def test_everything_the_example_says_is_read():
    file = read_workbook(Draft().xlsx())
    electrical, earthworks, prime = file.contracts
    assert (electrical.more["accounting"], electrical.more["signed_on"]) == ("amount", date(2026, 3, 2))
    assert (electrical.more["ssov_enabled"], electrical.more["ssov_status"]) == (True, "approved")
    assert (earthworks.more["step_at"], earthworks.more["step_work_retainage"]) == (50, 5)
    assert (prime.more["payments_enabled"], prime.more["ssov_enabled"]) == (True, False)
    assert [(rule.percent, rule.of, rule.until) for rule in file.rules] == [
        (10, "revised", 5),
        (5, "revised", Decimal("7.5")),
    ]
    assert file.private == (("SC-02", "anna@builder.example"),)
    dug = line(file, "SC-02", "001")
    assert (dug.more["quantity"], dug.more["unit"], dug.more["unit_price"]) == (1200, "m3", Decimal("12.5"))
    assert line(file, "SC-01", "001.1").parent == "001"
    assert line(file, "SC-01", "001.1").more["opening_work_cents"] == 1_000_000
    first, second = (line(file, "SC-01", item).change_order for item in ("900", "901"))
    assert (first.status, first.approved_on, first.package) == ("approved", date(2026, 5, 4), False)
    assert (second.status, second.approved_on) == ("pending", None)
    assert file.project.more["overbilling"] == "warn"


def test_what_may_be_missing_is_missing_without_a_fault():
    draft = Draft().without("Private list").without("Retainage rules").without("Change orders")
    draft.without(
        "SOV", "Quantity", "Unit", "Unit price", "Opening work", "Opening stored", "Opening retainage", "Parent"
    )
    draft.sheets["SOV"] = [row for row in draft.sheets["SOV"] if "Parent" not in row]
    draft.without(
        "Contracts", "Accounting", "Signed on", "Step at %", "Step work retainage %", "Step counts stored",
        "First claim number", "Payments", "SSOV", "SSOV status",
    )  # fmt: skip
    file = read_workbook(draft.xlsx())
    assert [row.more for row in file.contracts] == [{}, {}, {}]
    assert [row.more for row in file.sov] == [{}] * 6


FAULTS = {
    "units that do not multiply": (lambda d: d.put("SOV", 6, "Unit price", 12.55), "SOV", "F6", "Write 15060.00"),
    "price with five decimals": (lambda d: d.put("SOV", 6, "Unit price", "12.50001"), "SOV", "I6", "more than four decimals"),
    "unit line without price": (lambda d: d.put("SOV", 6, "Unit price", None), "SOV", "G6", "has not all of quantity"),
    "units on amounts": (lambda d: d.put("SOV", 5, "Quantity", 3), "SOV", "G5", "SC-01 is billed by amounts"),
    "held more than billed": (lambda d: d.put("SOV", 5, "Opening retainage", 2000.01), "SOV", "L5", "than was billed: 2000.00"),
    "details that differ": (lambda d: d.put("SOV", 4, "Scheduled value", 15000.01), "SOV", "F2", "differ by -0.01"),
    "detail of nothing": (lambda d: d.put("SOV", 4, "Parent", "009"), "SOV", "M4", "no line of SC-01"),
    "detail of a detail": (lambda d: d.put("SOV", 4, "Parent", "001.1"), "SOV", "M4", "without a parent"),
    "details without SSOV": (lambda d: d.put("Contracts", 2, "SSOV", "no"), "SOV", "M3", "SC-01 has no SSOV"),
    "opening on a parent": (lambda d: d.put("SOV", 2, "Opening work", 5), "SOV", "J2", "billed by its details"),
    "half a step": (lambda d: d.put("Contracts", 3, "Step work retainage %", None), "Contracts", "L3", "Fill both"),
    "step and scale": (
        lambda d: d.add("Retainage rules", Contract="SC-02", Percent=5, Of="amount", Until=900),
        "Retainage rules", "A4", "Leave one of the two ways",
    ),
    "a third of a percent": (
        lambda d: d.put("Contracts", 4, "Work retainage %", 33.33333), "Contracts", "G4", "more than four decimals",
    ),
    "scale that shrinks": (lambda d: d.put("Retainage rules", 3, "Until", 4), "Retainage rules", "D3", "reaches further"),
    "until finer than a cent": (
        lambda d: d.add("Retainage rules", Contract="SC-01", Percent=5, Of="amount", Until=900.005),
        "Retainage rules", "D4", "fractions of a cent",
    ),
    "until above all": (lambda d: d.put("Retainage rules", 3, "Until", 101), "Retainage rules", "D3", "at most 100"),
    "rule of nobody": (lambda d: d.put("Retainage rules", 3, "Contract", "SC-09"), "Retainage rules", "A3", "not in the sheet"),
    "listed stranger": (lambda d: d.put("Private list", 2, "E-mail", "x@y.example"), "Private list", "B2", "not in the sheet People"),
    "approved without a day": (lambda d: d.put("Change orders", 2, "Approved on", None), "Change orders", "D2", "not a date"),
    "status": (lambda d: d.put("Change orders", 3, "Status", "pendin"), "Change orders", "J3", "Did you mean 'pending'?"),
    "setting": (lambda d: d.put("Project", 0, "Overbilling", "prevnt"), "Project", "B16", "Did you mean 'prevent'?"),
    "days": (lambda d: d.put("Project", 0, "Remind every days", 1.5), "Project", "B12", "not a whole number"),
    "no jurisdiction so long": (lambda d: d.put("Project", 0, "Jurisdiction", "x" * 21), "Project", "B19", "within 20"),
    "long item": (lambda d: d.put("SOV", 8, "Item", "x" * 41), "SOV", "B8", "41 characters"),
    "an error as value": (lambda d: d.put("SOV", 8, "Description", "#REF!"), "SOV", "E8", "The cell shows #REF!"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_cell(name):
    change, sheet, cell, expected = FAULTS[name]
    assert expected in faults_of(change(Draft()))[sheet, cell]


def test_at_most_five_rules_a_contract():
    draft = Draft()
    for until in (10, 20, 30, 40):
        draft.add("Retainage rules", Contract="SC-01", Percent=5, Of="revised", Until=until)
    assert "more than 5 rules" in faults_of(draft)["Retainage rules", "A7"]


def test_the_rows_of_a_change_order_say_the_same():
    draft = Draft()
    draft.sheets["Change orders"].append({**draft.sheets["Change orders"][0], "Item": "902", "Title": "Other"})
    assert "another title" in faults_of(draft)["Change orders", "B4"]


def test_the_number_of_a_package_is_free():
    draft = Draft().put("Change orders", 2, "Package", "yes").put("SOV", 5, "Item", "CO-1")
    assert "Item CO-1 of SC-01 stands in SOV row 5 already" in faults_of(draft)["Change orders", "B2"]


def test_one_line_cannot_stand_for_several_costs():
    draft = Draft().put("Change orders", 2, "Package", "yes")
    draft.sheets["Change orders"].append({**draft.sheets["Change orders"][0], "Item": "902", "Cost code": "9"})
    assert "several cost codes" in faults_of(draft)["Change orders", "K2"]


def test_percent_cells_are_the_percent_they_show():
    import io

    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(Draft().xlsx()))
    for cell, value in (("G2", 0.075), ("H2", 0)):
        book["Contracts"][cell] = value
        book["Contracts"][cell].number_format = "0.0%"
    out = io.BytesIO()
    book.save(out)
    assert read_workbook(out.getvalue()).contracts[0].work_retainage == Decimal("7.5")


def test_a_decimal_comma_is_read_where_it_is_certain():
    draft = Draft().put("SOV", 5, "Scheduled value", "60.000,00").put("SOV", 2, "Scheduled value", "40.000")
    assert [row.scheduled for row in read_workbook(draft.xlsx()).sov[:4:3]] == [Money(4_000_000), Money(6_000_000)]


def test_a_point_settles_itself_in_a_currency_of_three_decimals():
    """All amounts of dinars below a thousand look like this one."""
    draft = Draft().put("Project", 2, "Currency", "KWD").put("SOV", 5, "Scheduled value", "40.250")
    assert read_workbook(draft.xlsx()).sov[3].scheduled == Money(40_250, "KWD")
    found = faults_of(draft.put("SOV", 5, "Scheduled value", "40,250"))
    assert "can be read in two ways" in found["SOV", "F5"]


def test_two_signs_in_one_column_are_not_reconciled():
    draft = Draft().put("SOV", 2, "Scheduled value", "40000.00").put("SOV", 3, "Scheduled value", "25000.00")
    found = faults_of(draft.put("SOV", 5, "Scheduled value", "60.000,00"))
    assert "has a decimal comma, the others of its column a decimal point" in found["SOV", "F5"]


def test_a_hundred_thousand_faults_are_counted_and_not_all_printed():
    draft = Draft()
    draft.sheets["SOV"] = [{"Contract": "SC-99", "Item": str(n), "Scheduled value": 1} for n in range(300)]
    with pytest.raises(WorkbookFaults) as refused:
        read_workbook(draft.xlsx())
    assert len(refused.value.faults) > 1000
    assert refused.value.message.count("\n") == 201
    assert f"and {len(refused.value.faults) - 200} more" in refused.value.message
