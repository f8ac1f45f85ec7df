"""A mail as a line of the Emails log."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import Incoming, IncomingFile
from payclerk_core.tables import Attachment, InboxMail, Message, StoredFile, Thread

from .reading.message import IncomingMail


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
        files=[IncomingFile(file.name, file.content, file.content_type) for file in mail.attachments],
        in_reply_to=next(iter(mail.in_reply_to), None),
    )


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
    query = select(StoredFile.sha256).join(Attachment, Attachment.file_id == StoredFile.id)
    return sorted(call.session.scalars(query.where(Attachment.message_id == message.id)))
