"""The compiled backup: one PDF of many claims with their PDF attachments, a cover with an index, and bookmarks.

pypdf reads (it tells what is wrong with a file), pikepdf writes. A file that cannot be included gets a page that says
why, with the original embedded; nothing is dropped silently, and one bad file never stops the package.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import pikepdf
import pypdf
from pikepdf import Dictionary, Name, OutlineItem, Pdf

from .typeset import printable, typeset

_UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_ACTIVE: Final = ("/OpenAction", "/AA", "/Names", "/Collection")
INDEX_ROWS_A_PAGE: Final = 34


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


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One line of the index; `problem` says why a file is not in the package itself."""

    title: str
    level: int  # 1: a claim, 2: its attachment
    pages: int
    first_page: int | None  # counted in the whole package, from 1
    sha256: str
    note: str = ""
    problem: str | None = None

    def as_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class CompiledPackage:
    pdf: bytes
    index: list[IndexEntry]


def package_name(project_name: str, project_number: str, moment: datetime) -> str:
    """The file's name, as the source page gives it; `moment` is local to the project."""
    text = f"Subcontractor invoice backup - {project_name} - {project_number} - {moment:%Y-%m-%d} - {moment:%H.%M}"
    return _UNSAFE.sub("_", text)[:200] + ".pdf"


def compile_package(cover: PackageCover, parts: Sequence[PackagePart]) -> CompiledPackage:
    """One PDF of these claims, by contract number (SC-2 before SC-10) and claim number."""
    ordered = sorted(parts, key=lambda part: (_natural(part.contract_number), part.claim_number))
    pieces = [piece for part in ordered for piece in _pieces(part)]
    body_pages = sum(piece.pages for piece in pieces)
    front = _front(cover, pieces, 0)
    front = _front(cover, pieces, len(pikepdf.open(io.BytesIO(front)).pages))
    pdf = _assemble(front, pieces)
    index = _index(pieces, _page_count(front))
    if _page_count(pdf) != _page_count(front) + body_pages:
        raise AssertionError("the package has not the pages its index says")
    return CompiledPackage(pdf, index)


@dataclass
class _Piece:
    """One source in the package: the pages that go in, and what the index says of it."""

    title: str
    level: int
    pdf: bytes
    pages: int
    sha256: str
    note: str = ""
    problem: str | None = None
    original: PackageFile | None = None
    outline: list[tuple[int, str, int]] = field(default_factory=list)  # depth, title, page from 0


def _pieces(part: PackagePart) -> Iterator[_Piece]:
    name = f"{part.contract_number} claim {part.claim_number}"
    claim = PackageFile(f"{name}.pdf", part.claim_pdf, "application/pdf")
    yield _piece(f"{name}: {part.title}", 1, claim, "signed copy" if part.signed else "")
    for file in part.attachments:
        yield _piece(file.name, 2, file, "attachment")


def _piece(title: str, level: int, file: PackageFile, note: str) -> _Piece:
    digest = hashlib.sha256(file.content).hexdigest()
    try:
        content, pages, outline, signed = _readable(file)
    except _NotReadableError as error:
        page = typeset("placeholder.typ", {"title": printable(title), "reason": str(error), "sha256": digest})
        original = file if file.content else None
        return _Piece(title, level, page, _page_count(page), digest, note, str(error), original)
    if signed:
        note = f"{note}, digitally signed, original embedded".lstrip(", ")
    return _Piece(title, level, content, pages, digest, note, None, file if signed else None, outline)


class _NotReadableError(Exception):
    """Why a file's pages cannot go into the package."""


def _readable(file: PackageFile) -> tuple[bytes, int, list[tuple[int, str, int]], bool]:
    """The file as pages that can be assembled: repaired, flattened, and without anything that acts by itself."""
    if not file.content:
        raise _NotReadableError("The file is empty.")
    if b"%PDF-" not in file.content[:1024]:
        raise _NotReadableError("The file is not a PDF, whatever its name says.")
    outline, signed = _inspect(file.content)
    try:
        with pikepdf.open(io.BytesIO(file.content)) as pdf:
            content = _flattened(pdf)
            pages = len(pdf.pages)
    except pikepdf.PasswordError:
        raise _NotReadableError("The file is protected by a password.") from None
    except Exception as error:  # noqa: BLE001 - damaged files raise many kinds
        raise _NotReadableError(f"The file is damaged ({type(error).__name__}).") from None
    if pages == 0:
        raise _NotReadableError("The file has no pages.")
    return content, pages, [row for row in outline if row[2] < pages], signed


