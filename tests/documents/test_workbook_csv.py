"""CSV files say the same as the workbook: any usual delimiter and encoding, and numbers in one way only."""

from __future__ import annotations

import pytest

from import_files import Draft
from payclerk_core.documents.workbook import Known, KnownContract, Source, WorkbookFaults, read_project, read_workbook
from payclerk_core.errors import UserError
from payclerk_core.money import Money

WHOLE = read_workbook(Draft().xlsx())
KNOWN = Known(
    WHOLE.project,
    frozenset(row.name for row in WHOLE.companies),
    {row.email: (row.name, row.company) for row in WHOLE.people},
    {"SC-01": KnownContract("Bright Electric", ssov=True), "SC-02": KnownContract("Prairie Earthworks", "unit"),
     "PR-01": KnownContract("Main Street Owner")},
)  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_zip_of_csv_files_is_the_same_project(delimiter, encoding):
    draft = Draft().put("SOV", 8, "Description", "Électricité; “tout”, 1")
    expected = read_workbook(draft.xlsx())
    assert read_workbook(draft.zip(delimiter=delimiter, encoding=encoding)) == expected


def test_a_folder_of_csv_files_is_the_same_project():
    draft = Draft()
    sources = [Source(f"{name.upper()}.CSV", draft.csv(name)) for name in draft.sheets]
    assert read_project(sources) == WHOLE


@pytest.mark.parametrize("sheet", ["SOV", "Change orders", "Retainage rules", "Private list", "People", "Companies"])
def test_one_file_alone_is_known_by_its_headings(sheet):
    name = "Companies.csv" if sheet == "Companies" else "export (3).csv"
    file = read_workbook(Draft().csv(sheet, delimiter=";"), name, KNOWN)
    attribute = {"SOV": "sov", "Change orders": "sov", "Retainage rules": "rules", "Private list": "private"}
    assert getattr(file, attribute.get(sheet, sheet.casefold()))
    assert file.project == KNOWN.project


def test_one_sheet_without_a_project_says_what_is_missing():
    with pytest.raises(WorkbookFaults) as refused:
        read_workbook(Draft().csv("SOV"), "sov.csv")
    assert {fault.sheet for fault in refused.value.faults} == {"Project", "Companies", "People", "Contracts"}


def test_the_file_of_another_project_is_refused():
    with pytest.raises(WorkbookFaults, match="This is not project EX-1"):
        read_workbook(Draft().put("Project", 0, "Number", "EX-2").only("Project").xlsx(), "", KNOWN)


def test_headings_of_nothing_are_refused_with_the_names_of_the_sheets():
    with pytest.raises(UserError, match=r"x\.csv has the name and the headings of no sheet.*Retainage rules"):
        read_workbook(b"a,b,c\n1,2,3\n", "x.csv", KNOWN)


def amounts(*texts):
    draft = Draft()
    draft.sheets["SOV"] = [
        {
            "Contract": "PR-01",
            "Item": str(n),
            "Cost code": "1",
            "Cost type": "L",
            "Description": "x",
            "Scheduled value": text,
        }
        for n, text in enumerate(texts)
    ]
    return draft.without(
        "SOV", "Quantity", "Unit", "Unit price", "Opening work", "Opening stored", "Opening retainage", "Parent"
    )


@pytest.mark.parametrize(
    ("texts", "cents"),
    [
        (["1.234,50", "1.234"], [123450, 123400]),
        (["1,234.50", "1,234"], [123450, 123400]),
        (["12,5", "1.000"], [1250, 100000]),
        (["1 234,50", "(10)"], [123450, -1000]),
        (["1'234.50", "-3"], [123450, -300]),
        (["12.000.000", "7"], [1_200_000_000, 700]),
        (["$ 1234.5", "12-"], [123450, -1200]),
    ],
)
def test_a_column_says_which_sign_its_decimals_have(texts, cents):
    file = read_workbook(amounts(*texts).csv("SOV", delimiter="\t"), "SOV.csv", KNOWN)
    assert [row.scheduled for row in file.sov] == [Money(amount) for amount in cents]


def test_a_column_that_does_not_say_is_refused_by_cell():
    with pytest.raises(WorkbookFaults) as refused:
        read_workbook(amounts("1,234", "500", "2,000").csv("SOV", delimiter=";"), "SOV.csv", KNOWN)
    assert [fault.cell for fault in refused.value.faults] == ["F2", "F4"]
    assert "can be read in two ways" in refused.value.message


def test_a_quotation_mark_left_open_is_named():
    with pytest.raises(WorkbookFaults, match="Is a quotation mark not closed"):
        read_workbook(amounts("1").csv("SOV") + b'PR-01,9,1,L,"never closed,5\n', "SOV.csv", KNOWN)


def test_two_files_of_one_sheet_are_refused():
    draft = Draft()
    with pytest.raises(UserError, match="2 files are the sheet SOV"):
        read_project([Source("SOV.csv", draft.csv("SOV")), Source("sov.csv", draft.csv("SOV"))], KNOWN)


def test_true_and_false_are_yes_and_no():
    draft = Draft().put("Contracts", 2, "Private", "TRUE").put("Contracts", 3, "Private", "FALSE")
    assert [row.private for row in read_workbook(draft.zip()).contracts] == [True, False, False]
