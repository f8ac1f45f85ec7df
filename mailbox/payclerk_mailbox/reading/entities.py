"""A mail as entities (RFC 2046): for each its few headers and where its bytes stand; nothing is copied or decoded.

The standard parser takes time for each line times each level it is in, and several times the size in memory (issue 94).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from .limits import Limits, Unreadable

# As the standard library tells headers from the text below them.
HEAD: Final = re.compile(rb"(?:(?:[!-9;-~]*+:|[ \t]|From )[^\r\n]*+(?:\r\n|\r|\n|\Z))*+")
BREAK: Final = re.compile(rb"\r\n|\r|\n")
_FIELD: Final = re.compile(
    rb"^(content-(?:type|disposition|transfer-encoding|id))[ \t]{0,20}:((?:[^\n]*+\n(?=[ \t]))*+[^\n]*+)",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD_BYTES: Final = 64 * 2**10  # of one part
_VALUE_CHARS: Final = 1_000  # of one header; the readers of parameters take the square of its length
_UUENCODED_BYTES: Final = 2**20  # nobody sends these any more; larger ones are left as they are
_SCANNED: Final = 8  # times the largest mail: so much is looked through for boundaries, over all levels


@dataclass(frozen=True, slots=True)
class Entity:
    """One part with its own headers, which may have parts in it."""

    raw: bytes = field(repr=False)
    start: int  # of the body
    end: int
    head: Message = field(repr=False)

    @property
    def kind(self) -> str:
        return self.head.get_content_type()

    @property
    def encoding(self) -> str:
        return str(self.head.get("content-transfer-encoding", "")).strip().lower()

    def content(self, most: int | None = None) -> bytes:
        """The bytes without their transfer encoding; of no more than `most` bytes as they came."""
        end = self.end if most is None else min(self.end, self.start + most)
        return _decoded(self.raw[self.start : end], self.encoding)


class Splitter:
    """Finds the parts of multiparts, and counts what that takes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._scanned = 0
        self._marks = 0

    def children(self, entity: Entity) -> list[Entity]:
        """Raises Unreadable where there are more than the limits allow."""
        boundary = _boundary(entity.head)
        if not boundary:
            return []
        self._scanned += entity.end - entity.start
        if self._scanned > _SCANNED * self._limits.message_bytes:
            raise Unreadable("is nested too deep")
        inner = "message/rfc822" if entity.kind == "multipart/digest" else "text/plain"
        return [_entity(entity.raw, start, end, inner) for start, end in self._slices(entity, boundary)]

    def _slices(self, entity: Entity, boundary: bytes) -> list[tuple[int, int]]:
        slices: list[tuple[int, int]] = []
        start: int | None = None
        mark = re.compile(rb"--" + re.escape(boundary) + rb"(--)?[ \t]*+(?:\r\n|\r|\n|\Z)")
        for found in mark.finditer(entity.raw, entity.start, entity.end):
            self._marks += 1
            if self._marks > 2 * self._limits.parts:
                raise Unreadable(f"has more than {self._limits.parts} parts")
            if entity.raw[found.start() - 1 : found.start()] not in {b"", b"\n", b"\r"}:
                continue
            if start is not None:
                slices.append((start, max(start, _before_break(entity.raw, found.start()))))
            start = None if found[1] else found.end()
            if found[1]:
                break
        return [*slices, (start, entity.end)] if start is not None else slices


def top_entity(raw: bytes, body_at: int, items: Iterable[tuple[str, str]]) -> Entity:
    """The mail itself, whose headers have been read already."""
    return Entity(
        raw, body_at, len(raw), _head([(name, value) for name, value in items if name.startswith("content-")])
    )


def _entity(raw: bytes, start: int, end: int, inner: str) -> Entity:
    found = HEAD.match(raw, start, end)
    head_end = found.end() if found else start
    blank = BREAK.match(raw, head_end, end)
    text = raw[start : min(head_end, start + _HEAD_BYTES)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    fields = [(one[1].decode("ascii"), one[2].decode("ascii", "surrogateescape")) for one in _FIELD.finditer(text)]
    return Entity(raw, blank.end() if blank else head_end, end, _head(fields, inner))


def _head(items: Iterable[tuple[str, str]], inner: str = "text/plain") -> Message:
    head = Message()
    head.set_default_type(inner)
    for name, value in items:
        if name not in head:
            head[name] = value[:_VALUE_CHARS].replace("\r", "").replace("\n", "").strip()
    return head


def _boundary(head: Message) -> bytes:
    if head.get_content_maintype() != "multipart":
        return b""
    try:
        return (head.get_boundary() or "").encode("utf-8", "surrogateescape")
    except (ValueError, LookupError, TypeError):
        return b""


def _before_break(raw: bytes, at: int) -> int:
    """The line end before a boundary belongs to the boundary."""
    if raw[at - 2 : at] == b"\r\n":
        return at - 2
    return at - 1 if raw[at - 1 : at] in {b"\n", b"\r"} else at


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding == "base64":
        return _from_base64(body)
    if encoding in {"x-uuencode", "uuencode", "uue", "x-uue"} and len(body) <= _UUENCODED_BYTES:
        return _from_uuencode(body)
    return body


def _from_base64(body: bytes) -> bytes:
    """Signs that do not belong there are passed over, and a lost end is made up for."""
    for rest in (b"", b"===", b"A==="):
        try:
            return binascii.a2b_base64(body + rest if rest else body)
        except binascii.Error:
            continue
    return body


def _from_uuencode(body: bytes) -> bytes:
    message = Message()
    message["Content-Transfer-Encoding"] = "x-uuencode"
    message.set_payload(body.decode("ascii", "surrogateescape"))
    payload = message.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else body
