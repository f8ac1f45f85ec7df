"""Sending claims out for signature, taking an envelope back, and what became of each (tasks T4, T28)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import UserError
from ..jobs import promise
from ..queries.claim_facts import LIVE_ENVELOPES
from ..rules.lifecycle import SIGNABLE, ClaimStatus
from ..tables import Batch, BatchItem, Claim, Envelope, Person
from .batches import Item, Order, known_batch, settle_item, start_batch
from .bulk_rows import BulkRow, do_rows
from .call import Call
from .claims import chosen_claims, claim_label, claim_row, load_claim_to_change, not_payable
from .mailing import store_file

VOIDABLE: Final = ("promised", "sent", "delivered")
_LONGEST_REASON: Final = 200  # DocuSign's own limit
# What nobody who signs can do anything about, but somebody at the project has to.
_FELL_THROUGH: Final = ("declined", "voided", "failed")
# A status may only move forward: an old answer that arrives late must not take a signature back.
ORDER: Final = ("promised", "sent", "delivered", "completed", "declined", "voided", "failed")


@dataclass(frozen=True, slots=True)
class Said:
    """What DocuSign knows beside the status: who declined and why, and the amount the owner wrote in."""

    by: str = ""
    reason: str = ""
    certified: str = ""

    def facts(self) -> dict[str, object]:
        known = {"by": self.by, "reason": self.reason, "certified": self.certified}
        return {name: text for name, text in known.items() if text}


def send_to_docusign(call: Call, order: Order, claim_ids: Collection[int]) -> Batch:
    """Send these claims to their invoice contacts for signature; say for each other one why not."""
    call.authorise("T4", order.project_id)
    if (batch := known_batch(call, order)) is not None:
        return batch
    rows = envelope_rows(call, order.project_id, claim_ids)
    items = [Item(record_id, row.label, row.obstacle, outcome="queued") for record_id, row in rows.items()]
    batch = start_batch(call, order, "docusign", items)
    do_rows(call, batch.items, rows)
    return batch


def envelope_rows(call: Call, project_id: int, claim_ids: Collection[int]) -> Mapping[int, BulkRow]:
    """The claims as rows of bulk work that sends them for signature."""

    def row(claim: Claim) -> BulkRow:
        def act(together: Call, item: BatchItem) -> None:
            _promise_envelope(together, claim, item.id)

        return claim_row(call, claim, _bulk_obstacle(call, claim), act, after="waiting")

    return {claim.id: row(claim) for claim in chosen_claims(call, project_id, claim_ids)}


def send_owner_claim_to_sign(call: Call, claim_id: int) -> Envelope:
    """Send the claim to the owner to the invoice contacts of the prime contract for signature (task T28)."""
    claim = load_claim_to_change(call, claim_id)
    require_signable(call, claim)
    envelope = _promise_envelope(call, claim, None)
    _record(call, envelope)
    return envelope


def require_signable(call: Call, claim: Claim) -> None:
    """Raise UserError unless this is a claim to the owner that the person may send for signature now."""
    if not claim.contract.is_prime:
        text = f"{claim_label(claim)} is no claim to the owner; send it from the list of claims."
        raise UserError(text, code="not_owner_claim")
    call.authorise("T28", claim.contract.project_id, claim.contract)
    if (why := signing_obstacle(call, claim)) is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="not_signable")


def void_envelope(call: Call, envelope_id: int, reason: str) -> Envelope:
    """Take an envelope back that nobody has finished signing (tasks T4, T28); then the claim can be sent anew.

    One that has not left yet is void at once. Else DocuSign is asked, and its answer counts: a signature that was
    quicker stands.
    """
    call.session.execute(select(Envelope.id).where(Envelope.id == envelope_id).with_for_update())
    envelope = call.get(Envelope, envelope_id, "envelope")
    call.session.refresh(envelope)
    contract = envelope.claim.contract
    call.authorise("T28" if contract.is_prime else "T4", contract.project_id, contract)
    if (why := void_obstacle(envelope)) is not None:
        raise UserError(f"{claim_label(envelope.claim)}: {why}", code="not_voidable")
    if not (said := " ".join(reason.split())):
        raise UserError("Say why the envelope is voided; the signers are told.", code="reason", field="reason")
    envelope.reason = said[:_LONGEST_REASON]
    after = {"claim": envelope.claim_id, "reason": envelope.reason}
    call.record("envelope_void_requested", envelope, project_id=contract.project_id, after=after)
    if envelope.status == "promised":
        note_envelope_status(call, envelope.id, "voided")
    _promise_void(call, envelope, "asked")
    return envelope


def envelope_to_void(call: Call, claim: Claim) -> Envelope:
    """The claim's envelope that waits for a signature, for who may take it back; a UserError when there is none."""
    call.authorise("T28" if claim.contract.is_prime else "T4", claim.contract.project_id, claim.contract)
    query = select(Envelope).where(Envelope.claim_id == claim.id).order_by(Envelope.id.desc()).limit(1)
    envelope = call.session.scalar(query)
    why = "It has not been sent for signature." if envelope is None else void_obstacle(envelope)
    if envelope is None or why is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="not_voidable")
    return envelope


def void_obstacle(envelope: Envelope) -> str | None:
    """Why the envelope cannot be taken back; None when it can."""
    if envelope.status not in VOIDABLE:
        return f"Its envelope is {envelope.status}; only one that waits for a signature can be voided."
    return "Its envelope is being voided already." if envelope.reason is not None else None


