"""What stands on a PDF of ours."""

from __future__ import annotations

import io

import pikepdf

from payclerk_core.documents.page_text import fragments


def pieces(pdf: bytes) -> list[str]:
    """Every piece of text, in the order it was set."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return [piece.text for page in opened.pages for piece in fragments(page)]


def text_of(pdf: bytes) -> str:
    return "\n".join(pieces(pdf))


def pages_of(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)
