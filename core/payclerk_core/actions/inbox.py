"""What a captured mail changes: its line in the Emails log, bounces, and what is put before a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import or_, select

from ..errors import UserError
from ..jobs import promise
from ..queries.directory import person_by_email
from ..queries.held_letters import copies_of
from ..rules.restoring import outcome_of
from ..tables import (
    Attachment,
    Claim,
    InboxMail,
    Message,
    MessageRecipient,
    ReplyToken,
    Thread,
)
from .batches import settle_item, settle_items
from .call import Call
from .mailing import store_file

# So many mails of one sender about one thing are shown and announced one by one (reference 5.5).
SHOWN_SINGLY: Final = 20
WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class IncomingFile:
    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail as the mailbox read it, ready for the log."""

    inbox_id: int | None  # None: answered on the confirm page
    kind: str  # person, auto_reply, bounce, receipt, calendar, list
    message_id: str
    sender: str
    sender_email: str
    subject: str
    text: str
    elided: str
    verified: bool
    why: str
    decision: str | None = None
    files: Sequence[IncomingFile] = field(default_factory=tuple)
    in_reply_to: str | None = None


def log_incoming(call: Call, thread: Thread, mail: Incoming) -> Message:
    """Keep a mail in the Emails log of its thread, with its attachments. Every mail is kept, whatever it says."""
    before = _logged_before(call, thread, mail)
    if before is not None:
        return before
    person = person_by_email(call.session, mail.sender_email)
    lately = _lately(call, thread, mail)
    message = Message(
        thread_id=thread.id,
        direction="in",
        kind=mail.kind,
        message_id=mail.message_id[:998],
        sender=mail.sender[:400],
        subject=mail.subject[:998],
        text=mail.text,
        html=None,
        elided=mail.elided or None,
        decision=mail.decision,
        decision_why=mail.why[:500],
        sender_verified=mail.verified,
        inbox_id=mail.inbox_id,
        batch_item_id=None,
        in_reply_to=mail.in_reply_to[:998] if mail.in_reply_to else None,
        auto_submitted=mail.kind != "person",
        written_at=call.at,
        **call.stamp("folded" if len(lately) >= SHOWN_SINGLY else "received"),
    )
    message.status_by_id = person.id if person else None
    call.session.add(message)
    call.session.flush()
    for file in mail.files:
        _attach(call, thread, message, file, as_backup=mail.verified)
    after = {"kind": mail.kind, "verified": mail.verified, "decision": mail.decision}
    call.record("mail_logged", message, project_id=thread.project_id, after=after)
    if message.status == "folded" and lately[0] != "folded":
        promise(call.session, "slack.notice", f"flood:{message.id}", {"notice": "flood", "id": message.id})
    return message


def _lately(call: Call, thread: Thread, mail: Incoming) -> Sequence[str]:
    """The states of this sender's mails of the last hour in the thread, the newest first.

    By when they came, too: what waited for us, or is read again after a restore, is no flood for being read at once.
    """
    if mail.inbox_id is None or not mail.sender_email:
        return ()
    arrived_at = call.session.scalars(select(InboxMail.arrived_at).where(InboxMail.id == mail.inbox_id)).one()
    query = select(Message.status).outerjoin(InboxMail, InboxMail.id == Message.inbox_id)
    query = query.where(
        Message.thread_id == thread.id,
        Message.direction == "in",
        Message.written_at > call.at - WITHIN,
        or_(InboxMail.id.is_(None), InboxMail.arrived_at > arrived_at - WITHIN),
        Message.sender.icontains(mail.sender_email, autoescape=True),
    )
    return call.session.scalars(query.order_by(Message.id.desc()).limit(SHOWN_SINGLY)).all()


def _logged_before(call: Call, thread: Thread, mail: Incoming) -> Message | None:
    """The line this very mail has already, when it is replayed: what it says now takes the place of what it said."""
    query = select(Message).where(Message.thread_id == thread.id, Message.inbox_id == mail.inbox_id)
    message = call.session.scalar(query) if mail.inbox_id is not None else None
    if message is None:
        return None
    before = {"kind": message.kind, "verified": message.sender_verified, "decision": message.decision}
    message.kind, message.text, message.elided = mail.kind, mail.text, mail.elided or None
    message.decision, message.decision_why = mail.decision, mail.why[:500]
    message.sender_verified = mail.verified
    after = {"kind": mail.kind, "verified": mail.verified, "decision": mail.decision}
    call.record("mail_read_again", message, project_id=thread.project_id, before=before, after=after)
    return message


def _attach(call: Call, thread: Thread, message: Message, file: IncomingFile, *, as_backup: bool) -> None:
    """A PDF from a sender who is sure becomes backup of the thread's claim; any other is only kept.

    Backup is seen and exported by whoever may see the claim, so nothing private becomes it.
    """
    stored = store_file(call, file.content, file.content_type)
    is_backup = _is_pdf(file.name, file.content)
    row = Attachment(message_id=message.id, file_id=stored.id, name=file.name[:255])
    row.claim_id = thread.claim_id if is_backup and as_backup and not thread.private else None
    call.session.add(row)


def _is_pdf(name: str, content: bytes) -> bool:
    return b"%PDF-" in content[:1024] or name.lower().endswith(".pdf")


def keep_as_backup(call: Call, message: Message, claim: Claim) -> None:
    """The PDFs that came with the mail of a claim become its backup."""
    call.session.flush()
    call.session.refresh(message, ["attachments"])
    for row in message.attachments:
        if _is_pdf(row.name, row.file.content) or row.file.content_type == "application/pdf":
            row.claim_id = claim.id


