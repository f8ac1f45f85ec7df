"""Payments: issued against a payable claim, received against one to the owner (tasks T2, T9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ..errors import UserError
from ..jobs import promise
from ..money import Money
from ..queries.claims import row_of
from ..rules.lifecycle import SIGNABLE, ClaimStatus
from ..tables import Claim, Payment
from .call import Call
from .claims import load_claim_to_change

METHODS = ("check", "credit_card", "electronic")


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    number: str
    method: str
    amount: Money
    paid_on: date
    reference: str = ""
    notes: str = ""


def record_payment(call: Call, claim_id: int, entry: PaymentEntry) -> Payment:
    """Record money that moved; the claim then shows partly or fully paid."""
    claim = load_claim_to_change(call, claim_id)
    call.authorise("T9" if claim.contract.is_prime else "T2", claim.contract.project_id, claim.contract)
    _check(claim, entry)
    payment = Payment(
        claim=claim,
        number=entry.number.strip(),
        method=entry.method,
        amount_cents=entry.amount.cents,
        paid_on=entry.paid_on,
        reference=entry.reference.strip() or None,
        notes=entry.notes.strip() or None,
        recorded_by_id=call.actor_id,
        recorded_at=call.at,
    )
    call.session.add(payment)
    after = {"claim": claim.id, "cents": entry.amount.cents, "status": row_of(claim).payment.value}
    call.record("payment_recorded", payment, project_id=claim.contract.project_id, after=after)
    promise(call.session, "slack.notice", f"paid:{payment.id}", {"notice": "submitted", "id": claim.id})
    return payment


def _check(claim: Claim, entry: PaymentEntry) -> None:
    if entry.amount.cents <= 0:
        raise UserError("The amount must be more than zero.", field="amount")
    if entry.method not in METHODS:
        raise UserError("Choose check, credit card or electronic.", field="method")
    if not entry.number.strip():
        raise UserError("Give the payment a number.", field="number")
    if not claim.contract.is_prime and not claim.contract.payments_enabled:
        text = f"Payments are not turned on for contract {claim.contract.number}; an administrator turns them on first."
        raise UserError(text, code="payments_off")
    if not claim.contract.is_prime and ClaimStatus(claim.status) not in SIGNABLE:
        raise UserError(
            f"The claim is {ClaimStatus(claim.status).label}; approve it before it is paid.", code="not_approved"
        )
    if any(payment.number == entry.number.strip() for payment in claim.payments):
        raise UserError(f"Payment {entry.number.strip()} is recorded on this claim already.", field="number")
    row = row_of(claim)
    left = row.due - row.paid
    if entry.amount > left:
        raise UserError(f"Only {left} of this claim is left to pay.", code="too_much", field="amount")
