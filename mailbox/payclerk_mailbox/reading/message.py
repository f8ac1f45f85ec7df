"""A mail as read from its bytes. `parse` raises `Unreadable` and nothing else, whatever the bytes (reference 5.1, step 6)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from .bodies import Body, join_bodies
from .entities import top_entity
from .headers import Address, HeaderBlock, read_headers
from .limits import Limits, Unreadable
from .parts import Attachment, Parts, read_parts
from .tnef import unpack_tnef

__all__ = ["Address", "Attachment", "IncomingMail", "Limits", "Unreadable", "parse"]


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """The top-level message alone: the text of a mail attached to it is never part of `plain` or `html` (issue 80)."""

    raw: bytes = field(repr=False)
    sha256: str
    message_id: str  # made from the bytes when the mail has none (freescout #4740)
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]  # as written, oldest first; the newest 20
    subject: str
    from_headers: int
    senders: tuple[Address, ...]  # of all From headers: one mail may carry several (issue 51)
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    date: datetime | None
    headers: HeaderBlock = field(repr=False)
    plain: str | None = field(repr=False)
    html: str | None = field(repr=False)
    attachments: tuple[Attachment, ...]
    content_types: tuple[str, ...]  # of every part of the top-level message, in order
    reports: tuple[str, ...]  # delivery-status, disposition-notification, feedback-report, calendar: as text
    defects: tuple[str, ...]
    signers: tuple[str, ...] = ()  # domains of the sender's whose signature holds; empty until it is looked at

    @property
    def sender(self) -> Address | None:
        """The one who sent it, where exactly one is named, and no other is put into a comment for people to see."""
        one = self.senders[0] if len(self.senders) == 1 and self.from_headers == 1 else None
        return one if one and not set("<>") & set(one.name) else None


def parse(raw: bytes, limits: Limits = Limits()) -> IncomingMail:  # noqa: B008 - frozen
    """Read a mail. Limits are those of reference 5.5; what was cut is said in `defects`."""
    try:
        return _parse(raw, limits)
    except Unreadable:
        raise
    except RecursionError as error:
        raise Unreadable("is nested too deep") from error
    except MemoryError as error:
        raise Unreadable("takes too much memory to read") from error
    except Exception as error:  # a mail must never stop the poller (reference 0, line 12)
        raise Unreadable(f"could not be read ({type(error).__name__})") from error


def _parse(raw: bytes, limits: Limits) -> IncomingMail:
    if len(raw) > limits.message_bytes:
        raise Unreadable(f"is larger than {limits.message_bytes // 2**20} MB")
    digest = hashlib.sha256(raw).hexdigest()
    headers = read_headers(raw, limits)
    parts = read_parts(top_entity(raw, headers.body_at, headers.items), limits)
    attachments, tnef_text, tnef_defects = unpack_tnef(parts.attachments, limits)
    body = join_bodies(parts.bodies, limits)
    if body.empty and tnef_text:
        body = Body(tnef_text, None)
    return _mail(raw, digest, headers, parts, body, attachments, (*parts.defects, *tnef_defects))


def _mail(
    raw: bytes,
    digest: str,
    headers: HeaderBlock,
    parts: Parts,
    body: Body,
    attachments: tuple[Attachment, ...],
    defects: tuple[str, ...],
) -> IncomingMail:
    ids = headers.message_ids("message-id")
    return IncomingMail(
        raw=raw,
        sha256=digest,
        message_id=ids[0] if ids else f"<{digest}@missing.invalid>",
        in_reply_to=headers.message_ids("in-reply-to"),
        references=headers.message_ids("references"),
        subject=headers.text("subject"),
        from_headers=len(headers.all("from")),
        senders=headers.addresses("from"),
        reply_to=headers.addresses("reply-to"),
        to=headers.addresses("to"),
        cc=headers.addresses("cc"),
        date=headers.date(),
        headers=headers,
        plain=body.plain,
        html=body.html,
        attachments=attachments,
        content_types=parts.content_types,
        reports=parts.reports,
        defects=tuple(dict.fromkeys((*headers.defects, *body.defects, *defects))),
    )
