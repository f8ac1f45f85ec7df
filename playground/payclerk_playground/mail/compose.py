"""Building a person's mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import TYPE_CHECKING

from .accounts import domain_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .letters import Attachment


@dataclass(frozen=True)
class Draft:
    """What a person has written, before it is a mail."""

    sender: str  # as it shall stand in From
    to: Sequence[str]
    subject: str
    text: str
    html: str | None = None
    attachments: Sequence[Attachment] = ()
    cc: Sequence[str] = ()
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def build(draft: Draft, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = draft.sender
    message["To"] = ", ".join(draft.to)
    if draft.cc:
        message["Cc"] = ", ".join(draft.cc)
    message["Subject"] = draft.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=domain_of(parseaddr(draft.sender)[1]) or "localhost")
    _set_thread(message, draft)
    _set_extra(message, draft.headers)
    _set_body(message, draft)
    return message


def _set_thread(message: EmailMessage, draft: Draft) -> None:
    if draft.in_reply_to:
        message["In-Reply-To"] = draft.in_reply_to
    if draft.references:
        message["References"] = " ".join(draft.references)


def _set_extra(message: EmailMessage, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        del message[name]
        message[name] = value


def _set_body(message: EmailMessage, draft: Draft) -> None:
    message.set_content(draft.text)
    if draft.html is not None:
        message.add_alternative(draft.html, subtype="html")
    for one in draft.attachments:
        main, _, sub = one.content_type.partition("/")
        if main in ("message", "multipart"):  # these may not be base64; a program sends them as a plain file
            main, sub = "application", "octet-stream"
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.filename)
