"""HTML to lines: what is hidden goes, what a program marked as quotation comes out behind `> `.

By structure, since reading HTML that way leaks least (reference 6.2); hidden nodes go before anything else, since a
sanitiser would strip their style and show them (issue 82).
"""

from __future__ import annotations

import re
from typing import Final

from inscriptis import get_text
from selectolax.lexbor import LexborHTMLParser, LexborNode

from .attribution import core_of
from .quoting_words import FORWARDS

_OPEN, _CLOSE, _REST = "\ue000", "\ue001", "\ue002"  # private characters: quotation begins, ends, goes on to the end
_MARKS: Final = re.compile("[\ue000-\ue002]")
_NEVER_SHOWN: Final = "script, style, head, title, template, noscript, [hidden], input[type=hidden]"
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
_HIDING: Final = (
    "display:none", "visibility:hidden", "font-size:0", "opacity:0;", "mso-hide:all", "max-height:0", "line-height:0;",
)  # fmt: skip
_RULE: Final = re.compile(r"([.#][\w-]{1,80})\s{0,20}\{([^{}]{0,500})\}")
_FLATTENED_DEPTH: Final = 200  # deeper than any mail program nests; the converter recurses


def read_html(html: str) -> tuple[str, bool]:
    """The text, and whether the structure told where the quotation is."""
    tree = LexborHTMLParser(_MARKS.sub("", html))
    _drop_hidden(tree)
    marked = _mark_quotations(tree)
    return _quoted_by_marks(_text(tree)), marked


def _drop_hidden(tree: LexborHTMLParser) -> None:
    hiding = [selector for style in tree.css("style") for selector in _hiding_rules(style.text())]
    for selector in [_NEVER_SHOWN, *hiding[:50]]:
        _remove(tree.css(selector))
    _remove([node for node in tree.css("[style]") if _hides(node.attributes.get("style") or "")])


def _hiding_rules(css: str) -> list[str]:
    """Classes and ids a style sheet hides; what stands in @media may be shown elsewhere, so it stays."""
    return [selector for selector, rules in _RULE.findall(css.partition("@media")[0][:50_000]) if _hides(rules)]


def _hides(style: str) -> bool:
    flat = "".join(style.lower().split())[:2000].replace("!important", "") + ";"
    for hiding in _HIDING:
        at = flat.find(hiding)
        # `font-size:0` but not `font-size:0.9em`; `max-height:0px` hides too
        if at >= 0 and not flat[at + len(hiding) :].startswith("."):
            return True
    return False


def _remove(nodes: list[LexborNode]) -> None:
    for node in nodes:
        node.decompose()


def _mark_quotations(tree: LexborHTMLParser) -> bool:
    quotes = [node for node in tree.css(_QUOTES) if not _is_forward(node)]
    quotes += [] if quotes else _last_blockquote(tree)
    rests = tree.css(_RESTS) + [node for node in tree.css("div[style]") if _is_outlook_rule(node)]
    _remove(tree.css(_SIGNATURES))
    for node in quotes:
        node.insert_before(_OPEN)
        node.insert_after(_CLOSE)
    for node in rests:
        node.insert_before(_REST)
    return bool(quotes or rests)


def _is_forward(node: LexborNode) -> bool:
    """Gmail marks what is passed on like what is answered; a forward is shown whole."""
    return core_of(node.text()[:200]).strip("-_=* :").startswith(FORWARDS)


def _last_blockquote(tree: LexborHTMLParser) -> list[LexborNode]:
    """A quotation without a name, at the end of the mail; editors make blockquotes without a border to indent."""
    outermost = [node for node in tree.css("blockquote:not(blockquote blockquote)") if not _is_indented(node)]
    return outermost[-1:]


def _is_indented(node: LexborNode) -> bool:
    return "border:none" in "".join((node.attributes.get("style") or "").lower().split())


def _is_outlook_rule(node: LexborNode) -> bool:
    """Outlook for Windows has no name for its quotation, only a thin line above it."""
    return bool(_OUTLOOK_RULE.match("".join((node.attributes.get("style") or "").lower().split())))


def _text(tree: LexborHTMLParser) -> str:
    html = tree.html or ""
    if _depth(html) < _FLATTENED_DEPTH:
        try:
            return str(get_text(html))
        except Exception:  # noqa: BLE001, S110 - whatever it stumbles over, the plain reading below does not
            pass
    return tree.root.text(separator="\n") if tree.root else ""


def _depth(html: str) -> int:
    """How deep the tags stand, as written; a rough and cheap measure."""
    depth = deepest = 0
    for match in re.finditer(r"<(/?)(?!br|img|hr|meta|link|input|col)[a-z]", html):
        depth += -1 if match.group(1) else 1
        deepest = max(deepest, depth)
    return deepest


def _quoted_by_marks(text: str) -> str:
    """Each piece between marks gets `> ` when it is within a quotation."""
    depth, rest, at = 0, False, 0
    pieces: list[str] = []
    for mark in [*_MARKS.finditer(text), None]:
        piece = text[at : mark.start() if mark else len(text)]
        pieces.append(_prefixed(piece) if depth or rest else piece)
        if mark is None:
            break
        at = mark.end()
        depth = max(0, depth + {_OPEN: 1, _CLOSE: -1}.get(mark.group(), 0))
        rest = rest or mark.group() == _REST
    return "\n".join(line.rstrip() for piece in pieces for line in piece.split("\n"))


def _prefixed(piece: str) -> str:
    return "\n".join(f"> {line.strip()}" if line.strip() else "" for line in piece.split("\n"))
