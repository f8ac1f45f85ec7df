"""Sending claims out for signature and taking in what became of them (task T4)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import select

from ..jobs import promise
from ..queries.claim_facts import LIVE_ENVELOPES
from ..queries.claims import with_pages
from ..rules.lifecycle import SIGNABLE, ClaimStatus
from ..tables import Batch, Claim, Envelope
from .batches import Item, Order, known_batch, settle_item, start_batch
from .call import Call
from .claims import claim_label
from .mailing import store_file

# A status may only move forward: an old answer that arrives late must not take a signature back.
ORDER: Final = ("promised", "sent", "delivered", "completed", "declined", "voided", "failed")


def send_to_docusign(call: Call, order: Order, claim_ids: Collection[int]) -> Batch:
    """Send these claims to their invoice contacts for signature; say for each other one why not."""
    call.authorise("T4", order.project_id)
    if (batch := known_batch(call, order)) is not None:
        return batch
    query = with_pages(select(Claim).where(Claim.id.in_(claim_ids)).order_by(Claim.id))
    claims = [c for c in call.session.scalars(query).unique() if c.contract.project_id == order.project_id]
    items = [Item(claim.id, claim_label(claim), signing_obstacle(call, claim)) for claim in claims]
    batch = start_batch(call, order, "docusign", items)
    for claim, item in zip(claims, batch.items, strict=True):
        if item.outcome == "waiting":
            _promise_envelope(call, claim, item.id)
    return batch


def signing_obstacle(call: Call, claim: Claim) -> str | None:
    """Why this claim cannot go out for signature; None when it can (the tooltip of the source page)."""
    if ClaimStatus(claim.status) not in SIGNABLE:
        label = ClaimStatus(claim.status).label
        return f"It is {label}; only Approved, Approved as Noted or Pending Owner Approval can be signed."
    if not claim.contract.contacts:
        return "The contract has no invoice contact; add one first."
    if claim.pdf_id is None:
        return "It has no PDF yet; set its status again."
    live = select(Envelope.id).where(Envelope.claim_id == claim.id, Envelope.status.in_(LIVE_ENVELOPES))
    return "It is out for signature or signed already." if call.session.scalar(live.limit(1)) is not None else None


def _promise_envelope(call: Call, claim: Claim, batch_item_id: int) -> None:
    count = len(call.session.scalars(select(Envelope.id).where(Envelope.claim_id == claim.id)).all())
    envelope = Envelope(
        claim=claim,
        revision=count + 1,
        transaction_id=f"payclerk-claim-{claim.id}-{count + 1}",
        envelope_id=None,
        signed_pdf_id=None,
        batch_item_id=batch_item_id,
        reason=None,
        **call.stamp("promised"),
    )
    call.session.add(envelope)
    call.session.flush()
    promise(call.session, "docusign.send", str(envelope.id), {"envelope_row": envelope.id})


def note_envelope_sent(call: Call, envelope_row: int, envelope_id: str) -> None:
    envelope = call.get(Envelope, envelope_row, "envelope")
    if envelope.status != "promised":
        return
    envelope.envelope_id = envelope_id
    call.move(envelope, "sent")
    _record(call, envelope)
    settle_item(call, envelope.batch_item_id, "done", "sent for signature")


def note_envelope_failed(call: Call, envelope_row: int, reason: str) -> None:
    envelope = call.get(Envelope, envelope_row, "envelope")
    call.move(envelope, "failed")
    envelope.reason = reason[:500]
    _record(call, envelope)
    settle_item(call, envelope.batch_item_id, "failed", reason)


def note_envelope_status(call: Call, envelope_row: int, status: str, *, signed_pdf: bytes | None = None) -> bool:
    """Take in a status; True when it is news. The signed PDF comes with `completed`."""
    envelope = call.get(Envelope, envelope_row, "envelope")
    if status not in ORDER or ORDER.index(status) <= ORDER.index(envelope.status):
        return False
    if signed_pdf is not None:
        envelope.signed_pdf_id = store_file(call, signed_pdf, "application/pdf").id
    call.move(envelope, status)
    _record(call, envelope)
    reasons = {"completed": "signed", "delivered": "opened by the signer"}
    outcome = "failed" if status in {"declined", "voided"} else "done"
    settle_item(call, envelope.batch_item_id, outcome, reasons.get(status, status))
    return True


def _record(call: Call, envelope: Envelope) -> None:
    project_id = envelope.claim.contract.project_id
    call.record(f"envelope_{envelope.status}", envelope, project_id=project_id, after={"claim": envelope.claim_id})


def unfinished_envelopes(call: Call) -> list[Envelope]:
    query = select(Envelope).where(Envelope.status.in_(["sent", "delivered"])).order_by(Envelope.id)
    return list(call.session.scalars(query))
