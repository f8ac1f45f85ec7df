"""Sending the owner's claim for signature, and voiding an envelope with a reason."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.call import Call
from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.signing import (
    envelope_to_void,
    require_signable,
    send_owner_claim_to_sign,
    signers_of,
    void_envelope,
)
from payclerk_core.errors import UserError
from payclerk_core.queries.claims import row_of
from payclerk_core.tables import Claim, Envelope

from ..desk import Turn
from ..projects import find_claim
from ..say import show_modal
from ..views import blocks as b
from ..views.signing import Signing, sign_modal, void_modal


def open_sign(turn: Turn) -> None:
    with turn.looking() as call:
        claim = find_claim(turn, call, "/billing sign PR-01")
        require_signable(call, claim)
        claim_id = claim.id
    show_modal(turn, "Send for signature", lambda: _sign_form(turn, claim_id))


def _sign_form(turn: Turn, claim_id: int) -> b.View:
    with turn.looking() as call:
        claim = load_claim(call, claim_id)
        require_signable(call, claim)
        names = [contact.person.name for contact in claim.contract.contacts]
        return sign_modal(claim.id, _signing(claim, names), _stamp(claim))


def _signing(claim: Claim, names: list[str]) -> Signing:
    row = row_of(claim)
    return Signing(row.label, row.due, names, certified=claim.certificate is not None)


def _stamp(claim: Claim) -> str:
    """What the person looks at before they send it: the paper itself, and who signs."""
    return ".".join(str(part) for part in (claim.pdf_id, *(contact.person_id for contact in claim.contract.contacts)))


def sign(turn: Turn) -> dict[str, Any]:
    claim_id, _, seen = turn.metadata.partition(":")
    with turn.call() as call:
        claim = load_claim(call, int(claim_id))
        if _stamp(claim) != seen:
            raise UserError("The claim or its signers changed since you looked; open it again.", code="out_of_date")
        send_owner_claim_to_sign(call, claim.id)
        label = row_of(claim).label
    text = f"✅ *{b.esc(label, 200)} is being sent for signature*\nYou are told in the channel when it is signed or declined."
    return {"response_action": "update", "view": b.note("Sent for signature", text, callback_id="signing")}


def open_void(turn: Turn) -> None:
    with turn.looking() as call:
        claim_id = find_claim(turn, call, "/billing void SC-03").id
        envelope_to_void(call, load_claim(call, claim_id))
    show_modal(turn, "Void envelope", lambda: _void_form(turn, claim_id))


def _void_form(turn: Turn, claim_id: int) -> b.View:
    with turn.looking() as call:
        claim = load_claim(call, claim_id)
        envelope = envelope_to_void(call, claim)
        names = [person.name for person in signers_of(call.session, envelope)]
        return void_modal(envelope.id, _signing(claim, names), envelope.status, envelope.status_at)


def void(turn: Turn) -> dict[str, Any]:
    with turn.call() as call:
        envelope = void_envelope(call, int(turn.metadata), turn.form.text("reason"))
        text = _voided(call, envelope)
    return {"response_action": "update", "view": b.note("Void envelope", text, callback_id="voided")}


def _voided(call: Call, envelope: Envelope) -> str:
    label = b.esc(row_of(load_claim(call, envelope.claim_id)).label, 200)
    if envelope.status == "voided":
        return f"✅ *The envelope of {label} is void*\nIt had not been sent. The claim can be changed now."
    return f"⏳ *DocuSign is asked to void the envelope of {label}*\nThe claim can be changed once it has. A signature that was quicker stands."
