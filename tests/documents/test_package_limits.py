"""A file that takes too much time, memory or depth becomes a page that says so, and the next file is read.

The inputs are small and end by themselves under the limits that are in force; here the limits are lowered.
"""

from __future__ import annotations

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pikepdf import Pdf

from payclerk_core.documents.package import PackageCover, PackageFile, PackagePart, compile_package
from payclerk_core.documents.package_reader import Limits, SourceReader
from payclerk_core.documents.package_source import NotIncludedError
from payclerk_core.documents.typeset import typeset

COVER = PackageCover("Maple Street", "2611", datetime(2026, 11, 30, 14, 5, tzinfo=ZoneInfo("America/Chicago")))
BEYOND = "The file could not be read within the limits of time and memory."
ENDED = "The file ended the program that reads it: it takes too much memory, or is damaged."
FEW_SECONDS = Limits(cpu_seconds=1)
LITTLE_MEMORY = Limits(memory_bytes=24 * 2**20)
LITTLE_STACK = Limits(stack_bytes=2**18)


def written(form, page, rest):
    """A file of one page with these objects from number 4 on; written by hand, since a library takes long for so many."""
    catalog = b"<</Type/Catalog/Pages 2 0 R%b>>" % form
    pages = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]%b>>" % page
    out, places = io.BytesIO(b"%PDF-1.7\n"), []
    out.seek(0, io.SEEK_END)
    for number, body in enumerate([catalog, pages, leaf, *rest], 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    start = out.tell()
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out.write(b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(places) + 1, table))
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, start))
    return out.getvalue()


def wide_form(fields):
    """All below one field."""
    kids = b" ".join(b"%d 0 R" % number for number in range(5, fields + 5))
    rest = [b"<</T(f%d)/V(1)/Parent 4 0 R>>" % number for number in range(fields)]
    return written(b"/AcroForm<</Fields[4 0 R]>>", b"", [b"<</T(t)/FT/Tx/Kids[%b]>>" % kids, *rest])


def deep_form(fields):
    """Each below the one before, and twice: a walk that follows every reference never ends."""
    rest = [b"<</T(f)/FT/Tx/Kids[%d 0 R %d 0 R]>>" % (number, number) for number in range(5, fields + 5)]
    return written(b"/AcroForm<</Fields[4 0 R]>>", b"", [*rest, b"<</T(x)/V(1)>>"])


def deep_page(objects):
    """What a page is drawn with refers on and on."""
    chain = [b"<</X %d 0 R>>" % number for number in range(5, objects + 5)]
    return written(b"", b"/Resources<</X 4 0 R>>", [*chain, b"<<>>"])


def sheet(title):
    return typeset("placeholder.typ", {"title": title, "reason": "A page of a test.", "sha256": "0"})


def part(number, *files):
    attachments = [PackageFile(name, content, "application/pdf") for name, content in files]
    return PackagePart("Trade", number, 1, sheet(number), signed=False, attachments=attachments)


@pytest.mark.parametrize(
    ("bad", "limits", "why"),
    [
        pytest.param(wide_form(100_000), FEW_SECONDS, BEYOND, id="time"),
        pytest.param(wide_form(50_000), LITTLE_MEMORY, BEYOND, id="memory"),
        pytest.param(deep_page(3_000), LITTLE_STACK, ENDED, id="depth"),
    ],
)
def test_a_file_beyond_the_limits_becomes_a_page_and_the_next_is_read(bad, limits, why):
    compiled = compile_package(
        COVER, [part("SC-1", ("Bad.pdf", bad), ("Good.pdf", sheet("Good"))), part("SC-2")], limits
    )
    assert [entry.problem for entry in compiled.index] == [None, why, None, None]
    assert [entry.pages for entry in compiled.index] == [1, 1, 1, 1]
    with Pdf.open(io.BytesIO(compiled.pdf)) as pdf:
        assert [spec.get_file().read_bytes() for spec in pdf.attachments.values()] == [bad]


@pytest.mark.parametrize("whole", [wide_form(5_000), deep_form(3_000), deep_page(3_000)], ids=["wide", "deep", "page"])
def test_within_the_limits_the_same_kinds_are_read(whole):
    assert [entry.problem for entry in compile_package(COVER, [part("SC-1", ("Form.pdf", whole))]).index] == [None] * 2


def test_each_file_has_a_process_of_its_own_and_its_full_limits():
    reader = SourceReader(Limits(memory_bytes=96 * 2**20, cpu_seconds=10))
    try:
        assert [reader.read(wide_form(5_000)).pages for _ in range(4)] == [1] * 4
        with pytest.raises(NotIncludedError, match="empty"):
            reader.read(b"")
    finally:
        reader.close()
