"""Where the bookmarks and links of a PDF lead to, as numbers of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, NameTree, Object, Pdf, String

from .package_tree import words_of

_DEEPEST_BOOKMARK: Final = 8
_MOST_BOOKMARKS: Final = 500
_LONGEST_TITLE: Final = 120


@dataclass(frozen=True, slots=True)
class Bookmark:
    depth: int  # from 1
    title: str
    page: int  # from 0


class Places:
    """The destinations of one file."""

    def __init__(self, pdf: Pdf) -> None:
        self._numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        self._old: Any = pdf.Root.get("/Dests")
        names = pdf.Root.get("/Names")
        tree = names.get("/Dests") if isinstance(names, Dictionary) else None
        self._tree = NameTree(tree) if isinstance(tree, Dictionary) else None

    def target(self, owner: Any) -> list[Any]:
        """Of a link or bookmark that leads to a page of its own file: its number from 0, and how that is shown."""
        destination = owner.get("/Dest")
        action = owner.get("/A")
        if destination is None and isinstance(action, Dictionary) and action.get("/S") == Name.GoTo:
            destination = action.get("/D")
        explicit = self._explicit(destination)
        page = explicit[0] if explicit else None
        if not isinstance(page, Dictionary) or page.objgen not in self._numbers:
            return []
        return [self._numbers[page.objgen], *(one for one in explicit[1:6] if _is_plain(one))]

    def _explicit(self, destination: Any) -> list[Any]:
        found = self._named(destination)
        if isinstance(found, Dictionary):
            found = found.get("/D")
        return list(found) if isinstance(found, Array) else []

    def _named(self, destination: Any) -> Any:
        if isinstance(destination, Name):
            return self._old.get(str(destination)) if isinstance(self._old, Dictionary) else None
        if isinstance(destination, String):
            return self._tree.get(str(destination)) if self._tree is not None else None
        return destination


def read_bookmarks(pdf: Pdf, places: Places) -> tuple[Bookmark, ...]:
    """The file's own outline, as far as it can be read; a package can do without it."""
    return tuple(islice(_outline(pdf, places), _MOST_BOOKMARKS))


def _outline(pdf: Pdf, places: Places) -> Iterator[Bookmark]:
    """Each item once, however often it is referred to."""
    top = pdf.Root.get("/Outlines")
    waiting = [(top.get("/First"), 1)] if isinstance(top, Dictionary) else []
    seen: set[tuple[int, int]] = set()
    while waiting:
        item, depth = waiting.pop()
        if not isinstance(item, Dictionary) or item.objgen in seen or depth > _DEEPEST_BOOKMARK:
            continue
        if item.is_indirect:
            seen.add(item.objgen)
        if target := places.target(item):
            yield Bookmark(depth, words_of(item.get("/Title"))[:_LONGEST_TITLE], target[0])
        waiting += [(item.get("/Next"), depth), (item.get("/First"), depth + 1)]


def _is_plain(value: Any) -> bool:
    return value is None or not isinstance(value, Object) or isinstance(value, Name)