def note_delivered(call: Call, *recipient_ids: int) -> None:
    """Our mail was taken by the mail server, for these recipients."""
    chosen = select(MessageRecipient).where(MessageRecipient.id.in_(recipient_ids))
    rows = call.session.scalars(
        chosen.where(MessageRecipient.delivered_at.is_(None), MessageRecipient.bounced_at.is_(None))
    ).all()
    # Two copies of one mail may be taken at the same moment: locked, the later of the two sees the earlier one.
    held = select(Message.id).where(Message.id.in_({row.message_id for row in rows})).order_by(Message.id)
    call.session.execute(held.with_for_update())
    for row in rows:
        row.delivered_at = call.at
    call.session.flush()
    messages = select(Message).where(Message.id.in_({row.message_id for row in rows}))
    sent = call.session.scalars(messages.execution_options(populate_existing=True)).all()
    copies = copies_of(call.session, [message.id for message in sent])
    for message in sent:
        if outcome_of(copies[message.id]) == "sent":
            call.move(message, "sent")
    settle_items(call, [message.batch_item_id for message in sent if message.batch_item_id], "done", "sent")


def note_undeliverable(call: Call, recipient_id: int, reason: str) -> None:
    """Our mail did not reach somebody: refused at once, or came back later. The administrator is told what to fix."""
    recipient = call.get(MessageRecipient, recipient_id, "recipient")
    if recipient.bounced_at is not None:
        return
    recipient.bounced_at, recipient.failure = call.at, reason[:500]
    message = call.get(Message, recipient.message_id, "message")
    call.move(message, "bounced")
    thread = call.get(Thread, message.thread_id, "thread")
    call.record("bounced", message, project_id=thread.project_id, after={"reason": reason[:200]})
    settle_item(call, message.batch_item_id, "failed", "bounced: the address does not exist or refuses mail")
    promise(call.session, "slack.notice", f"bounced:{recipient.id}", {"notice": "bounced", "id": recipient.id})


def ask_administrator(call: Call, message: Message, notice: str) -> None:
    """Put a mail that payclerk will not act on by itself before a person, in Slack; of a flood, the first alone."""
    if message.status == "folded":
        return
    promise(call.session, "slack.notice", f"{notice}:{message.id}", {"notice": notice, "id": message.id})


def token_row(call: Call, token: str) -> ReplyToken | None:
    """The record of a reply token, unless it was revoked."""
    row = call.session.scalar(select(ReplyToken).where(ReplyToken.token == token.lower()))
    return row if row is not None and row.revoked_at is None else None


def recipient_of_token(call: Call, token: ReplyToken) -> MessageRecipient | None:
    """The copy of our mail that carried this token."""
    return call.session.scalar(select(MessageRecipient).where(MessageRecipient.token_id == token.id))


def finish_mail(
    call: Call, inbox: InboxMail, status: str, *, kind: str | None = None, reason: str | None = None
) -> None:
    """The captured mail has been dealt with: done, or quarantined where people see it."""
    call.move(inbox, status)
    inbox.kind, inbox.reason = kind, reason[:500] if reason else None
    if status in {"quarantine", "oversize"}:
        promise(call.session, "slack.notice", f"{status}:{inbox.id}", {"notice": "quarantine", "id": inbox.id})


def read_again(call: Call, inbox_id: int) -> None:
    """Put a mail that could not be read before the reader once more, because a person asks for it."""
    inbox = call.get(InboxMail, inbox_id, "mail")
    if inbox.status not in {"quarantine", "oversize"}:
        raise UserError("This mail is being read already.", code="already_decided")
    if inbox.status == "oversize":  # its beginning alone would be read as if it were the whole
        text = "Only the beginning of this mail was kept, for it is too large to be read. Open it in the mailbox, or ask the sender for a smaller one."
        raise UserError(text, code="oversize")
    before = {"status": inbox.status, "reason": inbox.reason}
    call.move(inbox, "new")
    inbox.attempts, inbox.reason = 0, None
    call.record("read_again", inbox, project_id=None, before=before, after={"status": "new"})
    notice = {"notice": "quarantine", "id": inbox.id}
    promise(call.session, "slack.notice", f"again:{inbox.id}:{call.at.isoformat()}", notice)


def replay_mail(call: Call, inbox_id: int) -> None:
    """Put a stored mail before the reader again, unless what it has done would then be done twice."""
    inbox = call.get(InboxMail, inbox_id, "mail")
    if inbox.status == "new":
        return
    if inbox.status in {"quarantine", "oversize"}:
        read_again(call, inbox_id)
        return
    if not inbox.raw:
        raise UserError("Nothing of this mail is stored: it is a copy of another, or was there before payclerk.")
    _refuse_doubling(call, inbox)
    call.move(inbox, "new")
    inbox.attempts, inbox.reason = 0, None
    call.record("read_again", inbox, project_id=None, before={"status": "done"}, after={"status": "new"})


def _refuse_doubling(call: Call, inbox: InboxMail) -> None:
    for message in call.session.scalars(select(Message).where(Message.inbox_id == inbox.id)):
        if message.decision is not None:
            raise UserError(f"This mail has decided already: {message.decision}.", code="already_decided")
        answered = select(Message.kind).where(
            Message.thread_id == message.thread_id,
            Message.direction == "out",
            Message.in_reply_to == message.message_id,
            Message.kind != "answer_unclear",  # at most one a day goes out anyway
        )
        kind = call.session.scalar(answered.limit(1))
        if kind is not None:
            raise UserError(f"This mail has been answered already ({kind}).", code="already_decided")
