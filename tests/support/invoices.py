"""PDF invoices of a few words, as programs write them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pikepdf

if TYPE_CHECKING:
    from collections.abc import Sequence


def invoice_pdf(*lines: str, password: str = "") -> bytes:
    """One page with these lines from the top."""
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.Type1,
        BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )
    page = pdf.add_blank_page(page_size=(595, 842))
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
    page.Contents = pdf.make_stream(_drawing(lines))
    out = io.BytesIO()
    locked = pikepdf.Encryption(owner=password, user=password) if password else False
    pdf.save(out, encryption=locked)
    return out.getvalue()


def _drawing(lines: Sequence[str]) -> bytes:
    set_lines = [
        b"(" + line.encode("cp1252").replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj T*" for line in lines
    ]
    return b"BT /F1 11 Tf 14 TL 50 780 Td " + b" ".join(set_lines) + b" ET"
