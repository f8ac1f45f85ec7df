"""A mail as a line of the Emails log."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import Incoming, IncomingFile
from payclerk_core.actions.logos import our_logos
from payclerk_core.documents.due_date import is_due_date_file
from payclerk_core.tables import Attachment as AttachmentRow
from payclerk_core.tables import InboxMail, Message, StoredFile, Thread

from .reading.message import Attachment, IncomingMail
from .reading.unsafe import why_unsafe


def entry(
    inbox: InboxMail,
    mail: IncomingMail,
    kind: str,
    text: str,
    *,
    elided: str = "",
    verified: bool = False,
    why: str = "",
    decision: str | None = None,
) -> Incoming:
    senders = ", ".join(f"{one.name} <{one.email}>".strip() for one in mail.senders)
    return Incoming(
        inbox_id=inbox.id,
        kind=kind,
        message_id=mail.message_id,
        sender=senders,
        sender_email=mail.sender.email if mail.sender else "",
        subject=mail.subject,
        text=text,
        elided=elided,
        verified=verified,
        why=why,
        decision=decision,
        files=[IncomingFile(file.name, file.content, file.content_type) for file in kept_files(mail)],
        in_reply_to=next(iter(mail.in_reply_to), None),
    )


def without_our_logo(session: Session, mail: IncomingMail) -> IncomingMail:
    """The mail without pictures that went out as our logo: mail programs send them back under names of their own (3.4 #92)."""
    ours = our_logos(session, {file.sha256 for file in mail.attachments})
    if not ours:
        return mail
    return replace(mail, attachments=tuple(file for file in mail.attachments if file.sha256 not in ours))


def kept_files(mail: IncomingMail) -> list[Attachment]:
    """The files of a mail but for our own calendar file come back, and those that could run.

    The mail itself, as it came, stays in the inbox.
    """
    theirs = [file for file in mail.attachments if not is_due_date_file(file.content)]
    return [file for file in theirs if why_unsafe(file.name, file.content) is None]


def refused_files(mail: IncomingMail) -> list[tuple[str, str]]:
    """The names of the other files, each with the reason."""
    told = ((file.name, why_unsafe(file.name, file.content)) for file in mail.attachments)
    return [(name, why) for name, why in told if why is not None]


def is_known(call: Call, thread: Thread, line: Incoming) -> bool:
    """Whether the thread has this mail already: the copy that came by another of our addresses.

    The Message-ID alone is not enough, for some senders put one and the same on different mails (3.1 #1).
    """
    same = select(Message).where(
        Message.thread_id == thread.id,
        Message.direction == "in",
        Message.inbox_id != line.inbox_id,
        Message.message_id == line.message_id[:998],
        Message.sender == line.sender[:400],
        Message.subject == line.subject[:998],
        Message.text == line.text,
    )
    files = sorted(hashlib.sha256(file.content).hexdigest() for file in line.files)
    return any(_files(call, message) == files for message in call.session.scalars(same))


def _files(call: Call, message: Message) -> list[str]:
    query = select(StoredFile.sha256).join(AttachmentRow, AttachmentRow.file_id == StoredFile.id)
    return sorted(call.session.scalars(query.where(AttachmentRow.message_id == message.id)))
