"""The decision in an answer: a small closed grammar over all of it, or none, and then a person reads it.

Every clause must be used up by a pattern of `phrases`, and the kinds of the clauses must follow one another as in
`_ORDERS`. One word left over, and nothing is decided (reference 2.2). No wrong decision is worth a saved minute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .clauses import Clause, clauses_of, tidy_lines
from .kinds_of_clauses import ClauseKinds
from .signatures import Names, signature_lines
from .vocabulary import ACCEPTING, CONDITIONS, MONEY, SENDING, TAKEN_BACK
from .words import comparable


class Question(StrEnum):
    """What was asked: bill this period or not; or is the claim to the owner approved."""

    INVITATION = "invitation"
    OWNER_CLAIM = "owner_claim"


class Decision(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    APPROVE = "approve"
    APPROVE_AS_NOTED = "approve_as_noted"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Reading:
    decision: Decision | None
    reason: str  # why it was declined, or what was noted; in the person's own words
    why: str  # how it was understood, or why it was not: for people


_EMPTY_BOX: Final = re.compile(r"\[\s*\]|\(\s*\)")
_ONLY_NOT: Final = re.compile(r"not|no|pas|non|nope|never|jamais|nunca")
_LONGEST: Final = 3000  # characters; an answer is short
_MOST_CLAUSES: Final = 60

# Letters: G greeting, C courtesy, S sorry, Y yes, N no, K ok, I bare `si`, A accept, D decline, T as noted,
# W no work, P send the form, X signature, F words no pattern knows.
_ACCEPT: Final = r"[GC]*(?:[YK]?A[AYCP]*)[CX]*"
_YES: Final = r"[GC]*Y[YCP]*[CX]*"
_DECLINE: Final = r"[GCS]*N?[SC]*D[DNWFCS]*[CX]*"
_ORDERS: Final = {
    Question.INVITATION: (
        (_ACCEPT, Decision.ACCEPT),
        (_YES, Decision.ACCEPT),
        (r"G*KX*", Decision.ACCEPT),  # "ok" with no other words
        (r"G*I[CX]*", Decision.ACCEPT),  # Spanish `si` alone on its line
        (_DECLINE, Decision.DECLINE),
        (r"[GCS]*N[NWCS]*[CX]*", Decision.DECLINE),
    ),
    # A claim is money: only the verbs count, a bare yes or no is a person's job.
    Question.OWNER_CLAIM: (
        (_ACCEPT, Decision.APPROVE),
        (r"[GC]*T[FC]*[CX]*", Decision.APPROVE_AS_NOTED),
        (_DECLINE, Decision.REJECT),
    ),
}
_WITH_REASON: Final = frozenset({Decision.DECLINE, Decision.REJECT, Decision.APPROVE_AS_NOTED})


def read_decision(text: str, question: Question, *, names: Sequence[str] = (), language: str = "en") -> Reading:
    """What an answer decides. `names` are those of the sender and the company; `language` that of the letter answered."""
    if len(text) > _LONGEST:
        return _none("the answer is too long to be a plain yes or no")
    if "?" in text or "\u00bf" in text:
        return _none("the answer asks something")
    if _EMPTY_BOX.search(text):
        return _none("the answer holds a box that is not ticked")
    lines = tidy_lines(text)
    if any(line.startswith(">") for line in lines):
        return _none("the answer holds quoted lines")
    if not lines:
        return _none("there are no words in the answer")
    return _read(lines, question, Names.of(names), language)


def _read(lines: Sequence[str], question: Question, names: Names, language: str) -> Reading:
    kinds = ClauseKinds(question.value, names, spanish=language.startswith("es"))
    signature = signature_lines(lines, names, kinds.letters)
    clauses = [one for number, line in enumerate(lines) if number not in signature for one in clauses_of(line, number)]
    if len(clauses) > _MOST_CLAUSES:
        return _none("the answer is too long to be a plain yes or no")
    letters = [kinds.letter(clause) for clause in clauses]
    order = _in_order(clauses, letters, signature)
    decision = next((one for pattern, one in _ORDERS[question] if re.fullmatch(pattern, order)), None)
    if decision is None:
        return _none(_why_not(clauses, letters))
    return _decided(lines, clauses, letters, decision)


def _in_order(clauses: Sequence[Clause], letters: Sequence[str], signature: frozenset[int]) -> str:
    placed = [(clause.line, letter) for clause, letter in zip(clauses, letters, strict=True)]
    return "".join(letter for _, letter in sorted([*placed, *((at, "X") for at in signature)], key=lambda one: one[0]))


def _decided(lines: Sequence[str], clauses: Sequence[Clause], letters: Sequence[str], decision: Decision) -> Reading:
    free = [clause for clause, letter in zip(clauses, letters, strict=True) if letter == "F"]
    doubt = _doubt(" ".join(clause.words for clause in free), decision) if free else None
    if doubt:
        return _none(doubt)
    said = next(clause for clause, letter in zip(clauses, letters, strict=True) if letter in "AYKIDNT")
    reason = _reason(lines, clauses, letters) if decision in _WITH_REASON else ""
    return Reading(decision, reason, f'understood "{said.raw.strip()[:80]}" as {decision.value.replace("_", " ")}')


def _doubt(words: str, decision: Decision) -> str | None:
    """What a free reason holds that could turn the answer round. Notes are free: they are what is to be read."""
    if decision is Decision.APPROVE_AS_NOTED:
        taken_back = TAKEN_BACK.search(words) or _ONLY_NOT.fullmatch(words)
        return f'the notes may take the approval back ("{taken_back.group()}")' if taken_back else None
    for pattern, what in (
        (CONDITIONS, "sets a condition"),
        (ACCEPTING, "speaks of accepting too"),
        (MONEY, "names an amount"),
        (SENDING, "speaks of something sent"),
    ):
        found = pattern.search(words)
        if found:
            return f'the answer declines, but {what} ("{found.group()}")'
    return "the answer declines and then only says not" if _ONLY_NOT.fullmatch(words) else None


def _reason(lines: Sequence[str], clauses: Sequence[Clause], letters: Sequence[str]) -> str:
    """From behind the deciding clause to the courtesies, as written."""
    first = next(at for at, letter in enumerate(letters) if letter in "DNT")
    told = [
        clause for clause, letter in zip(clauses[first + 1 :], letters[first + 1 :], strict=True) if letter in "FWD"
    ]
    numbers = sorted({clause.line for clause in told})
    pieces = []
    for number in numbers:
        here = [clause for clause in told if clause.line == number]
        pieces.append(lines[number][here[0].start : here[-1].end].strip())
    return "\n".join(pieces)


def _why_not(clauses: Sequence[Clause], letters: Sequence[str]) -> str:
    everything = " ".join(clause.words for clause in clauses)
    condition = CONDITIONS.search(everything)
    if "A" in letters and ("D" in letters or "N" in letters):
        return "the answer says both yes and no"
    if condition and set(letters) & set("ADYNF"):
        return f'the answer may set a condition ("{condition.group()}")'
    unknown = next((clause for clause, letter in zip(clauses, letters, strict=True) if letter == "F"), None)
    if unknown is not None:
        return f'it says more than a plain answer ("{comparable(unknown.raw)[:60]}")'
    return "it does not say plainly yes or no"


def _none(why: str) -> Reading:
    return Reading(None, "", why)
