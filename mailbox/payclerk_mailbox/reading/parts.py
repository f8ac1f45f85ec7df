"""A walk over the MIME parts of the top-level message.

It is the guard beside mail-parser and the only source of the text, and it does not look into attached mails (reference
0 line 12, 6.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from .bodies import Body, unflow
from .charsets import decode
from .entities import Entity, Splitter
from .filenames import clean_name
from .limits import Limits, Unreadable

_BYTES_OF_A_CHAR: Final = 4
_GROWTH: Final = {"quoted-printable": 3, "base64": 2}  # how much longer a text may be as it came
_REPORTS: Final = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "text/calendar",
    }
)


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content_type: str
    content: bytes = field(repr=False)
    sha256: str
    inline: bool

    @classmethod
    def of(cls, name: str, content_type: str, content: bytes, *, inline: bool = False) -> Attachment:
        return cls(name, content_type, content, hashlib.sha256(content).hexdigest(), inline)


@dataclass(frozen=True, slots=True)
class Parts:
    bodies: tuple[Body, ...]
    attachments: tuple[Attachment, ...]
    content_types: tuple[str, ...]
    reports: tuple[str, ...]
    defects: tuple[str, ...]


def read_parts(top: Entity, limits: Limits) -> Parts:
    """Every part of the mail, outermost first. Raises Unreadable where there are more than the limits allow."""
    walk = _Walk(limits)
    walk.visit(top, 0)
    return walk.parts()


class _Walk:
    """Collects as it goes. The one place of this package with state, and it lives for one mail."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._splitter = Splitter(limits)
        self._bodies: list[Body] = []
        self._attachments: list[Attachment] = []
        self._types: list[str] = []
        self._reports: list[str] = []
        self._defects: list[str] = []

    def parts(self) -> Parts:
        kept = self._limits.attachments
        if len(self._attachments) > kept:
            self._defects.append(f"only the first {kept} attachments were kept")
        return Parts(
            tuple(self._bodies),
            tuple(self._attachments[:kept]),
            tuple(self._types),
            tuple(self._reports),
            tuple(self._defects),
        )

    def visit(self, part: Entity, depth: int) -> None:
        kind = self._counted(part, depth)
        children = self._splitter.children(part)
        if kind == "multipart/alternative":
            self._visit_alternative(children, depth)
        elif children:
            for child in children:
                self.visit(child, depth + 1)
        else:
            self._visit_leaf(part, kind)

    def _counted(self, part: Entity, depth: int) -> str:
        kind = part.kind
        self._types.append(kind)
        if depth > self._limits.depth:
            raise Unreadable("is nested too deep")
        if len(self._types) > self._limits.parts:
            raise Unreadable(f"has more than {self._limits.parts} parts")
        return kind

    def _visit_alternative(self, children: Sequence[Entity], depth: int) -> None:
        """Its texts say the same thing in different ways: one body, not several."""
        before = len(self._bodies)
        for child in children:
            self.visit(child, depth + 1)
        inside = self._bodies[before:]
        plain = next((body.plain for body in inside if body.plain), None)
        html = next((body.html for body in inside if body.html), None)
        self._bodies[before:] = [Body(plain, html)] if inside else []

    def _visit_leaf(self, part: Entity, kind: str) -> None:
        if kind in _REPORTS:
            self._reports.append(self._report_text(part))
            if kind != "text/calendar":
                return
        if kind in {"text/plain", "text/html"} and not _is_file(part):
            text = self._text(part)
            self._bodies.append(Body(None, text) if kind == "text/html" else Body(_unflowed(part, text), None))
        else:
            self._attachments.append(_attachment(part, kind, len(self._attachments) + 1))

    def _report_text(self, part: Entity) -> str:
        method = _param(part.head, "method")  # of a calendar part: its METHOD may stand in the header alone
        return (f"METHOD:{method}\n" if method else "") + self._text(part)

    def _text(self, part: Entity) -> str:
        """No more of it than is ever read; longer texts are cut before they are decoded."""
        most = self._limits.text_chars * _BYTES_OF_A_CHAR
        content = part.content(most * _GROWTH.get(part.encoding, 1))
        if len(content) > most or part.end - part.start > most * _GROWTH.get(part.encoding, 1):
            self._defects.append("the text was cut")
            content = content[:most].rpartition(b"\n")[0] or content[:most]
        return decode(content, _param(part.head, "charset"))


def _is_file(part: Entity) -> bool:
    """A text with a name is a file, shown inline or not: its words are not the answer (reference 6.3)."""
    disposition = str(part.head.get("content-disposition", "")).strip().lower()
    return disposition.startswith("attachment") or bool(_file_name(part.head))


def _unflowed(part: Entity, text: str) -> str:
    if (_param(part.head, "format") or "").lower() != "flowed":
        return text
    return unflow(text, delsp=(_param(part.head, "delsp") or "").lower() == "yes")


def _attachment(part: Entity, kind: str, number: int) -> Attachment:
    name = clean_name(_file_name(part.head), kind, number)
    return Attachment.of(name, kind, part.content(), inline=_is_inline(part.head))


def _is_inline(part: Message) -> bool:
    disposition = str(part.get("content-disposition", "")).strip().lower()
    return disposition.startswith("inline") or (not disposition and "content-id" in part)


def _param(part: Message, name: str) -> str | None:
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, TypeError, IndexError):  # bad RFC 2231 bytes (zammad #2227)
        return None
    if isinstance(value, tuple):
        value = value[2]
    return value if isinstance(value, str) else None


def _file_name(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError, TypeError, IndexError):
        return ""
