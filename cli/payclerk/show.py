"""`payclerk show`: a record with its events, for who looks after the books or after payclerk."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.queries.claims import claim_line, row_of, summary_of, with_pages
from payclerk_core.settings import Settings
from payclerk_core.tables import BillingPeriod, ChangeOrder, Claim, Contract, Event, Person, Project

from .show_contract import contract_lines


def describe(settings: Settings, kind: str, name: str) -> Iterator[str]:
    """The lines to print. Raises UserError, which names what can be shown."""
    kinds = {"project": _project, "period": _period, "contract": _contract, "claim": _claim}
    if kind not in kinds:
        raise UserError(f"'{kind}' cannot be shown; choose one of: {', '.join(kinds)}.")
    db = Database(settings.database_url)
    try:
        with db.reading() as session:
            yield from kinds[kind](session, name)
    finally:
        db.close()


def _project(session: Session, number: str) -> Iterator[str]:
    query = select(Project).order_by(Project.number)
    rows = session.scalars(query.where(Project.number == number) if number else query).all()
    _require(rows, "project", number)
    for row in rows:
        yield f"Project {row.number} {row.name} ({row.timezone}, {row.currency})"
        yield from _events(session, "project", row.id)


def _period(session: Session, start: str) -> Iterator[str]:
    rows = [r for r in session.scalars(select(BillingPeriod)) if str(r.starts_on).startswith(start)]
    _require(rows, "billing period", start)
    for row in rows:
        yield f"Billing period {row.starts_on} to {row.ends_on}, due {row.due_on}: {row.status}"
        yield from _events(session, "billing_period", row.id)


def _contract(session: Session, number: str) -> Iterator[str]:
    rows = session.scalars(select(Contract).where(Contract.number == number)).all()
    _require(rows, "contract", number)
    for row in rows:
        yield from contract_lines(session, row)
        yield from _events(session, "contract", row.id)
        for change in session.scalars(select(ChangeOrder).where(ChangeOrder.contract_id == row.id)):
            yield from _events(session, "change_order", change.id)
        for claim in session.scalars(with_pages(select(Claim).where(Claim.contract_id == row.id))).unique():
            yield f"  claim {claim.number}: {claim.status}"


def _claim(session: Session, name: str) -> Iterator[str]:
    contract, _, number = name.partition("#")
    query = with_pages(select(Claim).join(Claim.contract).where(Contract.number == contract))
    rows = [row for row in session.scalars(query).unique() if not number or str(row.number) == number]
    _require(rows, "claim", name)
    for claim in rows:
        summary, row = summary_of(claim), row_of(claim)
        yield f"Claim {claim.contract.number}#{claim.number} revision {claim.revision}: {claim.status}, {row.payment.value}"
        yield f"  completed {summary.completed}, retainage {summary.retainage}, due {summary.due}, paid {row.paid}"
        for line in claim.lines:
            page = claim_line(line, claim)
            yield f"  {page.item:>6} {page.description[:44]:<44} {page.this_work!s:>14} {page.stored!s:>14} {line.review}"
        yield from _events(session, "claim", claim.id)


def _events(session: Session, record: str, record_id: int) -> Iterator[str]:
    query = select(Event).where(Event.record == record, Event.record_id == record_id).order_by(Event.id)
    for event in session.scalars(query):
        person = session.get(Person, event.actor_id) if event.actor_id else None
        who = person.name if person else "payclerk"
        yield f"  {event.at:%Y-%m-%d %H:%M}Z {event.verb} by {who} ({event.door}): {event.before or ''} -> {event.after or ''}"


def _require(rows: object, what: str, name: str) -> None:
    if not rows:
        raise UserError(f"There is no {what} {name}.")
