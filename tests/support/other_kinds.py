"""A workbook of ours saved in each kind of file that nobody reads here, as the programs that offer it write it."""

from __future__ import annotations

import io
import struct
import zipfile
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import openpyxl

from form_files import ODS_NAMES, libreoffice_ods

if TYPE_CHECKING:
    from collections.abc import Callable

_STRICT = (
    ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/",
        "http://purl.oclc.org/ooxml/officeDocument/",
    ),
    ("http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main"),
)
_EXCEL_PAGE = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">\r\n'
    '<head><meta http-equiv=Content-Type content="text/html; charset=utf-8">'
    "<meta name=ProgId content=Excel.Sheet></head>\r\n<body>{tables}</body></html>"
)
_XML_2003 = (
    '<?xml version="1.0"?>\r\n<?mso-application progid="Excel.Sheet"?>\r\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
    ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">{tables}</Workbook>'
)


def strict(book: bytes) -> bytes:
    """Strict Open XML: the same parts in the namespaces of ISO 29500."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name).decode()
            for transitional, iso in _STRICT:
                part = part.replace(transitional, iso)
            new.writestr(name, part.replace("<workbook ", '<workbook conformance="strict" ', 1))
    return out.getvalue()


def xlsb(book: bytes) -> bytes:
    """Excel's binary workbook: the names of its sheets and the shared strings as records (MS-XLSB 2.1.4, 2.5.168)."""
    sheets = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    texts = [str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    bundle = [
        _record(156, struct.pack("<II", 0, at) + _wide(f"rId{at}") + _wide(s.title)) for at, s in enumerate(sheets, 1)
    ]
    strings = [_record(19, b"\0" + _wide(text)) for text in texts]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _content_types(book))
        archive.writestr("xl/workbook.bin", b"".join([_record(131), _record(143), *bundle, _record(144), _record(132)]))
        counts = struct.pack("<II", len(texts), len(texts))
        archive.writestr("xl/sharedStrings.bin", b"".join([_record(159, counts), *strings, _record(160)]))
        for at in range(1, len(sheets) + 1):
            archive.writestr(f"xl/worksheets/sheet{at}.bin", _record(129) + _record(130))
    return out.getvalue()


def _record(kind: int, data: bytes = b"") -> bytes:
    return _number(kind) + _number(len(data)) + data


def _number(number: int) -> bytes:
    """Seven bits a byte, the last one without its high bit."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _number(rest) if rest else bytes([low])


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def _content_types(book: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        kinds = archive.read("[Content_Types].xml")
    return kinds.replace(b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.binary.macroEnabled.main").replace(
        b".xml", b".bin"
    )


def fods(book: bytes) -> bytes:
    """LibreOffice's flat OpenDocument: one XML file, with its kind behind some thousand characters of namespaces."""
    with zipfile.ZipFile(io.BytesIO(libreoffice_ods(book))) as archive:
        content = archive.read("content.xml").decode()
    body = content[content.index("<office:body>") : content.index("</office:document-content>")]
    more = " ".join(f'xmlns:n{number}="urn:example:names:of:libreoffice:{number}"' for number in range(60))
    kind = 'office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet"'
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f"{head}<office:document {ODS_NAMES} {more} {kind}>{body}</office:document>".encode()


def html(book: bytes) -> bytes:
    """Excel's "web page", and what many a program exports as .xls."""
    return _page(book).encode()


def html_of_libreoffice(book: bytes) -> bytes:
    page = _page(book).replace("<html ", "<!DOCTYPE html>\n\n<!-- made by a program -->\n<html ")
    return page.encode("utf-8-sig")


def table_alone(book: bytes) -> bytes:
    """What a web shop's export to Excel writes."""
    return f'<table border="1">{_tables(book)}</table>'.encode("utf-16")


def web_archive(book: bytes) -> bytes:
    """Excel's "single file web page"."""
    mail = EmailMessage()
    mail["X-Document-Type"] = "Workbook"
    mail.set_content(_page(book), subtype="html", cte="quoted-printable")
    mail.make_related()
    text = mail.as_bytes().replace(b"\n", b"\r\n")
    return b"MIME-Version: 1.0\r\n" + text.replace(b"MIME-Version: 1.0\r\n", b"")


def xml_2003(book: bytes) -> bytes:
    """Excel's XML Spreadsheet 2003."""
    tables = "".join(
        f'<Worksheet ss:Name="{escape(sheet.title)}"><Table>{_rows(sheet, "Row", "Cell", "Data")}</Table></Worksheet>'
        for sheet in openpyxl.load_workbook(io.BytesIO(book)).worksheets
    )
    return _XML_2003.format(tables=tables).encode()


def numbers(_book: bytes) -> bytes:
    """What Apple's Numbers saves packs its words, so that nothing of the form shows."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("Index/Document.iwa", b"\0\x10\0\0packed")
        archive.writestr("preview.jpg", b"\xff\xd8\xff")
    return out.getvalue()


def old_excel(book: bytes) -> bytes:
    """Excel 97 to 2003: words of one byte a character in a compound file."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + _page(book).encode("cp1252", "replace")


def _page(book: bytes) -> str:
    return _EXCEL_PAGE.format(tables=f"<table>{_tables(book)}</table>")


def _tables(book: bytes) -> str:
    return _rows(openpyxl.load_workbook(io.BytesIO(book)).worksheets[0], "tr", "td", "font")


def _rows(sheet: Any, row: str, cell: str, inside: str) -> str:
    def written(value: object) -> str:
        return f"<{cell}><{inside}>{escape(str('' if value is None else value))}</{inside}></{cell}>"

    return "".join(
        f"<{row}>{''.join(map(written, values))}</{row}>\r\n" for values in sheet.iter_rows(values_only=True)
    )


OTHER_KINDS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "xlsb": (xlsb, "Excel binary workbook (.xlsb)"),
    "strict": (strict, "Strict Open XML workbook. Save it with the file type Excel Workbook (.xlsx), not Strict."),
    "fods": (fods, "flat OpenDocument spreadsheet (.fods)"),
    "web page of Excel": (html, "web page (HTML)"),
    "web page of LibreOffice": (html_of_libreoffice, "web page (HTML)"),
    "a table alone": (table_alone, "web page (HTML)"),
    "web archive": (web_archive, "web page (HTML)"),
    "XML 2003": (xml_2003, "XML Spreadsheet 2003"),
    "xls": (old_excel, "old Excel file (.xls)"),
    "Numbers": (numbers, "Numbers file"),
}
