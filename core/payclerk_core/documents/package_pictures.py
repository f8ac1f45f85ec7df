"""Whether a source made flat looks as it did, and which words are seen in which place of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2
from PIL import Image, ImageChops

from .package_drawing import Drawn, picture
from .package_fields import Form
from .package_seen import by_page, without, words_in
from .package_tree import Place

# Letters drawn in a field and letters of a page have other colors at their edges; of four pixels together they have not.
_TOGETHER: Final = 2
_SEEN: Final = 64  # of 255: a difference of a color that a person sees
_TOLERATED: Final = 4  # places of a page that differ; a thin tick has nine


@dataclass(slots=True)
class Compared:
    """Pages from 0. `words`: what a person reads in the place of a field, less what the page itself has there."""

    differing: list[int] = field(default_factory=list)
    unlooked: list[int] = field(default_factory=list)
    words: dict[Place, str] = field(default_factory=dict)


def compare(before: Drawn, flat: bytes, form: Form) -> Compared:
    """Look at the pages that were drawn upon, beside their pictures of before."""
    compared = Compared()
    if not form.marked:
        return compared
    stored = by_page(form.stored)
    with pypdfium2.PdfDocument(flat) as document:
        for number in form.marked:
            try:
                _look(document, number, before.pictures.get(number), compared)
                seen = words_in(document, number, stored.get(number, []))
                compared.words.update({at: without(words, before.around.get(at, "")) for at, words in seen.items()})
            except pypdfium2.PdfiumError:
                compared.unlooked.append(number)
    return compared


def _look(document: Any, number: int, before: Image.Image | None, compared: Compared) -> None:
    if before is None:
        compared.unlooked.append(number)
    elif _differ(before, picture(document, number)):
        compared.differing.append(number)


def _differ(one: Image.Image, other: Image.Image) -> bool:
    if one.size != other.size:
        return True
    red, green, blue = ImageChops.difference(one.reduce(_TOGETHER), other.reduce(_TOGETHER)).split()
    shades = ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()
    return sum(shades[_SEEN:]) > _TOLERATED
