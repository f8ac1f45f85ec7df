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

from .reading.explain import Looked
from .reading.message import Attachment


def entry(
    inbox: InboxMail,
    looked: Looked,
    kind: str,
    text: str,
    *,
    elided: str = "",
    verified: bool = False,
    why: str = "",
    decision: str | None = None,
) -> Incoming:
    mail = looked.mail
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
        files=[IncomingFile(file.name, file.content, file.content_type) for file in kept_files(looked)],
        in_reply_to=next(iter(mail.in_reply_to), None),
    )


def without_our_logo(session: Session, looked: Looked) -> Looked:
    """The mail without pictures that went out as our logo: mail programs send them back under names of their own (3.4 #92)."""
    told = list(zip(looked.mail.attachments, looked.unsafe, strict=True))
    ours = our_logos(session, {file.sha256 for file, _ in told})
    kept = [one for one in told if one[0].sha256 not in ours]
    mail = replace(looked.mail, attachments=tuple(file for file, _ in kept))
    return replace(looked, mail=mail, unsafe=tuple(why for _, why in kept))


def kept_files(looked: Looked) -> list[Attachment]:
    """The files of a mail but for our own calendar file come back, and those that could run.

    The mail itself, as it came, stays in the inbox.
    """
    told = zip(looked.mail.attachments, looked.unsafe, strict=True)
    return [file for file, why in told if why is None and not is_due_date_file(file.content)]


def refused_files(looked: Looked) -> list[tuple[str, str]]:
    """The names of those that could run, each with the reason."""
    told = zip(looked.mail.attachments, looked.unsafe, strict=True)
    return [(file.name, why) for file, why in told if why is not None]


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
