"""Billing periods: those of a project, and what hangs on one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..tables import BillingPeriod, Claim, Invitation


def periods_of(session: Session, project_id: int) -> Sequence[BillingPeriod]:
    """The periods of a project, newest first."""
    query = select(BillingPeriod).where(BillingPeriod.project_id == project_id)
    return session.scalars(query.order_by(BillingPeriod.starts_on.desc(), BillingPeriod.id.desc())).all()


def is_billed(session: Session, period_id: int) -> bool:
    """Was a claim of it submitted? Then From and To are printed on paper."""
    query = select(Claim.id).where(Claim.period_id == period_id, Claim.submitted_at.is_not(None))
    return session.scalar(query.limit(1)) is not None


def is_used(session: Session, period_id: int) -> bool:
    """Does a claim or an invitation belong to it? Then it is never deleted."""
    claims = select(Claim.id).where(Claim.period_id == period_id)
    invitations = select(Invitation.id).where(Invitation.period_id == period_id)
    return any(session.scalar(query.limit(1)) is not None for query in (claims, invitations))
