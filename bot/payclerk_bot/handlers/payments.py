"""Recording a payment."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.dates import project_date
from payclerk_core.errors import UserError
from payclerk_core.money import Money, read_money
from payclerk_core.queries.claims import row_of

from ..desk import Turn
from ..form import Form
from ..projects import find_claim
from ..say import show_modal
from ..views import blocks as b
from ..views.payment import payment_modal


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
        return payment_modal(claim.id, row.label, row.due, row.due - row.paid, today, received=claim.contract.is_prime)


def submit(turn: Turn) -> dict[str, Any]:
    with turn.call() as call:
        claim = load_claim(call, int(turn.metadata))
        entry = _entry(turn.form, claim.contract.project.currency)
        record_payment(call, claim.id, entry)
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
    )


def _amount(text: str, currency: str) -> Money:
    try:
        return read_money(text, currency)
    except ValueError as error:
        raise UserError(str(error), field="amount") from None
