"""A tree of HTML as lines of text, without recursion and in one pass: what a program quoted comes out behind `> `."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from selectolax.lexbor import LexborNode

_SPACES: Final = re.compile(r"[ \t\n\r\f]+")
# The text between two of these begins a line; of the first kind, a paragraph.
_PARAGRAPHS: Final = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "figure"]
)
_BLOCKS: Final = _PARAGRAPHS | frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dt",
        "fieldset",
        "figcaption",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
    ]
)
_CELLS: Final = frozenset({"td", "th"})
_NEVER_SHOWN: Final = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "template",
        "noscript",
        "iframe",
        "object",
        "svg",
        "math",
        "textarea",
        "select",
        "option",
        "datalist",
    ]
)


@dataclass(frozen=True, slots=True)
class Marks:
    """Nodes, by their `mem_id`: quotations, those from which on all is quotation, and those left out."""

    quotations: AbstractSet[int]
    rests: AbstractSet[int]
    left_out: AbstractSet[int]


def rendered(root: LexborNode, marks: Marks) -> str:
    """The text a reader sees, each line that stands in a quotation behind `> `."""
    page = _Page()
    node: LexborNode | None = root
    while node is not None:
        child = _enter(page, node, marks)
        if child is not None:
            node = child
            continue
        node = _next(page, node, root, marks)
    return page.text()


def _enter(page: _Page, node: LexborNode, marks: Marks) -> LexborNode | None:
    """Write what stands at the node, and give its first child where that is to be read."""
    tag = node.tag or ""
    number = node.mem_id
    if tag == "-text":
        if number not in marks.left_out:
            page.write(node.text_content or "")
        return None
    if tag in _NEVER_SHOWN or tag == "-comment" or number in marks.left_out:
        return None
    page.open(tag, quotation=number in marks.quotations, rest=number in marks.rests)
    child = node.child
    if child is None:
        page.close(tag, quotation=number in marks.quotations)
    return child


def _next(page: _Page, node: LexborNode, root: LexborNode, marks: Marks) -> LexborNode | None:
    """The node after this one, closing what ends here."""
    here: LexborNode | None = node
    while here is not None and here.mem_id != root.mem_id:
        following = here.next
        if following is not None:
            return following
        here = here.parent
        if here is not None:
            page.close(here.tag or "", quotation=here.mem_id in marks.quotations)
    return None


@dataclass(slots=True)
class _Page:
    """What has been written so far. It lives for one text."""

    _lines: list[str] = field(default_factory=list)
    _line: list[str] = field(default_factory=list)
    _depth: int = 0
    _rest: bool = False
    _as_is: int = 0  # depth of <pre>
    _spaced: bool = True  # a space at this place would be lost

    def text(self) -> str:
        self._break()
        return "\n".join(self._lines)

    def write(self, text: str) -> None:
        if self._as_is:
            self._write_as_is(text)
            return
        flat = _SPACES.sub(" ", text)
        if self._spaced:
            flat = flat.removeprefix(" ")
        if flat:
            self._line.append(flat)
            self._spaced = flat.endswith(" ")

    def open(self, tag: str, *, quotation: bool, rest: bool) -> None:
        if tag == "br":
            self._end_line()
        elif tag in _BLOCKS:
            self._break()
        elif tag in _CELLS and self._line:
            self.write("\u00a0 ")
        if quotation or rest:
            self._break()
            self._blank()
        elif tag in _PARAGRAPHS:
            self._blank()
        self._depth += quotation
        self._rest = self._rest or rest
        self._as_is += tag == "pre"
        if tag == "li":
            self.write("* ")

    def close(self, tag: str, *, quotation: bool) -> None:
        if tag in _BLOCKS or quotation:
            self._break()
        self._depth -= quotation
        self._as_is -= tag == "pre"
        if tag in _PARAGRAPHS or quotation:
            self._blank()

    def _write_as_is(self, text: str) -> None:
        first, *others = text.split("\n")
        self._line.append(first)
        for line in others:
            self._end_line()
            self._line.append(line)
        self._spaced = False

    def _break(self) -> None:
        """A new line, unless one has just begun."""
        if self._line:
            self._end_line()

    def _end_line(self) -> None:
        line = "".join(self._line).replace("\u00a0", " ").rstrip()
        self._lines.append(f"> {line.lstrip()}" if line and (self._depth or self._rest) else line)
        self._line = []
        self._spaced = True

    def _blank(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append("")
