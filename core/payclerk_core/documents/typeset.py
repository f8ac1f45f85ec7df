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

# A word this long would run into the next column; typst breaks it where a zero-width space stands.
_LONG_WORD: Final = re.compile(r"(\S{18})(?=\S{6})")
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


def printable(text: str) -> str:
    """One line of text fit to print: no control or direction-changing characters, no word wider than a column."""
    shown = "".join(" " if unicodedata.category(character)[0] == "C" else character for character in text)
    shown = _ANCHOR.sub("/ ", " ".join(shown.split()))
    return _LONG_WORD.sub("\\1\u200b", shown)


def amount(money: Money) -> str:
    """An amount as accountants print it, without the currency: '1,234.50', negative as '(1,234.50)'.

    >>> amount(Money(-123450))
    '(1,234.50)'
    """
    digits = f"{abs(money.cents) // 100:,}.{abs(money.cents) % 100:02d}"
    return f"({digits})" if money.cents < 0 else digits
