"""Claims: their pages, where the next one starts, and the list that people filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ..money import Money
from ..rules.billing import Line, Summary, summarize
from ..rules.lifecycle import ClaimStatus, PaymentStatus, payment_status
from ..tables import Claim, ClaimLine, Contract, Envelope, SovLine


def claim_line(row: ClaimLine, claim: Claim) -> Line:
    """The stored line as a value of the rules."""
    sov = row.sov_line
    return Line(
        item=sov.item,
        description=sov.description,
        scheduled_cents=row.scheduled_cents,
        previous_work_cents=row.previous_work_cents,
        work_cents=row.work_cents,
        stored_cents=row.stored_cents,
        work_held_before=row.previous_work_held_cents,
        work_withheld=row.work_withheld_cents,
        work_released=row.work_released_cents,
        stored_held_before=row.previous_stored_held_cents,
        stored_withheld=row.stored_withheld_cents,
        stored_released=row.stored_released_cents,
        change_order=sov.change_order.number if sov.change_order else None,
        moved_cents=row.moved_cents,
        currency=claim.contract.project.currency,
    )


def lines_of(claim: Claim) -> list[Line]:
    return [claim_line(row, claim) for row in claim.lines]


def summary_of(claim: Claim) -> Summary:
    previous = Money(claim.previous_certificates_cents, claim.contract.project.currency)
    return summarize(lines_of(claim), previous_certificates=previous)


def certified_cents(claim: Claim) -> int:
    """What is payable of a claim: its certificate, or line 8 where nobody certified another amount."""
    return claim.certificate.amount_cents if claim.certificate else summary_of(claim).due.cents


def with_pages(query: Select[Claim]) -> Select[Claim]:
    """Load all that the pages of a claim need, in a fixed number of queries."""
    return query.options(
        joinedload(Claim.contract).joinedload(Contract.project),
        joinedload(Claim.contract).joinedload(Contract.company),
        joinedload(Claim.contract).selectinload(Contract.contacts),
        joinedload(Claim.period),
        selectinload(Claim.lines).joinedload(ClaimLine.sov_line).joinedload(SovLine.change_order),
        selectinload(Claim.payments),
        joinedload(Claim.certificate),
    )


def claim_label(claim: Claim) -> str:
    """How people name a claim: contract, company and its number on the contract."""
    return f"{claim.contract.number} {claim.contract.company.name} #{claim.number}"


def latest_claim(session: Session, contract_id: int) -> Claim | None:
    query = select(Claim).where(Claim.contract_id == contract_id).order_by(Claim.number.desc()).limit(1)
    return session.scalar(query)


def claim_of_period(session: Session, contract_id: int, period_id: int) -> Claim | None:
    query = select(Claim).where(Claim.contract_id == contract_id, Claim.period_id == period_id)
    return session.scalar(query.order_by(Claim.number.desc()).limit(1))


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim as the list shows it; `due` is what was certified of it."""

    claim: Claim
    due: Money
    paid: Money
    signature: str | None

    @property
    def label(self) -> str:
        return claim_label(self.claim)

    @property
    def status(self) -> ClaimStatus:
        return ClaimStatus(self.claim.status)

    @property
    def payment(self) -> PaymentStatus:
        return payment_status(self.due.cents, self.paid.cents)


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """What the list of claims is narrowed to; None takes all."""

    status: ClaimStatus | None = None
    period_id: int | None = None
    search: str = ""


def claim_rows(session: Session, project_id: int, wanted: ClaimFilter) -> list[ClaimRow]:
    """The payable claims of a project that match, by contract number and claim number.

    The search looks in claim and invoice number, contract number and company, as the source product does.
    """
    query = select(Claim).join(Claim.contract).where(Contract.project_id == project_id, Contract.kind != "prime")
    if wanted.status is not None:
        query = query.where(Claim.status == wanted.status.value)
    if wanted.period_id is not None:
        query = query.where(Claim.period_id == wanted.period_id)
    claims = session.scalars(with_pages(query).order_by(Contract.number, Claim.number)).all()
    signatures = _signatures(session, [claim.id for claim in claims])
    rows = [row_of(claim, signatures.get(claim.id)) for claim in claims]
    return [row for row in rows if _matches(row, wanted.search)]


def row_of(claim: Claim, signature: str | None = None) -> ClaimRow:
    currency = claim.contract.project.currency
    paid = Money(sum(payment.amount_cents for payment in claim.payments), currency)
    return ClaimRow(claim, Money(certified_cents(claim), currency), paid, signature)


def _signatures(session: Session, claim_ids: Sequence[int]) -> dict[int, str]:
    query = select(Envelope.claim_id, Envelope.status).where(Envelope.claim_id.in_(claim_ids)).order_by(Envelope.id)
    return {row[0]: row[1] for row in session.execute(query)}


def _matches(row: ClaimRow, search: str) -> bool:
    haystack = f"{row.label} {row.claim.invoice_number} {row.claim.contract.title}".casefold()
    return all(word in haystack for word in search.casefold().split())
