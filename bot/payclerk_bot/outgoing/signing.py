"""Notices about envelopes: what ended one, and that DocuSign does not work or does again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.money import Money, read_money
from payclerk_core.queries.claims import row_of
from payclerk_core.tables import Envelope, Event, Project, SigningOutage

from ..posts import Post
from ..views import signing as view
from .answers import Notice
from .audience import of_claim


def signature(session: Session, envelope_id: int) -> Notice:
    envelope = session.get_one(Envelope, envelope_id)
    row, contract = row_of(envelope.claim), envelope.claim.contract
    said = _said(session, envelope)
    certified = str(said.get("certified") or "")
    ended = view.Ended(
        label=row.label,
        prime=contract.is_prime,
        status=envelope.status,
        by=str(said.get("by") or ""),
        reason=envelope.reason or "",
        due=row.due,
        certified=certified,
        differs=bool(certified) and _money(certified, row.due.currency) != row.due,
    )
    return of_claim(session, envelope.claim), Post(*view.ended(ended))


def _said(session: Session, envelope: Envelope) -> dict[str, object]:
    query = select(Event).where(Event.record == "envelope", Event.record_id == envelope.id)
    event = session.scalar(query.where(Event.verb == f"envelope_{envelope.status}").order_by(Event.id.desc()).limit(1))
    return dict(event.after or {}) if event else {}


def _money(text: str, currency: str) -> Money | None:
    """What a person wrote on the form; None where it is no amount."""
    try:
        return read_money(text, currency)
    except ValueError:
        return None


def outage(session: Session, outage_id: int) -> Notice:
    row = session.get_one(SigningOutage, outage_id)
    query = select(Project.slack_channel).where(Project.slack_channel.is_not(None)).order_by(Project.id)
    return session.scalars(query).all(), Post(*view.outage(row.reason, row.since, row.over_at))
