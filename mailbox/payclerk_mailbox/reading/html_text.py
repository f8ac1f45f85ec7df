"""HTML to lines: what is hidden goes, what a program marked as quotation comes out behind `> `.

By structure, since reading HTML that way leaks least (reference 6.2); hidden nodes go before anything else, since a
sanitiser would strip their style and show them (issue 82).
"""

from __future__ import annotations

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .attribution import core_of
from .hidden import hidden_nodes
from .quoting_words import FORWARDS
from .rendering import Marks, rendered
from .words import comparable

_QUOTES: Final = (
    ".gmail_quote, .yahoo_quoted, [id^=yahoo_quoted], .protonmail_quote, .tutanota_quote, .moz-cite-prefix, "
    "blockquote[type=cite], blockquote.gmail_quote, .zmail_extra, [name=messageReplySection], .newton_quote, "
    ".moz-forward-container, .cm_quote, #isReplyContent, .front-blockquote, .ox-quote"
)
# From here on all is quotation: these programs do not wrap it.
_RESTS: Final = (
    "#divRplyFwdMsg, #appendonsend, #OLK_SRC_BODY_SECTION, #stopSpelling, #mail-editor-reference-message-container, "
    "hr#zwchr, hr[data-marker=__DIVIDER__], #reply-intro, #x_divRplyFwdMsg, #x_appendonsend"
)
_SIGNATURES: Final = "#ms-outlook-mobile-signature, .moz-signature"
_OUTLOOK_RULE: Final = re.compile(r"border:none;border-top:solid#(?:e1e1e1|b5c4df)")

_BEGINNING: Final = 50_000  # characters, with the style sheets that editors put first


def read_html(html: str) -> tuple[str, bool]:
    """The text, and whether the structure told where the quotation is."""
    tree = LexborHTMLParser(html)
    if tree.root is None:
        return "", False
    hidden = hidden_nodes(tree)
    marks = _marks(tree, hidden.sure | hidden.doubtful)
    return rendered(tree.root, marks), bool(marks.quotations or marks.rests)


def first_words(plain: str | None, html: str | None) -> str:
    """Of a mail, what stands at its beginning."""
    return plain or (read_html(html[:_BEGINNING])[0] if html else "")


def hides_words(html: str) -> bool:
    """Whether words outside what is quoted are seen in some mail programs and not in others."""
    tree = LexborHTMLParser(html)
    if tree.root is None:
        return False
    hidden = hidden_nodes(tree)
    if not hidden.doubtful:
        return False
    seen, all_of_it = (
        _own_words(tree.root, _marks(tree, gone)) for gone in (hidden.sure | hidden.doubtful, hidden.sure)
    )
    return seen != all_of_it


def _own_words(root: LexborNode, marks: Marks) -> list[str]:
    lines = (line for line in rendered(root, marks).split("\n") if not line.startswith(">"))
    return [word for line in lines for word in comparable(line).split()]


def _marks(tree: LexborHTMLParser, hidden: frozenset[int]) -> Marks:
    quotes = [node for node in tree.css(_QUOTES) if not _is_forward(node)]
    rests = tree.css(_RESTS) + [node for node in tree.css("div[style]") if _is_outlook_rule(node)]
    quotes += _unnamed_quotations(tree)
    return Marks(_numbers(quotes), _numbers(rests), hidden | _numbers(tree.css(_SIGNATURES)))


def _numbers(nodes: list[LexborNode]) -> frozenset[int]:
    return frozenset(node.mem_id for node in nodes)


def _is_forward(node: LexborNode) -> bool:
    """Gmail marks what is passed on like what is answered; a forward is shown whole."""
    texts = (one.text_content or "" for one in node.traverse(include_text=True) if one.is_text_node)
    first = next((text for text in texts if text.strip()), "")
    return core_of(first.strip()[:200]).strip("-_=* :").startswith(FORWARDS)


def _unnamed_quotations(tree: LexborHTMLParser) -> list[LexborNode]:
    """Blockquotes that no program has named; editors make blockquotes without a border to indent."""
    return [node for node in tree.css("blockquote:not(blockquote blockquote)") if not _is_indented(node)]


def _is_indented(node: LexborNode) -> bool:
    return "border:none" in "".join((node.attributes.get("style") or "").lower().split())


def _is_outlook_rule(node: LexborNode) -> bool:
    """Outlook for Windows has no name for its quotation, only a thin line above it."""
    return bool(_OUTLOOK_RULE.match("".join((node.attributes.get("style") or "").lower().split())))
