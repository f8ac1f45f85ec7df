"""What a claim has to agree with: the claim before it, the contract, its change orders, the project's settings."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from ..money import Money
from ..rules.billing import Before
from ..rules.findings import Finding
from ..rules.lifecycle import BILLABLE_TO_OWNER, ClaimStatus
from ..rules.tie_out import Overbilling, Ties, tie_out
from ..tables import ChangeOrder, Claim, Company, Member, Person, Project
from .basis import Basis, basis_of
from .claims import lines_of, summary_of
from .retainage_law import law_findings


def findings_of(session: Session, claim: Claim) -> list[Finding]:
    """Everything about the claim that does not tie or deserves a look, as the database is now."""
    return [*tie_out(lines_of(claim), summary_of(claim), ties_of(session, claim)), *law_findings(session, claim)]


def ties_of(session: Session, claim: Claim) -> Ties:
    basis = basis_of(session, claim.contract, before=claim.number)
    currency = claim.contract.project.currency
    return Ties(
        overbilling=overbilling_of(session, claim.contract.project, prime=claim.contract.is_prime),
        number=claim.number,
        previous_number=basis.last.number if basis.last else None,
        before={row.sov_line.item: basis.before.get(row.sov_line_id, Before()) for row in claim.lines},
        certificates=Money(basis.certificates, currency),
        change_orders=_approved_changes(session, claim),
        certified=Money(claim.certificate.amount_cents, currency) if claim.certificate else None,
        release=claim.kind == "release",
        unapproved_before=_unapproved(basis),
    )


def _unapproved(basis: Basis) -> str | None:
    status = ClaimStatus(basis.last.status) if basis.last else None
    return None if status is None or status in BILLABLE_TO_OWNER else status.label


def _approved_changes(session: Session, claim: Claim) -> dict[str, int]:
    """The approved change orders that are on the claim; one approved after it was made counts from the next."""
    on_claim = {row.sov_line.change_order_id for row in claim.lines} - {None}
    query = select(ChangeOrder).where(ChangeOrder.id.in_(on_claim), ChangeOrder.status == "approved")
    changes = session.scalars(query.options(selectinload(ChangeOrder.lines)))
    return {change.number: _approved_cents(change, claim) for change in changes}


def _approved_cents(change: ChangeOrder, claim: Claim) -> int:
    """What it was approved at. One that came in as lines of the schedule alone is worth what those are."""
    if change.lines:
        return sum(line.amount_cents for line in change.lines)
    top = claim.contract.top_lines
    return sum(line.scheduled_cents for line in top if line.change_order_id == change.id)


def overbilling_of(session: Session, project: Project, *, prime: bool) -> Overbilling:
    """The project's setting, unless our company prevents it on all projects. The owner is only warned of it."""
    if prime:
        return Overbilling.WARN
    query = (
        select(Company.id)
        .join(Person, Person.company_id == Company.id)
        .join(Member, Member.person_id == Person.id)
        .where(Member.project_id == project.id, Member.commitments == "admin", Company.prevent_overbilling)
    )
    if session.scalar(query.limit(1)) is not None:
        return Overbilling.PREVENT
    return Overbilling(project.overbilling)
