"""Whose letter a mail answers: ours, or one of somebody else in whose thread our letter stands further down.

A reply to all answers the colleague who wrote last. "Yes" above "shall we decline this one?" is no answer to us, though
the mail comes to our address and quotes our letter (issue 10, section 4). So two things have to be of ours, as far as
the mail has them: the id it answers, and what it quotes first. A line alike is not our letter: a colleague greets as we
do, and asks what we asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .attribution import core_of, find_cut, introduction_end, is_marker, is_ruled_off, is_stamp
from .footers import footer_lines
from .introduced import Whose, whose
from .kind import OwnIdentity, is_own_id
from .matching import token_of
from .message import IncomingMail
from .quoting_words import FROM, OTHER_LABELS, VERBS
from .reply import lines_of, sources_of
from .words_between import lines_of_ours, says_something, unlisted

SOMEBODY_ELSES: Final = (
    "the mail answers a mail of somebody else, in whose thread ours stands",
    "what the mail quotes first is not our letter, and it may answer that",
)
_HEAD: Final = 8  # lines of our letter, at one of which what is quoted of it begins where its marker was lost
_SHORTEST: Final = 4  # letters; fewer say nothing of whose line it is
_SURELY: Final = 120  # letters of ours and nothing else: no colleague begins with so many
# What programs leave of pictures and links, and the end of an introduction that they wrapped.
_FAINT: Final = re.compile(rf".{{1,120}} (?:{'|'.join(map(re.escape, VERBS))}) ?:$")
_LEFTOVER: Final = re.compile(
    rf"\[(?:image|cid|logo)[^\]]{{0,200}}\]|<[^>]{{0,500}}>|(?:{'|'.join(map(re.escape, VERBS))}) ?:"
)


def answers_another(mail: IncomingMail, own: OwnIdentity, parent_text: str | None, our_texts: str = "") -> str | None:
    """Why the mail answers somebody else's letter; None where all that it has of our letter is ours.

    `our_texts` are our other letters of the conversation: a mail may quote one of them.
    """
    # Some programs set References alone; its last id is the mail that is answered.
    answered = mail.in_reply_to or mail.references[-1:]
    if not all(_is_ours(one, own) for one in answered):
        return SOMEBODY_ELSES[0]
    ours = None if parent_text is None else f"{parent_text}\n{our_texts}"
    bodies = (lines_of(text)[1] for text, _ in sources_of(mail))
    if any(_quotes_another(lines, own, ours, by_id=bool(answered)) for lines in bodies):
        return SOMEBODY_ELSES[1]
    return None


def _is_ours(message_id: str, own: OwnIdentity) -> bool:
    domain = message_id.strip("<>").casefold().rpartition("@")[2]
    rewritten = any(domain == one or domain.endswith(f".{one}") for one in own.rewritten_id_domains)
    return rewritten or message_id in own.known_ids or token_of(message_id) is not None or is_own_id(message_id, own)


def _quotes_another(lines: Sequence[str], own: OwnIdentity, ours: str | None, *, by_id: bool) -> bool:
    """Whether anything but one introduction of our own stands between where the quotation begins and our letter."""
    start = _start(lines)
    if start is None:
        return False
    if any(whose([core], own) is Whose.ANOTHERS for core in _stamped(lines, start)):
        return True
    return _leads_elsewhere(_Quoted(lines[start:], ours), own, known=by_id)


def _start(lines: Sequence[str]) -> int | None:
    cut = find_cut(lines)
    quoted = next((at for at, line in enumerate(lines) if line.lstrip().startswith(">")), None)
    return min((at for at in (cut.introduced if cut else None, quoted) if at is not None), default=None)


def _stamped(lines: Sequence[str], start: int) -> list[str]:
    """Who wrote and when, where Lotus puts them above what says that a quotation begins."""
    cut = find_cut(lines)
    first = cut.at if cut and cut.introduced == start else start
    cores = [core_of(line) for line in lines[first:start]]
    return [core for core in cores if core and not is_ruled_off(core)]


def _leads_elsewhere(quoted: _Quoted, own: OwnIdentity, *, known: bool) -> bool:
    at = introductions = 0
    introduced = False
    while at < len(quoted.cores):
        end = quoted.end_of_introduction(at)
        by = whose(quoted.cores[at:end], own) if end > at else Whose.UNSAID
        if by is Whose.ANOTHERS:
            return True
        introduced = introduced or by is Whose.OURS
        if quoted.begins_at(at):  # Yahoo goes on with our letter on the line of its introduction
            return quoted.holds_more(at, known=known or introduced, introduced=introduced)
        if end == at and not quoted.says_nothing(at):
            return True
        introductions += end > at and not is_stamp(quoted.cores[at])
        if introductions > 1:
            return True
        at = max(end, at + 1)
    return False


class _Quoted:
    """What a mail quotes, and where in it our letter begins: at its marker, or where that was lost at a line of its own."""

    def __init__(self, lines: Sequence[str], our_texts: str | None) -> None:
        self.cores = [core_of(line) for line in lines]
        self._depths = [_depth(line) for line in lines]
        self._added = footer_lines([line.lstrip("> \t") for line in lines])
        self._marked = any(map(is_marker, self.cores))
        self._text = our_texts
        letters = (_letters(core_of(line)) for line in (our_texts or "").splitlines())
        ours = [line for line in letters if line]
        self._ours, self._heads = frozenset(ours), ["".join(ours[number:]) for number in range(_HEAD)]

    def end_of_introduction(self, at: int) -> int:
        """Also of one that would be too faint to say where a quotation begins: `Anna wrote:`, From with To alone."""
        end = introduction_end(self.cores, at)
        if end > at:
            return end
        if is_stamp(self.cores[at]) or _FAINT.search(self.cores[at]):
            return at + 1
        labels = [core.partition(":")[0].strip() for core in self.cores[at : at + 2]]
        is_block = len(labels) == 2 and labels[0] in FROM and labels[1] in OTHER_LABELS
        return at + 2 if is_block else at

    def says_nothing(self, at: int) -> bool:
        core = self.cores[at]
        if not core or at in self._added or is_ruled_off(core) or _LEFTOVER.fullmatch(core):
            return True
        return core != "--" and bool(footer_lines([core]))

    def begins_at(self, at: int) -> bool:
        if self._marked:
            return is_marker(self.cores[at])
        line = _letters(self.cores[at])
        if len(line) < _SHORTEST:
            return False
        return line in self._ours or any(head.startswith(line) for head in self._heads)

    def holds_more(self, at: int, *, known: bool, introduced: bool) -> bool:
        """Whether what begins at this line is not our letter alone: something else stands before enough of it has come,
        or behind it. What stands between its lines is found by `words_between`.

        `known` says that the mail tells elsewhere that it answers us; else a few lines alike show nothing. Where we are
        `introduced` as who wrote, a line that is another's was changed in our letter, which `contrary` looks at.
        """
        if self._depths[at] > 1:
            return True
        if self._text is None:
            return False
        ours, others = self._split(at)
        came = sum(len(_letters(self.cores[one])) for one in ours if not others or one < others[0])
        if others and (not ours or others[-1] > max(ours) or (came < _SURELY and not introduced)):
            return True
        return came < _SURELY and not known

    def _split(self, at: int) -> tuple[list[int], list[int]]:
        """The lines from here on that are of our letter, and those of somebody else; the answer below is neither."""
        here = range(at, len(self.cores))
        quoted = [one for one in here if self._depths[one] >= min(1, self._depths[at])]
        cores = unlisted([self.cores[one] for one in quoted])
        ours = [quoted[one] for one in lines_of_ours(cores, self._text or "")]
        known = frozenset(ours)
        others = [
            one for one in quoted if one not in known and not self.says_nothing(one) and says_something(self.cores[one])
        ]
        return ours, others


def _depth(line: str) -> int:
    marks = re.match(r"[>\s]*", line)
    return marks.group().count(">") if marks else 0


def _letters(core: str) -> str:
    """In HTML our table has no colons; programs wrap and space lines anew."""
    return "".join(filter(str.isalnum, core))
