"""One file from outside as pages that can be put together with others: repaired, flattened, with nothing that acts.

pikepdf opens, repairs and writes; pypdf, which knows bookmarks best, reads those. Anything may be wrong with a file that
came by mail, so each step is guarded and what cannot be included says why.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
import pypdf
from pikepdf import Name, Pdf

MOST_PAGES: Final = 5000
_DEEPEST: Final = 20  # of fields in fields; a file may hold a loop
_DEEPEST_BOOKMARK: Final = 8
_MOST_BOOKMARKS: Final = 500
_MOVING: Final = frozenset({"/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"})
_HARMLESS: Final = frozenset({"/URI", "/GoTo"})


@dataclass(frozen=True, slots=True)
class Bookmark:
    depth: int  # from 1
    title: str
    page: int  # from 0


@dataclass(frozen=True, slots=True)
class Source:
    """A file's pages. `lost` says what only its original still has; then the original travels along."""

    pdf: bytes
    pages: int
    bookmarks: tuple[Bookmark, ...]
    lost: tuple[str, ...]


class NotIncludedError(Exception):
    """Why a file's pages cannot go into the package, in words for its reader."""


def looks_like_pdf(content: bytes) -> bool:
    """By its first bytes, never by its name; some programs write a few bytes before the mark."""
    return b"%PDF-" in content[:1024]


def read_source(content: bytes) -> Source:
    """The file's pages, or NotIncludedError."""
    _sniff(content)
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            pages = _counted(pdf)
            lost = tuple(_lost(pdf))
            outlined = "/Outlines" in pdf.Root
            clean = _cleaned(pdf)
    except pikepdf.PasswordError:
        raise NotIncludedError("The file is protected by a password.") from None
    except NotIncludedError:
        raise
    except Exception as error:  # noqa: BLE001 - damaged files raise many kinds (reference 4.1)
        raise NotIncludedError(f"The file is damaged ({type(error).__name__}).") from None
    # Asked of pikepdf first: pypdf takes ten times as long to say that there is no outline.
    bookmarks = _bookmarks(content) or _bookmarks(clean) if outlined else []
    return Source(clean, pages, tuple(mark for mark in bookmarks if mark.page < pages), lost)


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


def _lost(pdf: Pdf) -> Iterator[str]:
    """What does not survive on flattened pages."""
    root = pdf.Root
    form: Any = root.get("/AcroForm", {})
    layers: Any = root.get("/OCProperties", {})
    if any(_signed(field, None, 0) for field in form.get("/Fields", [])):
        yield "digitally signed"
    if "/XFA" in form:
        yield "an XFA form"
    if "/Collection" in root or "/EmbeddedFiles" in root.get("/Names", {}) or _has_moving(pdf):
        yield "holds other files or media"
    if layers.get("/D", {}).get("/OFF", []):
        yield "has hidden layers, shown here"
    if pdf.get_warnings():
        yield "was damaged and is repaired here"


def _signed(field: Any, kind: Any, depth: int) -> bool:
    """A signature field with a value, here or below; its type may be set on any field above it."""
    kind = field.get("/FT", kind)
    if kind == Name.Sig and "/V" in field:
        return True
    return depth < _DEEPEST and any(_signed(kid, kind, depth + 1) for kid in field.get("/Kids", []))


def _has_moving(pdf: Pdf) -> bool:
    return any(str(note.get("/Subtype")) in _MOVING for page in pdf.pages for note in page.get("/Annots", []))


def _cleaned(pdf: Pdf) -> bytes:
    """Flattened, and without scripts, launches and the like; then written once, so that damage shows here."""
    if "/AcroForm" in pdf.Root:
        pdf.generate_appearance_streams()
    for page in pdf.pages:
        _disarm(page)
    pdf.flatten_annotations("all")
    for key in ("/AcroForm", "/OpenAction", "/AA", "/Names", "/Collection"):
        if key in pdf.Root:
            del pdf.Root[key]
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _disarm(page: pikepdf.Page) -> None:
    if "/AA" in page:
        del page["/AA"]
    notes = list(page.get("/Annots", []))
    for note in notes:
        _disarm_annotation(note)
    if notes:
        page.Annots = pikepdf.Array([note for note in notes if str(note.get("/Subtype")) not in _MOVING])


def _disarm_annotation(note: Any) -> None:
    for key in ("/AA", "/PA"):
        if key in note:
            del note[key]
    action = note.get("/A")
    if action is not None and (str(action.get("/S")) not in _HARMLESS or "/Next" in action):
        del note["/A"]


def _bookmarks(content: bytes) -> list[Bookmark]:
    """The file's own outline, as far as it can be read; a package can do without it."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        return list(_outline(reader, reader.outline, 1))[:_MOST_BOOKMARKS]
    except Exception:  # noqa: BLE001 - pypdf raises ten kinds on odd files (reference 4.1)
        return []


def _outline(reader: pypdf.PdfReader, rows: Any, depth: int) -> Iterator[Bookmark]:
    if depth > _DEEPEST_BOOKMARK:
        return
    for row in rows:
        if isinstance(row, list):
            yield from _outline(reader, row, depth + 1)
        else:
            page = reader.get_destination_page_number(row)
            if page is not None and page >= 0:
                yield Bookmark(depth, str(row.title)[:120], page)
