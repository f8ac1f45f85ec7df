"""Files that are made to cost whoever opens them time and memory, each small enough to come by mail."""

from __future__ import annotations

import io
import zipfile
import zlib
from functools import cache
from typing import TYPE_CHECKING

import openpyxl

from payclerk_core.documents.form_values import CODE_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHEET = "xl/worksheets/sheet1.xml"
_STRINGS = "xl/sharedStrings.xml"
_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook_with(parts: Mapping[str, bytes]) -> bytes:
    """A workbook in which these parts are others. It may be our form by a word of it, or it would not be opened at all."""
    plain = openpyxl.Workbook()
    plain.active.append(["text"])
    plain.properties.title = CODE_LABEL
    whole, out = io.BytesIO(), io.BytesIO()
    plain.save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        names = {*source.namelist(), *parts}
        for name in sorted(names):
            target.writestr(name, parts[name] if name in parts else source.read(name))
    return out.getvalue()


@cache
def empty_cells(rows: int = 250_000) -> bytes:
    """A million cells that hold nothing."""
    row = '<row r="%d"><c r="A%d"/><c r="B%d"/><c r="C%d"/><c r="D%d"/></row>'
    body = "".join(row % ((number % 15_000 + 1,) * 5) for number in range(rows))
    return workbook_with({_SHEET: _sheet(body)})


@cache
def nested_xml(depth: int = 400_000) -> bytes:
    """Elements in elements."""
    return workbook_with({_SHEET: _sheet("<row>" * depth + "</row>" * depth)})


def many_strings(count: int = 50_000) -> bytes:
    """Shared strings of many runs each, of which none is used."""
    runs = f"<si>{'<r><t>x</t></r>' * 2}</si>" * count
    return workbook_with({_STRINGS: f'<sst xmlns="{_SPACE}">{runs}</sst>'.encode()})


def archive_of_archives() -> bytes:
    """A part of zeros in an archive in an archive."""
    content = bytes(10 * 2**20)
    for name in ("part.bin", "inner.zip"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            target.writestr(name, content)
        content = out.getvalue()
    return content


def _sheet(body: str) -> bytes:
    return f'<worksheet xmlns="{_SPACE}"><sheetData>{body}</sheetData></worksheet>'.encode()


def pdf_of(objects: Mapping[int, bytes]) -> bytes:
    """A PDF of these objects; 1 is its root."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table, last = len(out), max(places) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % last
    out += b"".join(b"%010d 00000 n \n" % places.get(number, 0) for number in range(1, last))
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (last, table)
    return bytes(out)


_ROOT = b"<< /Type /Catalog /Pages 2 0 R >>"


def deep_pages(depth: int = 5_000) -> bytes:
    """Pages in pages in pages."""
    node = b"<< /Type /Pages /Count 1 /Kids [%d 0 R] /Parent %d 0 R >>"
    return pdf_of({1: _ROOT, **{number: node % (number + 1, number - 1) for number in range(2, depth)}})


def circle_of_pages() -> bytes:
    """Two nodes of the page tree that hold one another, a hundred times each."""
    kids = b"3 0 R " * 100
    node = b"<< /Type /Pages /Count 100000 /Kids [%s] /Parent %d 0 R >>"
    return pdf_of({1: _ROOT, 2: node % (kids, 3), 3: node % (kids.replace(b"3", b"2"), 2)})


def deflated_page(layers: int = 2, size: int = 40 * 2**20) -> bytes:
    """A page whose content unpacks to far more than it is, twice over."""
    maker, content = zlib.compressobj(9), bytearray()
    for _ in range(size // 2**20):
        content += maker.compress(b"(x) Tj ".ljust(64) * (2**20 // 64))
    content += maker.flush()
    for _ in range(layers - 1):
        content = bytearray(zlib.compress(bytes(content), 9))
    filters = b"/FlateDecode " * layers
    stream = b"<< /Length %d /Filter [%s] >>\nstream\n" % (len(content), filters) + content + b"\nendstream"
    return pdf_of({1: _ROOT, 2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", 3: _PAGE, 4: stream})


_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"


def busy_page(operators: int = 45_000) -> bytes:
    """A page within the limits that says a single letter again and again, in a font that is looked up in a circle."""
    content = b"BT /F 1 Tf (x) Tj ET\n" * operators
    stream = b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream"
    page = _PAGE.replace(b"/Contents", b"/Resources << /Font << /F 5 0 R >> >> /Contents")
    font = b"<< /Type /Font /Subtype /Type0 /DescendantFonts [5 0 R] /ToUnicode 4 0 R /Encoding 5 0 R >>"
    return pdf_of({1: _ROOT, 2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", 3: page, 4: stream, 5: font})
