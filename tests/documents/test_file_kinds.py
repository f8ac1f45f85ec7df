"""Tables in kinds that are not read: known by what is in them, and each reader says what to save them as."""

from __future__ import annotations

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.workbook.defined_name import DefinedName

from form_files import CSVS, PROGRAMS, as_csv, sample_form, typed
from import_files import Draft
from other_kinds import OTHER_KINDS, strict
from payclerk_core.documents.billing_form import open_form
from payclerk_core.documents.file_kinds import OTHER_KIND, OURS_OF_OTHER_KIND, is_markup, other_kind
from payclerk_core.documents.form_writer import make_form
from payclerk_core.documents.ssov_file import open_breakdown
from payclerk_core.documents.ssov_values import SsovSheet
from payclerk_core.documents.ssov_writer import make_ssov_file
from payclerk_core.documents.workbook import Source, open_file, read_workbook
from payclerk_core.errors import UserError

FORM = typed(make_form(sample_form()), {"E13": 2500})
BREAKDOWN = make_ssov_file(SsovSheet("Maple", "2611", "SC-04", "Drywall", "Delgado", "USD", ()))
WHOLE = Draft()
SHOWS_NOTHING = "Numbers"


def refusal(read, content: bytes) -> UserError:
    with pytest.raises(UserError) as refused:
        read(content)
    return refused.value


@pytest.mark.parametrize("kind", OTHER_KINDS)
@pytest.mark.parametrize(("read", "made"), [(open_form, FORM), (open_breakdown, BREAKDOWN)], ids=["form", "breakdown"])
def test_our_file_saved_so_is_known_as_ours_and_answered_with_what_to_save(read, made: bytes, kind: str):
    save, told = OTHER_KINDS[kind]
    error = refusal(read, save(made))
    assert told in error.message
    assert ".xlsx" in error.message
    assert error.code == (OTHER_KIND if kind == SHOWS_NOTHING else OURS_OF_OTHER_KIND)


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_somebody_elses_table_is_not_taken_for_ours(kind: str):
    book = openpyxl.Workbook()
    book.active.append(["Copper", 1234.5])
    out = io.BytesIO()
    book.save(out)
    save, _ = OTHER_KINDS[kind]
    assert refusal(open_form, save(out.getvalue())).code == OTHER_KIND
    assert refusal(open_breakdown, save(out.getvalue())).code == OTHER_KIND


@pytest.mark.parametrize("kind", OTHER_KINDS)
@pytest.mark.parametrize("name", ["project.xlsx", "project.xls", "SOV.csv"])
def test_a_project_saved_so_is_not_imported(kind: str, name: str):
    save, told = OTHER_KINDS[kind]
    error = refusal(lambda content: read_workbook(content, name), save(WHOLE.xlsx()))
    assert told in error.message
    assert error.code == OTHER_KIND


def test_one_such_file_among_csv_files_is_told_too():
    files = [Source(f"{name}.csv", WHOLE.csv(name)) for name in WHOLE.sheets]
    files[0] = Source(files[0].name, OTHER_KINDS["web page of Excel"][0](WHOLE.xlsx()))
    with pytest.raises(UserError, match="web page"):
        open_file(files)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of names that belong to no sheet
def test_openpyxl_still_finds_nothing_in_a_strict_workbook():
    """The reason to look before: when this fails, it may be able to read one."""
    assert openpyxl.load_workbook(io.BytesIO(strict(FORM))).worksheets == []


@pytest.mark.parametrize("content", [save(FORM) for save in PROGRAMS.values()], ids=PROGRAMS)
def test_what_is_read_here_is_no_other_kind(content: bytes):
    assert other_kind(content) is None


@pytest.mark.parametrize("how", CSVS)
def test_a_csv_file_is_no_other_kind(how: str):
    assert other_kind(as_csv(FORM, **CSVS[how])) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"PK\x03\x04 and nothing",
        b"<",
        b"<a@b.example>,1\n",
        b"<table id>,Name\n1,Maple\n",
        b"<meta>;<html>\n1;2\n",
        b"<div> |Name\n",
        b"<Table>\tName\n",
        b"<?xml version='1.0'?><note/>",
        b"<!--" * 5000,
    ],
)
def test_what_only_begins_so_is_none(content: bytes):
    assert other_kind(content) is None


def test_a_web_page_may_have_tabs_before_its_next_mark():
    assert "web page" in (other_kind(b"<table>\t<tr><td>1</td></tr></table>") or "")


def test_the_words_of_the_strict_kind_in_a_name_of_a_workbook_mean_nothing():
    book = openpyxl.load_workbook(io.BytesIO(WHOLE.xlsx()))
    book.defined_names["Spec"] = DefinedName("Spec", attr_text='"http://purl.oclc.org/ooxml/"')
    out = io.BytesIO()
    book.save(out)
    assert other_kind(out.getvalue()) is None


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"<html", b"<?", b"\xff\xfe<", b"MIME-Version:"]))
def test_any_bytes_can_be_asked(tail: bytes, head: bytes):
    assert isinstance(is_markup(head + tail), bool)
    other_kind(head + tail)
