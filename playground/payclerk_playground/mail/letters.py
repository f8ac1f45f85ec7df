"""A mail as its reader sees it."""

from __future__ import annotations

import email
import mimetypes
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart
    from pathlib import Path


@dataclass(frozen=True)
class Attachment:
    filename: str
    content: bytes
    content_type: str = "application/octet-stream"
    content_id: str | None = None

    @classmethod
    def named(cls, filename: str, content: bytes) -> Attachment:
        """The type follows from the name, as in a mail program."""
        return cls(filename, content, mimetypes.guess_type(filename)[0] or "application/octet-stream")

    @classmethod
    def of(cls, path: Path) -> Attachment:
        return cls.named(path.name, path.read_bytes())


@dataclass(frozen=True)
class StoredMail:
    id: str  # folder and UID, as in INBOX:101
    raw: bytes
    received: datetime
    seen: bool

    @cached_property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        """The header's text, or nothing where it is missing or beyond reading."""
        try:
            return str(self.message.get(name, ""))
        except (ValueError, IndexError, AttributeError, TypeError):  # the parser stumbles over some broken headers
            return ""

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def sender(self) -> str:
        return self.header("From")

    @property
    def to(self) -> str:
        return self.header("To")

    @property
    def reply_to(self) -> str:
        """Where an answer goes."""
        return self.header("Reply-To") or self.sender

    @property
    def message_id(self) -> str:
        return self.header("Message-ID").strip()

    @property
    def date(self) -> datetime:
        try:
            sent = parsedate_to_datetime(self.header("Date"))
        except ValueError:
            return self.received
        return sent if sent.tzinfo else sent.replace(tzinfo=UTC)

    @cached_property
    def text(self) -> str:
        return self._body("plain")

    @cached_property
    def html(self) -> str:
        return self._body("html")

    @cached_property
    def attachments(self) -> tuple[Attachment, ...]:
        return tuple(_attachment(part, number) for number, part in enumerate(self._attached_parts(), 1))

    def _body(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return _text_of(part) if part is not None else ""

    def _attached_parts(self) -> list[EmailMessage]:
        """Pictures the HTML shows count as attachments too: one can save them."""
        leaves = [
            part
            for part in self.message.walk()
            if not part.is_multipart() or part.get_content_type() == "message/rfc822"
        ]
        return [part for part in leaves if isinstance(part, email.message.EmailMessage) and _is_attached(part)]


def _is_attached(part: MIMEPart) -> bool:
    if part.get_content_disposition() == "attachment" or part.get_filename():
        return True
    return part.get_content_maintype() != "text" and not part.get_content_type().startswith("message/delivery")


def _text_of(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a charset nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("latin-1") if isinstance(payload, bytes) else ""


def _attachment(part: EmailMessage, number: int) -> Attachment:
    if part.get_content_type() == "message/rfc822":
        inner: Any = part.get_payload()
        content = inner[0].as_bytes() if isinstance(inner, list) else b""
        return Attachment(part.get_filename() or f"mail-{number}.eml", content, "message/rfc822")
    payload = part.get_payload(decode=True)
    name = part.get_filename() or f"part-{number}{mimetypes.guess_extension(part.get_content_type()) or ''}"
    content_id = (part.get("Content-ID") or "").strip().strip("<>") or None
    return Attachment(name, payload if isinstance(payload, bytes) else b"", part.get_content_type(), content_id)
