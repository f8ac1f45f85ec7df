"""What of an HTML mail is not seen: surely (it is as if it were not there), or in some mail programs only.

One walk over the tree. Colour, size of type and visibility are inherited, so words are hidden where they stand: within
an element of no size, the words of an inner one that has a size are seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .colours import Colour, alike, colour_of

_RULE: Final = re.compile(r"([.#][\w-]{1,80})\s{0,20}\{([^{}]{0,500})\}")
_STYLE_CHARS: Final = 2000
_SHEET_CHARS: Final = 50_000
_MOST_SHEETS: Final = 20
_MOST_RULES: Final = 50
_MOST_STYLES: Final = 3_000  # different ones; no editor writes as many, and nobody knows what others hide
_FAR: Final = 500  # pixels outside the page
_SMALLEST: Final = 1.0  # pixels or points
_ZERO: Final = re.compile(r"0*\.?0*(?:px|pt|em|rem|ex|%|in|cm|mm|vh|vw)?")
_SIZE: Final = re.compile(r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(px|pt|rem|em|%|ex|in|cm|mm|vw|vh)?")
_MOVED: Final = re.compile(r"-(\d{1,9})")
_WORD_SIZES: Final = frozenset(["xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large"])


@dataclass(frozen=True, slots=True)
class Hidden:
    """Nodes by their `mem_id`. The words of the doubtful ones are left out too, but then nothing is decided."""

    sure: frozenset[int]
    doubtful: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Look:
    """What an element hands on to those within it."""

    unseen: bool = False  # visibility:hidden
    tiny: bool = False
    colour: Colour = (0, 0, 0)
    ground: Colour = (255, 255, 255)
    lost: bool = False  # transparent, or within something that has no room or is off the page

    @property
    def doubtful(self) -> bool:
        return self.tiny or self.lost or alike(self.colour, self.ground)


@dataclass(frozen=True, slots=True)
class _Style:
    """What an element says of its own look; None where it says nothing."""

    gone: bool
    lost: bool
    unseen: bool | None
    size: str | None
    colour: Colour | None
    ground: Colour | None


_UNREAD: Final = _Style(gone=False, lost=True, unseen=None, size=None, colour=None, ground=None)


def hidden_nodes(tree: LexborHTMLParser) -> Hidden:
    """Elements and texts of the tree that a reader does not see."""
    sure: set[int] = set()
    doubtful: set[int] = set()
    styles = _styles(tree)
    for node, look in _looks(tree, styles, sure) if styles else ():
        if look.unseen:
            sure.add(node.mem_id)
        elif look.doubtful:
            doubtful.add(node.mem_id)
    return Hidden(frozenset(sure), frozenset(doubtful))


def _looks(tree: LexborHTMLParser, styles: Mapping[int, _Style], sure: set[int]) -> Iterator[tuple[LexborNode, _Look]]:
    """Each text with the look it has; what is not shown at all goes to `sure` and is not entered."""
    waiting = [(tree.root, _Look())] if tree.root else []
    while waiting:
        node, look = waiting.pop()
        if node.tag == "-text":
            yield node, look
            continue
        style = styles.get(node.mem_id)
        if style and style.gone:
            sure.add(node.mem_id)
            continue
        look = _within(look, style) if style else look
        child = node.child
        while child is not None:
            waiting.append((child, look))
            child = child.next


def _styles(tree: LexborHTMLParser) -> dict[int, _Style]:
    """Of each element whose look differs: what sheets say, attributes older than styles, and its own style."""
    texts = _by_sheet(tree)
    for node in tree.css("[style], [hidden], [bgcolor], [color]"):
        texts[node.mem_id] = f"{texts.get(node.mem_id, '')};{_own_text(node.attributes)}"
    read = dict.fromkeys(text[-2 * _STYLE_CHARS :] for text in texts.values())
    known = {text: _style(text) for text in list(read)[:_MOST_STYLES]}
    return {number: known.get(text[-2 * _STYLE_CHARS :], _UNREAD) for number, text in texts.items()}


def _own_text(attributes: Mapping[str, str | None]) -> str:
    style = (attributes.get("style") or "")[:_STYLE_CHARS]
    ground, colour = ((attributes.get(name) or "")[:50] for name in ("bgcolor", "color"))
    shown = f"background-color:{ground};color:{colour};{style}"
    return f"{shown};display:none" if "hidden" in attributes else shown


def _by_sheet(tree: LexborHTMLParser) -> dict[int, str]:
    """What style sheets say of classes and ids; what stands in @media may be otherwise elsewhere, so it stays."""
    found: dict[int, str] = {}
    for sheet in tree.css("style")[:_MOST_SHEETS]:
        rules = _RULE.findall(sheet.text().partition("@media")[0][:_SHEET_CHARS])
        for selector, text in [rule for rule in rules if _declared(rule[1])][:_MOST_RULES]:
            for node in tree.css(selector):
                found[node.mem_id] = f"{found.get(node.mem_id, '')};{text}"
    return found


def _declared(text: str) -> dict[str, str]:
    pairs = (one.partition(":") for one in text.lower().split(";"))
    told = ((name.strip(), value.replace("!important", "").strip()) for name, _, value in pairs)
    return {name: value for name, value in told if value and name in _KNOWN}


@lru_cache(maxsize=1000)
def _style(text: str) -> _Style:
    told = _declared(text)
    visibility = told.get("visibility")
    return _Style(
        gone=told.get("display", "").startswith("none") or told.get("mso-hide", "") in {"all", "screen"},
        lost=(not told.keys() <= _LOOKS and _has_no_room(told)) or told.get("color") == "transparent",
        unseen=visibility in {"hidden", "collapse"} if visibility else None,
        size=told.get("font-size"),
        colour=colour_of(told.get("color", "")),
        ground=colour_of(told.get("background-color") or told.get("background", "")),
    )


@lru_cache(maxsize=1000)
def _within(look: _Look, style: _Style) -> _Look:
    return _Look(
        unseen=look.unseen if style.unseen is None else style.unseen,
        tiny=look.tiny if style.size is None else _is_tiny(style.size, within=look.tiny),
        colour=style.colour or look.colour,
        ground=style.ground or look.ground,
        lost=look.lost or style.lost,
    )


def _is_tiny(size: str, *, within: bool) -> bool:
    """A share of nothing is nothing."""
    if size in _WORD_SIZES:
        return False
    found = _SIZE.match(size)
    if found is None:
        return within
    number, unit = float(found[1]), found[2]
    if unit in {"em", "%", "ex"}:
        return within or number == 0
    return number <= _SMALLEST if unit in {"px", "pt", None} else number == 0


def _has_no_room(style: Mapping[str, str]) -> bool:
    clipped = style.get("overflow", "").startswith(("hidden", "clip"))
    return (
        _is_zero(style.get("opacity", ""))
        or _is_zero(style.get("max-height", ""))
        or _is_zero(style.get("max-width", ""))
        or _is_zero(style.get("line-height", ""))
        or (clipped and (_is_zero(style.get("height", "")) or _is_zero(style.get("width", ""))))
        or _is_zero(style.get("zoom", ""))
        or "scale(0" in style.get("transform", "").replace("scale(0.", "")
        or style.get("clip", "").replace(" ", "").startswith(("rect(0,0,0,0", "rect(0000", "rect(0px,0px,0px,0px", "rect(1px"))
        or any(_is_off_page(style.get(name, "")) for name in _AWAY)
    )  # fmt: skip


def _is_zero(value: str) -> bool:
    """
    >>> [_is_zero(value) for value in ("0", "0px", "0.0", "0.9", "0.9em", "", "auto")]
    [True, True, True, False, False, False, False]
    """
    return bool(value) and any(char == "0" for char in value) and bool(_ZERO.fullmatch(value))


def _is_off_page(value: str) -> bool:
    found = _MOVED.match(value)
    return found is not None and int(found[1]) >= _FAR


_AWAY: Final = ("left", "top", "right", "bottom", "text-indent", "margin-left", "margin-top")
_LOOKS: Final = frozenset(["display", "visibility", "mso-hide", "font-size", "color", "background", "background-color"])
_KNOWN: Final = _LOOKS | frozenset(
    [
        "opacity", "overflow", "height",
        "width", "max-height", "max-width", "line-height", "zoom", "transform", "clip", *_AWAY,
    ]
)  # fmt: skip
