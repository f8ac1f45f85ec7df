"""Puts the front and the pieces of a package into one PDF: pages, bookmarks, page labels, links, embedded originals."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf

from .package_places import Bookmark

# The index is set with links of this kind, since only here it is known which page object each stands for.
LINK: Final = "payclerk-page:"
_UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')


@dataclass(frozen=True, slots=True)
class Embedded:
    """An original that travels inside the package. `description` is shown beside it by viewers."""

    name: str
    content: bytes
    content_type: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One source in the package, with what the index says of it. No pages: it is only named in the index."""

    title: str
    level: int
    pages: int
    sha256: str
    pdf: bytes = b""
    comments: bytes = b""  # pages that follow its own, counted in `pages`
    note: str = ""
    problem: str | None = None
    original: Embedded | None = None
    bookmarks: tuple[Bookmark, ...] = ()


def safe_name(text: str) -> str:
    """A file name that no system reads as a path or refuses."""
    return _UNSAFE.sub("_", text).strip(" .") or "file"


def assemble(front: bytes, pieces: Sequence[Piece], title: str) -> bytes:
    """The package. The same input gives the same bytes."""
    opened: list[Pdf] = []
    with Pdf.new() as out:
        try:
            # Sources stay open until the package is saved: their streams are read only then.
            opened.extend(pikepdf.open(io.BytesIO(pdf)) for pdf in _pdfs(front, pieces))
            for source in opened:
                out.pages.extend(source.pages)
            _finish(out, len(opened[0].pages), pieces, title)
            stream = io.BytesIO()
            out.save(stream, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        finally:
            for source in opened:
                source.close()
    return stream.getvalue()


def _pdfs(front: bytes, pieces: Sequence[Piece]) -> list[bytes]:
    return [front, *(pdf for piece in pieces for pdf in (piece.pdf, piece.comments) if pdf)]


def _finish(out: Pdf, front_pages: int, pieces: Sequence[Piece], title: str) -> None:
    for number, piece in enumerate(pieces, 1):
        if piece.original is not None:
            _embed(out, number, piece.original)
    _bookmark(out, front_pages, pieces)
    _label(out, front_pages)
    pages = list(out.pages)
    for page in pages[:front_pages]:
        _link(out, page, front_pages)
    start = front_pages
    for piece in pieces:
        _lead(pages, start, piece.pages)
        start += piece.pages
    out.docinfo["/Title"] = title
    out.Root.PageMode = Name.UseOutlines
    out.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)


def _embed(out: Pdf, number: int, file: Embedded) -> None:
    """With a number before the name, since two claims may both have a 'Backup.pdf'."""
    name = f"{number:04d} {safe_name(file.name)}"
    out.attachments[name] = pikepdf.AttachedFileSpec(
        out,
        file.content,
        filename=name,
        description=file.description,
        mime_type=file.content_type,
        creation_date="",
        mod_date="",
    )


def _bookmark(out: Pdf, front_pages: int, pieces: Sequence[Piece]) -> None:
    with out.open_outline() as outline:
        outline.root.append(OutlineItem("Index", 0))
        claim, start = outline.root[0], front_pages
        for piece in pieces:
            if not piece.pages:
                continue
            item = OutlineItem(piece.title, start)
            item.is_closed = True
            if piece.level == 1:
                outline.root.append(item)
                claim = item
            else:
                claim.children.append(item)
            _nest(item, piece.bookmarks, start)
            start += piece.pages


def _nest(top: OutlineItem, bookmarks: Sequence[Bookmark], start: int) -> None:
    """A source's own outline, under the source."""
    path = [top]
    for mark in bookmarks:
        item = OutlineItem(mark.title, start + mark.page)
        del path[mark.depth :]  # a level may be skipped, so the path can be shorter than the depth
        path[-1].children.append(item)
        path.append(item)


def _label(out: Pdf, front_pages: int) -> None:
    """i, ii, iii for the front, then 1, 2, 3: the numbers the index prints."""
    roman, plain = Dictionary(S=Name.r), Dictionary(S=Name.D)
    out.Root.PageLabels = Dictionary(Nums=Array([0, roman, front_pages, plain]))


def _link(out: Pdf, page: Any, front_pages: int) -> None:
    for note in page.get("/Annots", []):
        target = str(note.get("/A", {}).get("/URI", ""))
        if target.startswith(LINK):
            place = int(target.removeprefix(LINK)) + front_pages - 1
            del note["/A"]
            note.Dest = Array([out.pages[place].obj, Name.Fit])


def _lead(pages: Sequence[Any], start: int, count: int) -> None:
    """Links within a source lead to a number of its pages until it is known which page that is."""
    own = pages[start : start + count]
    for page in own:
        for note in page.get("/Annots", []):
            if "/Dest" in note:
                note.Dest[0] = own[int(note.Dest[0])].obj
