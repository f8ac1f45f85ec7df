"""Words of a source that its flat pages do not show: those of its comments, and what its form stores unseen."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pikepdf import Pdf

from .package_fields import Stored
from .package_marks import texts
from .package_tree import Place, name_of, page_annotations, subtype, words_of
from .package_values import agrees, lists

_SILENT: Final = frozenset({"/Link", "/Popup", "/Widget", "/FreeText"})  # a text box shows its words, or is looked at
_KINDS: Final = {
    "/FileAttachment": "File",
    "/FreeText": "Text box",
    "/PolyLine": "Line of several parts",
    "/StrikeOut": "Struck out",
    "/Text": "Note",
    "/Widget": "Box to tick",
}
_NOT_SHOWN: Final = "Not shown on the page here."
_MOST: Final = 500
_LONGEST: Final = 2000  # characters of one comment
_EVERYWHERE: Final = "cp1252"  # the letters of the fonts that every viewer has; others depend on the machine


@dataclass(frozen=True, slots=True)
class Words:
    """One comment, or one value that is stored and not shown. `said`: what the words are, and whose."""

    page: int  # from 1
    said: str
    text: str


def comments(pdf: Pdf, undrawn: Collection[Place] = ()) -> list[Words]:
    """What sticky notes, highlights and other marks say; and each mark that could not be drawn, with or without words."""
    return list(islice(_comments(pdf, undrawn), _MOST))


def unseen_values(stored: Iterable[Stored], seen: Mapping[Place, str]) -> list[Words]:
    """What is stored in the form and is not what its place shows. A place nobody looked at is not judged."""
    return list(islice(_unseen(stored, seen), _MOST))


def _comments(pdf: Pdf, undrawn: Collection[Place]) -> Iterator[Words]:
    for place, note in page_annotations(pdf):
        if place in undrawn:
            yield Words(place.page + 1, _said(note), " ".join((_NOT_SHOWN, *_name(note), *texts(note)))[:_LONGEST])
        elif subtype(note) not in _SILENT and (words := texts(note)):
            yield Words(place.page + 1, _said(note), "\n".join(words)[:_LONGEST])


def _name(note: Any) -> Iterator[str]:
    """Of a stamp, which is what viewers write on it: 'Not approved'."""
    if subtype(note) == "/Stamp" and (name := name_of(note.get("/Name"))):
        yield f"It is named: {_spaced(name)}."


def _said(note: Any) -> str:
    kind = _KINDS.get(subtype(note)) or _spaced(subtype(note))
    author = words_of(note.get("/T"))[:100]
    return f"{kind or 'Comment'} by {author}" if author else kind or "Comment"


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.lstrip("/")[:100]).capitalize()


def _unseen(stored: Iterable[Stored], seen: Mapping[Place, str]) -> Iterator[Words]:
    for one in stored:
        shown = seen.get(one.place) if one.shown is None else one.shown
        if shown is None or (_agrees(one, shown) and not _depends_on_fonts(one)):
            continue
        yield Words(one.place.page + 1, one.name, _told(one, shown))


def _told(one: Stored, shown: str) -> str:
    there = " ".join(shown.split())[:_LONGEST]
    if _agrees(one, shown):
        says = "Not every viewer has the letters to show it."
    else:
        says = f"The page shows: {there}" if there else "The page shows nothing there."
    return f"It stores: {one.value[:_LONGEST]}. {says}"


def _depends_on_fonts(one: Stored) -> bool:
    return one.missing and one.value.encode(_EVERYWHERE, "ignore").decode(_EVERYWHERE) != one.value


def _agrees(one: Stored, shown: str) -> bool:
    if one.shown is not None:
        return one.value == one.shown
    if one.all_options and one.missing:
        return lists(one.value, shown)  # those chosen are marked among them by who drew it, which is pdfium
    return agrees(one.value, shown, formatted=one.formatted, comb=one.comb)
