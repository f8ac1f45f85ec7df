"""The compiled backup: one PDF of many claims with their PDF attachments, a cover with an index, and bookmarks.

Each file is read in a process of its own (`package_reader`). One that cannot be included gets a page that says why, with
the original embedded; nothing is dropped silently, and one bad file never stops the package.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Final

import pikepdf

from .package_files import can_run, names_actions
from .package_reader import Limits, SourceReader
from .package_source import NotIncludedError, Source, looks_like_pdf
from .package_words import Words
from .package_writer import LINK, Embedded, Piece, assemble, safe_name
from .typeset import printable, typeset

_TITLE: Final = "Subcontractor invoice backup"
_LONGEST_NAME: Final = 200
_UNREAD: Final = "It was not read, so nobody has checked what is in it"
_MOST_WORDS: Final = 400  # comments of one file


@dataclass(frozen=True, slots=True)
class PackageFile:
    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class PackagePart:
    """One claim: its PDF or its signed copy, and its attachments."""

    title: str
    contract_number: str
    claim_number: int
    claim_pdf: bytes
    signed: bool
    attachments: Sequence[PackageFile] = ()


@dataclass(frozen=True, slots=True)
class PackageCover:
    project_name: str
    project_number: str
    compiled_at: datetime  # in the project's time zone
    title: str = _TITLE


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One line of the index; `problem` says why a file is not in the package itself."""

    title: str
    level: int  # 1: a claim, 2: its attachment
    pages: int
    first_page: int | None  # counted in the whole package, from 1; None when only named in the index
    sha256: str
    note: str = ""
    problem: str | None = None

    def as_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class CompiledPackage:
    pdf: bytes
    index: list[IndexEntry]


class PackageError(Exception):
    """The finished package is not what its index says; a fault of ours, never of a file."""


def package_name(project_name: str, project_number: str, moment: datetime) -> str:
    """The file's name, as the source page gives it; `moment` is local to the project."""
    text = f"{_TITLE} - {project_name} - {project_number} - {moment:%Y-%m-%d} - {moment:%H.%M}"
    return safe_name(text)[:_LONGEST_NAME] + ".pdf"


