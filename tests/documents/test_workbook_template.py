"""The template can be filled and is itself without fault."""

from __future__ import annotations

import io

import openpyxl
import pytest

from import_files import Draft
from payclerk_core.documents.workbook import SHEETS, read_workbook, write_template
from payclerk_core.documents.workbook.columns import MOST_TOLD

TEMPLATE = write_template()
BOOK = openpyxl.load_workbook(io.BytesIO(TEMPLATE))


def test_the_template_is_the_example_without_a_fault():
    assert read_workbook(TEMPLATE) == read_workbook(Draft().xlsx())
    assert write_template() == TEMPLATE


@pytest.mark.parametrize("name", SHEETS)
def test_every_heading_is_explained_and_every_choice_offered(name):
    sheet = BOOK[name]
    listed = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    for place, column in enumerate(SHEETS[name], 1):
        head = sheet.cell(place, 1) if name == "Project" else sheet.cell(1, place)
        assert head.value == column.name
        assert column.help in head.comment.text
        cells = f"B{place}" if name == "Project" else f"{head.column_letter}2:{head.column_letter}5001"
        offered = column.choices if len(column.choices) <= MOST_TOLD else ()  # a sheet takes no list of all currencies
        assert (cells in listed) == bool(offered)
        assert all(choice.replace("_", " ") in listed[cells] for choice in offered)
    assert sheet.freeze_panes == ("B1" if name == "Project" else "A2")
