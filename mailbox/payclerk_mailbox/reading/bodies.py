"""The text of a mail: flowed lines joined, several text parts put together, all within the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Final

from .limits import Limits
from .markup_limits import short_enough

_DEEPEST: Final = 50  # marks of quotation that are told apart


@dataclass(frozen=True, slots=True)
class Body:
    """One text part, or the pair of a multipart/alternative."""

    plain: str | None
    html: str | None
    defects: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not (self.plain or "").strip() and not (self.html or "").strip()


def join_bodies(bodies: Sequence[Body], limits: Limits) -> Body:
    """Several text parts follow one another in the mail; each kind of text is given only when it tells all of it.

    A gateway puts a plain footer behind an HTML mail: taken alone, that footer would be the answer.
    """
    bodies = [body for body in bodies if not body.empty]
    plains = [body.plain for body in bodies if body.plain is not None]
    plain = "\n\n".join(plains) if plains and len(plains) == len(bodies) else None
    html = "\n".join(_as_html(body) for body in bodies) if any(body.html for body in bodies) else None
    return _capped(plain, html, limits)


def _as_html(body: Body) -> str:
    return body.html if body.html is not None else f"<pre>{escape(body.plain or '')}</pre>"


def _capped(plain: str | None, html: str | None, limits: Limits) -> Body:
    short = Body(plain and _short_lines(plain, limits), html and short_enough(html, limits))
    return replace(short, defects=("the text was cut",)) if (short.plain, short.html) != (plain, html) else short


def _short_lines(plain: str, limits: Limits) -> str:
    lines = plain[: limits.text_chars].split("\n")
    return "\n".join(line[: limits.line_chars] for line in lines)


def unflow(text: str, *, delsp: bool) -> str:
    """Lines of format=flowed joined again (RFC 3676): `I acc \\nept` is one word with DelSp (issue 81)."""
    joined: list[list[str]] = []
    open_depth: int | None = None  # of the line before, when it goes on
    for line in text.split("\n"):
        depth, content = _depth_and_content(line)
        flows = content.endswith(" ") and content != "-- "  # the signature separator never flows (RFC 3676, 4.3)
        content = content[:-1] if flows and delsp else content
        if open_depth == depth and content != "-- ":
            joined[-1].append(content)
        else:
            joined.append([f"{'>' * depth} {content}" if depth else content])
        open_depth = depth if flows else None
    return "\n".join(map("".join, joined))


def _depth_and_content(line: str) -> tuple[int, str]:
    content = line.lstrip(">")
    depth = min(len(line) - len(content), _DEEPEST)
    return depth, content.removeprefix(" ")  # space-stuffing (RFC 3676, 4.4)
