"""Recording, correcting and deleting payments."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.payments import (
    PaymentEntry,
    correct_payment,
    delete_payment,
    payment_digest,
    record_payment,
)
from payclerk_core.dates import project_date
from payclerk_core.errors import UserError
from payclerk_core.money import Money, read_money
from payclerk_core.queries.claims import row_of
from payclerk_core.queries.seen import claim_digest
from payclerk_core.tables import Claim, Payment

from ..desk import Turn
from ..form import Form
from ..projects import find_claim, shown_claim
from ..say import show_modal, update_modal
from ..views import blocks as b
from ..views.payment import Recorded, correction_modal, payment_modal


def open_form(turn: Turn) -> None:
    with turn.looking() as call:
        claim = find_claim(turn, call, "/billing pay SC-03")
        call.authorise("T9" if claim.contract.is_prime else "T2", claim.contract.project_id, claim.contract)
        claim_id = claim.id
    show_modal(turn, "Payment", lambda: _form(turn, claim_id))


def _form(turn: Turn, claim_id: int) -> b.View:
    with turn.looking() as call:
        claim = load_claim(call, claim_id)
        row = row_of(claim)
        today = project_date(call.at, claim.contract.project.timezone)
        return payment_modal(
            claim.id,
            row.label,
            row.due,
            row.due - row.paid,
            today,
            received=claim.contract.is_prime,
            seen=claim_digest(claim),
            recorded=[_recorded(payment, claim) for payment in claim.payments],
        )


def _recorded(payment: Payment, claim: Claim) -> Recorded:
    return Recorded(
        id=payment.id,
        seen=payment_digest(payment),
        number=payment.number,
        method=payment.method,
        amount=Money(payment.amount_cents, claim.contract.project.currency),
        paid_on=payment.paid_on,
        reference=payment.reference or "",
        notes=payment.notes or "",
    )


def open_correction(turn: Turn) -> None:
    payment_id, _ = shown_claim(turn.value)

    def build() -> b.View:
        with turn.looking() as call:
            claim = load_claim(call, call.get(Payment, payment_id, "payment").claim_id)
            call.authorise("T9" if claim.contract.is_prime else "T2", claim.contract.project_id, claim.contract)
            payment = call.get(Payment, payment_id, "payment")
            return correction_modal(row_of(claim).label, _recorded(payment, claim))

    show_modal(turn, "Change payment", build)


def submit_correction(turn: Turn) -> dict[str, Any]:
    payment_id, seen = shown_claim(turn.metadata)
    with turn.call() as call:
        claim = load_claim(call, call.get(Payment, payment_id, "payment").claim_id)
        entry = _entry(turn.form, claim.contract.project.currency)
        correct_payment(call, payment_id, entry, seen=seen)
        row = row_of(claim)
    text = f"✅ *Payment changed*\n{b.esc(row.label, 200)}: {entry.amount}. It is {_paid(row.payment.value)} now."
    return {"response_action": "update", "view": b.note("Payment changed", text, callback_id="recorded")}


def delete(turn: Turn) -> None:
    payment_id, seen = shown_claim(turn.value)
    with turn.call() as call:
        claim_id = call.get(Payment, payment_id, "payment").claim_id
        delete_payment(call, payment_id, seen=seen)
    update_modal(turn.client, turn.view["id"], _form(turn, claim_id))


def _paid(status: str) -> str:
    return status.replace("_", " ")


def submit(turn: Turn) -> dict[str, Any]:
    with turn.call() as call:
        claim_id, seen = shown_claim(turn.metadata)
        claim = load_claim(call, claim_id)
        entry = _entry(turn.form, claim.contract.project.currency)
        record_payment(call, claim.id, entry, seen=seen)
        call.session.expire(claim, ["payments"])
        row = row_of(claim)
    text = f"✅ *Payment recorded*\n{b.esc(row.label, 200)}: {entry.amount}. The claim is {row.payment.value.replace('_', ' ')}."
    return {"response_action": "update", "view": b.note("Payment recorded", text, callback_id="recorded")}


def _entry(form: Form, currency: str) -> PaymentEntry:
    return PaymentEntry(
        number=form.text("number"),
        method=form.option("method"),
        amount=_amount(form.text("amount"), currency),
        paid_on=form.day("paid_on"),
        reference=form.text("reference"),
        notes=form.text("notes"),
        unusual_date="yes" in form.options("unusual_date"),
    )


def _amount(text: str, currency: str) -> Money:
    try:
        return read_money(text, currency)
    except ValueError as error:
        raise UserError(str(error), field="amount") from None
