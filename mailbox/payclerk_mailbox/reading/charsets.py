"""Bytes to text. Strict UTF-8 first, then what is declared, then Windows-1252 (issues 87 to 89)."""

from __future__ import annotations

import codecs
import re
from typing import Final

# What mailers write, and what they mean by it (freescout #176, zammad #6340, mail-parser #74).
ALIASES: Final = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-sjis": "cp932",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "unicode-1-1-utf-7": "utf-7",
    "windows-874": "cp874",
    "cp-850": "cp850",
}
# Their bytes can be valid UTF-8 and mean something else: here the label goes first.
_STATEFUL: Final = frozenset(
    {"utf-7", "iso2022_jp_ext", "iso2022_kr", "hz", "utf-16", "utf-16le", "utf-16be", "utf-32"}
)
_NOT_TEXT: Final = re.compile("[\x00\u200b\u200e\u200f\ufeff]")


def decode(payload: bytes, declared: str | None) -> str:
    """Text of these bytes, with newlines as `\\n` and without NUL, zero-width marks and lone surrogates."""
    codec = _codec(declared)
    order = [codec, "utf-8"] if codec in _STATEFUL else ["utf-8", codec]
    for name in order:
        text = _strictly(payload, name)
        if text is not None:
            return tidy(text)
    return tidy(payload.decode("cp1252", "replace"))


def tidy(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii():
        return text.replace("\x00", "")
    return _NOT_TEXT.sub("", text).encode("utf-8", "replace").decode("utf-8")


def _codec(declared: str | None) -> str | None:
    if not declared:
        return None
    name = declared.strip().strip("\"'").casefold()
    try:
        found = codecs.lookup(ALIASES.get(name, name))
    except (LookupError, ValueError):  # a name nobody knows; ValueError is a NUL in it
        return None
    # `rot13` and `zip` are codecs too, but not of text from bytes.
    return ALIASES.get(name, found.name) if getattr(found, "_is_text_encoding", False) else None


def _strictly(payload: bytes, codec: str | None) -> str | None:
    if codec is None:
        return None
    try:
        return payload.decode(codec)
    except (UnicodeError, ValueError):
        return None
