"""Which kind of clause it is, as the letter `decision` orders them by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from . import phrases
from .clauses import Clause, clauses_of
from .signatures import Names
from .vocabulary import SENTENCE_WORDS

_LONGEST_CLAUSE: Final = 160  # characters; longer ones are no answer, and patterns stay cheap
_AFTER_SI: Final = frozenset({"", "por favor", "claro", "gracias", "muchas gracias"})
_AROUND: Final = {
    "S": phrases.SORRY,
    "C": phrases.COMPLETE_COURTESY,
    "P": phrases.SEND_FORM,
    "K": phrases.OK,
    "Y": phrases.YES,
    "N": phrases.NO,
    "W": phrases.NO_WORK,
}


class ClauseKinds:
    """The patterns of one question, with the names that may stand as a subject."""

    def __init__(self, question: str, names: Names, *, spanish: bool) -> None:
        self._patterns = _patterns(question, names.phrases)
        self._names = names
        self._spanish = spanish

    def letter(self, clause: Clause) -> str:
        if len(clause.words) > _LONGEST_CLAUSE:
            return "F"
        if clause.words.split(" ", 1)[0] == "si":
            return self._si(clause)
        known = next((letter for letter, pattern in self._patterns if pattern.fullmatch(clause.words)), None)
        return known or self._with_name(clause) or self._with_regret(clause) or "F"

    def letters(self, line: str) -> frozenset[str]:
        """Of a line that is not the first."""
        return frozenset(self.letter(clause) for clause in clauses_of(line, 1))

    def _si(self, clause: Clause) -> str:
        """With its accent it is yes. Without, it is yes only in Spanish and alone on its line; else it may be "if"."""
        rest = clause.words[2:].strip()
        if "s\u00ed" in clause.raw.casefold():
            known = replace(clause, words=rest)
            return "Y" if rest in _AFTER_SI else self._only(known, "A")
        return "I" if self._spanish and clause.alone and not rest else "F"

    def _with_regret(self, clause: Clause) -> str | None:
        """`Unfortunately we decline`: without a comma, and before a refusal alone."""
        found = _SORRY.match(clause.words)
        return self._only(replace(clause, words=clause.words[found.end() :].strip()), "D") if found else None

    def _only(self, clause: Clause, letter: str) -> str:
        return letter if self.letter(clause) == letter else "F"

    def _with_name(self, clause: Clause) -> str | None:
        """`Hi Anna`, `Thanks Anna`; `Hi` alone too."""
        if clause.calls and _may_be_names(clause.words.split()):
            return "G"
        if clause.words in self._names.phrases:
            return "X"
        for letter, pattern in (("G", _GREETING), ("C", _COURTESY)):
            found = pattern.match(clause.words)
            if found and _may_be_names(clause.words[found.end() :].split()):
                return letter
        return None


def _may_be_names(words: Sequence[str]) -> bool:
    allowed = {"and", "et", "y", "all", "there", "team", "mr", "ms", "mrs", "everyone", "tous", "todos", "again"}
    return len(words) <= 4 and all(
        word in allowed or (word not in SENTENCE_WORDS and word.replace("-", "").replace("'", "").isalpha())
        for word in words
    )


def _any(patterns: Sequence[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


_SORRY: Final = re.compile(rf"(?:{_any(phrases.SORRY)})(?= \w)")
_GREETING: Final = re.compile(rf"(?:{_any(phrases.GREETING)})(?= |$)")
_COURTESY: Final = re.compile(rf"(?:{_any(phrases.COURTESY)})(?= |$)")


@lru_cache(maxsize=256)
def _patterns(question: str, names: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """In this order: a clause that is an answer is never taken for a courtesy."""
    billing = question == "invitation"
    accept = phrases.ACCEPT + (phrases.WILL_BILL if billing else ())
    decline = phrases.DECLINE + (phrases.WILL_NOT_BILL if billing else ())
    verbs = {"T": () if billing else phrases.AS_NOTED, "A": accept, "D": decline}
    filled = {letter: [_filled(one, question, names) for one in patterns] for letter, patterns in verbs.items()}
    every = {**filled, **_AROUND}
    return tuple((letter, re.compile(_any(patterns))) for letter, patterns in every.items() if patterns)


def _filled(pattern: str, question: str, names: tuple[str, ...]) -> str:
    english, french, spanish = phrases.ABOUT[question]
    who = phrases.WHO_EN.replace("{names}", "".join(f"|{re.escape(name)}" for name in names))
    return (
        pattern.replace("{who}", who)
        .replace("{en}", english)
        .replace("{fr}", french)
        .replace("{es}", spanish)
        .replace("{{0,2}}", "{0,2}")
    )
