"""Which words a person sees in the place of a field, and which of them the page itself has there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .package_fields import Stored
from .package_tree import Place

_MOST_LOOKS: Final = 5_000  # fields whose words are looked for


def by_page(stored: Iterable[Stored]) -> Mapping[int, list[Stored]]:
    """Those whose words have to be looked for."""
    pages: dict[int, list[Stored]] = {}
    for number, one in enumerate(stored):
        if number < _MOST_LOOKS and one.shown is None:
            pages.setdefault(one.place.page, []).append(one)
    return pages


def words_in(document: Any, number: int, wanted: Iterable[Stored]) -> Mapping[Place, str]:
    """The words on a page of a pdfium document in each of these places. Fields and marks are no words of the page."""
    if not wanted:
        return {}
    page = document[number]
    text = page.get_textpage()
    try:
        return {one.place: text.get_text_bounded(*one.edges, errors="replace") for one in wanted}
    finally:
        text.close()
        page.close()


def without(seen: str, around: str) -> str:
    """What is seen in a place, less what the page itself has before and behind it, such as a printed label."""
    here, other = " ".join(seen.split()), " ".join(around.split())
    before = next((at for at, (one, two) in enumerate(zip(here, other, strict=False)) if one != two), len(other))
    behind = other[before:]
    if not other or len(here) < len(other) or not here.endswith(behind):
        return seen
    return here[before : len(here) - len(behind)]