def void_what_left(call: Call, envelope_row: int) -> None:
    """One that was voided here while it was on its way may have reached DocuSign: look for it there."""
    envelope = call.get(Envelope, envelope_row, "envelope")
    if envelope.status == "voided" and envelope.envelope_id is None:
        _promise_void(call, envelope, "left")


def _promise_void(call: Call, envelope: Envelope, why: str) -> None:
    promise(call.session, "docusign.void", f"{envelope.id}:{why}", {"envelope_row": envelope.id})


def _bulk_obstacle(call: Call, claim: Claim) -> str | None:
    return not_payable(claim) or signing_obstacle(call, claim)


def signing_obstacle(call: Call, claim: Claim) -> str | None:
    """Why this claim cannot go out for signature; None when it can (the tooltip of the source page)."""
    if ClaimStatus(claim.status) not in SIGNABLE:
        label = ClaimStatus(claim.status).label
        # domain 7.3: the task page names all three, but the owner's claim has only the first.
        can = "Approved" if claim.contract.is_prime else "Approved, Approved as Noted or Pending Owner Approval"
        return f"It is {label}; only {can} can be signed."
    if not claim.contract.contacts:
        return "The contract has no invoice contact; add one first."
    if claim.pdf_id is None:
        return "It has no PDF yet; set its status again."
    live = select(Envelope.id).where(Envelope.claim_id == claim.id, Envelope.status.in_(LIVE_ENVELOPES))
    return "It is out for signature or signed already." if call.session.scalar(live.limit(1)) is not None else None


def _promise_envelope(call: Call, claim: Claim, batch_item_id: int | None) -> Envelope:
    count = len(call.session.scalars(select(Envelope.id).where(Envelope.claim_id == claim.id)).all())
    envelope = Envelope(
        claim=claim,
        revision=count + 1,
        transaction_id=f"payclerk-{uuid.uuid4().hex}",
        envelope_id=None,
        pdf_id=claim.pdf_id,
        signer_ids=[contact.person_id for contact in claim.contract.contacts],
        signed_pdf_id=None,
        batch_item_id=batch_item_id,
        reason=None,
        **call.stamp("promised"),
    )
    call.session.add(envelope)
    call.session.flush()
    promise(call.session, "docusign.send", str(envelope.id), {"envelope_row": envelope.id})
    return envelope


def note_envelope_sent(call: Call, envelope_row: int, envelope_id: str) -> None:
    envelope = call.get(Envelope, envelope_row, "envelope")
    if envelope.status != "promised":
        void_what_left(call, envelope_row)
        return
    envelope.envelope_id = envelope_id
    call.move(envelope, "sent")
    _record(call, envelope)
    settle_item(call, envelope.batch_item_id, "done", "sent for signature")


def note_envelope_failed(call: Call, envelope_row: int, reason: str) -> None:
    envelope = call.get(Envelope, envelope_row, "envelope")
    if envelope.status != "promised":
        return
    call.move(envelope, "failed")
    envelope.reason = reason[:500]
    _record(call, envelope)
    settle_item(call, envelope.batch_item_id, "failed", reason)
    _announce(call, envelope)


def note_envelope_status(
    call: Call, envelope_row: int, status: str, *, signed_pdf: bytes | None = None, said: Said = Said()
) -> bool:
    """Take in a status; True when it is news. The signed PDF comes with `completed`, the reason with `declined`."""
    envelope = call.get(Envelope, envelope_row, "envelope")
    if status not in ORDER or ORDER.index(status) <= ORDER.index(envelope.status):
        return False
    if signed_pdf is not None:
        envelope.signed_pdf_id = store_file(call, signed_pdf, "application/pdf").id
    ours = envelope.reason is not None  # a void that was asked for here is no news
    envelope.reason = said.reason[:500] or envelope.reason
    call.move(envelope, status)
    _record(call, envelope, said)
    _settle(call, envelope)
    if not (status == "voided" and ours):
        _announce(call, envelope)
    return True


def _settle(call: Call, envelope: Envelope) -> None:
    fell_through = envelope.status in _FELL_THROUGH
    words = {"completed": "signed", "delivered": "opened by the signer"}.get(envelope.status, envelope.status)
    reason = f"{words}: {envelope.reason}" if fell_through and envelope.reason else words
    settle_item(call, envelope.batch_item_id, "failed" if fell_through else "done", reason[:500])


def _announce(call: Call, envelope: Envelope) -> None:
    """What ended it, in the project's channel: the owner's signature, and whatever fell through.

    A subcontractor's signature is told in the message of the batch it went out with.
    """
    signed = envelope.status == "completed" and envelope.claim.contract.is_prime
    if signed or envelope.status in _FELL_THROUGH:
        key = f"signature:{envelope.id}:{envelope.status}"
        promise(call.session, "slack.notice", key, {"notice": "signature", "id": envelope.id})


def _record(call: Call, envelope: Envelope, said: Said = Said()) -> None:
    project_id = envelope.claim.contract.project_id
    after = {"claim": envelope.claim_id, **said.facts()}
    call.record(f"envelope_{envelope.status}", envelope, project_id=project_id, after=after)


def signers_of(session: Session, envelope: Envelope) -> list[Person]:
    """Who was asked to sign it, in their order."""
    if envelope.signer_ids is None:  # promised by an earlier version
        return [contact.person for contact in envelope.claim.contract.contacts]
    return [session.get_one(Person, person_id) for person_id in envelope.signer_ids]


def unfinished_envelopes(call: Call) -> list[Envelope]:
    query = select(Envelope).where(Envelope.status.in_(["sent", "delivered"])).order_by(Envelope.id)
    return list(call.session.scalars(query))
