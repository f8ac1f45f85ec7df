"""Deleting a claim: the latest of its contract only, for good, and recorded (tasks T11, C9)."""

from __future__ import annotations

from sqlalchemy import delete, or_, select, update

from ..errors import UserError
from ..jobs import promise
from ..queries.claim_facts import facts_of
from ..queries.claims import summary_of
from ..rules.lifecycle import delete_obstacle
from ..tables import (
    Attachment,
    BilledClaim,
    BilledCost,
    Claim,
    Envelope,
    PackageClaim,
    PaymentSchedule,
    ReplyToken,
    SlackPost,
    Thread,
)
from .call import Call
from .claim_making import figures
from .claims import claim_label, load_claim_to_change
from .seen import require_seen


def delete_claim(call: Call, claim_id: int, *, seen: str | None = None) -> None:
    """Delete the claim. Its mails stay in the contract's log, its content in the event; its number is free again.

    Raises UserError when something hangs on it, and when it is not as in the digest `seen` of what the person looked
    at (None: nobody looked).
    """
    claim = load_claim_to_change(call, claim_id)
    call.authorise("T11", claim.contract.project_id, claim.contract)
    require_seen(call, claim, seen)
    if (why := delete_obstacle(facts_of(call.session, claim))) is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="not_deletable")
    if (papers := _papers(call, claim)) is not None:
        raise UserError(f"{claim_label(claim)}: {papers}", code="not_deletable")
    before = {
        "label": claim_label(claim),
        "contract": claim.contract_id,
        "number": claim.number,
        "revision": claim.revision,
        "status": claim.status,
        "due_cents": summary_of(claim).due.cents,
        **figures(claim),
    }
    call.record("claim_deleted", claim, project_id=claim.contract.project_id, before=before)
    # The contract's own history says it too, for the claim's cannot be opened any more.
    call.record("claim_deleted", claim.contract, project_id=claim.contract.project_id, before=before)
    _take_back_notice(call, claim)
    take_out(call, claim)


def _take_back_notice(call: Call, claim: Claim) -> None:
    """Its message in Slack offers what can no longer be done; one that was never shown needs no word."""
    subject = f"submitted:{claim.id}"
    shown = or_(SlackPost.subject == subject, SlackPost.subject.startswith(f"{subject}@", autoescape=True))
    if call.session.scalar(select(SlackPost.id).where(shown).limit(1)) is not None:
        promise(call.session, "slack.notice", f"deleted:{claim.id}", {"notice": "submitted", "id": claim.id})


def take_out(call: Call, claim: Claim) -> None:
    """Take the claim's rows away; its mails and their files stay. Who may, and what is recorded, is the caller's."""
    _let_go(call, claim)
    for line in claim.lines:
        call.session.delete(line)
    if claim.certificate is not None:
        call.session.delete(claim.certificate)
    call.session.flush()
    call.session.delete(claim)
    call.session.flush()


def _papers(call: Call, claim: Claim) -> str | None:
    """What was issued about the claim and must keep its ground."""
    session = call.session
    if session.scalar(select(Envelope.id).where(Envelope.claim_id == claim.id).limit(1)) is not None:
        return "It was sent for signature; a claim with an envelope is kept."
    if session.scalar(select(PaymentSchedule.id).where(PaymentSchedule.claim_id == claim.id).limit(1)) is not None:
        return "A payment schedule answers it; it is kept."
    return None


def _let_go(call: Call, claim: Claim) -> None:
    """Mails, attachments, tokens and packages go on without it; what it billed to the owner is not billed any more."""
    session = call.session
    for table in (Thread, Attachment, ReplyToken):
        session.execute(update(table).where(table.claim_id == claim.id).values(claim_id=None))
    session.execute(
        delete(BilledClaim).where(or_(BilledClaim.owner_claim_id == claim.id, BilledClaim.claim_id == claim.id))
    )
    session.execute(delete(BilledCost).where(BilledCost.owner_claim_id == claim.id))
    session.execute(delete(PackageClaim).where(PackageClaim.claim_id == claim.id))
