"""The text of a page with the place of each piece, for reading back what was printed.

Made for documents set by us: one piece for each piece of text set, fonts with a table of characters. (pypdf's
extraction takes fifteen times as long on a 500-line claim, because it parses every line and rule as well.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pikepdf

_TEXT_OPERATORS: Final = "q Q cm BT Tm Tf Tj TJ"
_TENTH: Final = Decimal("0.1")
Matrix = tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]
_UNIT: Final[Matrix] = (Decimal(1), Decimal(0), Decimal(0), Decimal(1), Decimal(0), Decimal(0))
_BF_CHAR: Final = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_BF_RANGE: Final = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR: Final = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_TRIPLE: Final = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of text and where it begins, in points from the bottom left."""

    x: Decimal
    y: Decimal
    text: str


def fragments(page: pikepdf.Page) -> Iterator[Fragment]:
    """The pieces of text on a page, in the order they were set."""
    fonts = {str(name): _characters(font) for name, font in page.resources.get("/Font", {}).items()}
    stack: list[Matrix] = []
    place, text_place, font = _UNIT, _UNIT, fonts.get("", {})
    for instruction in pikepdf.parse_content_stream(page, _TEXT_OPERATORS):
        operands = instruction.operands
        match str(instruction.operator):
            case "q":
                stack.append(place)
            case "Q":
                place = stack.pop()
            case "cm":
                place = _times(_matrix(operands), place)
            case "BT":
                text_place = _UNIT
            case "Tm":
                text_place = _matrix(operands)
            case "Tf":
                font = fonts[str(operands[0])]
            case _:
                yield _fragment(_shown(operands[0], font), _times(text_place, place))


def _fragment(text: str, place: Matrix) -> Fragment:
    return Fragment(place[4].quantize(_TENTH), place[5].quantize(_TENTH), text.replace("\u200b", "").strip())


def _matrix(operands: Any) -> Matrix:
    a, b, c, d, e, f = (Decimal(str(value)) for value in operands)
    return a, b, c, d, e, f


def _times(m: Matrix, n: Matrix) -> Matrix:
    """m, then n."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _shown(operand: Any, characters: Mapping[bytes, str]) -> str:
    """The text of a Tj's string, or of the strings among a TJ's kerning."""
    parts = operand if isinstance(operand, pikepdf.Array) else [operand]
    codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
    return "".join(characters.get(codes[at : at + 2], "\ufffd") for at in range(0, len(codes), 2))


def _characters(font: Any) -> dict[bytes, str]:
    """What each two-byte code of a font stands for (its ToUnicode table; a ligature stands for several characters)."""
    table = font.ToUnicode.read_bytes()
    found = {}
    for block in _BF_RANGE.findall(table):
        for first, last, text in _TRIPLE.findall(block):
            start = int(text, 16)
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[(int(first, 16) + step).to_bytes(2, "big")] = chr(start + step)
    for block in _BF_CHAR.findall(table):
        for code, text in _PAIR.findall(block):
            found[bytes.fromhex(code.decode())] = bytes.fromhex(text.decode()).decode("utf-16-be")
    return found
