"""Lines at the end that only say who writes: name, company, telephone, address."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .vocabulary import MONEY, PARTICLES, REMARK, SENTENCE_WORDS, words_of
from .words import comparable

_PHONE: Final = re.compile(r"\+?[\d(][\d().\-/ \u00a0x]{5,24}\d")
# `Springfield, IL 62701`: half of these letters are words too (il, or, in, on).
_STATE: Final = re.compile(r"(?<=[a-z]), [A-Z]{2} {1,2}(?:\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)$")
_THOUSANDS: Final = re.compile(r"\b\d{1,3}(?:[.,']\d{3})+\b")
_TOKEN: Final = re.compile(r"[^\s|,;:\u2022\u00b7/]+")
_LABELS: Final = words_of(
    "t m c f o p e w tel cell mobile phone office fax direct ext email e-mail web lic lic# license no po box"
)
_MOST_LINES: Final = 12
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
    """The numbers of these lines. The first line of an answer is none of them, and none that answers in itself."""
    found: list[int] = []
    for at in range(len(lines) - 1, 0, -1):
        said = letters(lines[at])
        if said <= _COURTEOUS:
            continue
        if said - _SILENT or not _is_signature(lines[at], names):
            break
        found.append(at)
    kept = sorted(found)
    # Trusted from the first line on that says who it is: behind a farewell, or with a name we know.
    for index, at in enumerate(kept):
        if letters(lines[at - 1]) <= _COURTEOUS or _says_name(lines[at], names):
            return frozenset(kept[index:]) if index == 0 and len(kept) <= _MOST_LINES else frozenset()
    return frozenset()


def _is_signature(line: str, names: Names) -> bool:
    if len(line) > 90 or _THOUSANDS.search(line) or re.search(r"[$€£¥%!]", line):
        return False
    rest = _PHONE.sub(" ", _STATE.sub("", line))
    tokens = [token.strip(".()*_\"'-#") for token in _TOKEN.findall(rest)]
    if any(tokens) and all(token.isdigit() for token in tokens if token):
        return False  # a number alone may be an amount
    return len(tokens) <= 12 and all(_is_signature_word(token, names) for token in tokens if token)


def _is_signature_word(token: str, names: Names) -> bool:
    word = comparable(token)
    if "@" in token or word in names.words or word in _LABELS or word in PARTICLES:
        return True
    if word in SENTENCE_WORDS or _is_remark(word):
        return False
    if "." in token and re.fullmatch(r"(?:https?:)?[\w-]+(?:\.[\w-]+)+", token):
        return not MONEY.search(token)  # a web address
    if token.isdigit():
        return len(token) <= 6  # a house number or a postal code
    return token[0].isupper() or token[0].isdigit()


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
