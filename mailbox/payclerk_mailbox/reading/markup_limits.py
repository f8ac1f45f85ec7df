"""HTML cut where it stops being a mail: reading a tree takes the square of its depth, and of the attributes of a tag."""

from __future__ import annotations

import re
from typing import Final

from .limits import Limits

_TAG: Final = re.compile(r"<(/?)([a-z][a-z0-9]{0,20})", re.IGNORECASE)
# More words in one tag than any editor writes.
_CROWDED: Final = re.compile(r"<[a-z](?:[^<>\s]*+\s++){2000}", re.IGNORECASE)
# Without content, or closed by what follows, so that an open one is not one level deeper.
_OPEN_ENDED: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "wbr",
        "p",
        "li",
        "td",
        "th",
        "tr",
        "thead",
        "tbody",
        "tfoot",
        "dt",
        "dd",
        "option",
        "colgroup",
        "body",
        "html",
    ]
)


def short_enough(html: str, limits: Limits) -> str:
    """The HTML up to the first tag that is one too many, too deep or too long; the whole of it nearly always."""
    html = html[: limits.text_chars]
    crowded = _CROWDED.search(html)
    html = html[: crowded.start()] if crowded else html
    depth = 0
    for number, tag in enumerate(_TAG.finditer(html)):
        if number >= limits.tags or depth > limits.tag_depth:
            return html[: tag.start()]
        if tag[2].lower() not in _OPEN_ENDED:
            depth = max(0, depth - 1) if tag[1] else depth + 1
    return html
