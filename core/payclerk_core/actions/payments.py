"""Payments: issued against a payable claim, received against one to the owner (tasks T2, T9).

Who may record one may correct and delete it: the tables of permissions have one row for the payments of a side.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from ..dates import project_date
from ..errors import UserError
from ..jobs import promise
from ..money import Money
from ..queries.claims import row_of
from ..rules.lifecycle import SIGNABLE, ClaimStatus
from ..rules.seen import fingerprint
from ..tables import BillingPeriod, Claim, Payment
from .call import Call
from .claims import load_claim_to_change
from .seen import require_seen

METHODS = ("check", "credit_card", "electronic")


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    number: str
    method: str
    amount: Money
    paid_on: date
    reference: str = ""
    notes: str = ""
    unusual_date: bool = False  # the person says that a date outside the project's life is meant


def record_payment(call: Call, claim_id: int, entry: PaymentEntry, *, seen: str | None = None) -> Payment:
    """Record money that moved; the claim then shows partly or fully paid."""
    claim = load_claim_to_change(call, claim_id)
    _authorise(call, claim)
    require_seen(call, claim, seen)
    _check(call, claim, entry)
    payment = Payment(claim=claim, **_values(call, entry))
    call.session.add(payment)
    after = {"claim": claim.id, "cents": entry.amount.cents, "status": row_of(claim).payment.value}
    call.record("payment_recorded", payment, project_id=claim.contract.project_id, after=after)
    _show(call, claim, f"paid:{payment.id}")
    return payment


def correct_payment(call: Call, payment_id: int, entry: PaymentEntry, *, seen: str | None = None) -> Payment:
    """Put right what was recorded of a payment; the event keeps what it was.

    `seen`: the digest of the payment as the person was shown it (payment_digest).
    """
    payment = _payment_to_change(call, payment_id, seen)
    claim, before = payment.claim, payment_facts(payment)
    _check(call, claim, entry, instead_of=payment)
    for name, value in _values(call, entry).items():
        setattr(payment, name, value)
    after = {**payment_facts(payment), "status": row_of(claim).payment.value}
    call.record("payment_corrected", payment, project_id=claim.contract.project_id, before=before, after=after)
    _show(call, claim, f"corrected:{payment.id}:{call.at.isoformat()}")
    return payment


def delete_payment(call: Call, payment_id: int, *, seen: str | None = None) -> None:
    """Take back a payment that did not happen; the event keeps all of it, on the payment and on its claim."""
    payment = _payment_to_change(call, payment_id, seen)
    claim, before = payment.claim, payment_facts(payment)
    call.session.delete(payment)
    call.session.flush()
    call.session.expire(claim, ["payments"])
    after = {"payment": payment_id, "status": row_of(claim).payment.value}
    call.record("payment_deleted", payment, project_id=claim.contract.project_id, before=before, after=after)
    _show(call, claim, f"unpaid:{payment_id}")


def payment_facts(payment: Payment) -> dict[str, object]:
    """What was recorded of it, as an event keeps it."""
    return {
        "claim": payment.claim_id,
        "number": payment.number,
        "method": payment.method,
        "cents": payment.amount_cents,
        "paid_on": payment.paid_on.isoformat(),
        "reference": payment.reference,
        "notes": payment.notes,
    }


def payment_digest(payment: Payment) -> str:
    """What correcting or deleting a payment depends on: all that was recorded of it."""
    return fingerprint(list(payment_facts(payment).items()))


def _payment_to_change(call: Call, payment_id: int, seen: str | None) -> Payment:
    """The payment, with its claim held, if the person may and it is as they saw it."""
    load_claim_to_change(call, call.get(Payment, payment_id, "payment").claim_id)
    payment = call.session.get(Payment, payment_id, populate_existing=True)
    if payment is None:
        raise UserError("There is no such payment any more; open the payments again.", code="not_found")
    _authorise(call, payment.claim)
    if seen is not None and seen != payment_digest(payment):
        text = f"Payment {payment.number} has changed since you looked. Nothing was done; open the payments again."
        raise UserError(text, code="changed")
    return payment


def _authorise(call: Call, claim: Claim) -> None:
    call.authorise("T9" if claim.contract.is_prime else "T2", claim.contract.project_id, claim.contract)


def _values(call: Call, entry: PaymentEntry) -> dict[str, Any]:
    return {
        "number": entry.number.strip(),
        "method": entry.method,
        "amount_cents": entry.amount.cents,
        "paid_on": entry.paid_on,
        "reference": entry.reference.strip() or None,
        "notes": entry.notes.strip() or None,
        "recorded_by_id": call.actor_id,
        "recorded_at": call.at,
    }


def _show(call: Call, claim: Claim, key: str) -> None:
    promise(call.session, "slack.notice", key, {"notice": "submitted", "id": claim.id})


def _check(call: Call, claim: Claim, entry: PaymentEntry, instead_of: Payment | None = None) -> None:
    if not entry.unusual_date:
        _check_date(call, claim, entry.paid_on)
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
    if any(p.number == entry.number.strip() for p in claim.payments if p is not instead_of):
        raise UserError(f"Payment {entry.number.strip()} is recorded on this claim already.", field="number")
    row = row_of(claim)
    left = row.due - row.paid
    if instead_of is not None:
        left = Money(left.cents + instead_of.amount_cents, left.currency)
    if entry.amount > left:
        raise UserError(f"Only {left} of this claim is left to pay.", code="too_much", field="amount")


def _check_date(call: Call, claim: Claim, day: date) -> None:
    """From the first billing period to today, or to the end of the last period where that is later."""
    project = claim.contract.project
    bounds = select(func.min(BillingPeriod.starts_on), func.max(BillingPeriod.ends_on), func.max(BillingPeriod.due_on))
    first, *ends = call.session.execute(bounds.where(BillingPeriod.project_id == project.id)).one()
    last = max(end for end in (*ends, project_date(call.at, project.timezone)) if end is not None)
    if first is None or first <= day <= last:
        return
    where = f"before the project's first billing period ({first})" if day < first else f"after {last}"
    text = f"{day} is {where}. Correct the date, or tick that it is meant."
    raise UserError(text, code="unusual_date", field="paid_on")
