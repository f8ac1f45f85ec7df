"""Authentication-Results (RFC 8601), read with tolerance: Microsoft leaves the authserv-id out (issue 53)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from publicsuffixlist import PublicSuffixList

_RESULT: Final = re.compile(r"\s*([a-z][\w-]{0,30})(?:\s*/\s*\d{1,5})?\s*=\s*([a-z]{1,20})(?:\s|$)", re.IGNORECASE)
_PROPERTY: Final = re.compile(
    r"(?:^|\s)([a-z]{1,20}\.[\w-]{1,40})\s*=\s*\"?([^\s;\"]{1,320})(?=[\s;\"]|$)", re.IGNORECASE
)
_VERDICT: Final = re.compile(r"(?:^|\s)compauth\s*=\s*([a-z]{1,20})", re.IGNORECASE)
_NAME: Final = re.compile(r"([^\s=;]{1,255})(?:\s+(\d{1,5}))?\s*$")
# Within quotes these separate nothing: a mailbox may be called "x; dmarc=pass"@evil.example.
_TAMED: Final = str.maketrans(dict.fromkeys(" \t;=()\"'", "_"))
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
    """The name of the server and its results. What makes no sense is left out; a version but 1 makes none."""
    text = _plain(header) if len(header) <= _LONGEST else ""  # the end of one that was cut might say the contrary
    if text != _plain(header[:_LONGEST], quotes_in_comments=True):
        return Results("", ())  # a mailbox called "x);dmarc=pass("@evil.example, shown within a comment
    pieces = text.split(";")
    named = _NAME.match(pieces[0].strip())
    if named and named.group(2) not in {None, "1"}:
        return Results("", ())
    results = (_result(piece) for piece in pieces[1 if named else 0 :])
    return Results(named.group(1).casefold() if named else "", tuple(one for one in results if one))


def aligned(one: str, other: str) -> bool:
    """The same organisation: relaxed alignment by the public suffix list (RFC 7489, 3.1)."""
    left, right = organisation(one), organisation(other)
    return bool(left) and left == right


def organisation(domain: str) -> str:
    """`mail.ortiz.co.uk` belongs to `ortiz.co.uk`; a bare public suffix belongs to nobody."""
    return str(_suffixes().privatesuffix(ascii_domain(domain)) or "")


def ascii_domain(domain: str) -> str:
    """Lower case, each label in its IDNA form.

    A label is only encoded, never mapped: Python's own codec makes `strasse` of `straße`, which is another's domain.
    """
    return ".".join(_ascii_label(label) for label in domain.strip().strip(".").split("."))


def _ascii_label(label: str) -> str:
    low = label.lower()
    if label.isascii():
        return low
    try:
        return "xn--" + low.encode("punycode").decode("ascii")
    except UnicodeError:
        return f"xn--?{len(low)}"  # no domain: it equals none that is asked


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _plain(text: str, *, quotes_in_comments: bool = False) -> str:
    """Without comments, which may nest and may hold `dmarc=pass`, and with nothing in quotes that separates.

    By the standard a quote within a comment quotes nothing; not every server knows, and both readings have to agree.
    """
    return "".join(_pieces(text, quotes_in_comments=quotes_in_comments))


def _pieces(text: str, *, quotes_in_comments: bool) -> Iterator[str]:
    depth, quoted, escaped = 0, False, False
    for char in text:
        if escaped:
            escaped = False
            yield "_" if not depth else ""
        elif char == "\\" and (quoted or depth):
            escaped = True
        elif char == '"' and (quotes_in_comments or not depth):
            quoted = not quoted
        elif quoted:
            yield char.translate(_TAMED) if not depth else ""
        elif char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
            yield " "
        elif not depth:
            yield char


def _result(piece: str) -> Result | None:
    found = _RESULT.match(piece)
    if found is None:
        return None
    properties = {name.lower(): value.casefold() for name, value in reversed(_PROPERTY.findall(piece))}
    if composite := _VERDICT.search(piece):  # Microsoft's, which stands behind the last result or alone
        properties["compauth"] = composite.group(1).casefold()
    return Result(found.group(1).lower(), found.group(2).lower(), properties)
