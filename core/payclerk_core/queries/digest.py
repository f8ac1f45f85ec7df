"""The Monday digest of a project: what is open in this period, and who is silent."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ..money import Money, total
from ..rules.invitations import Standing
from ..rules.lifecycle import ClaimStatus
from ..tables import BillingPeriod, Contract, Project
from .claims import ClaimFilter, ClaimRow, claim_rows
from .contracts import ContractRow, contract_rows, open_period
from .owner_costs import TieRow, owner_tie
from .sight import sight_of

OPEN = (ClaimStatus.DRAFT, ClaimStatus.UNDER_REVIEW, ClaimStatus.REVISE_AND_RESUBMIT)


@dataclass(frozen=True, slots=True)
class Digest:
    """What needs somebody this week; amounts are what the approved claims come to."""

    project: Project
    period: BillingPeriod
    open_claims: list[ClaimRow]
    silent: list[ContractRow]
    declined: list[ContractRow]
    approved: list[ClaimRow]
    approved_due: Money
    ties: list[TieRow]  # owner to subcontractors, where they differ


def digest_of(session: Session, project: Project, viewer: int | None = None) -> Digest | None:
    """The digest, or None when no period is open.

    `viewer` is the person who reads it; without one it is for a channel, and of private contracts it holds nothing.
    """
    period = open_period(session, project.id)
    if period is None:
        return None

    sight = sight_of(session, viewer, project.id) if viewer is not None else None

    def shown(contract: Contract) -> bool:
        return sight.sees(contract) if sight is not None else not contract.private

    claims = [
        row for row in claim_rows(session, project.id, ClaimFilter(period_id=period.id)) if shown(row.claim.contract)
    ]
    contracts = [row for row in contract_rows(session, project.id, period.id) if shown(row.contract)]
    approved = [row for row in claims if row.status not in OPEN]
    return Digest(
        project=project,
        period=period,
        open_claims=[row for row in claims if row.status in OPEN],
        silent=[r for r in contracts if r.readiness.standing in {Standing.INVITED, Standing.ACCEPTED}],
        declined=[r for r in contracts if r.readiness.standing is Standing.DECLINED],
        approved=approved,
        approved_due=total((row.due for row in approved), project.currency),
        ties=[row for row in owner_tie(session, project.id) if all(shown(contract) for contract in row.concerns)],
    )
