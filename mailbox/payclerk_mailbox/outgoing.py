"""The copies of stored messages as they go out, read for many at once: a bulk action writes hundreds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from payclerk_core.actions.logos import our_logos
from payclerk_core.documents.logo import PNG, content_id, logo_in
from payclerk_core.errors import OutsideError
from payclerk_core.queries.confirmations import as_it_goes_out, page_tokens
from payclerk_core.queries.directory import email_key
from payclerk_core.queries.held_letters import may_go_out
from payclerk_core.settings import Settings
from payclerk_core.tables import Attachment, Message, MessageRecipient, ReplyToken, StoredFile

from .mime import MOST_EARLIER, Named, Outgoing, OutgoingFile, own_message_id

# By thread and reader: the ids under which somebody has our mails, oldest first, with the number of each message.
Earlier = Mapping[tuple[int, str], Sequence[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Copy:
    """One mail for one recipient."""

    recipient_id: int
    email: str
    mail: Outgoing


def copies_to_send(session: Session, settings: Settings, recipient_ids: Collection[int]) -> list[Copy]:
    """Those that are neither delivered nor bounced nor kept back after a restore, in order. Raises OutsideError without an address of our own."""
    if settings.mail_address is None:
        raise OutsideError("our own mail address is not set; see PAYCLERK_MAIL_ADDRESS", permanent=False)
    chosen = select(MessageRecipient).where(MessageRecipient.id.in_(recipient_ids)).order_by(MessageRecipient.id)
    rows = session.scalars(chosen.where(may_go_out())).all()
    messages, tokens = _messages(session, rows), _tokens(session, rows)
    pages = page_tokens(session, messages)
    earlier = _earlier(session, settings.mail_address, messages)
    logos = _logos(session, messages)
    copies = []
    for row in rows:
        message = messages[row.message_id]
        mail = _outgoing(settings, row, message, tokens[row.token_id], pages, earlier)
        logo = logos.get(logo_in(message.html or "") or "")
        copies.append(Copy(row.id, row.email, replace(mail, logo=logo) if logo else mail))
    return copies


def _logos(session: Session, messages: Mapping[int, Message]) -> dict[str, OutgoingFile]:
    """By hash: a letter names the logo it was written with, so that it goes out the same whenever it is sent."""
    hashes = {found for message in messages.values() if (found := logo_in(message.html or ""))}
    keys = our_logos(session, hashes)
    files = session.scalars(select(StoredFile).where(StoredFile.id.in_(keys.values())))
    return {file.sha256: OutgoingFile(content_id(file.sha256), file.content, PNG) for file in files}


def _messages(session: Session, rows: Sequence[MessageRecipient]) -> dict[int, Message]:
    files = selectinload(Message.attachments).selectinload(Attachment.file)
    query = select(Message).where(Message.id.in_({row.message_id for row in rows}))
    found = session.scalars(query.options(selectinload(Message.recipients), files))
    return {message.id: message for message in found}


def _tokens(session: Session, rows: Sequence[MessageRecipient]) -> dict[int | None, ReplyToken]:
    query = select(ReplyToken).where(ReplyToken.id.in_({row.token_id for row in rows}))
    return {token.id: token for token in session.scalars(query)}


def _earlier(session: Session, address: str, messages: Mapping[int, Message]) -> Earlier:
    query = (
        select(Message.thread_id, ReplyToken.recipient_key, Message.id, ReplyToken.token)
        .join(MessageRecipient, MessageRecipient.message_id == Message.id)
        .join(ReplyToken, ReplyToken.id == MessageRecipient.token_id)
        .where(Message.thread_id.in_({message.thread_id for message in messages.values()}))
        .order_by(Message.id)
    )
    found = defaultdict(list)
    for thread_id, reader, number, token in session.execute(query):
        found[thread_id, reader].append((number, own_message_id(token, number, address)))
    return found


def _outgoing(
    settings: Settings,
    row: MessageRecipient,
    message: Message,
    token: ReplyToken,
    pages: Mapping[int, str],
    earlier: Earlier,
) -> Outgoing:
    letter = as_it_goes_out(settings, message, pages.get(message.id))
    theirs = earlier.get((message.thread_id, email_key(row.email)), ())
    return Outgoing(
        sender=Named(settings.mail_name, settings.mail_address or ""),
        token=token.token,
        number=message.id,
        date=message.written_at,
        to=_shown(message, "to"),
        cc=_shown(message, "cc"),
        subject=message.subject,
        text=letter.text,
        html=letter.html or None,
        auto_submitted=message.auto_submitted,
        in_reply_to=message.in_reply_to,
        earlier=[own_id for number, own_id in theirs if number < message.id][-MOST_EARLIER:],
        stop_subject=_stop_subject(message),
        files=[OutgoingFile(a.name, a.file.content, a.file.content_type) for a in message.attachments],
    )


def _stop_subject(message: Message) -> str:
    """Reminders alone come again and again by themselves; a person reads the wish and takes the contact off."""
    return f"Stop: {message.subject}" if message.kind == "reminder" else ""


def _shown(message: Message, name: str) -> list[Named]:
    """Who the headers show. Bcc is nobody's business, so it is never asked for here."""
    return [Named(row.name, row.email) for row in message.recipients if row.field == name]
