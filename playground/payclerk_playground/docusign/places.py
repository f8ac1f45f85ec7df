"""Finding the place of an anchor word in a PDF."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import pypdf


@dataclass(frozen=True)
class Place:
    """A point on a page, in points from its top left corner."""

    page: int
    x: float
    y: float


def find_word(content: bytes, word: str) -> list[Place]:
    """Every occurrence, as DocuSign puts a tab on each; letter case does not count."""
    found: list[Place] = []
    with pypdf.PdfReader(io.BytesIO(content)) as pdf:
        for number, page in enumerate(pdf.pages, 1):
            if word.casefold() in page.extract_text().casefold():
                found.extend(_on_page(page, number, word) or [Place(number, 72, 72)])
    return found


def _on_page(page: Any, number: int, word: str) -> list[Place]:
    found: list[Place] = []
    height = float(page.mediabox.height)

    def visit(text: str, user: list[float], at: list[float], _font: Any, _size: float) -> None:
        if word.casefold() in text.casefold():
            x = at[4] * user[0] + at[5] * user[2] + user[4]
            y = at[4] * user[1] + at[5] * user[3] + user[5]
            found.append(Place(number, x, height - y))

    page.extract_text(visitor_text=visit)
    return found
