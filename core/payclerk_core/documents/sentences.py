"""What payclerk itself says inside a letter, in the letter's language: the English sentence is the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_HOLE: Final = re.compile(r"\\\{(\w+)\\\}")
_LONGEST: Final = 5000
# Statuses inside a sentence, as terms.*.jinja has them.
_STATUSES: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {
        "Draft": "Brouillon",
        "Under Review": "En cours d'examen",
        "Revise & Resubmit": "À réviser et à renvoyer",
        "Pending Owner Approval": "En attente du maître d'ouvrage",
        "Approved": "Approuvée",
        "Approved as Noted": "Approuvée avec remarques",
    },
    "es": {
        "Draft": "Borrador",
        "Under Review": "En revisión",
        "Revise & Resubmit": "Revisar y reenviar",
        "Pending Owner Approval": "Pendiente del propietario",
        "Approved": "Aprobada",
        "Approved as Noted": "Aprobada con observaciones",
    },
}


@dataclass(frozen=True, slots=True)
class _Sentence:
    said: re.Pattern[str]  # the English one, with holes
    texts: Mapping[str, str]


def in_language(text: str, language: str) -> str:
    """The text in a language, when every sentence of it is known; else as it is: half of each would be worse.

    >>> in_language("The cells are merged. Nothing is payable.", "fr")
    "Les cellules sont fusionnées. Rien n'est à payer."
    >>> in_language("Somebody's own words.", "fr")
    "Somebody's own words."
    """
    if language == "en" or len(text) > _LONGEST:
        return text
    found: list[str] = []
    rest = text.strip()
    while rest:
        step = _first(rest, language)
        if step is None:
            return text
        said, rest = step
        found.append(said)
    return " ".join(found)


def _first(text: str, language: str) -> tuple[str, str] | None:
    """The first sentence translated, and what is behind it. The one that says most of the text is taken."""
    matches = [(sentence, found) for sentence in _sentences() if (found := sentence.said.match(text))]
    if not matches:
        return None
    sentence, found = max(matches, key=lambda one: len(one[0].said.pattern))
    statuses = _STATUSES.get(language, {})
    values = {name: statuses.get(value, value) for name, value in found.groupdict().items() if value is not None}
    return sentence.texts[language].format_map(values), text[found.end() :].lstrip()


@cache
def _sentences() -> Sequence[_Sentence]:
    rows = tomllib.loads(files("payclerk_templates").joinpath("mail/sentences.toml").read_text(encoding="utf-8"))
    return [_Sentence(_pattern(row["en"]), row) for row in rows["sentence"]]


def _pattern(english: str) -> re.Pattern[str]:
    """A hole takes at most 200 characters, of one line; behind the sentence comes another or nothing."""
    return re.compile(_HOLE.sub(r"(?P<\1>.{1,200}?)", re.escape(english)) + r"(?=\s|$)")
