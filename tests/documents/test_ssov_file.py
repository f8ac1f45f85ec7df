"""The file a contract is broken down with goes out and comes back, as .xlsx or .csv; each fault names its cell."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.cell import range_boundaries

from payclerk_core.documents.ssov_file import SsovFaults, SsovSheet, SsovSheetLine, make_ssov_file, read_ssov_file
from payclerk_core.documents.ssov_values import COLUMNS, HEAD_ROW, LINES_SHEET, SHEET
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.rules.ssov import Broken, Detail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIRST = HEAD_ROW + 1
HEAD = ",".join(COLUMNS)


def broken(item: str, dollars: int, *parts: tuple[str, int]) -> SsovSheetLine:
    details = tuple(Detail(name, f"Part {name}", Money(part * 100)) for name, part in parts)
    return SsovSheetLine(Broken(item, Money(dollars * 100), details), f"Line {item}")


def sheet(*lines: SsovSheetLine, **changes: Any) -> SsovSheet:
    known = lines or (broken("001", 10_000), broken("002", 5_000))
    base = SsovSheet(
        project_name="Maple Street Medical Office",
        project_number="2611",
        contract_number="SC-04",
        contract_title="Drywall",
        company="Delgado Drywall",
        currency="USD",
        lines=known,
        taken=frozenset(row.line.item for row in known),
    )
    return replace(base, **changes)


WHOLE = [["001", "1.1", "East", 6_000], ["001", "1.2", "West", "4,000.00"], ["002", "2.1", "All", 5000.0]]


def filled(
    rows: Sequence[Sequence[Any]], known: SsovSheet | None = None, change: Callable[[Any], None] | None = None
) -> bytes:
    """The file with these rows typed in, as another program saves it."""
    book = openpyxl.load_workbook(io.BytesIO(make_ssov_file(known or sheet())))
    for number, row in enumerate(rows, FIRST):
        for column, value in enumerate(row, 1):
            book[SHEET].cell(number, column).value = value
    if change:
        change(book[SHEET])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding)


def faults_of(content: bytes, known: SsovSheet | None = None, **more: Any) -> dict[str, str]:
    """What is wrong, by cell."""
    with pytest.raises(SsovFaults) as refused:
        read_ssov_file(content, known or sheet(), **more)
    said: dict[str, str] = {}
    for fault in refused.value.faults:
        said[fault.cell] = f"{said.get(fault.cell, '')} {fault.what} {fault.fix}".strip()
    return said


EXPECTED = {
    "001": (Detail("1.1", "East", Money(600_000)), Detail("1.2", "West", Money(400_000))),
    "002": (Detail("2.1", "All", Money(500_000)),),
}


# --- There and back


def test_what_was_filled_is_read_to_the_cent():
    assert read_ssov_file(filled(WHOLE), sheet()) == EXPECTED


def test_the_details_there_are_go_out_and_come_back():
    known = sheet(broken("001", 10_000, ("1.1", 2_500), ("1.2", 7_500)), broken("002", -50, ("2.1", -50)))
    assert read_ssov_file(make_ssov_file(known), known) == {row.line.item: row.line.details for row in known.lines}


def test_the_same_contract_gives_the_same_bytes():
    assert make_ssov_file(sheet()) == make_ssov_file(sheet())


def test_the_contract_is_shown_with_its_lines():
    book = openpyxl.load_workbook(io.BytesIO(make_ssov_file(sheet())), data_only=True)
    assert [book[SHEET].cell(row, 3).value for row in (2, 3, 4, 5)] == [
        "2611 Maple Street Medical Office",
        "SC-04 Drywall",
        "Delgado Drywall",
        "USD",
    ]
    assert list(book[LINES_SHEET].iter_rows(min_row=2, values_only=True)) == [
        ("001", "Line 001", 10_000, 0, 10_000),
        ("002", "Line 002", 5_000, 0, 5_000),
        ("Total", "", 15_000, 0, 15_000),
    ]


def test_only_the_columns_to_fill_can_be_changed():
    book = openpyxl.load_workbook(io.BytesIO(make_ssov_file(sheet())))
    assert book[SHEET].protection.sheet
    assert book[LINES_SHEET].protection.sheet
    free = {
        cell.column_letter for row in book[SHEET].iter_rows(min_row=FIRST) for cell in row if not cell.protection.locked
    }
    assert free == {"A", "B", "C", "D"}
    # Rows below the prepared ones are open too, so that nobody runs out of them.
    below = [row for row in book[SHEET].column_dimensions.values() if not row.protection.locked]
    assert {number for row in below for number in range(row.min, row.max + 1)} == {1, 2, 3, 4}
    assert all(cell.protection.locked for row in book[LINES_SHEET].iter_rows() for cell in row)


def test_the_line_is_chosen_from_a_list():
    book = openpyxl.load_workbook(io.BytesIO(make_ssov_file(sheet())))
    choice, amount = sorted(book[SHEET].data_validations.dataValidation, key=lambda rule: str(rule.sqref))
    assert (choice.type, choice.formula1) == ("list", f"'{LINES_SHEET}'!$A$2:$A$3")
    assert str(choice.sqref).startswith(f"A{FIRST}:A")
    assert (amount.type, str(amount.sqref)[0]) == ("decimal", "D")


# --- What remains is worked out

_PRODUCT = re.compile(r"SUMPRODUCT\(--\((.+?)=([A-Z]+\d+)\),(.+?)\)")


def area(book: Any, here: str, ref: str) -> list[Any]:
    name, _, cells = ref.rpartition("!")
    left, top, right, bottom = range_boundaries(cells.replace("$", ""))
    of = book[name.strip("'") or here]
    return [of.cell(row, column).value for row in range(top, bottom + 1) for column in range(left, right + 1)]


def product(book: Any, here: str, formula: str) -> list[int]:
    """Each SUMPRODUCT of a formula, in whole units, as a spreadsheet works it out."""
    found = []
    for keys, cell, values in _PRODUCT.findall(formula):
        wanted = book[here][cell].value
        pairs = zip(area(book, here, keys), area(book, here, values), strict=True)
        found.append(sum(value or 0 for key, value in pairs if key == wanted))
    return found


def test_the_remaining_column_computes():
    known = sheet(broken("001", 10_000), broken("1", 700), broken("002", 5_000))
    content = filled([["001", "1.1", "East", 6_000], ["1", "x", "y", 50], ["001", "1.2", "West", 1_500]], known)
    book = openpyxl.load_workbook(io.BytesIO(content))
    formula = book[SHEET].cell(FIRST, 5).value
    assert formula.startswith(f'=IF(A{FIRST}="","",')
    assert product(book, SHEET, formula) == [10_000, 7_500]  # 2,500 remains; and line 1 is not line 001
    assert product(book, SHEET, book[SHEET].cell(FIRST + 1, 5).value) == [700, 50]
    allocated = [product(book, LINES_SHEET, book[LINES_SHEET].cell(row, 4).value) for row in (2, 3, 4)]
    assert allocated == [[7_500], [50], [0]]
    assert [book[LINES_SHEET].cell(row, 5).value for row in (2, 5)] == ["=C2-D2", "=SUM(E1:E4)"]


def test_every_prepared_row_says_what_remains():
    book = openpyxl.load_workbook(io.BytesIO(make_ssov_file(sheet())))
    rows = range(FIRST, book[SHEET].max_row + 1)
    assert len(rows) >= 50
    assert all(book[SHEET].cell(row, 5).value.startswith(f'=IF(A{row}="","",') for row in rows)
    last = book[SHEET].max_row
    assert f"$D${FIRST}:$D${last}" in book[SHEET].cell(FIRST, 5).value


def test_a_preview_that_computes_nothing_shows_what_remains():
    known = sheet(broken("001", 10_000, ("1.1", 2_500)), broken("002", 5_000, ("2.1", 6_000)))
    book = openpyxl.load_workbook(io.BytesIO(make_ssov_file(known)), data_only=True)
    assert [book[SHEET].cell(FIRST + n, 5).value for n in (0, 1)] == [7_500, -1_000]
    assert list(book[LINES_SHEET].iter_rows(min_row=2, min_col=4, values_only=True)) == [
        (2_500, 7_500),
        (6_000, -1_000),
        (8_500, 6_500),
    ]


def test_a_contract_without_lines_is_written_too():
    book = openpyxl.load_workbook(io.BytesIO(make_ssov_file(sheet(lines=()))), data_only=True)
    assert book[LINES_SHEET]["C2"].value == 0


# --- As CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_is_read_whatever_parts_its_columns(delimiter: str, encoding: str):
    rows = [
        COLUMNS,
        ("001", "1.1", "East, façade", "6000"),
        ("001", "1.2", "West", '"4,000.00"'),
        ("002", "2.1", "All", "5000"),
    ]
    rows = [tuple(f'"{cell}"' if "façade" in cell else cell for cell in row) for row in rows]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    details = read_ssov_file(table(text, encoding), sheet())
    assert details["001"] == (Detail("1.1", "East, façade", Money(600_000)), EXPECTED["001"][1])
    assert details["002"] == EXPECTED["002"]


def test_columns_are_found_by_their_heading_and_others_left_alone():
    text = "My list\n\nNotes,AMOUNT, description ,Item,Contract line\n,6000,East,1.1,001\nok,4000,West,1.2,001\n,5000,All,2.1,002\n"
    assert read_ssov_file(table(text), sheet()) == EXPECTED


def test_lines_that_a_spreadsheet_turned_into_numbers_are_found():
    assert read_ssov_file(table(f"{HEAD}\n1,1.1,East,6000\n1,1.2,West,4000\n2,2.1,All,5000"), sheet()) == EXPECTED
    assert (
        read_ssov_file(filled([[1, 1.1, "East", 6000], [1, 1.2, "West", 4000], [2, 2.1, "All", 5000]]), sheet())
        == EXPECTED
    )


def test_a_number_that_could_be_two_lines_is_not_guessed():
    known = sheet(broken("01", 100), broken("001", 100))
    assert "no line '1'" in faults_of(table(f"{HEAD}\n1,a,b,100"), known, whole=False)["A2"]


def test_a_part_of_the_contract_is_read_for_an_administrator():
    assert read_ssov_file(table(f"{HEAD}\n002,2.1,All,10"), sheet(), whole=False) == {
        "002": (Detail("2.1", "All", Money(1_000)),)
    }
    assert "no detail in the table" in faults_of(table(f"{HEAD}\n"), whole=False)[""]


# --- What is wrong with it


def test_every_fault_is_said_at_once_with_its_cell():
    said = faults_of(
        filled(
            [
                ["003", "3.1", "x", 5],
                ["001", "", "East", 6_000],
                ["001", "1.2", None, "twelve"],
                ["002", "2.1", "All", -5],
                ["002", "2.1", "Again", 12.345],
                ["002", "001", "Taken", None],
                ["", "9", "Nowhere", True],
            ]
        )
    )
    assert said == {
        "A10": "The contract has no line '003' to break down. Did you mean 002?",
        "B11": "'Item' is empty. Fill it in.",
        "C12": "'Description' is empty. Fill it in.",
        "D12": "'twelve' is not an amount. Write an amount like 1234.50, with at most two decimals.",
        "D13": "-$5.00 goes against line 002, which is $5,000.00. Give it the sign of its line.",
        "B14": "Item 2.1 stands in B13 already. Renumber one of the two.",
        "D14": "12.345 has fractions of a cent; round it to two decimals. Write an amount like 1234.50, with at most two decimals.",
        "B15": "Item 001 is a line of the contract. Number it otherwise, as 001.1.",
        "D15": "The amount is empty. Write an amount like 1234.50.",
        "A16": "'Contract line' is empty. Fill it in.",
        "D16": "'TRUE' is not an amount. Write an amount like 1234.50, with at most two decimals.",
    }


def test_what_remains_is_said_of_each_line():
    said = faults_of(filled([["001", "1.1", "East", 9_999.99], ["002", "2.1", "All", 5_000.01]]))
    assert said[""].startswith("Line 001: $0.01 of $10,000.00 remains to allocate.")
    assert "Line 002: the details come to $5,000.01, but the line to $5,000.00." in said[""]


def test_a_line_whose_rows_are_not_understood_is_not_said_to_be_short():
    said = faults_of(filled([["001", "1.1", "East", "much"]]))
    assert set(said) == {"D10", ""}
    assert "Line 001" not in said[""]
    assert "Line 002" in said[""]
    assert set(faults_of(filled([["009", "1.1", "East", 5]]))) == {"A10"}


def test_a_formula_counts_by_its_result_and_without_one_is_a_fault():
    assert "A formula without a result" in faults_of(filled([["001", "1.1", "East", "=5000+5000"]]))["D10"]


def test_a_date_is_no_item():
    assert "Format the cell as text" in faults_of(filled([["001", date(2026, 1, 2), "East", 5]]))["B10"]


def test_merged_cells_are_a_fault():
    said = faults_of(filled(WHOLE, change=lambda sheet: sheet.merge_cells("A10:A11")))
    assert said["A10:A11"] == "Merged cells. Unmerge them."


@pytest.mark.parametrize(
    ("text", "cell", "words"),
    [
        ("", "row 1", "The column 'Contract line' is missing."),
        ("Contract line,Item,Descripton,Amount\n", "row 1", "Is 'descripton' it? Rename it."),
        (f"{HEAD}\n001,1.1", "C2", "'Description' is empty"),
        (f"{HEAD}\n001,1.1,East,1.234,", "D2", "can be read in two ways"),
        (f"{HEAD}\n001;1.1;East;5", "A2", "no line '001;1.1;East;5' to break down"),
        (f"{HEAD}\n001,,,\n\n,,,5", "A4", "is empty"),
        (
            f"{HEAD.replace(',', ';')}\n001;1.1;East;6000,00",
            "D2",
            "has a decimal comma. If 6000.00 is meant, write it so.",
        ),
        (f"{HEAD}\n001,{'x' * 41},East,5", "B2", "Keep it within 40."),
        (f"{HEAD}\n001,1.1,{'x' * 301},5", "C2", "Keep it within 300."),
        (f"{HEAD}\n001,1.1,East,$5%", "D2", "is a percentage"),
    ],
)
def test_what_is_wrong_with_a_csv(text: str, cell: str, words: str):
    assert words in faults_of(table(text))[cell]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 broken", "not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel file"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "no table that can be read"),
        (b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
        (f"{HEAD}\n{'001,1.1,East,5' * 1}\n".encode() + b"\n" * 20_001, "more than 20000 rows"),
        (b"," * 200, "or 100 columns"),
        (f'{HEAD}\n"{"x" * 200_000}",1,2,3'.encode(), "no table that can be read"),
    ],
)
def test_what_is_no_breakdown_is_refused(content: bytes, words: str):
    with pytest.raises(UserError, match=words):
        read_ssov_file(content, sheet())


ITEMS = st.text("abcdefghij.-0123456789", min_size=1, max_size=12).filter(lambda text: text not in {"001", "002"})


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=6).filter(any),
    st.lists(ITEMS, min_size=7, max_size=7, unique=True),
    st.booleans(),
)
def test_any_breakdown_comes_back_as_it_went(weights: list[int], items: list[str], as_csv: bool):
    shares = Money(1_000_000).share(weights)
    rows = [["001", item, f"Part of {item}", share.plain()] for item, share in zip(items, shares, strict=False)]
    rows.append(["002", items[-1], "The rest", "5000.00"])
    content = table("\n".join([HEAD, *(",".join(row) for row in rows)])) if as_csv else filled(rows)
    details = read_ssov_file(content, sheet())
    assert [(row.item, row.amount) for row in details["001"]] == list(zip(items, shares, strict=False))
    assert [row.amount for row in details["002"]] == [Money(500_000)]


@settings(max_examples=60)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"{HEAD}\n{text}".encode()))
def test_no_bytes_bring_it_down(content: bytes):
    try:
        read_ssov_file(content, sheet())
    except UserError as error:
        assert error.message


def with_a_copy(ours: Sequence[Sequence[object]], copy: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(filled([])))
    sheets = [book["Breakdown"], book.copy_worksheet(book["Breakdown"])]
    sheets[1].title = "Breakdown (2)"
    for sheet_of_it, rows in zip(sheets, [ours, copy], strict=True):
        for number, row in enumerate(rows, HEAD_ROW + 1):
            for column, value in enumerate(row, 1):
                sheet_of_it.cell(number, column).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_breakdown_in_a_copy_of_the_sheet_is_named_and_a_copy_that_says_nothing_else_is_not():
    with pytest.raises(UserError, match=r"The sheet 'Breakdown' is empty, but there are amounts in 'Breakdown \(2\)'"):
        read_ssov_file(with_a_copy([], WHOLE), sheet())
    with pytest.raises(UserError, match=r"The sheets 'Breakdown' and 'Breakdown \(2\)' do not say the same"):
        read_ssov_file(with_a_copy(WHOLE, WHOLE[:1]), sheet())
    assert set(read_ssov_file(with_a_copy(WHOLE, []), sheet())) == {"001", "002"}
    assert set(read_ssov_file(with_a_copy(WHOLE, WHOLE), sheet())) == {"001", "002"}
