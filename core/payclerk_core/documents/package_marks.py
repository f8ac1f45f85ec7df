"""What a mark upon a page says, whether it is seen, and whether it has a drawing of its own."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from pikepdf import Dictionary, Name, Stream

from .package_clean import NEVER_DRAWN
from .package_tree import subtype, whole, words_of

_INVISIBLE: Final = 1  # annotation flags (PDF 1.7, 12.5.3)
_HIDDEN: Final = 2
_STANDARD: Final = frozenset(
    {
        "/Caret",
        "/Circle",
        "/FreeText",
        "/Highlight",
        "/Ink",
        "/Line",
        "/PolyLine",
        "/Polygon",
        "/Redact",
        "/Square",
        "/Squiggly",
        "/Stamp",
        "/StrikeOut",
        "/Text",
        "/Underline",
        "/Watermark",
        "/Widget",
    }
)
_BREAKS: Final = re.compile(r"<(?:/p|br|/div|/li)\b[^<>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")


def show_or_hide(note: Any) -> bool:
    """Whether a viewer shows it; then its flags say so plainly. Changes `note`.

    The flag for kinds that nobody knows hides no kind that everybody knows, but what makes pages flat takes it so.
    """
    if subtype(note) in NEVER_DRAWN:
        note.F = _HIDDEN
    flags = whole(note.get("/F"))
    if flags & _INVISIBLE and subtype(note) in _STANDARD:
        note.F = flags = flags & ~_INVISIBLE
    return not flags & (_INVISIBLE | _HIDDEN)


def drawing(note: Any) -> Any:
    """The drawing it comes with, or those of its states by name."""
    drawings = note.get("/AP")
    return drawings.get("/N") if isinstance(drawings, Dictionary) else None


def is_on(note: Any) -> bool:
    """Whether a box to tick shows itself ticked."""
    state = note.get("/AS")
    return isinstance(state, Name) and state != Name.Off


def is_drawn(note: Any) -> bool:
    """A box that is not ticked may have no drawing; anything else that is to be seen needs one."""
    normal = drawing(note)
    if not isinstance(normal, Dictionary):
        return isinstance(normal, Stream)
    if subtype(note) == "/Widget" and not is_on(note):
        return True
    state = note.get("/AS")
    return isinstance(state, Name) and isinstance(normal.get(state), Stream)


def texts(note: Any) -> tuple[str, ...]:
    """Its words, plain and from marked-up text, which some programs write alone: both where they differ."""
    plain, marked_up = words_of(note.get("/Contents")), _plain(words_of(note.get("/RC")))
    same = plain.split() == marked_up.split()
    return tuple(text for text in (plain, "" if same else marked_up) if text.strip())


def _plain(marked_up: str) -> str:
    return html.unescape(_TAG.sub("", _BREAKS.sub("\n", marked_up))).strip()
