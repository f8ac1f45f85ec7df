"""What a mail of ours asks, seen from its words alone: for the command line, which has no database to ask."""

from __future__ import annotations

import re
from typing import Final

from .decision import Question
from .words import comparable

_WORDS: Final = {
    Question.INVITATION: re.compile(
        r"\b(?:accept|decline|invit\w{0,5}|to bill|accepter|refuser|decliner|facturer|aceptar|acepto|rechazar|rechazo|facturar)\b"
    ),
    Question.OWNER_CLAIM: re.compile(
        r"\b(?:approv\w{0,3}|reject|as noted|approuv\w{0,3}|rejeter|rejete|aprob\w{0,4}|aprueb\w{0,2}|payment application|pay app)\b"
    ),
}


def question_in(text: str) -> Question:
    """The question whose words come oftener; an invitation where neither is seen."""
    words = comparable(text[:20_000])
    counts = {question: len(pattern.findall(words)) for question, pattern in _WORDS.items()}
    return max(counts, key=lambda question: counts[question])
