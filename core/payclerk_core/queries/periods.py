"""Billing periods and their schedule: what there is, what uses a period, and how far the clock has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ..tables import BillingPeriod, Claim, Event, Invitation, PeriodSchedule


def periods_of(session: Session, project_id: int) -> Sequence[BillingPeriod]:
    """The periods of a project, newest first."""
    query = select(BillingPeriod).where(BillingPeriod.project_id == project_id)
    return session.scalars(query.order_by(BillingPeriod.starts_on.desc(), BillingPeriod.id.desc())).all()


def schedule_of(session: Session, project_id: int) -> PeriodSchedule | None:
    """The project's schedule; None when nobody ever set one, which is the same as `never`."""
    return session.scalar(select(PeriodSchedule).where(PeriodSchedule.project_id == project_id))


def start_last_opened(session: Session, schedule: PeriodSchedule) -> date | None:
    """The start of the newest period that the schedule opened, as it was planned; the period may be edited or gone."""
    query = select(Event).where(
        Event.record == PeriodSchedule.__tablename__, Event.record_id == schedule.id, Event.verb == "period_opened"
    )
    event = session.scalar(query.order_by(Event.id.desc()).limit(1))
    return date.fromisoformat(str((event.after or {})["from"])) if event is not None else None


def issued_claim(session: Session, period_id: int) -> Claim | None:
    """A claim on whose paper the period's dates stand: it was submitted, or has a PDF."""
    issued = or_(Claim.submitted_at.is_not(None), Claim.pdf_id.is_not(None))
    return session.scalar(select(Claim).where(Claim.period_id == period_id, issued).order_by(Claim.id).limit(1))


def uses_of(session: Session, period_id: int) -> str:
    """What hangs on a period, in words: '2 claims and 14 invitations'; empty when nothing does."""
    counts = {
        "claim": session.scalar(select(func.count(Claim.id)).where(Claim.period_id == period_id)) or 0,
        "invitation": session.scalar(select(func.count(Invitation.id)).where(Invitation.period_id == period_id)) or 0,
    }
    return " and ".join(f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts.items() if n)
