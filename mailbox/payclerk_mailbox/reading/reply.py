"""What the person wrote, apart from what they quoted, what we had sent, and what programs added."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from .attribution import Cut, find_cut, is_marker
from .footers import footer_lines
from .html_text import read_html
from .message import IncomingMail
from .parent import Ours, parent_lines
from .words import comparable

_FORWARD_SUBJECTS: Final = ("fw:", "fwd:", "tr:", "rv:", "wg:", "i:", "enc:", "fw :", "fwd :", "tr :", "rv :")
_RUN_ON: Final = re.compile(
    r"^([^>\n]{1,200}?)(?:[ -]{0,9}(?<=[ -]))"
    r"(On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[^\n]{8,120}\d[^\n]{0,120} wrote:)$",
    re.MULTILINE,
)
_SCRAP: Final = re.compile(r"[^\s]*[/=_<>][^\s]*(?: >)?")
_FAREWELLS: Final = (
    "regards", "best", "kind", "thanks", "thank you", "cheers", "sincerely", "cordialement", "merci", "bien a vous",
    "saludos", "gracias", "atentamente", "mit freundlichen", "viele gru", "gru", "cordiali saluti", "met vriendelijke",
    "med v", "hilsen", "halsningar", "pozdrawiam", "s pozdravem", "atenciosamente", "abracos",
)  # fmt: skip
_LINE_CHARS: Final = 10 * 2**10
_MOST_LINES: Final = 5_000  # nobody writes more; what comes behind is elided unread
_WRAP_WIDTH: Final = 45  # a quoted line this long may have lost its end to the next line
_INTRODUCTION: Final = 8  # lines between the start of the cut and its first `>`


@dataclass(frozen=True, slots=True)
class ReplyText:
    """`elided` is everything that was taken away, in order, for display: the cut is only a view."""

    text: str
    elided: str
    forwarded: bool  # keeps all of its text, and decides nothing (zulip #17502)
    # Some of the text stands between quoted lines, or under our unquoted mail, or goes on where nobody looked: what it
    # answers, and whether the person wrote it at all, is for a person to say (reference 2.3).
    interleaved: bool


def read_reply(mail: IncomingMail, parent_text: str | None) -> ReplyText:
    """The answer in a mail. `parent_text` is the plain text of the mail it answers, where that is known."""
    forwarded = _is_forward(mail)
    first = None
    # Taking the structure's word may leave nothing (talon #48: one div around answer and quotation).
    for text, marked in sources_of(mail):
        reply = cut_reply(text, parent_text, forwarded=forwarded, marked=marked)
        if reply.text:
            return reply
        first = first or reply
    return first or ReplyText("", "", forwarded, False)


def other_texts(mail: IncomingMail, parent_text: str | None, text: str) -> tuple[str, ...]:
    """What the other body of a mail says, where it has two and they do not say the same words as `text`.

    A mail program writes both from one text; who makes them differ shows people one and us the other.
    """
    if mail.plain is None or mail.html is None:
        return ()
    sources = sources_of(mail)
    others = (cut_reply(one, parent_text, forwarded=_is_forward(mail), marked=marked).text for one, marked in sources)
    return tuple(other for other in others if other and _letters(other) != _letters(text))


def _is_forward(mail: IncomingMail) -> bool:
    return comparable(mail.subject).startswith(_FORWARD_SUBJECTS)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, comparable(text)))


def sources_of(mail: IncomingMail) -> list[tuple[str, bool]]:
    """HTML first when its structure says where the quotation is (then true); otherwise the plain text."""
    plain = [(mail.plain, False)] if mail.plain else []
    if mail.html is None:
        return plain
    text, marked = read_html(mail.html)
    return [(text, True), *plain] if marked else [*plain, (text, False)]


def cut_reply(text: str, parent_text: str | None, *, forwarded: bool = False, marked: bool = False) -> ReplyText:
    """The answer in plain text whose quotations begin with `>`, with an introduction, with our marker or not at all.

    `marked` says that a program put the `>` where it had quoted, and no person did to say what they speak of.
    """
    every, lines = lines_of(text)
    cut = find_cut(lines)
    if forwarded or (cut is not None and cut.forward):
        return ReplyText(_joined(lines), "", True, False)
    quoted = _quoted(lines)
    gone = quoted | _parents(lines, cut, parent_text)
    if parent_text is None:
        gone |= _wrapped_ends(lines, quoted)
    gone |= _behind_cut(lines, cut, gone, quoted, parent_known=parent_text is not None)
    kept = [at for at, line in enumerate(lines) if line.strip() and at not in gone]
    if parent_text is None:
        between = _answered_between(lines, cut, gone, quoted, several_only=marked)
        gone = (gone | _under_quotation(lines, cut, kept, quoted)) - between
    reply = _split(lines, gone, every[_MOST_LINES:])
    unsure = _is_between(kept, quoted) or _is_below(kept, cut, quoted) or _is_unread(every)
    return replace(reply, interleaved=bool(reply.text) and unsure)


def lines_of(text: str) -> tuple[list[str], list[str]]:
    """All lines of a body, and those of them that are looked at, as far as they are."""
    every = _with_own_lines(text).split("\n")
    return every, [line[:_LINE_CHARS].rstrip() for line in every[:_MOST_LINES]]


def _with_own_lines(text: str) -> str:
    """`Yes On Nov 21, 2026, Anna wrote:` as two lines: some programs put no line end before their introduction."""
    return _RUN_ON.sub(r"\1\n\2", text) if " wrote:" in text else text


def _quoted(lines: Sequence[str]) -> frozenset[int]:
    return frozenset(at for at, line in enumerate(lines) if line.lstrip().startswith(">"))


def _answered_between(
    lines: Sequence[str], cut: Cut | None, gone: frozenset[int], quoted: frozenset[int], *, several_only: bool
) -> frozenset[int]:
    """Quoted lines that the person answers one by one: without them the answers say little.

    Only where our own mail is not known, for else these lines may be ours; and nothing is decided there anyway.
    """
    own = [at for at, line in enumerate(lines) if line.strip() and at not in gone]
    kept = _written(lines, own)
    if not kept or not any(kept[0] < at < kept[-1] for at in quoted) or _under_quotation(lines, cut, kept, quoted):
        return frozenset()
    if _only_farewell(lines, kept, max(quoted)) or (several_only and not _is_between(kept, quoted)):
        return frozenset()
    return frozenset(at for at in quoted if at < kept[-1])


def _under_quotation(
    lines: Sequence[str], cut: Cut | None, kept: Sequence[int], quoted: frozenset[int]
) -> frozenset[int]:
    """What stands under the one quotation of an answer that stands above it: nearly always a signature or a footer."""
    theirs = [at for at in quoted if cut is not None and at >= cut.at]
    if cut is None or not theirs or any(min(theirs) < at < max(theirs) for at in kept):
        return frozenset()
    above = _written(lines, [at for at in kept if at < cut.at])
    below = frozenset(at for at in kept if at > max(theirs))
    if _only_greets(lines, above) or not below or comparable(lines[min(below)]).startswith(_FAREWELLS):
        return frozenset()
    return below


def _only_farewell(lines: Sequence[str], kept: Sequence[int], last_quoted: int) -> bool:
    """`Regards, Sam` below what is quoted belongs to the answer above it."""
    below = [at for at in kept if at > last_quoted]
    above = [at for at in kept if at < last_quoted]
    quotes_between = any(lines[at].lstrip().startswith(">") for at in range(above[0], above[-1])) if above else True
    return not quotes_between and comparable(lines[below[0]]).startswith(_FAREWELLS) if below else False


def _written(lines: Sequence[str], numbers: Sequence[int]) -> list[int]:
    """Those of these lines that no program or lawyer has added."""
    footers = footer_lines([lines[at] for at in numbers])
    return [at for number, at in enumerate(numbers) if number not in footers]


def _only_greets(lines: Sequence[str], above: Sequence[int]) -> bool:
    """Nothing, or `Hi Anna,` alone: the answer then stands below."""
    return not above or (
        len(above) == 1 and len(lines[above[0]]) < 40 and lines[above[0]].rstrip().endswith((",", "!"))
    )


def _parents(lines: Sequence[str], cut: Cut | None, parent_text: str | None) -> frozenset[int]:
    if parent_text is None:
        return frozenset()
    start = cut.at if cut else len(lines)
    ours = Ours(parent_text)
    above = parent_lines(lines[:start], ours, lone_words_too=False)
    below = parent_lines(lines[start:], ours, lone_words_too=True)
    return above | {start + at for at in below}


def _wrapped_ends(lines: Sequence[str], quoted: frozenset[int]) -> frozenset[int]:
    """`> … please answer ACCEPT or` and then `DECLINE` on its own line, not quoted: still the quotation."""
    ends: set[int] = set()
    for at in range(1, len(lines)):
        goes_on = (at - 1 in quoted or at - 1 in ends) and len(lines[at - 1]) >= _WRAP_WIDTH
        if lines[at].strip() and at not in quoted and (goes_on or _is_scrap(lines, at, quoted)):
            ends.add(at)
    return frozenset(ends)


def _is_scrap(lines: Sequence[str], at: int, quoted: frozenset[int]) -> bool:
    """The end of a web address that was wrapped out of its quotation."""
    within = at - 1 in quoted and at + 1 in quoted
    return within and bool(_SCRAP.fullmatch(lines[at].strip()))


def _behind_cut(
    lines: Sequence[str], cut: Cut | None, gone: frozenset[int], quoted: frozenset[int], *, parent_known: bool
) -> frozenset[int]:
    """What goes from the cut on: all of it, or its introduction alone where the answer stands below or between."""
    if cut is None:
        return frozenset()
    first_quoted = next((at for at in range(cut.at, min(cut.at + _INTRODUCTION, len(lines))) if at in quoted), None)
    if first_quoted is not None:
        return frozenset(range(cut.at, first_quoted))
    footers = footer_lines(lines[: cut.at])
    answered_above = any(lines[at] and at not in gone and at not in footers for at in range(cut.at))
    if answered_above or not parent_known:
        return frozenset(range(cut.at, len(lines)))
    return frozenset(range(cut.at, _end_of_introduction(lines, cut.at)))


def _end_of_introduction(lines: Sequence[str], at: int) -> int:
    """A marker is one line; other introductions run to the next blank line, or to a line that ends with a colon."""
    for number in range(at, min(at + _INTRODUCTION, len(lines))):
        line = comparable(lines[number])
        if not line or line.endswith(":") or is_marker(line):
            return number + 1
    return min(at + _INTRODUCTION, len(lines))


def _split(lines: Sequence[str], gone: frozenset[int], unread: Sequence[str]) -> ReplyText:
    kept = [at for at in range(len(lines)) if at not in gone]
    footers = footer_lines([lines[at] for at in kept])
    chosen = {at for number, at in enumerate(kept) if number not in footers}
    text = _joined([lines[at] for at in sorted(chosen)])
    elided = _joined([*(line for at, line in enumerate(lines) if at not in chosen), *unread])
    return ReplyText(text, elided, forwarded=False, interleaved=False)


def _is_between(kept: Sequence[int], quoted: frozenset[int]) -> bool:
    first, last = min(quoted, default=0), max(quoted, default=0)
    return any(first < at < last for at in kept)


def _is_unread(every: Sequence[str]) -> bool:
    """More than is looked at: what stands there may take the answer back."""
    return any(map(str.strip, every[_MOST_LINES:])) or any(len(line) > _LINE_CHARS for line in every)


def _is_below(kept: Sequence[int], cut: Cut | None, quoted: frozenset[int]) -> bool:
    return cut is not None and not any(at >= cut.at for at in quoted) and any(at >= cut.at for at in kept)


def _joined(lines: Sequence[str]) -> str:
    """Without the blank lines that taking others away has heaped up."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or (kept and kept[-1]):
            kept.append(line if line.strip() else "")
    return "\n".join(kept).strip("\n").strip()
