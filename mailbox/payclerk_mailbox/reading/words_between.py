"""What somebody typed into our letter as it was quoted: notes beside the lines they are about.

Programs that quote without marks show nothing of it above the quotation. It is found as what stands between two lines
of ours and is not ours; the decision above it may depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from .attribution import core_of, introduction_end, is_marker
from .footers import footer_lines
from .message import IncomingMail
from .reply import lines_of, sources_of

BETWEEN: Final = 'something is written between the lines of our letter ("{words}")'
_LEAST: Final = 2  # letters or digits; fewer are a leaf of the layout
_WHOLE: Final = 12  # letters; a shorter line of ours has to be one from end to end
_MOST_TEXT: Final = 200_000
# Links are rewritten on the way, pictures named anew; the reference is only a mark.
_PROGRAMS: Final = re.compile(r"https?:|<|\[(?:image|cid|logo|payclerk:)")
_MARK: Final = re.compile(r"^[-*\u2022\u00b7o] ")


def words_between(mail: IncomingMail, parent_text: str | None, our_texts: str = "") -> str:
    """The lines somebody wrote into our letter, as they wrote them; empty where the letter is not known.

    `our_texts` are our other letters of the conversation: a mail may quote one of them.
    """
    if not parent_text:
        return ""
    ours = f"{parent_text}\n{our_texts}"
    found = (_between(lines_of(text[:_MOST_TEXT])[1], ours) for text, _ in sources_of(mail))
    return next(filter(None, found), "")


def _between(lines: Sequence[str], parent_text: str) -> str:
    cores = unlisted([core_of(line) for line in lines])
    ours = lines_of_ours(cores, parent_text)
    if len(ours) < 2:
        return ""
    # Below the last line that is marked as quoted the person writes on, in words that may be ours too.
    last = max((at for at in ours if lines[at].startswith(">")), default=ours[-1])
    added = footer_lines([line.lstrip("> \t") for line in lines[:last]])
    known = frozenset(ours) | added | _introductions(cores, ours[0])
    foreign = [at for at in range(ours[0], last) if at not in known and says_something(cores[at])]
    return "\n".join(lines[at].lstrip("> \t") for at in foreign)


def lines_of_ours(cores: Sequence[str], parent_text: str) -> list[int]:
    """The numbers of the lines that our letter has too. From the marker on, where it came back: above it the person may have used words of ours too."""
    parent = [core_of(line) for line in parent_text.splitlines()]
    running = _letters("".join(parent))
    single = {_letters(_MARK.sub("", core)) for core in parent}
    marked = next((at for at, core in enumerate(cores) if is_marker(core)), 0)
    found: list[int] = []
    before = ""
    for at in range(marked, len(cores)):
        line = _letters(cores[at])
        wrapped = bool(before and line) and before + line in running
        if is_marker(cores[at]) or _is_in(line, single, running) or wrapped:
            found.append(at)
        before = line or before
    return found


def _is_in(line: str, single: AbstractSet[str], running: str) -> bool:
    return bool(line) and (line in single or (len(line) >= _WHOLE and line in running))


def _introductions(cores: Sequence[str], first: int) -> frozenset[int]:
    """Further down may stand an older letter with its own."""
    found: set[int] = set()
    for at in range(first, len(cores)):
        if cores[at] and at not in found:
            found.update(range(at, introduction_end(cores, at)))
    return frozenset(found)


def unlisted(cores: Sequence[str]) -> list[str]:
    """Without the marks of a list, which HTML shows by other means."""
    return [_MARK.sub("", core) for core in cores]


def says_something(core: str) -> bool:
    """Whether a line holds words, and not only what programs make of pictures, links and our reference."""
    return len(_letters(core)) >= _LEAST and not _PROGRAMS.search(core)


def _letters(core: str) -> str:
    return "".join(filter(str.isalnum, core))
