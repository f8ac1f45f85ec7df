"""A walk over the MIME parts of the top-level message, by the standard library alone.

It is the guard beside mail-parser and the only source of the text: on public fixtures it never raised, and it does
not look into attached mails (reference 0 line 12, 6.3).
"""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from .bodies import Body, unflow
from .charsets import decode
from .filenames import clean_name
from .limits import Limits, Unreadable

_NESTING: Final = re.compile(rb"^content-type:\s{0,20}(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_BOUNDARY: Final = re.compile(rb"boundary\s{0,5}=\s{0,5}\"?([^\";\r\n]{1,200})", re.IGNORECASE)
_DASHED: Final = re.compile(rb"^--([^\r\n]{1,210})", re.MULTILINE)
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


def read_parts(raw: bytes, limits: Limits) -> Parts:
    # Counted before parsing: the standard parser takes time for each line times each level it is in (issue 94).
    if sum(1 for _ in _NESTING.finditer(raw)) > limits.parts or _parts_begun(raw, limits.parts) > 2 * limits.parts:
        raise Unreadable(f"has more than {limits.parts} parts")
    message = email.message_from_bytes(raw)
    walk = _Walk(limits)
    walk.visit(message, 0)
    return walk.parts()


def _parts_begun(raw: bytes, most: int) -> int:
    """How often a boundary stands on a line: once for each part, and once for each end."""
    if raw.count(b"\n--") <= 2 * most:
        return 0
    boundaries = set(_BOUNDARY.findall(raw))
    return sum(1 for line in _DASHED.finditer(raw) if line[1].rstrip().removesuffix(b"--") in boundaries)


class _Walk:
    """Collects as it goes. The one place of this package with state, and it lives for one mail."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
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

    def visit(self, part: Message, depth: int) -> None:
        kind = self._counted(part, depth)
        if kind == "multipart/alternative":
            self._visit_alternative(part, depth)
        elif part.is_multipart() and kind.startswith("multipart/"):
            for child in _children(part):
                self.visit(child, depth + 1)
        else:
            self._visit_leaf(part, kind)

    def _counted(self, part: Message, depth: int) -> str:
        kind = part.get_content_type()
        self._types.append(kind)
        if depth > self._limits.depth:
            raise Unreadable("is nested too deep")
        if len(self._types) > self._limits.parts:
            raise Unreadable(f"has more than {self._limits.parts} parts")
        return kind

    def _visit_alternative(self, part: Message, depth: int) -> None:
        """Its texts say the same thing in different ways: one body, not several."""
        before = len(self._bodies)
        for child in _children(part):
            self.visit(child, depth + 1)
        inside = self._bodies[before:]
        plain = next((body.plain for body in inside if body.plain), None)
        html = next((body.html for body in inside if body.html), None)
        self._bodies[before:] = [Body(plain, html)] if inside else []

    def _visit_leaf(self, part: Message, kind: str) -> None:
        if kind in _REPORTS:
            self._reports.append(_report_text(part)[: self._limits.text_chars])
            if kind != "text/calendar":
                return
        if kind in {"text/plain", "text/html"} and not _is_file(part):
            self._bodies.append(_body(part, kind))
        else:
            self._attachments.append(_attachment(part, kind, len(self._attachments) + 1))


def _children(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    return iter(payload if isinstance(payload, list) else [])


def _is_file(part: Message) -> bool:
    """A text with a name is a file, shown inline or not: its words are not the answer (reference 6.3)."""
    return str(part.get("content-disposition", "")).strip().lower().startswith("attachment") or bool(_file_name(part))


def _body(part: Message, kind: str) -> Body:
    text = decode(_content(part), _param(part, "charset"))
    if kind == "text/html":
        return Body(None, text)
    if (_param(part, "format") or "").lower() == "flowed":
        text = unflow(text, delsp=(_param(part, "delsp") or "").lower() == "yes")
    return Body(text, None)


def _attachment(part: Message, kind: str, number: int) -> Attachment:
    nested = kind == "message/rfc822" or (part.is_multipart() and not kind.startswith("multipart/"))
    content = _nested_content(part) if nested else _content(part)
    name = clean_name(_file_name(part), kind, number)
    return Attachment.of(name, kind, content, inline=_is_inline(part))


def _is_inline(part: Message) -> bool:
    disposition = str(part.get("content-disposition", "")).strip().lower()
    return disposition.startswith("inline") or (not disposition and "content-id" in part)


def _content(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):  # broken uuencode, unknown transfer encoding
        payload = str(part.get_payload()).encode("utf-8", "surrogateescape")
    return payload if isinstance(payload, bytes) else b""


def _nested_content(part: Message) -> bytes:
    """An attached mail as its own bytes."""
    return b"\r\n".join(_as_bytes(child) for child in _children(part))


def _report_text(part: Message) -> str:
    if part.is_multipart():  # the standard library reads delivery-status as a list of header blocks
        return "\n".join(_as_bytes(child).decode("utf-8", "replace") for child in _children(part))
    method = _param(part, "method")  # of a calendar part: its METHOD may stand in the header alone
    return (f"METHOD:{method}\n" if method else "") + decode(_content(part), _param(part, "charset"))


def _as_bytes(message: Message) -> bytes:
    try:
        return message.as_bytes()
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
        return str(message.get_payload()).encode("utf-8", "replace")


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
