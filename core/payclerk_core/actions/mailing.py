"""Writing a letter into a thread: the message, one token per recipient, and the promise to send it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select

from ..documents.letters import Letter, render_letter
from ..jobs import promise
from ..queries.directory import email_key
from ..tables import Attachment, BatchItem, Message, MessageRecipient, Person, ReplyToken, StoredFile, Thread
from ..tokens import make_token
from .call import Call
from .logos import logo_for

# A job that is killed sends again what it had not noted yet: the same bytes under the same Message-ID.
COPIES_A_JOB: Final = 50
COPIES_APART: Final = 5


@dataclass(frozen=True, slots=True)
class About:
    """What an answer to the letter is about; the decision it may take expires, the thread never does."""

    purpose: str  # invitation, form, claim, owner_claim, ssov, log
    invitation_id: int | None = None
    claim_id: int | None = None
    decision_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    person: Person
    field: str = "to"  # to, cc, bcc


@dataclass(frozen=True, slots=True)
class NamedFile:
    name: str
    file: StoredFile


def write_letter(
    call: Call,
    thread: Thread,
    name: str,
    recipients: Sequence[Recipient],
    facts: Mapping[str, object],
    about: About,
    *,
    files: Sequence[NamedFile] = (),
    batch_item: BatchItem | None = None,
    in_reply_to: str | None = None,
) -> Message:
    """Write one letter to these people, in the language of the first, and promise to send it."""
    letter = render_letter(name, recipients[0].person.language, facts, logo_for(call))
    message = _store_letter(call, thread, name, letter, batch_item, in_reply_to)
    for file in files:
        call.session.add(Attachment(message_id=message.id, file_id=file.file.id, name=file.name))
    for recipient in recipients:
        _address(call, thread, message, recipient, about)
    call.session.flush()
    return message


@contextmanager
def sent_together(call: Call) -> Iterator[Call]:
    """A call whose letters are sent by few jobs, each over one connection: for bulk actions over hundreds of rows.

    A handful still goes one by one, so that none of them waits for another.
    """
    together = replace(call, copies=[])
    yield together
    ids = together.copies or []
    size = COPIES_A_JOB if len(ids) > COPIES_APART else 1
    for start in range(0, len(ids), size):
        some = ids[start : start + size]
        payload = {"recipient_id": some[0], "also": some[1:]} if some[1:] else {"recipient_id": some[0]}
        promise(call.session, "mail.send", "-".join(str(end) for end in dict.fromkeys((some[0], some[-1]))), payload)


def _store_letter(
    call: Call, thread: Thread, name: str, letter: Letter, batch_item: BatchItem | None, in_reply_to: str | None
) -> Message:
    message = Message(
        thread_id=thread.id,
        direction="out",
        kind=name,
        message_id="",
        sender=call.settings.mail_address or "",
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        batch_item_id=batch_item.id if batch_item else None,
        auto_submitted=name not in {"owner_claim", "composed"},
        in_reply_to=in_reply_to,
        written_at=call.at,
        **call.stamp("queued"),
    )
    call.session.add(message)
    call.session.flush()
    message.message_id = f"<m.{message.id}@{mail_domain(call.settings.mail_address)}>"
    return message


def _address(call: Call, thread: Thread, message: Message, recipient: Recipient, about: About) -> None:
    token = _token(call, thread, recipient.person, about)
    row = MessageRecipient(
        message_id=message.id,
        field=recipient.field,
        name=recipient.person.name,
        email=recipient.person.email,
        person_id=recipient.person.id,
        token_id=token.id,
    )
    call.session.add(row)
    call.session.flush()
    if call.copies is None:
        promise(call.session, "mail.send", str(row.id), {"recipient_id": row.id})
    else:
        call.copies.append(row.id)


def _token(call: Call, thread: Thread, person: Person, about: About) -> ReplyToken:
    text = make_token(
        call.settings.secret,
        recipient=person.email,
        record=f"thread:{thread.id}",
        purpose=about.purpose,
        # Never the same again: a database restored from a backup gives out the same numbers once more.
        nonce=secrets.token_hex(16),
    )
    token = ReplyToken(
        token=text,
        recipient_key=email_key(person.email),
        thread_id=thread.id,
        purpose=about.purpose,
        invitation_id=about.invitation_id,
        claim_id=about.claim_id,
        person_id=person.id,
        decision_expires_at=about.decision_expires_at,
        revoked_at=None,
    )
    call.session.add(token)
    call.session.flush()
    return token


def start_thread(
    call: Call,
    *,
    project_id: int,
    contract_id: int | None,
    subject: str,
    claim_id: int | None = None,
    private: bool = False,
) -> Thread:
    thread = Thread(
        project_id=project_id,
        contract_id=contract_id,
        claim_id=claim_id,
        subject=subject[:500],
        private=private,
        started_by_id=call.actor_id,
        started_at=call.at,
    )
    call.session.add(thread)
    call.session.flush()
    return thread


def store_file(call: Call, content: bytes, content_type: str) -> StoredFile:
    """Keep bytes by their content; the same bytes are kept once."""
    digest = hashlib.sha256(content).hexdigest()
    known = call.session.scalar(select(StoredFile).where(StoredFile.sha256 == digest))
    if known is not None:
        return known
    file = StoredFile(
        sha256=digest, content_type=content_type[:120], size=len(content), content=content, created_at=call.at
    )
    call.session.add(file)
    call.session.flush()
    return file


def mail_domain(address: str | None) -> str:
    """The domain our Message-IDs and reply addresses carry."""
    return (address or "payclerk@localhost").rpartition("@")[2]
