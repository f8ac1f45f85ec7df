"""Whose letter a mail answers: ours, or one of somebody else in whose thread our letter stands further down.

A reply to all answers the colleague who wrote last. "Yes" above "shall we decline this one?" is no answer to us, though
the mail comes to our address and quotes our letter (issue 10, section 4). So two things have to be of ours, as far as
the mail has them: the id it answers, and what it quotes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from .attribution import core_of, find_cut, introduction_end, is_marker, is_ruled_off, is_stamp
from .footers import footer_lines, is_device_line
from .kind import OwnIdentity, is_own_id
from .matching import token_of
from .message import IncomingMail
from .quoting_words import FROM, OTHER_LABELS, VERBS
from .reply import lines_of, sources_of

SOMEBODY_ELSES: Final = (
    "the mail answers a mail of somebody else, in whose thread ours stands",
    "what the mail quotes first is not our letter, and it may answer that",
)
_HEAD: Final = 8  # lines of our letter, at one of which what is quoted of it begins where its marker was lost
_SHORTEST: Final = 4  # letters; fewer say nothing of whose line it is
_EMAIL: Final = re.compile(r"[^\s<>()\[\]:;,\"']{1,200}@[^\s<>()\[\]:;,\"']{1,200}")
# What programs leave of pictures and links, and the end of an introduction that they wrapped.
_FAINT: Final = re.compile(rf".{{1,120}} (?:{'|'.join(map(re.escape, VERBS))}) ?:$")
_LEFTOVER: Final = re.compile(
    rf"\[(?:image|cid|logo)[^\]]{{0,200}}\]|<[^>]{{0,500}}>|(?:{'|'.join(map(re.escape, VERBS))}) ?:"
)


def answers_another(mail: IncomingMail, own: OwnIdentity, parent_text: str | None) -> str | None:
    """Why the mail answers somebody else's letter; None where all that it has of our letter is ours."""
    # Some programs set References alone; its last id is the mail that is answered.
    answered = mail.in_reply_to or mail.references[-1:]
    if not all(_is_ours(one, own) for one in answered):
        return SOMEBODY_ELSES[0]
    if any(_quotes_another(text, own, parent_text) for text, _ in sources_of(mail)):
        return SOMEBODY_ELSES[1]
    return None


def _is_ours(message_id: str, own: OwnIdentity) -> bool:
    domain = message_id.strip("<>").casefold().rpartition("@")[2]
    rewritten = any(domain == one or domain.endswith(f".{one}") for one in own.rewritten_id_domains)
    return rewritten or message_id in own.known_ids or token_of(message_id) is not None or is_own_id(message_id, own)


def _quotes_another(text: str, own: OwnIdentity, parent_text: str | None) -> bool:
    """Whether anything but one introduction of our own stands between where the quotation begins and our letter."""
    lines = lines_of(text)[1]
    start = _start(lines)
    if start is None:
        return False
    ours = _OurLetter(lines[start:], parent_text)
    return _leads_elsewhere(lines[start:], ours, own)


def _start(lines: Sequence[str]) -> int | None:
    cut = find_cut(lines)
    quoted = next((at for at, line in enumerate(lines) if line.lstrip().startswith(">")), None)
    return min((at for at in (cut.introduced if cut else None, quoted) if at is not None), default=None)


def _leads_elsewhere(lines: Sequence[str], ours: _OurLetter, own: OwnIdentity) -> bool:
    cores = [core_of(line) for line in lines]
    added = footer_lines([line.lstrip("> \t") for line in lines])
    at = introductions = 0
    elsewhere = False  # where nothing is quoted, only the introduction says of whose letter it is
    while at < len(cores):
        if ours.begins_at(cores, at):  # before all else: Yahoo goes on with it on the line of its introduction
            return _depth(lines[at]) > 1
        if _says_nothing(cores[at], lines[at]) and not (introductions and is_device_line(cores[at])):
            at += 1
            continue
        end = _end_of_introduction(cores, at)
        if end == at and at not in added:
            return True
        if end > at:
            introductions += 1
            elsewhere = elsewhere or _names_another(cores[at:end], own)
        if introductions > 1:
            return True
        at = max(end, at + 1)
    return elsewhere


def _end_of_introduction(cores: Sequence[str], at: int) -> int:
    """Also of one that would be too faint to say where a quotation begins: `Anna wrote:`, From with To alone."""
    end = introduction_end(cores, at)
    if end > at:
        return end
    if _FAINT.search(cores[at]):
        return at + 1
    labels = [core.partition(":")[0].strip() for core in cores[at : at + 2]]
    is_block = len(labels) == 2 and labels[0] in FROM and labels[1] in OTHER_LABELS
    return at + 2 if is_block else at


def _depth(line: str) -> int:
    marks = re.match(r"[>\s]*", line)
    return marks.group().count(">") if marks else 0


def _says_nothing(core: str, line: str) -> bool:
    if not core or is_ruled_off(core) or is_stamp(core) or _LEFTOVER.fullmatch(core):
        return True
    return core != "--" and bool(footer_lines([line.lstrip("> \t")]))


def _names_another(cores: Sequence[str], own: OwnIdentity) -> bool:
    """Whether an introduction is of somebody else's letter, by the first address in it: of who wrote, before whom to."""
    if own.address.endswith(".invalid"):  # nobody said what our address is
        return False
    named = next(_addresses(cores), None)
    local, _, domain = own.address.casefold().rpartition("@")
    return named is not None and not re.fullmatch(rf"{re.escape(local)}(?:\+[^@]*)?@{re.escape(domain)}", named)


def _addresses(cores: Sequence[str]) -> Iterator[str]:
    found = _EMAIL.findall(" ".join(cores[:2]))
    return (one.casefold().removeprefix("mailto:").rstrip(".") for one in found)


class _OurLetter:
    """Where our letter begins in what is quoted: at its marker, and where that was lost at one of its own lines."""

    def __init__(self, quoted: Sequence[str], parent_text: str | None) -> None:
        self._marked = any(is_marker(core_of(line)) for line in quoted)
        lines = [_letters(core_of(line)) for line in (parent_text or "").splitlines()]
        self._lines = [line for line in lines if line]

    def begins_at(self, cores: Sequence[str], at: int) -> bool:
        if self._marked:
            return is_marker(cores[at])
        line = _letters(cores[at])
        if len(line) < _SHORTEST:
            return False
        return line in self._lines or any(self._from(number).startswith(line) for number in range(_HEAD))

    def _from(self, number: int) -> str:
        return "".join(self._lines[number:])


def _letters(core: str) -> str:
    """In HTML our table has no colons; programs wrap and space lines anew."""
    return "".join(filter(str.isalnum, core))
