"""Text made comparable: one space, no accents, no case, no marks that programs add on the way."""

from __future__ import annotations

import unicodedata
from typing import Final

_SAME: Final = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"'})
# Soft hyphens, joiners, the marks that turn the direction of writing, and two signs that NFKC makes whole sentences of.
_DROPPED: Final = dict.fromkeys(
    [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFDFA, 0xFDFB, 0xFE0F, 0xFEFF]
)

_OVERLAY: Final = 1  # the combining class of strokes; accents have higher ones, letters 0


def comparable(text: str) -> str:
    """NFKC first: French programs put a no-break space before the colon (issue 79).

    >>> comparable("Anna\\u00a0 a  ÉCRIT\\u202f:")
    'anna a ecrit :'
    """
    if text.isascii():
        return " ".join(text.split()).lower()
    return unaccented(" ".join(straight(text).split()).casefold())


def straight(text: str) -> str:
    """Curly quotes and odd spaces made plain, the case and the accents left."""
    return unicodedata.normalize("NFKC", text.translate(_DROPPED)).translate(_SAME)


def unaccented(text: str) -> str:
    """Accents go; a stroke through a letter stays, for a word that is struck out is not said."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.combining(char) <= _OVERLAY)
