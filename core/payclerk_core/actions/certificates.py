"""Certifying another amount than was asked for; the next claim's line 7 follows the certificate (form G702)."""

from __future__ import annotations

from datetime import date

from ..errors import UserError
from ..money import Money
from ..queries.claim_facts import facts_of
from ..queries.claims import row_of, summary_of
from ..rules.lifecycle import SIGNABLE, ClaimStatus
from ..tables import Certificate
from .call import Call
from .claim_pages import store_pdf
from .claims import claim_label, load_claim_to_change


def certify(call: Call, claim_id: int, amount: Money, certified_on: date, reason: str) -> Certificate:
    """Record what was certified of an approved claim: the payer's of a payable one, the owner's of ours.

    The reason is asked for by the form when the amount differs. Only of the latest claim, for later ones are built on it.
    """
    claim = load_claim_to_change(call, claim_id)
    call.authorise("T25" if claim.contract.is_prime else "C13", claim.contract.project_id, claim.contract)
    asked, label = summary_of(claim).due, claim_label(claim)
    if ClaimStatus(claim.status) not in SIGNABLE:
        text = f"{label} is {ClaimStatus(claim.status).label}; approve it before an amount is certified."
        raise UserError(text, code="not_approved")
    if not facts_of(call.session, claim).latest:
        raise UserError(f"{label}: a later claim builds on it already; certify that one.", code="not_latest")
    if amount != asked and not reason.strip():
        raise UserError(f"Say why {amount} is certified and not {asked}.", code="reason", field="reason")
    if amount < row_of(claim).paid:
        raise UserError(f"{row_of(claim).paid} of it is paid already; certify no less.", code="paid", field="amount")
    if claim.certificate is not None:
        raise UserError(f"{label} is certified already; delete the certificate first.", code="already_certified")
    certificate = Certificate(
        claim=claim,
        amount_cents=amount.cents,
        certified_on=certified_on,
        reason=reason.strip()[:2000],
        recorded_by_id=call.actor_id,
        recorded_at=call.at,
    )
    call.session.add(certificate)
    after = {"claim": claim.id, "asked_cents": asked.cents, "certified_cents": amount.cents, "reason": reason.strip()}
    call.record("certified", certificate, project_id=claim.contract.project_id, after=after)
    store_pdf(call, claim)  # the certificate is printed on the claim
    return certificate


def withdraw_certificate(call: Call, claim_id: int) -> None:
    """Take a certificate back, while it is of the latest claim and nothing is paid on it."""
    claim = load_claim_to_change(call, claim_id)
    call.authorise("T25" if claim.contract.is_prime else "C13", claim.contract.project_id, claim.contract)
    facts, certificate = facts_of(call.session, claim), claim.certificate
    if certificate is None:
        raise UserError(f"{claim_label(claim)} has no certificate.", code="not_found")
    if facts.paid or not facts.latest:
        text = "a payment is recorded on it" if facts.paid else "a later claim builds on it"
        raise UserError(f"{claim_label(claim)}: {text}; its certificate stays.", code="certificate_stays")
    before = {"certified_cents": certificate.amount_cents, "reason": certificate.reason}
    after = {"claim": claim.id}
    call.record("certificate_withdrawn", certificate, project_id=claim.contract.project_id, before=before, after=after)
    claim.certificate = None
    call.session.delete(certificate)
    store_pdf(call, claim)
