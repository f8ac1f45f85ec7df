"""A filled form and its marks before they are drawn: which drawings are kept, which are missing, what must be seen.

A form whose NeedAppearances is true asks every viewer to draw it anew, each in its own way. Here that is not done: the
drawings that are there are what its sender saw. Only what is missing is made (PDF 1.7, 12.7.3.3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Pdf, PdfError, Stream

from .package_clean import NEVER_DRAWN
from .package_marks import drawing, is_drawn, is_on, show_or_hide, texts
from .package_tree import Place, inherited, lineage, name_of, page_annotations, subtype, typed_fields, whole, words_of

_PASSWORD: Final = 1 << 13  # field flags
_PUSH_BUTTON: Final = 1 << 16
_COMBO: Final = 1 << 17
_COMB: Final = 1 << 24
_SHOWS: Final = re.compile(rb"T[jJ]|['\"]|\bDo\b|\bBI\b")
_NOTHING: Final = re.compile(rb"\(\s*\)\s*T[jJ]|<\s*>\s*T[jJ]|\[\s*(?:\(\s*\)\s*)?\]\s*TJ")
_SHORT: Final = 2**16  # bytes of a drawing that may be one of nothing
_LONGEST_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class Stored:
    """What a field or a text box holds and ought to show in its rectangle. `formatted`: a script says how. `missing`: it
    came without a drawing. `comb`: each letter has a cell. `all_options`: a list that shows what is not chosen, too."""

    place: Place
    name: str
    value: str
    edges: tuple[int, int, int, int]  # left, bottom, right, top
    formatted: bool = False
    missing: bool = False
    comb: bool = False
    all_options: bool = False
    shown: str | None = None  # where it is known without looking: of a box to tick


@dataclass(frozen=True, slots=True)
class Form:
    """`missing` come without a drawing; `marked` are the pages that are drawn upon at all."""

    missing: tuple[Place, ...]
    stored: tuple[Stored, ...]
    marked: tuple[int, ...]


def prepare(pdf: Pdf) -> Form:
    """Make every drawing that is there count, and find what is missing. Changes `pdf`."""
    redrawn = _settle(pdf.Root.get("/AcroForm", Dictionary()))
    missing: list[Place] = []
    stored: list[Stored] = []
    marked: dict[int, None] = {}
    for place, note in page_annotations(pdf):
        if not show_or_hide(note):
            continue
        marked[place.page] = None
        lacking = _must_be_made(note, redrawn=redrawn)
        if lacking:
            missing.append(place)
        stored.extend(_stored(place, note, missing=lacking))
    return Form(tuple(missing), tuple(stored), tuple(marked))


def _settle(form: Any) -> bool:
    """Whether the form asked to be drawn anew, which it no longer does; and each field has its type at hand, which may be
    set above it, for not every field says what is above it."""
    if not isinstance(form, Dictionary):
        return False
    asked: Any = form.get("/NeedAppearances")
    form["/NeedAppearances"] = False
    for one, kind in typed_fields(form):
        if isinstance(kind, Name):
            one.FT = kind
    return asked is True


def _must_be_made(note: Any, *, redrawn: bool) -> bool:
    if subtype(note) != "/Widget":
        return subtype(note) not in {"", *NEVER_DRAWN} and not is_drawn(note)
    kind = inherited(note, "/FT")
    if kind == Name.Btn:
        _tick(note)
    stale = redrawn and kind in {Name.Tx, Name.Ch} and _value(note) and _is_empty(note)
    if (stale or _is_password(note)) and "/AP" in note:
        del note["/AP"]
    return kind in {Name.Tx, Name.Ch, Name.Btn} and not is_drawn(note)


def _is_password(note: Any) -> bool:
    """Whether what the field holds is not to be shown, whatever its drawing shows."""
    return inherited(note, "/FT") == Name.Tx and bool(whole(inherited(note, "/Ff")) & _PASSWORD)


def _tick(note: Any) -> None:
    """A box or radio button that does not say which of its states is shown, shows the one that is stored."""
    value = inherited(note, "/V")
    if "/AS" not in note and isinstance(value, Name):
        note.AS = value if _has_state(note, value) else Name.Off


def _has_state(note: Any, state: Any) -> bool:
    """Whether a box can show it; one without drawings could show any."""
    normal = drawing(note)
    return state in normal if isinstance(normal, Dictionary) else True


def _is_empty(note: Any) -> bool:
    """Whether the drawing is that of a field with nothing in it: left from before the form was filled."""
    normal = drawing(note)
    if not isinstance(normal, Stream):
        return True
    try:
        content = normal.read_bytes()
    except PdfError:
        return False
    return len(content) < _SHORT and _SHOWS.search(_NOTHING.sub(b"", content)) is None


def _stored(place: Place, note: Any, *, missing: bool) -> Iterator[Stored]:
    edges = _edges(note.get("/Rect"))
    if not edges or _is_password(note):
        return
    if subtype(note) == "/FreeText" and not missing:
        author = words_of(note.get("/T"))
        yield from (
            Stored(place, f"Text box by {author}" if author else "Text box", said, edges) for said in texts(note)
        )
    if subtype(note) != "/Widget":
        return
    kind = inherited(note, "/FT")
    if kind in {Name.Tx, Name.Ch} and (value := _value(note)):
        yield _stored_text(place, note, value, edges, missing=missing)
    elif kind == Name.Btn and not whole(inherited(note, "/Ff")) & _PUSH_BUTTON:
        yield from _stored_tick(place, note, edges)


def _stored_text(place: Place, note: Any, value: str, edges: tuple[int, int, int, int], *, missing: bool) -> Stored:
    kind, flags = inherited(note, "/FT"), whole(inherited(note, "/Ff"))
    return Stored(
        place,
        _field_name(note),
        value,
        edges,
        formatted=_is_formatted(note),
        missing=missing,
        comb=kind == Name.Tx and bool(flags & _COMB),
        all_options=kind == Name.Ch and not flags & _COMBO,
    )


def _stored_tick(place: Place, note: Any, edges: tuple[int, int, int, int]) -> Iterator[Stored]:
    value = inherited(note, "/V")
    state = name_of(value) or f"/{words_of(value)}"  # some programs write a text instead of a name
    if state == "/":
        return
    known = _has_state(note, value if isinstance(value, Name) else state)
    if not known and not isinstance(value, Name) and state != "/Off":
        return  # it may be the label of a state that has another name
    ticked = known and state != "/Off"
    if ticked != is_on(note):
        words = ("not ticked", "ticked")
        yield Stored(place, _field_name(note), words[ticked], edges, shown=words[not ticked])


def _value(note: Any) -> str:
    """What a text field holds, or the label of what is chosen in a list (PDF 1.7, 12.7.4.4: code and label)."""
    value = inherited(note, "/V")
    chosen = list(value) if isinstance(value, Array) else [value]
    labels = dict(_labels(inherited(note, "/Opt")))
    return "\n".join(labels.get(text, text) for text in map(words_of, chosen) if text)


def _labels(options: Any) -> Iterator[tuple[str, str]]:
    for option in options if isinstance(options, Array) else ():
        if isinstance(option, Array) and len(option) == 2:
            yield words_of(option[0]), words_of(option[1])


def _is_formatted(note: Any) -> bool:
    scripts = inherited(note, "/AA")
    return isinstance(scripts, Dictionary) and "/F" in scripts


def _field_name(note: Any) -> str:
    """Its full name, as forms name their fields: 'Field page1.amount'."""
    parts = [words_of(one["/T"]) for one in lineage(note) if "/T" in one]
    return f"Field {'.'.join(reversed(parts))[:_LONGEST_NAME] or 'without a name'}"


def _edges(rect: Any) -> tuple[int, int, int, int] | None:
    """A rectangle in whole points, within it where it is large enough: fields beside it often touch it."""
    found: list[Any] = list(rect) if isinstance(rect, Array) else []
    numbers: list[int | Decimal] = [edge for edge in found if isinstance(edge, (int, Decimal))]
    if len(numbers) != 4:
        return None
    (left, right), (bottom, top) = _within(*sorted(numbers[::2])), _within(*sorted(numbers[1::2]))
    return (left, bottom, right, top) if numbers[0] != numbers[2] and numbers[1] != numbers[3] else None


def _within(low: int | Decimal, high: int | Decimal) -> tuple[int, int]:
    inside = math.ceil(low), math.floor(high)
    return inside if inside[1] > inside[0] else (math.floor(low), math.ceil(high))
