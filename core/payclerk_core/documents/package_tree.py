"""Ways through the objects of a PDF that end, whatever refers to what: each object once, and never more than so many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

_DEEPEST: Final = 32  # of fields in fields
_MOST_FIELDS: Final = 50_000  # references to fields that are followed


class Place(NamedTuple):
    """Where an annotation is: its page, and its number there, both from 0."""

    page: int
    note: int


def page_annotations(pdf: Pdf) -> Iterator[tuple[Place, Any]]:
    """Each annotation of the pages. A list that several pages share is read once."""
    seen: set[tuple[int, int]] = set()
    for number, page in enumerate(pdf.pages):
        notes = page.get("/Annots")
        if not isinstance(notes, Array) or (notes.is_indirect and notes.objgen in seen):
            continue
        seen.add(notes.objgen)
        yield from ((Place(number, at), note) for at, note in enumerate(notes) if isinstance(note, Dictionary))


def typed_fields(form: Any) -> Iterator[tuple[Any, Any]]:
    """The fields of a form and those below them, each with its type, which may be set on any field above it."""
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[Any, Any, int]] = [(form.get("/Fields"), None, 0)]
    left = _MOST_FIELDS
    while waiting:
        kids, kind, depth = waiting.pop()
        for kid in kids if isinstance(kids, Array) else ():
            left -= 1
            if left < 0:
                return
            if not isinstance(kid, Dictionary) or (kid.is_indirect and kid.objgen in seen):
                continue
            seen.add(kid.objgen)
            own = kid.get("/FT", kind)
            yield kid, own
            if depth < _DEEPEST:
                waiting.append((kid.get("/Kids"), own, depth + 1))


def inherited(field: Any, key: str) -> Any:
    """What a field, or the nearest above it, says under this key."""
    return next((one[key] for one in lineage(field) if key in one), None)


def lineage(field: Any) -> Iterator[Any]:
    """A field and those above it, the nearest first."""
    for _ in range(_DEEPEST):
        if not isinstance(field, Dictionary):
            return
        yield field
        field = field.get("/Parent")


def dictionaries(pdf: Pdf) -> Iterator[Any]:
    """Every dictionary of the file, those of streams and those inside others among them."""
    for top in pdf.objects:
        waiting: list[Any] = [top]
        while waiting:
            one = waiting.pop()
            if isinstance(one, (Dictionary, Stream)):
                yield one
                waiting.extend(value for value in one.values() if _direct(value))
            elif isinstance(one, Array):
                waiting.extend(value for value in one if _direct(value))


def subtype(note: Any) -> str:
    return name_of(note.get("/Subtype"))


def name_of(value: Any) -> str:
    """A name of the file; empty when it is none. It may be of letters in any encoding."""
    return bytes(value).decode("utf-8", "replace") if isinstance(value, Name) else ""


def whole(value: Any) -> int:
    """A whole number of the file, such as flags are; 0 when it is none."""
    return value if isinstance(value, int) else 0


def words_of(value: Any) -> str:
    """A text of the file; empty when it is none."""
    if isinstance(value, Stream):
        return value.read_bytes()[:100_000].decode("utf-8", "replace")
    return str(value) if isinstance(value, (String, str)) else ""


def _direct(value: Any) -> bool:
    return isinstance(value, Object) and not value.is_indirect
