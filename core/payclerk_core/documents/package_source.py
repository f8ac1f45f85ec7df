"""One file from outside as pages that can be put together with others: repaired, flattened, with nothing that acts.

Anything may be wrong with a file that came by mail: this runs in a process of its own (`package_process`), and what cannot
be included says why.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
from pikepdf import Name, Pdf

from .package_clean import clean
from .package_drawing import draw, undrawn
from .package_fields import prepare
from .package_files import Inside, look_inside
from .package_layers import said_of_layers
from .package_pictures import Compared, compare
from .package_places import Bookmark, Places, read_bookmarks
from .package_tree import typed_fields
from .package_words import Words, comments, unseen_values

MOST_PAGES: Final = 5000
BEYOND_LIMITS: Final = "The file could not be read within the limits of time and memory."

_NAMED: Final = 8  # pages


@dataclass(frozen=True, slots=True)
class Source:
    """A file's pages. `lost` says what only its original still has; then the original travels along, unless something
    `runs` in it."""

    pdf: bytes
    pages: int
    bookmarks: tuple[Bookmark, ...]
    lost: tuple[str, ...]
    runs: str = ""  # what does, in words for the index
    words: tuple[Words, ...] = ()  # those that its flat pages do not show


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a file, as it comes from the process that read it: its pages, or why they are refused."""

    source: Source | None = None
    refused: str = ""


class NotIncludedError(Exception):
    """Why a file's pages cannot go into the package, in words for its reader."""


def looks_like_pdf(content: bytes) -> bool:
    """By its first bytes, never by its name; some programs write a few bytes before the mark."""
    return b"%PDF-" in content[:1024]


def answer(content: bytes) -> Answer:
    """`read_source`, for who cannot be raised at."""
    try:
        return Answer(read_source(content))
    except NotIncludedError as refused:
        return Answer(refused=str(refused))


def read_source(content: bytes) -> Source:
    """The file's pages, or NotIncludedError."""
    _sniff(content)
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            return _read(pdf)
    except pikepdf.PasswordError:
        raise NotIncludedError("The file is protected by a password.") from None
    except MemoryError:
        raise NotIncludedError(BEYOND_LIMITS) from None
    except NotIncludedError:
        raise
    except Exception as error:  # noqa: BLE001 - damaged files raise many kinds (reference 4.1)
        raise NotIncludedError(f"The file is damaged ({type(error).__name__}).") from None


def _read(pdf: Pdf) -> Source:
    pages = _counted(pdf)
    inside = look_inside(pdf)
    lost = list(_lost(pdf, inside))
    bookmarks = read_bookmarks(pdf, Places(pdf))
    form = prepare(pdf)
    before = draw(pdf, form)
    not_drawn = undrawn(pdf, form)
    words = comments(pdf, frozenset(not_drawn))
    flat = clean(pdf)
    compared = compare(before, flat, form)
    unseen = unseen_values(form.stored, compared.words)
    if not_drawn:
        lost.append(f"has marks that are not shown here ({_pages(sorted({place.page for place in not_drawn}))})")
    lost += _changed(compared, words, unseen)
    return Source(flat, pages, bookmarks, tuple(lost), inside.runs, (*words, *unseen))


def _changed(compared: Compared, words: Sequence[Words], unseen: Sequence[Words]) -> Iterator[str]:
    """What its flat pages show in another way, or not at all."""
    if compared.differing:
        yield f"looks different here ({_pages(compared.differing)})"
    if compared.unlooked:
        yield f"not compared with the original ({_pages(compared.unlooked)})"
    if words:
        yield "has comments"
    if unseen:
        yield "stores what its pages may not show"


def _pages(numbers: Sequence[int]) -> str:
    """Of the file, from 1."""
    shown = ", ".join(str(number + 1) for number in numbers[:_NAMED])
    return f"{'page' if len(numbers) == 1 else 'pages'} {shown}" + (" and more" if len(numbers) > _NAMED else "")


def _sniff(content: bytes) -> None:
    if not content:
        raise NotIncludedError("The file is empty.")
    if looks_like_pdf(content):
        return
    if content.lstrip()[:15].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise NotIncludedError("The file is a web page, whatever its name says.")
    raise NotIncludedError("The file is not a PDF, whatever its name says.")


def _counted(pdf: Pdf) -> int:
    pages = len(pdf.pages)
    if pages == 0:
        raise NotIncludedError("The file has no pages.")
    if pages > MOST_PAGES:
        raise NotIncludedError(f"The file has {pages} pages; at most {MOST_PAGES} are taken.")
    return pages


def _lost(pdf: Pdf, inside: Inside) -> Iterator[str]:
    """What does not survive on flattened pages."""
    root = pdf.Root
    form: Any = root.get("/AcroForm", {})
    if any(kind == Name.Sig and "/V" in field for field, kind in typed_fields(form)):
        yield "digitally signed"
    if "/XFA" in form:
        yield "an XFA form"
    yield from inside.said()
    yield from said_of_layers(pdf)
    if pdf.get_warnings():
        yield "was damaged and is repaired here"