def _inspect(content: bytes) -> tuple[list[tuple[int, str, int]], bool]:
    """Bookmarks and signatures, as far as they can be read."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        fields = reader.get_fields() or {}
        signed = any(row.get("/FT") == "/Sig" and row.get("/V") is not None for row in fields.values())
        return list(_outline(reader, reader.outline, 1)), signed
    except Exception:  # noqa: BLE001 - pypdf raises ten kinds on odd files (reference 4.1); pikepdf may still read it
        return [], False


def _outline(reader: pypdf.PdfReader, rows: Any, depth: int) -> Iterator[tuple[int, str, int]]:
    if depth > 8:
        return
    for row in rows:
        if isinstance(row, list):
            yield from _outline(reader, row, depth + 1)
        else:
            page = reader.get_destination_page_number(row)
            if page is not None and page >= 0:
                yield depth, str(row.title)[:120], page


def _flattened(pdf: Pdf) -> bytes:
    for key in _ACTIVE:
        if key in pdf.Root:
            del pdf.Root[key]
    if "/AcroForm" in pdf.Root:
        pdf.generate_appearance_streams()
        pdf.flatten_annotations("all")
        del pdf.Root["/AcroForm"]
    for page in pdf.pages:
        if "/AA" in page:
            del page["/AA"]
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _front(cover: PackageCover, pieces: Sequence[_Piece], front_pages: int) -> bytes:
    rows = [
        {
            "title": printable(entry.title),
            "level": entry.level,
            "page": str(entry.first_page),
            "pages": str(entry.pages),
            "note": printable("; ".join(filter(None, (entry.note, entry.problem)))),
            "sha256": entry.sha256[:12],
        }
        for entry in _index(pieces, front_pages)
    ]
    data = {
        "project": printable(f"{cover.project_number} {cover.project_name}"),
        "compiled": f"{cover.compiled_at:%B} {cover.compiled_at.day}, {cover.compiled_at:%Y %H:%M %Z}",
        "claims": str(sum(piece.level == 1 for piece in pieces)),
        "missing": str(sum(piece.problem is not None for piece in pieces)),
        "rows": rows,
    }
    return typeset("package.typ", data)


def _index(pieces: Sequence[_Piece], front_pages: int) -> list[IndexEntry]:
    entries, page = [], front_pages + 1
    for piece in pieces:
        entries.append(IndexEntry(piece.title, piece.level, piece.pages, page, piece.sha256, piece.note, piece.problem))
        page += piece.pages
    return entries


def _assemble(front: bytes, pieces: Sequence[_Piece]) -> bytes:
    with Pdf.new() as out, pikepdf.open(io.BytesIO(front)) as first:
        out.pages.extend(first.pages)
        starts = []
        sources = []
        for piece in pieces:
            source = pikepdf.open(io.BytesIO(piece.pdf))
            sources.append(source)
            starts.append(len(out.pages))
            out.pages.extend(source.pages)
            if piece.original is not None:
                _embed(out, f"{len(starts):04d} {piece.original.name}", piece.original)
        _bookmarks(out, pieces, starts)
        _labels(out, len(first.pages))
        stream = io.BytesIO()
        out.save(stream, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        for source in sources:
            source.close()
        return stream.getvalue()


def _embed(out: Pdf, key: str, file: PackageFile) -> None:
    out.attachments[key] = pikepdf.AttachedFileSpec(
        out,
        file.content,
        filename=file.name,
        description="",
        mime_type=file.content_type,
        creation_date="",
        mod_date="",
    )


def _bookmarks(out: Pdf, pieces: Sequence[_Piece], starts: Sequence[int]) -> None:
    with out.open_outline() as outline:
        outline.root.append(OutlineItem("Index", 0))
        claim: OutlineItem | None = None
        for piece, start in zip(pieces, starts, strict=True):
            item = OutlineItem(piece.title, start)
            if piece.level == 1 or claim is None:
                outline.root.append(item)
                claim = item
            else:
                claim.children.append(item)
            for _, title, page in piece.outline:
                item.children.append(OutlineItem(title, start + page))


def _labels(out: Pdf, front_pages: int) -> None:
    """i, ii, iii for the front, then 1, 2, 3."""
    roman, plain = Dictionary(S=Name.r), Dictionary(S=Name.D)
    out.Root.PageLabels = Dictionary(Nums=pikepdf.Array([0, roman, front_pages, plain]))


def _page_count(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Numbers inside a text compare as numbers."""
    return [(0, int(run), "") if run.isdigit() else (1, 0, run) for run in re.findall(r"\d+|\D+", text.casefold())]
