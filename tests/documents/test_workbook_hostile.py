"""Files made to do harm, or by accident: each is refused in a moment, with words, and takes no memory to speak of."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from import_files import Draft
from payclerk_core.documents import sheets
from payclerk_core.documents.workbook import Source, WorkbookFaults, read_project, read_workbook
from payclerk_core.errors import UserError

PROMPT = pytest.mark.timeout(20)


def rebuilt(change, content=None):
    """The workbook with its parts changed by a function of name and bytes; None leaves a part out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content or Draft().xlsx())) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def in_sheet(title, change):
    """Changes one sheet's XML."""
    number = list(Draft().sheets).index(title) + 1

    def part(name, content):
        return change(content) if name == f"xl/worksheets/sheet{number}.xml" else content

    return rebuilt(part)


def refused(content, name="x.xlsx"):
    with pytest.raises(UserError) as error:
        read_workbook(content, name)
    return error.value


@PROMPT
def test_a_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"0" * (sheets.IMPORT.part + 1))
    assert len(out.getvalue()) < 200_000
    assert refused(out.getvalue()).code == "too_large"


@PROMPT
def test_a_bomb_of_csv_files_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("SOV", "People"):
            archive.writestr(f"{name}.csv", b"0" * (sheets.IMPORT.unpacked // 2 + 1))
    assert refused(out.getvalue(), "x.zip").code == "too_large"


@PROMPT
def test_a_sheet_that_claims_all_columns_is_read_by_what_it_holds():
    claims = in_sheet("SOV", lambda xml: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', xml))
    assert read_workbook(claims) == read_workbook(Draft().xlsx())


@PROMPT
def test_sixteen_thousand_columns():
    cells = "".join(f'<c r="{letter}3" t="n"><v>1</v></c>' for letter in ("XFB", "XFC", "XFD")).encode()
    content = in_sheet("SOV", lambda xml: xml.replace(b"</row>", cells + b"</row>", 1))
    assert "column 16384" in refused(content).message


@PROMPT
def test_a_million_formatted_rows_without_anything():
    rows = b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (n, n) for n in range(20, 1_048_577))
    content = in_sheet("SOV", lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>"))
    error = refused(content)
    assert (error.code, "delete the empty rows" in error.message) == ("too_large", True)


@PROMPT
def test_a_row_beyond_any_sheet():
    content = in_sheet("SOV", lambda xml: xml.replace(b"</sheetData>", b'<row r="99999999999"/></sheetData>'))
    assert refused(content).code == "too_large"


@PROMPT
@pytest.mark.parametrize("part", ["xl/worksheets/sheet7.xml", "xl/styles.xml", "xl/workbook.xml"])
def test_entities_are_not_expanded(part):
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "'
        + b"ha" * 50
        + b'">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(8))
        + b"]>"
    )
    assert refused(rebuilt(lambda name, xml: bomb + xml if name == part else xml)).code == "not_a_workbook"


@PROMPT
def test_merged_cells_over_everything():
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    assert refused(in_sheet("SOV", lambda xml: xml.replace(b"</sheetData>", merged))).code == "too_large"


@PROMPT
def test_a_sheet_that_breaks_off():
    assert "broken" in refused(in_sheet("SOV", lambda xml: xml[: len(xml) // 2])).message


@PROMPT
@pytest.mark.parametrize(
    "content",
    [b"", b"   \n", b"\x00" * 100, b"%PDF-1.7 ...", b"PK\x03\x04 and then nothing"],
)
def test_what_is_no_table_at_all(content):
    assert refused(content).code == "not_a_workbook"


@PROMPT
def test_zero_bytes_in_a_csv_file():
    content = Draft().csv("SOV") + b"SC-01,77,1,L," + b"x" * 2000 + b"\x00,5\n"
    assert "no text file" in refused(content, "SOV.csv").message


@PROMPT
def test_a_field_of_a_megabyte():
    content = Draft().csv("SOV") + b'SC-01,77,1,L,"' + b"x" * 1_000_000 + b'",5\n'
    with pytest.raises(WorkbookFaults, match="field larger than field limit"):
        read_project(
            [Source(f"{name}.csv", Draft().csv(name) if name != "SOV" else content) for name in Draft().sheets]
        )


@PROMPT
def test_a_csv_file_above_the_limit():
    assert refused(b"Contract,Item\n" * (sheets.IMPORT.file // 14 + 1), "SOV.csv").code == "too_large"


@PROMPT
def test_a_csv_file_with_too_many_rows():
    assert refused(Draft().csv("SOV") + b"a,b\n" * sheets.IMPORT.rows, "SOV.csv").code == "too_large"


@PROMPT
def test_unreadable_characters_are_named():
    content = Draft().put("SOV", 5, "Description", "a\x07b").csv("SOV")
    files = [Source(f"{name}.csv", Draft().csv(name) if name != "SOV" else content) for name in Draft().sheets]
    with pytest.raises(WorkbookFaults, match="SOV E5: 'Description' holds unreadable characters"):
        read_project(files)
