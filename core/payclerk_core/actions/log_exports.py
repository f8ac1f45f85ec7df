"""The Emails log of a claim or contract as one ZIP, to the person who asks: what they may read of it and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..documents.log_archive import LoggedFile, LoggedMail, make_log_archive
from ..documents.package_writer import safe_name
from ..errors import NotAllowedError, UserError
from ..jobs import promise
from ..queries.mail_log import whole_log
from ..queries.mail_people import Writer, readable_recipients, writers_of
from ..tables import Claim, Contract, InboxMail, Message, MessageRecipient
from .call import Call
from .exports import ZIP, ExportedFile

MOST_MESSAGES: Final = 5_000
MOST_BYTES: Final = 100 * 1024**2


@dataclass(frozen=True, slots=True)
class LogWanted:
    """Which log, for whom; `raw`: with the mails that came in exactly as they came, for an administrator."""

    contract_id: int
    claim_id: int | None
    person_id: int
    raw: bool = False


def export_log(call: Call, contract_id: int, claim_id: int | None) -> int:
    """Have the log sent to the person who asks, in Slack, as whoever may read the contract. Returns how many mails."""
    contract = call.get(Contract, contract_id, "contract")
    call.authorise_reading(contract)
    if call.actor is None:
        raise UserError("The Emails log is exported for a person: what is private is for some eyes alone.")
    wanted = LogWanted(contract.id, claim_id, call.actor.id, raw=_may_have_raw(call, contract))
    messages = _messages(call.session, wanted)
    _refuse_too_much(call.session, messages, wanted)
    after = {"claim": claim_id, "messages": len(messages), "raw": wanted.raw}
    call.record("log_exported", contract, project_id=contract.project_id, after=after)
    payload = {"what": "log", "id": contract.id, "claim_id": claim_id, "person_id": call.actor.id, "raw": wanted.raw}
    key = f"log:{contract.id}:{claim_id or 0}:{call.actor.id}:{call.at.isoformat()}"
    promise(call.session, "slack.file", key, payload)
    return len(messages)


def make_archive(session: Session, wanted: LogWanted) -> ExportedFile:
    """The file. What became private meanwhile is not in it: who may read a mail is asked again."""
    contract = session.get_one(Contract, wanted.contract_id)
    messages = _messages(session, wanted)
    writers = writers_of(session, messages)
    mails = [_mail(session, contract, message, writers[message.id], wanted) for message in messages]
    claim = session.get(Claim, wanted.claim_id) if wanted.claim_id else None
    title = f"{contract.number} claim {claim.number} emails" if claim else f"{contract.number} emails"
    return ExportedFile(f"{safe_name(title)}.zip", make_log_archive(title, mails), ZIP)


def _messages(session: Session, wanted: LogWanted) -> Sequence[Message]:
    claim = session.get(Claim, wanted.claim_id) if wanted.claim_id is not None else None
    if claim is not None and claim.contract_id != wanted.contract_id:
        raise UserError("This claim is of another contract.", code="not_found")
    return whole_log(session, wanted.contract_id, claim, wanted.person_id)


def _may_have_raw(call: Call, contract: Contract) -> bool:
    try:
        call.authorise_administrator(contract.project_id, prime=contract.is_prime)
    except NotAllowedError:
        return False
    return True


def _refuse_too_much(session: Session, messages: Sequence[Message], wanted: LogWanted) -> None:
    if not messages:
        raise UserError("There is nothing in this log yet that you may read.", code="nothing")
    files = sum(row.file.size for message in messages for row in message.attachments)
    keys = [message.inbox_id for message in messages if message.inbox_id is not None] if wanted.raw else []
    raw = sum(session.scalars(select(InboxMail.size).where(InboxMail.id.in_(keys[:MOST_MESSAGES]))))
    if len(messages) > MOST_MESSAGES or files + raw > MOST_BYTES:
        hint = "export the log of one claim" if wanted.claim_id is None else "have its files sent one by one"
        text = f"The log is too large for one file ({len(messages)} mails, {(files + raw) // 1024**2} MB); {hint}."
        raise UserError(text, code="too_large")


def _mail(session: Session, contract: Contract, message: Message, writer: Writer, wanted: LogWanted) -> LoggedMail:
    incoming = message.direction == "in"
    local = message.written_at.astimezone(ZoneInfo(contract.project.timezone))
    shown = readable_recipients(message, writer, wanted.person_id)
    return LoggedMail(
        when=f"{local:%Y-%m-%d %H:%M}",
        sender=message.sender if incoming else writer.name or "payclerk",
        recipients=[_recipient(row) for row in shown],
        private=message.thread.private,
        subject=message.subject,
        kind=message.kind.replace("_", " "),
        verified=("yes" if message.sender_verified else "no") if incoming else "",
        decision=(message.decision or "").replace("_", " "),
        why=message.decision_why or "",
        state="received" if incoming else _delivery(message, shown),
        text=message.text,
        quoted=message.elided or "",
        files=_files(session, message, raw=wanted.raw),
    )


def _delivery(message: Message, shown: Sequence[MessageRecipient]) -> str:
    """In nobody's words but of those the reader may know of."""
    failed = [f"did not reach {row.name}: {row.failure or 'no reason given'}" for row in shown if row.bounced_at]
    return "; ".join(failed) or message.status


def _recipient(row: MessageRecipient) -> str:
    where = "" if row.field == "to" else f" ({row.field})"
    return f"{row.name} <{row.email}>{where}"


def _files(session: Session, message: Message, *, raw: bool) -> list[LoggedFile]:
    files = [LoggedFile(row.name, row.file.content) for row in message.attachments]
    inbox = session.get(InboxMail, message.inbox_id) if raw and message.inbox_id is not None else None
    return [*files, LoggedFile("as it came.eml", inbox.raw)] if inbox is not None and inbox.raw else files
