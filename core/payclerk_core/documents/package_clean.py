"""A source's pages made flat and harmless: what is kept is named here, and everything else goes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from .package_files import MEDIA, acts, carries_file, safe_target
from .package_layers import show_always
from .package_places import Places
from .package_tree import dictionaries, subtype

# Of a page; with the rest go scripts, files, private data of programs, thumbnails, transitions.
_OF_PAGE: Final = frozenset(
    {
        "/Type",
        "/Parent",
        "/Resources",
        "/MediaBox",
        "/CropBox",
        "/BleedBox",
        "/TrimBox",
        "/ArtBox",
        "/Contents",
        "/Rotate",
        "/Group",
        "/UserUnit",
    }
)
_OF_LINK: Final = ("/Rect", "/Border", "/C", "/QuadPoints", "/H")
# Of a stream, which may say that its bytes, or what it shows, are in another file. No resource can have such a name here.
_ELSEWHERE: Final = ("/F", "/FFilter", "/FDecodeParms", "/Ref", "/OPI", "/AF", "/PS")
NEVER_DRAWN: Final = MEDIA | {"/FileAttachment", "/Popup", "/Link"}


def clean(pdf: Pdf) -> bytes:
    """The pages alone, in a new file, which is written once here so that damage shows here. Changes `pdf`. A link within
    the file leads to the number of its page, from 0: who puts the pages somewhere knows which page that is."""
    places = Places(pdf)
    links = [list(_links(page, places)) for page in pdf.pages]
    for page in pdf.pages:
        _keep_drawn(page)
    pdf.flatten_annotations("all")
    with Pdf.new() as out:
        for page in pdf.pages:
            _strip(page)
        out.pages.extend(pdf.pages)
        _disarm(out)
        for page, kept in zip(out.pages, links, strict=True):
            if kept:
                page.Annots = Array([out.make_indirect(link) for link in kept])
        return saved(out)


def saved(pdf: Pdf) -> bytes:
    """The same input gives the same bytes, which no password keeps."""
    stream = io.BytesIO()
    pdf.save(stream, deterministic_id=True, encryption=False)
    return stream.getvalue()


def _keep_drawn(page: pikepdf.Page) -> None:
    """Leave the annotations that are part of the picture."""
    notes = page.get("/Annots")
    if isinstance(notes, Array):
        found = [note for note in notes if isinstance(note, Dictionary)]
        page.Annots = Array([note for note in found if subtype(note) not in {"", *NEVER_DRAWN}])


def _strip(page: pikepdf.Page) -> None:
    _drop(page, set(page.obj.keys()) - _OF_PAGE)


def _links(page: pikepdf.Page, places: Places) -> Iterator[Dictionary]:
    """Those to the web, to mail, to a telephone and within the file, made anew with nothing of their own but where they
    are and where they lead."""
    notes = page.get("/Annots")
    for note in notes if isinstance(notes, Array) else ():
        if isinstance(note, Dictionary) and subtype(note) == "/Link":
            link = Dictionary(Type=Name.Annot, Subtype=Name.Link)
            if target := safe_target(note.get("/A")):
                link.A = Dictionary(S=Name.URI, URI=String(target))
            elif inside := places.target(note):
                link.Dest = Array(inside)
            else:
                continue
            yield _placed(link, note)


def _placed(link: Dictionary, note: Any) -> Dictionary:
    for key in _OF_LINK:
        value = note.get(key)
        if isinstance(value, Name):
            link[key] = value
        elif isinstance(value, Array):
            # Made anew, since a value of one file cannot be put into another.
            link[key] = Array([one for one in value if not isinstance(one, pikepdf.Object)])
    return link


def _disarm(pdf: Pdf) -> None:
    for one in dictionaries(pdf):
        show_always(one)
        if isinstance(one, Stream):
            _drop(one, _ELSEWHERE)
        elif acts(one):
            _drop(one, list(one.keys()))
        elif carries_file(one):
            _drop(one, ("/EF",))


def _drop(one: Any, keys: Iterable[str]) -> None:
    for key in keys:
        if key in one:
            del one[key]