def compile_package(cover: PackageCover, parts: Sequence[PackagePart], limits: Limits | None = None) -> CompiledPackage:
    """One PDF of these claims, by contract number (SC-2 before SC-10) and claim number. `limits` are for each file.

    Raises OutsideError when the machine starts no process to read them.
    """
    ordered = sorted(parts, key=lambda part: (_natural(part.contract_number), part.claim_number))
    with closing(SourceReader(limits)) as reader:
        pieces = [piece for part in ordered for piece in _pieces(part, reader)]
    front = _front(cover, pieces)
    pdf = assemble(front, pieces, f"{cover.title}: {cover.project_number} {cover.project_name}")
    front_pages = _page_count(front)
    if _page_count(pdf) != front_pages + sum(piece.pages for piece in pieces):
        raise PackageError("the package does not have the pages its index says")
    return CompiledPackage(pdf, _index(pieces, front_pages))


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Numbers inside a text compare as numbers."""
    return [(0, int(run), "") if run.isdecimal() else (1, 0, run) for run in re.findall(r"\d+|\D+", text.casefold())]


def _pieces(part: PackagePart, reader: SourceReader) -> Iterator[Piece]:
    name = f"{part.contract_number} claim {part.claim_number}"
    claim = PackageFile(f"{name}.pdf", part.claim_pdf, "application/pdf")
    yield _piece(f"{name}: {part.title}", 1, claim, "signed copy" if part.signed else "", reader)
    for file in part.attachments:
        yield _piece(file.name, 2, file, "attachment", reader)


def _piece(title: str, level: int, file: PackageFile, note: str, reader: SourceReader) -> Piece:
    digest = hashlib.sha256(file.content).hexdigest()
    if not _meant_as_pdf(file):
        return Piece(title, level, 0, digest, note=note, problem="Not a PDF; it is kept in payclerk.")
    try:
        source = reader.read(file.content)
    except NotIncludedError as error:
        return _placeholder(Piece(title, level, 0, digest, note=note, problem=str(error)), file)
    original = _embeddable(file) if source.lost and not source.runs else None
    comments = _comments(title, source.words) if source.words else b""
    pages = source.pages + (_page_count(comments) if comments else 0)
    listed = "listed after its last page" if comments else ""
    note = ", ".join(filter(None, (note, *source.lost, listed, _kept(source, original))))
    return Piece(title, level, pages, digest, source.pdf, comments, note, None, original, source.bookmarks)


def _comments(title: str, words: Sequence[Words]) -> bytes:
    more = len(words) - _MOST_WORDS
    data = {
        "title": printable(title),
        "rows": [
            {"page": one.page, "said": printable(one.said), "text": printable(one.text)} for one in words[:_MOST_WORDS]
        ],
        "more": f"{more} more are in the original." if more > 0 else "",
    }
    return typeset("comments.typ", data)


def _placeholder(piece: Piece, file: PackageFile) -> Piece:
    """A page instead of a file that was not read, which says what became of the original."""
    safe = None if names_actions(file.content) else _embeddable(file)
    original = replace(safe, description=_UNREAD) if safe else None
    kept, told = _unread(file, original)
    data = {"title": printable(piece.title), "reason": piece.problem, "kept": told, "sha256": piece.sha256}
    page = typeset("placeholder.typ", data)
    note = ", ".join(filter(None, (piece.note, kept)))
    return replace(piece, pages=_page_count(page), pdf=page, note=note, original=original)


def _unread(file: PackageFile, original: Embedded | None) -> tuple[str, str]:
    """For the index and for the page. What is in the file was not looked at, so it is not offered as if it were safe."""
    if original:
        return (
            "not read, original embedded unchecked",
            f"The original is embedded in this PDF as an attachment. {_UNREAD}.",
        )
    if file.content:
        told = "The original may run where it is opened, so it is kept in payclerk only."
        return "not read, it may run, so the original is kept in payclerk only", told
    return "", ""


def _embeddable(file: PackageFile) -> Embedded | None:
    """What the reader of a package may open from it."""
    runs = can_run(file.name, file.content)
    return Embedded(file.name, file.content, file.content_type) if file.content and not runs else None


def _kept(source: Source, original: Embedded | None) -> str:
    if source.runs:
        return f"{source.runs}, so the original is kept in payclerk only"
    if original:
        return "original embedded"
    return "original kept in payclerk" if source.lost else ""


def _meant_as_pdf(file: PackageFile) -> bool:
    """Only PDFs go in; a photo or a sheet is named in the index, but what calls itself a PDF owes an explanation."""
    named = file.name.lower().endswith(".pdf") or file.content_type.lower().startswith("application/pdf")
    return named or looks_like_pdf(file.content)


def _starts(pieces: Sequence[Piece]) -> list[int]:
    """The first page of each piece, counted from 1 after the front."""
    return list(accumulate((piece.pages for piece in pieces), initial=1))[:-1]


def _index(pieces: Sequence[Piece], front_pages: int) -> list[IndexEntry]:
    return [
        IndexEntry(
            title=piece.title,
            level=piece.level,
            pages=piece.pages,
            first_page=front_pages + start if piece.pages else None,
            sha256=piece.sha256,
            note=piece.note,
            problem=piece.problem,
        )
        for piece, start in zip(pieces, _starts(pieces), strict=True)
    ]


def _front(cover: PackageCover, pieces: Sequence[Piece]) -> bytes:
    compiled = cover.compiled_at
    data = {
        "heading": printable(cover.title),
        "project": printable(f"{cover.project_number} {cover.project_name}"),
        "compiled": f"{compiled:%B} {compiled.day}, {compiled:%Y %H:%M %Z}".strip(),
        "claims": str(sum(piece.level == 1 for piece in pieces)),
        "pages": str(sum(piece.pages for piece in pieces)),
        "missing": str(sum(piece.problem is not None for piece in pieces)),
        "rows": [_row(piece, start) for piece, start in zip(pieces, _starts(pieces), strict=True)],
    }
    return typeset("package.typ", data)


def _row(piece: Piece, start: int) -> dict[str, object]:
    return {
        "title": printable(piece.title),
        "level": piece.level,
        "page": str(start) if piece.pages else "",
        "link": f"{LINK}{start}" if piece.pages else "",
        "pages": str(piece.pages) if piece.pages else "",
        "note": printable(piece.note[:1].upper() + piece.note[1:] if piece.level == 1 else piece.note),
        "problem": printable(piece.problem or ""),
        "sha256": piece.sha256[:12],
    }


def _page_count(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)
