"""A source as pdfium draws it, which is as browsers do: pictures of its pages, and the drawings that its form lacks."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String
from PIL import Image

from .package_clean import saved
from .package_fields import Form
from .package_marks import is_drawn, is_on
from .package_seen import by_page, words_in
from .package_tree import Place, inherited, page_annotations, subtype

# What a field may have from those above it and its drawing depends on (PDF 1.7, 12.7.3, 12.7.4).
_INHERITED: Final = ("/FT", "/Ff", "/V", "/DA", "/Q", "/MaxLen", "/Opt", "/I", "/TI")
_OF_FORM: Final = ("/DA", "/DR", "/Q")
_LEFT_OUT: Final = ("/Parent", "/Kids", "/AA", "/A", "/RV")
_MOST_PIXELS: Final = 1_000_000  # a letter page at 72 dpi has half a million
_MOST_PICTURES: Final = 100
_SECONDS: Final = 10  # of processor time; then no more pictures are taken than have to be


@dataclass(slots=True)
class Drawn:
    """Of the source before it is made flat. `around`: the words that a page itself has in the place of a field."""

    pictures: dict[int, Image.Image] = field(default_factory=dict)  # by number of the page, from 0
    around: dict[Place, str] = field(default_factory=dict)


def draw(pdf: Pdf, form: Form) -> Drawn:
    """Give the annotations that lack one the drawings that pdfium makes for them; some it cannot. Changes `pdf`.

    Returns what is seen of the pages that are drawn upon, as far as there is time and pdfium can read the file.
    """
    drawn = Drawn()
    if form.marked:
        with suppress(pypdfium2.PdfiumError):
            _draw(pdf, form, drawn)
    return drawn


def undrawn(pdf: Pdf, form: Form) -> list[Place]:
    """After `draw`: what a viewer may show and pages made flat do not, for neither its sender nor pdfium drew it.

    A field of text is not among them: what it holds is looked for in its place.
    """
    return [place for place in form.missing if _is_lost(_note(pdf, place))]


def _is_lost(note: Any) -> bool:
    return not is_drawn(note) and (subtype(note) != "/Widget" or is_on(note))


def _draw(pdf: Pdf, form: Form, drawn: Drawn) -> None:
    lacking = {place.page for place in form.missing}
    stored = by_page(form.stored)
    end = time.process_time() + _SECONDS
    with pypdfium2.PdfDocument(_each_alone(pdf)) as document:
        document.init_forms()
        for number in form.marked:
            taken = len(drawn.pictures) < _MOST_PICTURES and time.process_time() < end
            # Drawing a page makes what is missing on it, and it stays in the document.
            if taken or number in lacking:
                shown = picture(document, number)
            if taken:
                drawn.pictures[number] = shown
            drawn.around.update(words_in(document, number, stored.get(number, [])))
        if form.missing:
            _take_over(pdf, document, form.missing)


def picture(document: Any, number: int) -> Image.Image:
    """A page in color, at 72 dpi or less."""
    page = document[number]
    try:
        width, height = page.get_size()
        scale = min(1, math.sqrt(_MOST_PIXELS / max(1, width * height)))
        bitmap = page.render(scale=scale, may_draw_forms=True)
        try:
            return bitmap.to_pil().convert("RGB")  # type: ignore[no-any-return]
        finally:
            bitmap.close()
    finally:
        page.close()


def _each_alone(pdf: Pdf) -> bytes:
    """A copy in which each field stands for itself: pdfium follows the tree of a form wherever that leads."""
    with Pdf.open(io.BytesIO(saved(pdf))) as copy:
        fields = [note for _, note in page_annotations(copy) if subtype(note) == "/Widget"]
        for field in fields:
            for key, value in list(_from_above(field)):
                field[key] = value
        for number, field in enumerate(fields):
            field.T = String(str(number))
            _show_nothing_when_off(copy, field)
            for key in _LEFT_OUT:
                if key in field:
                    del field[key]
        old = copy.Root.get("/AcroForm")
        form = Dictionary(Fields=Array([field if field.is_indirect else copy.make_indirect(field) for field in fields]))
        for key in _OF_FORM:
            if isinstance(old, Dictionary) and key in old:
                form[key] = old[key]
        copy.Root.AcroForm = form
        return saved(copy)


def _show_nothing_when_off(pdf: Pdf, field: Any) -> None:
    """A box with a drawing for its ticked state alone shows nothing else; pdfium would make something for it."""
    drawings = field.get("/AP")
    states = drawings.get("/N") if isinstance(drawings, Dictionary) else None
    if isinstance(states, Dictionary) and "/Off" not in states:
        states.Off = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 1, 1]))


def _from_above(field: Any) -> Iterator[tuple[str, Any]]:
    for key in _INHERITED:
        if key not in field and (value := inherited(field, key)) is not None:
            yield key, value


def _take_over(pdf: Pdf, document: Any, missing: Sequence[Place]) -> None:
    out = io.BytesIO()
    document.save(out)
    with Pdf.open(out) as made:
        for place in missing:
            drawing = _note(made, place).get("/AP")
            if isinstance(drawing, Dictionary):
                _adopt(_note(pdf, place), pdf.copy_foreign(made.make_indirect(drawing)))


def _adopt(note: Any, drawings: Any) -> None:
    note.AP = drawings
    drawing = drawings.get("/N")
    if subtype(note) != "/Widget" and isinstance(drawing, Stream):
        note.Rect = drawing.BBox  # pdfium draws a mark in the coordinates of its page, wherever its rectangle is
    elif isinstance(drawing, Dictionary) and "/AS" not in note:
        note.AS = Name.Off


def _note(pdf: Pdf, place: Place) -> Any:
    return pdf.pages[place.page].Annots[place.note]
