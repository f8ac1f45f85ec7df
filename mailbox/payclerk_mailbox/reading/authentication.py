"""Authentication-Results (RFC 8601), read with tolerance: Microsoft leaves the authserv-id out (issue 53)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from publicsuffixlist import PublicSuffixList

_RESULT: Final = re.compile(r"\s*([a-z][\w-]{0,30})(?:/\d{1,5})?\s*=\s*([a-z]{1,20})(?:\s|$)", re.IGNORECASE)
_PROPERTY: Final = re.compile(r"(?:^|\s)([a-z]{1,20}\.[\w-]{1,40})\s*=\s*\"?([^\s;\"]{1,320})", re.IGNORECASE)
_LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Result:
    method: str
    value: str
    properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class Results:
    authserv_id: str  # empty where the header has none
    results: tuple[Result, ...]

    def of(self, method: str) -> list[Result]:
        return [result for result in self.results if result.method == method]


def read_results(header: str) -> Results:
    pieces = _without_comments(header[:_LONGEST]).split(";")
    first = pieces[0].strip()
    named = bool(first) and "=" not in first
    results = (_result(piece) for piece in pieces[1 if named else 0 :])
    return Results(first.split()[0].casefold() if named else "", tuple(one for one in results if one))


def aligned(one: str, other: str) -> bool:
    """The same organisation: relaxed alignment by the public suffix list (RFC 7489, 3.1)."""
    left, right = organisation(one), organisation(other)
    return bool(left) and left == right


def organisation(domain: str) -> str:
    """`mail.ortiz.co.uk` belongs to `ortiz.co.uk`; a bare public suffix belongs to nobody."""
    return str(_suffixes().privatesuffix(ascii_domain(domain)) or "")


def ascii_domain(domain: str) -> str:
    """Lower case, in its IDNA form where it has one."""
    name = domain.strip().strip(".").casefold()
    try:
        return name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:  # longer than a label may be, or marks no domain has
        return name


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _without_comments(text: str) -> str:
    """Comments are in brackets, may nest, and may hold `dmarc=pass`; semicolons within quotes are no separators."""
    depth, quoted, kept = 0, False, list[str]()
    for char in text:
        if char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            depth += 1
        elif char == ")" and not quoted and depth:
            depth -= 1
            kept.append(" ")
        elif not depth and not (quoted and char == ";"):
            kept.append(char)
    return "".join(kept)


def _result(piece: str) -> Result | None:
    found = _RESULT.match(piece)
    if found is None:
        return None
    properties = {name.lower(): value.casefold() for name, value in reversed(_PROPERTY.findall(piece))}
    return Result(found.group(1).lower(), found.group(2).lower(), properties)
