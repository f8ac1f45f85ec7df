"""Whose letter an introduction speaks of: ours, somebody else's, or it does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from .attribution import is_stamp
from .kind import OwnIdentity
from .quoting_words import DATE, DAY_WORDS, FROM, MONTH_WORDS, OTHER_LABELS, STARTS, VERBS
from .vocabulary import words_of
from .words import comparable

_EMAIL: Final = re.compile(r"[^\s<>()\[\]:;,\"']{1,200}@[^\s<>()\[\]:;,\"']{1,200}")
_BRACKETS: Final = re.compile(r"<[^>]{0,500}>|\[[^\]]{0,500}\]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_SAID: Final = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, VERBS), key=len, reverse=True))}) ?:")
_LABELS: Final = FROM | DATE | OTHER_LABELS
# Of the words that programs write of a moment, those that are neither a day nor a month.
_AROUND: Final = words_of(
    "a al alle am at by cdt cest cet cst das de del den der dia edt el est giorno gmt h kl klo las le les m mdt mst of om "
    "ora ore p pdt pm posted pst the uhr um utc wrote"
)
_PROGRAMS: Final = _AROUND | {word for text in (*VERBS, *STARTS) for word in _WORD.findall(text)}


class Whose(StrEnum):
    """Of whom an introduction says that they wrote what is quoted below it."""

    OURS = "ours"
    ANOTHERS = "another's"
    UNSAID = "unsaid"


def whose(cores: Sequence[str], own: OwnIdentity) -> Whose:
    """By the first address in it, of who wrote before whom to; where it shows none, by the name.

    A name is ours when it is made of words of ours alone. Nothing is known of either where nobody told it.
    """
    said = _who_wrote(cores)
    named = next(_addresses(said), None)
    if named is not None:
        if own.address.endswith(".invalid"):  # nobody said what our address is
            return Whose.UNSAID
        return Whose.OURS if _is_our_address(named, own) else Whose.ANOTHERS
    words = _names(said)
    if not words or not own.name:
        return Whose.UNSAID
    return Whose.OURS if words <= set(_WORD.findall(comparable(own.name))) else Whose.ANOTHERS


def _is_our_address(named: str, own: OwnIdentity) -> bool:
    local, _, domain = own.address.casefold().rpartition("@")
    return re.fullmatch(rf"{re.escape(local)}(?:\+[^@]*)?@{re.escape(domain)}", named) is not None


def _addresses(text: str) -> Iterator[str]:
    return (one.casefold().removeprefix("mailto:").rstrip(".") for one in _EMAIL.findall(text))


def _who_wrote(cores: Sequence[str]) -> str:
    """Without the rest of the introduction, and without what a program put behind it on its line."""
    if is_stamp(cores[0]):
        return cores[0].partition("---")[0]
    if any(_label(core) for core in cores):
        return _from_value(cores)
    joined = " ".join(cores)
    end = _SAID.search(joined)
    return joined[: end.start()] if end else joined


def _from_value(cores: Sequence[str]) -> str:
    """What stands beside From, and below it up to the next label: long ones are wrapped."""
    found: list[str] = []
    for core in cores:
        label = _label(core)
        if label in FROM:
            found = [core.partition(":")[2]]
        elif label and found:
            break
        elif found:
            found.append(core)
    return " ".join(found)


def _label(core: str) -> str:
    name = core.replace("*", "").partition(":")[0].strip()
    return name if ":" in core and name in _LABELS else ""


def _names(text: str) -> set[str]:
    """The words that no program writes: one day of the week and one month belong to the moment, a second is a name."""
    words = [word for word in _WORD.findall(_EMAIL.sub(" ", _BRACKETS.sub(" ", text))) if word not in _PROGRAMS]
    for moment in (DAY_WORDS, MONTH_WORDS):
        of_moment = next((word for word in words if word in moment), None)
        if of_moment is not None:
            words.remove(of_moment)
    return set(words)
