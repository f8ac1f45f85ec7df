"""The lines a receiving server writes on top of a mail, and the ones it takes away because only it may write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import format_datetime, getaddresses
from typing import TYPE_CHECKING

from .accounts import HOST_NAME, domain_of, without_tag

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Submission:
    """One mail as it came over the wire."""

    identity: str  # who signed in, or else the envelope sender
    envelope_sender: str  # empty for a bounce
    recipients: tuple[str, ...]
    raw: bytes
    helo: str = "localhost"
    queue_id: str = "0"


def stamped(submission: Submission, recipient: str, now: datetime) -> bytes:
    head, body = _split(submission.raw)
    lines = [
        f"Return-Path: <{submission.envelope_sender}>",
        f"Delivered-To: {recipient}",
        f"Received: from {submission.helo} (localhost [127.0.0.1])",
        f"\tby {HOST_NAME} with ESMTP id {submission.queue_id}",
        f"\tfor <{recipient}>; {format_datetime(now)}",
        f"Authentication-Results: {HOST_NAME};",
        *_verdicts(submission, author_of(submission.raw)),
    ]
    return "".join(line + "\r\n" for line in lines).encode("utf-8", "surrogateescape") + _ours_removed(head) + body


def author_of(raw: bytes) -> str:
    """The address in From, or nothing where there is not exactly one."""
    found = [
        address
        for _, address in getaddresses([str(line) for line in message_from_bytes(head_of(raw)).get_all("From", [])])
        if address
    ]
    return found[0] if len(found) == 1 else ""


def head_of(raw: bytes) -> bytes:
    return _split(raw)[0]


def _verdicts(submission: Submission, author: str) -> list[str]:
    genuine = bool(author) and without_tag(author) == without_tag(submission.identity)
    sender = domain_of(submission.envelope_sender) or HOST_NAME
    signed = f"pass header.d={domain_of(author)}" if genuine else "none"
    return [
        f"\tspf=pass smtp.mailfrom={sender};",
        f"\tdkim={signed};",
        f"\tdmarc={'pass' if genuine else 'fail'} header.from={domain_of(author)}",
    ]


def _split(raw: bytes) -> tuple[bytes, bytes]:
    end = re.search(rb"\r?\n\r?\n", raw)
    cut = end.start() + end.group().index(b"\n") + 1 if end else len(raw)
    return raw[:cut], raw[cut:]


def _ours_removed(head: bytes) -> bytes:
    """RFC 8601 section 5: a result that claims to be ours but came from outside is a forgery."""
    host = re.escape(HOST_NAME.encode())
    forged = rb"(?im)^(?:Authentication-Results:\s*" + host + rb"\b|Return-Path:).*\r?\n(?:[ \t].*\r?\n)*"
    return re.sub(forged, b"", head)
