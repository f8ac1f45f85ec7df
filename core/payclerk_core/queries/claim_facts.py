"""What decides where claims may go, for one or for hundreds in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..rules.lifecycle import ClaimFacts, ClaimStatus
from ..tables import BilledClaim, Claim, Envelope

# An envelope that somebody can still sign, or has signed.
LIVE_ENVELOPES = ("promised", "sent", "delivered", "completed")


def claim_facts(session: Session, claims: Sequence[Claim]) -> dict[int, ClaimFacts]:
    """The facts by claim id."""
    latest, signing = _latest(session, claims), _out_for_signature(session, claims)
    owner = _billed_to_owner(session, claims)
    return {
        claim.id: ClaimFacts(
            status=ClaimStatus(claim.status),
            prime=claim.contract.is_prime,
            latest=latest.get(claim.contract_id) == claim.number,
            paid=any(payment.amount_cents for payment in claim.payments),
            out_for_signature=claim.id in signing,
            on_owner_claim=claim.id in owner,
            rejected_lines=any(line.review == "rejected" for line in claim.lines),
            certified=claim.certificate is not None,
        )
        for claim in claims
    }


def facts_of(session: Session, claim: Claim) -> ClaimFacts:
    return claim_facts(session, [claim])[claim.id]


def _latest(session: Session, claims: Sequence[Claim]) -> dict[int, int]:
    query = select(Claim.contract_id, func.max(Claim.number)).group_by(Claim.contract_id)
    query = query.where(Claim.contract_id.in_({claim.contract_id for claim in claims}))
    return {row[0]: row[1] for row in session.execute(query)}


def _out_for_signature(session: Session, claims: Sequence[Claim]) -> set[int]:
    query = select(Envelope.claim_id).where(
        Envelope.claim_id.in_([claim.id for claim in claims]), Envelope.status.in_(LIVE_ENVELOPES)
    )
    return set(session.scalars(query))


def _billed_to_owner(session: Session, claims: Sequence[Claim]) -> set[int]:
    """Those that are on a claim to the owner which has left the draft."""
    query = (
        select(BilledClaim.claim_id)
        .join(Claim, Claim.id == BilledClaim.owner_claim_id)
        .where(BilledClaim.claim_id.in_([claim.id for claim in claims]))
        .where(Claim.status.in_([ClaimStatus.UNDER_REVIEW.value, ClaimStatus.APPROVED.value]))
    )
    return set(session.scalars(query))
