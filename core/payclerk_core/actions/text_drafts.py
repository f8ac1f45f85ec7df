"""The draft that a mail's text made and that waits for its SUBMIT: which it is, whether it still says what was echoed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import select, update

from ..queries.claims import summary_of
from ..rules.lifecycle import ClaimStatus
from ..rules.text_billing import BilledLine, TextFault, TextFaults
from ..tables import Attachment, Claim, Event, Message, Thread
from .call import Call
from .claim_making import ClaimStart, enter_amounts, figures, start_claim
from .claim_pages import reload_claim
from .deletion import take_out

ECHOED = "billing_echoed"
# The key of a deleted claim may come again; whichever of these was last says what the claim is.
_BEGINNINGS = (ECHOED, "claim_created", "claim_deleted", "billing_cancelled")


def text_draft(call: Call, thread: Thread) -> Claim | None:
    """The thread's claim, if it is a draft that this thread's mails made in plain words."""
    claim = call.session.get(Claim, thread.claim_id) if thread.claim_id else None
    if claim is None or claim.status != ClaimStatus.DRAFT.value or claim.submitted_at is not None:
        return None
    return claim if echo_of(call, claim) is not None else None


def echo_of(call: Call, claim: Claim) -> Event | None:
    """The event of the newest letter that said back what was understood; None for a claim made otherwise."""
    query = select(Event).where(Event.record == "claim", Event.record_id == claim.id, Event.verb.in_(_BEGINNINGS))
    last = call.session.scalar(query.order_by(Event.id.desc()).limit(1))
    return last if last is not None and last.verb == ECHOED else None


def record_echo(call: Call, claim: Claim, letter: Message) -> None:
    """Keep which letter said back which amounts: only an answer to that one, while they stand, submits them."""
    after = {"message": letter.id, "digest": digest_of(claim), **figures(claim)}
    call.record(ECHOED, claim, project_id=claim.contract.project_id, after=after)


def is_as_echoed(call: Call, claim: Claim, message_id: int | None) -> bool:
    """Whether this is the newest letter about the draft, and neither the draft nor the contract changed since."""
    event = echo_of(call, claim)
    said = (event.after or {}) if event is not None else {}
    return said.get("message") == message_id and said.get("digest") == digest_of(claim)


def digest_of(claim: Claim) -> str:
    """Of everything a person saw in the letter: the lines as billed and as the contract has them, and what is due."""
    rows = [
        (row.sov_line_id, row.scheduled_cents, row.previous_work_cents, row.work_cents, row.stored_cents)
        for row in claim.lines
    ]
    schedule = [(line.id, line.item, line.scheduled_cents) for line in claim.contract.billed_lines]
    return hashlib.sha256(repr((rows, schedule, summary_of(claim).due.cents)).encode()).hexdigest()[:32]


def drop_draft(call: Call, thread: Thread) -> bool:
    """Take the draft away, if there is one; its mails and files stay. Returns whether there was."""
    claim = text_draft(call, thread)
    if claim is None:
        return False
    before = {"number": claim.number, **figures(claim)}
    call.record("billing_cancelled", claim, project_id=claim.contract.project_id, before=before)
    take_out(call, claim)
    call.session.expire_all()
    return True


def made_anew(call: Call, claim: Claim, start: ClaimStart) -> Claim:
    """The draft as the contract is now, with the same amounts on the lines that are still there and its backup."""
    amounts = {row.sov_line_id: (row.work_cents, row.stored_cents) for row in claim.lines}
    backup = list(call.session.scalars(select(Attachment.id).where(Attachment.claim_id == claim.id)))
    drop_draft(call, start.thread)
    anew = start_claim(call, start)
    enter_amounts(call, anew, amounts)
    call.session.execute(update(Attachment).where(Attachment.id.in_(backup)).values(claim_id=anew.id))
    return reload_claim(call, anew.id)


def require_forward(claim: Claim, billed: Mapping[int, BilledLine], amounts: Mapping[int, tuple[int, int]]) -> None:
    """A percentage below what was billed before would take work back; who means that fills the form."""
    faults = [
        TextFault(
            f"Line {row.sov_line.item}",
            f"{said.percent} % is less than what was billed before.",
            "Write how complete it is to date, or fill the billing form.",
        )
        for row in claim.lines
        if (said := billed.get(row.sov_line_id)) and said.percent is not None and amounts[row.sov_line_id][0] < 0
    ]
    if faults:
        raise TextFaults(faults)
