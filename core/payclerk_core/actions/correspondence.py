"""What people do with a message of the Emails log: reply, forward, and have its files sent to them (T14, T18, C12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from ..errors import UserError
from ..jobs import promise
from ..queries.threads import may_see
from ..tables import Attachment, Contract, Message, Thread
from .call import Call
from .emails import Draft, authorise_mailing_about, checked_subject, recipients_of
from .mailing import About, Recipient, start_thread, write_letter

_FORWARDED: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "en": ("Forwarded message", "From", "Date", "Subject"),
    "fr": ("Message transféré", "De", "Date", "Objet"),
    "es": ("Mensaje reenviado", "De", "Fecha", "Asunto"),
}
_LONGEST_FORWARDED: Final = 20_000


def load_message(call: Call, message_id: int) -> tuple[Message, Thread, Contract]:
    """A message of the log, its thread and contract, for somebody who may read them."""
    message = call.get(Message, message_id, "mail")
    thread = call.get(Thread, message.thread_id, "thread")
    contract = call.get(Contract, thread.contract_id or 0, "contract")
    call.authorise_reading(contract)
    if call.actor_id is not None and not may_see(thread, call.actor_id):
        raise UserError("This e-mail is private; only its sender and recipients may see it.", code="private")
    return message, thread, contract


def reply_email(call: Call, message_id: int, draft: Draft) -> Message:
    """Answer a message in its own thread; a private thread stays among those who are in it."""
    message, thread, contract = load_message(call, message_id)
    authorise_mailing_about(call, contract)
    recipients = recipients_of(call, thread.project_id, draft)
    if thread.private:
        _require_among(thread, recipients)
    answered = message.message_id if message.direction == "in" else None
    return _write(call, thread, contract, recipients, draft, in_reply_to=answered)


def forward_email(call: Call, message_id: int, draft: Draft) -> Message:
    """Send a message on, with the files chosen, as a conversation of its own. What was private stays private."""
    message, thread, contract = load_message(call, message_id)
    authorise_mailing_about(call, contract)
    recipients = recipients_of(call, thread.project_id, draft)
    own = start_thread(
        call,
        project_id=thread.project_id,
        contract_id=contract.id,
        claim_id=thread.claim_id,
        subject=checked_subject(draft),
        private=draft.private or thread.private,
    )
    with_message = f"{draft.message.strip()}\n\n{_quoted(message, contract, recipients[0].person.language)}"
    return _write(call, own, contract, recipients, replace(draft, message=with_message))


def _require_among(thread: Thread, recipients: Sequence[Recipient]) -> None:
    known = {row.person_id for message in thread.messages for row in message.recipients}
    known |= {thread.started_by_id, *(message.status_by_id for message in thread.messages if message.direction == "in")}
    strangers = [one.person.name for one in recipients if one.person.id not in known]
    if strangers:
        text = f"This conversation is private and {strangers[0]} is not in it; forward the message instead."
        raise UserError(text, code="private", field="to")


def _quoted(message: Message, contract: Contract, language: str) -> str:
    head, sender, day, subject = _FORWARDED.get(language.lower()[:2], _FORWARDED["en"])
    local = message.written_at.astimezone(ZoneInfo(contract.project.timezone))
    lines = [
        f"---------- {head} ----------",
        f"{sender}: {message.sender}",
        f"{day}: {local:%Y-%m-%d %H:%M}",
        f"{subject}: {message.subject}",
    ]
    return "\n".join(lines) + f"\n\n{message.text.strip()[:_LONGEST_FORWARDED]}"


def _write(
    call: Call,
    thread: Thread,
    contract: Contract,
    recipients: Sequence[Recipient],
    draft: Draft,
    *,
    in_reply_to: str | None = None,
) -> Message:
    facts: dict[str, object] = {
        "subject": checked_subject(draft),
        "message": draft.message,
        "sender_name": call.actor.name if call.actor else contract.project.name,
        "project_name": contract.project.name,
        "contract_number": contract.number,
    }
    # A reply asks in free words, so a "yes" to it decides nothing by itself.
    about = About("log", claim_id=thread.claim_id)
    message = write_letter(
        call, thread, "composed", recipients, facts, about, files=draft.files, in_reply_to=in_reply_to
    )
    call.record("communication_created", message, project_id=thread.project_id, after={"private": thread.private})
    return message


def fetch_attachment(call: Call, attachment_id: int) -> str:
    """Have a file of the log sent to the person who asks, in Slack. Returns its name."""
    row = call.get(Attachment, attachment_id, "file")
    message, thread, _ = load_message(call, row.message_id)
    call.record("attachment_fetched", message, project_id=thread.project_id, after={"attachment": row.id})
    _promise_file(call, "attachment", row.id)
    return row.name


def fetch_raw(call: Call, message_id: int) -> None:
    """Have an incoming mail sent to an administrator exactly as it came."""
    message, thread, contract = load_message(call, message_id)
    call.authorise_administrator(thread.project_id, prime=contract.is_prime)
    if message.inbox_id is None:
        raise UserError("Only mails that came in are kept as they came.", code="no_raw")
    call.record("raw_mail_fetched", message, project_id=thread.project_id, after={"inbox": message.inbox_id})
    _promise_file(call, "raw", message.id)


def _promise_file(call: Call, what: str, key: int) -> None:
    payload = {"what": what, "id": key, "person_id": call.actor_id}
    promise(call.session, "slack.file", f"{what}:{key}:{call.actor_id}:{call.at.isoformat()}", payload)
