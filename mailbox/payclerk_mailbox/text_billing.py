"""An answer that bills in plain words, and the SUBMIT or CANCEL that follows what we said back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import structlog

from payclerk_core.actions.backup_checks import locked_notes
from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import keep_as_backup
from payclerk_core.actions.text_billing import bill_by_text, cancel_text, submit_text
from payclerk_core.actions.text_drafts import text_draft
from payclerk_core.actions.text_letters import TextMail, refuse_text
from payclerk_core.actions.text_revisions import pending_revision, returned_claim, was_submitted
from payclerk_core.documents.invoice_total import InvoiceText
from payclerk_core.errors import UserError
from payclerk_core.rules.lifecycle import EDITABLE_BY_CONTACT, ClaimStatus
from payclerk_core.rules.text_billing import Said, TextFault, TextFaults
from payclerk_core.tables import Claim, Contract, Message, Person, Thread

from .matching import Match, text_as_sent
from .reading.contrary import other_amounts
from .reading.explain import Judged
from .reading.plain_billing import BillingText, Statement, Unread
from .reading.reply import ReplyText

log = structlog.get_logger()

_PURPOSES: Final = frozenset({"invitation", "form", "billing"})
_WHY: Final = {
    "unknown": ("This is not one of the sentences that we read.", "Write it like the examples below."),
    "two_ways": (
        "The number can be read in two ways.",
        "Write it with all its decimals and nothing between the thousands, such as 1234.00.",
    ),
    "too_much": ("A line is at most 100 % complete.", "Bill an amount, or fill the billing form."),
}


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """A verified mail of a known person, in the log already, with what they wrote themselves."""

    message: Message
    found: Match
    person: Person
    said: Judged
    invoices: Mapping[str, InvoiceText]

    @property
    def reply(self) -> ReplyText:
        return self.said.reply


def take_text(call: Call, answer: TextAnswer) -> bool:
    """Do what the words bill, submit or cancel. False when they do none of it, or may not here: some other answer."""
    if not _may_bill(call, answer.found, answer.reply):
        return False
    if answer.said.command is not None:
        return _command(call, answer, answer.said.command)
    billing = answer.said.billing
    if billing is None or not _is_open(call, answer.found.thread):
        return False
    _bill(call, answer, billing)
    return True


def words_about(call: Call, found: Match, said: Judged) -> str | None:
    """What the words of a mail would do here, whoever wrote them: submit, cancel, billing; None for nothing of it."""
    if not _may_bill(call, found, said.reply):
        return None
    if said.command is not None:
        return said.command if _waits(call, found.thread) else None
    return "billing" if said.billing is not None and _is_open(call, found.thread) else None


def _may_bill(call: Call, found: Match, reply: ReplyText) -> bool:
    contract = call.session.get(Contract, found.thread.contract_id or 0)
    known = contract is not None and not contract.is_prime and found.token.purpose in _PURPOSES
    return known and not reply.forwarded and not reply.interleaved


def _is_open(call: Call, thread: Thread) -> bool:
    """Once a claim was submitted, or begun by somebody else, words about it are for a person; sent back, it is open."""
    if thread.claim_id is None or text_draft(call, thread) is not None:
        return True
    return returned_claim(call, thread) is not None


def _waits(call: Call, thread: Thread) -> bool:
    """Whether something we said back waits for SUBMIT or CANCEL."""
    return text_draft(call, thread) is not None or pending_revision(call, thread) is not None


def _command(call: Call, answer: TextAnswer, command: str) -> bool:
    if not _waits(call, answer.found.thread):
        return command == "submit" and _was_submitted(call, answer)
    theirs, mail = _theirs(call, answer)
    try:
        with call.session.begin_nested():
            if command == "submit":
                _require_unchanged(call, answer)
                submit_text(theirs, mail, answer.found.copy.message_id if answer.found.copy else None)
            else:
                cancel_text(theirs, mail)
    except UserError as error:
        _refuse(call, answer, error)
    answer.message.decision_why = f"understood as {command}"
    return True


def _require_unchanged(call: Call, answer: TextAnswer) -> None:
    """Where a program quotes without marks, a correction in the middle of our mail stands with what was cut off."""
    changed = other_amounts(answer.reply.elided, text_as_sent(call, answer.found) or "")
    if answer.found.copy is not None and changed:
        text = (
            f"Below SUBMIT our mail names {changed[0]}, which it did not when we sent it; write your lines once more."
        )
        raise UserError(text, code="changed_below")


def _was_submitted(call: Call, answer: TextAnswer) -> bool:
    """SUBMIT once more, in answer to the letter that was submitted already, changes nothing. If it came back, it might."""
    claim = call.session.get(Claim, answer.found.thread.claim_id or 0)
    if claim is None or answer.found.token.purpose != "billing":
        return False
    letter = answer.found.copy.message_id if answer.found.copy else None
    return ClaimStatus(claim.status) not in EDITABLE_BY_CONTACT and was_submitted(call, claim, letter)


def _bill(call: Call, answer: TextAnswer, billing: BillingText) -> None:
    theirs, mail = _theirs(call, answer)
    try:
        with call.session.begin_nested():
            if billing.unread:
                raise TextFaults([_fault(one) for one in billing.unread])
            claim = bill_by_text(theirs, mail, [_said(one) for one in billing.statements])
    except UserError as error:
        _refuse(call, answer, error)
    else:
        keep_as_backup(theirs, answer.message, claim)
        answer.message.decision_why = f"understood as billing of {len(billing.statements)} lines"
        log.info("text_billing_understood")


def _refuse(call: Call, answer: TextAnswer, error: UserError) -> None:
    call.session.expire_all()
    theirs, mail = _theirs(call, answer)
    refuse_text(theirs, mail, error)
    log.info("text_billing_refused")


def _theirs(call: Call, answer: TextAnswer) -> tuple[Call, TextMail]:
    notes = locked_notes(call, answer.message, answer.invoices)
    mail = TextMail(answer.found.thread, answer.person, answer.message.message_id, notes)
    return replace(call, actor=answer.person), mail


def _said(one: Statement) -> Said:
    return Said(one.item, one.kind.value, one.number, one.written, one.sign)


def _fault(one: Unread) -> TextFault:
    what, fix = _WHY[one.why]
    return TextFault(f"“{one.written[:80]}”", what, fix)
