"""Typst behind one function: a template's name and plain data in, a PDF out.

Data goes in as JSON and is printed as text; it is never markup, so a description like `#import "x"` stays what it is.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

import pikepdf
import typst

import payclerk_templates

from ..money import Money

# DocuSign puts a tab on every occurrence of an anchor token, so data may not carry one.
_ANCHOR: Final = re.compile(r"/(?=pc_)", re.IGNORECASE)


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of one template with this data: same input, same bytes (fonts and time are fixed)."""
    source = files(payclerk_templates).joinpath("pdf", template).read_bytes()
    inputs = {"data": json.dumps(data, ensure_ascii=False, sort_keys=True)}
    return _packed(typst.compile(source, sys_inputs=inputs, ignore_system_fonts=True, timestamp=0))


def _packed(pdf: bytes) -> bytes:
    """The tags for screen readers take five times the room of the text, unless they are compressed too."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def printable(text: str, *, word: int = 18) -> str:
    """One line of text fit to print: no control or direction-changing characters, no word wider than its column.

    A longer word gets places where it may be broken (zero-width spaces), or it would run into the next column.
    """
    shown = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text)
    shown = _ANCHOR.sub("/ ", " ".join(shown.split()))
    return re.sub(rf"(\S{{{word}}})(?=\S)", "\\1\u200b", shown)


def amount(money: Money) -> str:
    """An amount as accountants print it, without the currency: '1,234.50', negative as '(1,234.50)'.

    >>> amount(Money(-123450))
    '(1,234.50)'
    """
    digits = abs(money).grouped()
    return f"({digits})" if money.cents < 0 else digits
