"""Lines at the end that only say who writes: name, title, company, telephone, address, licence.

Each is positively known as one, by words of `signature_words`: `Upon Inspection` below a name is no title.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .signature_words import (
    CERTIFIED,
    CERTIFIED_WORDS,
    CREDENTIALS,
    FRENCH_WAYS,
    LABELS,
    LEGAL_FORMS,
    LICENSE_WORDS,
    LICENSES,
    OFFICES,
    REGIONS,
    ROOMS,
    SPANISH_WAYS,
    TRADES,
    WAYS,
)
from .vocabulary import MONEY, PARTICLES, REMARK, SENTENCE_WORDS
from .words import comparable

_PHONE: Final = re.compile(r"\+?[\d(][\d().\-/ \u00a0x]{5,24}\d")
_WEB: Final = re.compile(r"(?:https?://)?(?:[\w-]{1,63}\.){1,5}[a-z]{2,12}(?:/[\w./-]{0,80})?", re.IGNORECASE)
_EMAIL: Final = re.compile(r"(?:mailto:)?[^\s<>()|,;]{1,100}@[^\s<>()|,;]{1,100}", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"\b\d{1,3}(?:[.,']\d{3})+\b")
_MONEY_SIGNS: Final = re.compile(r"[$€£¥%!]")
_LICENSE_NUMBER: Final = re.compile(r"[a-z]{0,4}[\d-]{5,16}[a-z]{0,3}\d{0,4}")
_WORD: Final = r"(?:[^\W\d_][\w.'-]{0,20}|\d{1,3}(?:st|nd|rd|th))"
_NAME: Final = rf"{_WORD}(?: {_WORD}){{0,3}}"
_POSTAL: Final = r"(?:\d{5}(?:-\d{4})?|[a-z]\d[a-z] ?\d[a-z]\d)"
_TOWN: Final = rf"({_NAME}),? \(?(?:{'|'.join(sorted(REGIONS))})\)?,? {_POSTAL}|(?:cp |c\.p\. )?\d{{5}} ({_NAME})"
_STREET: Final = (
    rf"\d{{1,6}}[a-z]?,? ({_NAME}) (?:{'|'.join(WAYS)})\b\.?(?: [nsew]{{1,2}}\.?)?"
    rf"|\d{{1,6}}[a-z]?,? (?:bis )?(?:{'|'.join(FRENCH_WAYS)})\.? ({_NAME})"
    rf"|(?:{'|'.join(SPANISH_WAYS)})\.? ({_NAME}),? ?(?:no\.? ?|#)?\d{{1,5}}|p\.? ?o\.? ?box \d{{1,6}}"
)
_OF_TOWNS: Final = frozenset({"new", "north", "south", "east", "west", "el", "la", "las", "los", "du", "des"})
_ROOM: Final = (
    rf"(?:{'|'.join(ROOMS)})\.? ?#?\w{{1,5}}|\d{{1,3}}(?:st|nd|rd|th|e|er)? (?:floor|fl|etage|piso)\.?|#\w{{1,5}}"
)
_PLACE: Final = re.compile(rf"(?:{_STREET})(?:,? (?:{_ROOM}))?(?:,? (?:{_TOWN}))?|{_TOWN.partition('|(?:cp')[0]}")
_SEGMENTS: Final = re.compile(r"\s*[|\u2022\u00b7;\t\u2013\u2014]\s*|\s-\s|\s{3,}|\s/\s")
_TOKEN: Final = re.compile(r"[^\s,:]+")
_TRIMMED: Final = ".()*_\"'-#[]<>"
_EXTENSION: Final = re.compile(r"x?\d{1,5}")
_SHORTEST_PHONE: Final = 9  # digits
_MOST_LINES: Final = 12
_MOST_WORDS: Final = 12
_MOST_CHARS: Final = 120
_MOST_UNKNOWN: Final = 4  # words of a company before its legal form
_LIST: Final = 3  # trades with marks between them are what a company offers
# Letters of clauses, see `decision`: farewells, and what no pattern of an answer knows.
_COURTEOUS: Final = frozenset("CP")
_SILENT: Final = frozenset("CPFXG")


@dataclass(frozen=True, slots=True)
class Names:
    """What the sender and the company are called, comparable."""

    phrases: tuple[str, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, names: Sequence[str]) -> Names:
        known = tuple(dict.fromkeys(_plain(name) for name in names if _plain(name)))
        words = {word for name in known for word in name.split() if len(word) > 1 and word not in SENTENCE_WORDS}
        # A company called `Yes` must not turn every yes into a subject.
        return cls(tuple(name for name in known if not set(name.split()) <= SENTENCE_WORDS), frozenset(words))


def signature_lines(lines: Sequence[str], names: Names, letters: Callable[[str], frozenset[str]]) -> frozenset[int]:
    """The numbers of these lines, from the first on that says who it is: behind a farewell, or with a name we know.

    A line is one only where each part of it is known as one; any other below the name stays with what the person says,
    and decides nothing there. The first line of an answer is none of them, and none that answers in itself.
    """
    found: list[int] = []
    for at in range(1, len(lines)):
        said = letters(lines[at])
        if said <= _COURTEOUS or said - _SILENT:
            continue
        if _bids_farewell(lines[at], letters):
            found.append(at)
            continue
        behind = _bids_farewell(lines[at - 1], letters)
        if not found and not (behind or _says_name(lines[at], names)):
            continue
        if _is_signature(lines[at], names, first=behind or not found):
            found.append(at)
    return frozenset(found) if len(found) <= _MOST_LINES else frozenset()


def _bids_farewell(line: str, letters: Callable[[str], frozenset[str]]) -> bool:
    """`Kind regards / Cordialement` too."""
    return all(letters(piece) <= _COURTEOUS for piece in line.split(" / "))


def _is_signature(line: str, names: Names, *, first: bool) -> bool:
    if len(line) > _MOST_CHARS or _THOUSANDS.search(_without_phones(line)) or _MONEY_SIGNS.search(line):
        return False
    # Who is unknown to us signs with a name all the same.
    if first and not names.words and _says_name(line, names):
        return all(map(_is_proper, _words(line)))
    parts = [part for part in _SEGMENTS.split(line) if part.strip()]
    whole = len(parts) >= _LIST and all(set(_words(part)) <= TRADES for part in parts)
    return bool(parts) and (whole or _is_place(line) or all(_is_known(part, names) for part in parts))


def _is_known(part: str, names: Names) -> bool:
    """One part of a line: a way to reach somebody, a place, a name, a title, a company, or a licence."""
    rest = _EMAIL.sub(" ", _without_phones(part))
    rest = _WEB.sub(lambda found: found.group() if MONEY.search(found.group()) else " ", rest)
    words = _words(rest)
    if len(words) > _MOST_WORDS:
        return False
    reached = rest != part
    if reached and all(word in LABELS or _EXTENSION.fullmatch(word) for word in words):
        return True
    return _is_place(part) or _is_named(words, names) or _is_title(words) or _is_licence(_words(part))


def _without_phones(text: str) -> str:
    """Nine digits and more with marks between them; fewer, or thousands set apart, may be an amount."""
    labelled = _words(text)[:1] and _words(text)[0] in LABELS
    return _PHONE.sub(lambda found: " " if _is_phone(found.group(), labelled=bool(labelled)) else found.group(), text)


def _is_phone(text: str, *, labelled: bool) -> bool:
    digits = sum(map(str.isdigit, text))
    return digits >= _SHORTEST_PHONE and (labelled or not _THOUSANDS.fullmatch(text.replace(" ", ",")))


def _words(part: str) -> list[str]:
    tokens = (comparable(token).strip(_TRIMMED).removesuffix("'s") for token in _TOKEN.findall(part))
    pieces = (
        piece for token in tokens for piece in (token.split("/") if "/" in token and token not in TRADES else [token])
    )
    return [piece for piece in pieces if piece]


def _is_named(words: Sequence[str], names: Names) -> bool:
    """A person with initials and degrees, or a company with what it does; or a company by its legal form."""
    known = names.words | CREDENTIALS | TRADES | LEGAL_FORMS | OFFICES | PARTICLES
    if names.words & set(words):
        return all(word in known or (len(word) == 1 and word.isalpha()) for word in words)
    legal = len(words) > 1 and words[-1].replace(".", "") in LEGAL_FORMS
    return legal and len(words) <= _MOST_UNKNOWN + 1 and all(map(_is_proper, words[:-1]))


def _is_title(words: Sequence[str]) -> bool:
    allowed = OFFICES | TRADES | PARTICLES | CREDENTIALS
    return bool(OFFICES & set(words)) and all(word in allowed for word in words)


def _is_licence(words: Sequence[str]) -> bool:
    """`Lic. #123456`, `MBE/WBE Certified`: a number of few digits may be one of the bill."""
    if CERTIFIED & set(words):
        return all(word in CERTIFIED_WORDS for word in words)
    numbers = [word for word in words if word not in LICENSE_WORDS]
    return bool(words) and words[0] in LICENSES and bool(numbers) and all(map(_LICENSE_NUMBER.fullmatch, numbers))


def _is_place(part: str) -> bool:
    """A street with its number, a box at the post office, or a town with its state and its postal code."""
    found = _PLACE.fullmatch(" ".join(comparable(part).strip(_TRIMMED).split()))
    names = re.findall(r"[^\W\d_]{2,}", " ".join(filter(None, found.groups()))) if found else ()
    return found is not None and all(name in _OF_TOWNS or _is_proper(name) for name in names)


def _is_proper(word: str) -> bool:
    """May be part of a name that we do not know: no word of sentences and none of bills."""
    return word in PARTICLES or not (word in SENTENCE_WORDS or _is_remark(word))


def _is_remark(word: str) -> bool:
    """Also within `DO-NOT-PAY`."""
    pieces = word.split("-")
    return any(REMARK.fullmatch(piece) for piece in (word, *pieces)) or "not" in pieces


def _says_name(line: str, names: Names) -> bool:
    words = set(_plain(line).split())
    if names.words:
        return bool(words & names.words)
    shown = line.split()
    return 1 <= len(shown) <= 3 and all(
        word.strip(".,").replace("-", "").isalpha() and word[0].isupper() for word in shown
    )


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w' -]", " ", comparable(text)).split())
