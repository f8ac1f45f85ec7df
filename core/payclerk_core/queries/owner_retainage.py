"""What is held of the subcontractors by their approved claims, and of us by the claims to the owner, to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from ..rules.lifecycle import BILLABLE_TO_OWNER
from ..rules.owner_costs import Place
from ..tables import Claim, ClaimLine, Contract, SovLine

_RELEASED = ClaimLine.work_released_cents + ClaimLine.stored_released_cents
_HELD = ClaimLine.work_withheld_cents + ClaimLine.stored_withheld_cents - _RELEASED
_OF_STORE = ClaimLine.previous_stored_held_cents + ClaimLine.stored_withheld_cents - ClaimLine.stored_released_cents


@dataclass(frozen=True, slots=True)
class HeldBelow:
    """Of a contract under one cost, in cents: held since payclerk, and released, by its approved claims.

    `of_store` is what is held of the balance `in_store`, both on the latest approved claim.
    """

    held: int
    released: int
    of_store: int
    in_store: int


def held_below(session: Session, project_id: int) -> dict[Place, HeldBelow]:
    """By contract and cost. Each approved claim counts for what it withheld and released, like its work."""
    approved = Claim.status.in_([status.value for status in BILLABLE_TO_OWNER])
    latest = select(Claim.contract_id, func.max(Claim.number).label("number")).where(approved)
    last = latest.group_by(Claim.contract_id).subquery()
    on_last = Claim.number == last.c.number
    sums = [_HELD, _RELEASED, case((on_last, _OF_STORE), else_=0), case((on_last, ClaimLine.stored_cents), else_=0)]
    cost = (Claim.contract_id, SovLine.cost_code, SovLine.cost_type)
    query = select(*cost, *(func.sum(one) for one in sums)).join(ClaimLine.claim).join(ClaimLine.sov_line)
    query = query.join(Contract, Contract.id == Claim.contract_id).join(last, last.c.contract_id == Claim.contract_id)
    query = query.where(and_(approved, Contract.project_id == project_id, Contract.kind != "prime")).group_by(*cost)
    return {
        (contract_id, (code, kind)): HeldBelow(*(int(cents or 0) for cents in found))
        for contract_id, code, kind, *found in session.execute(query)
    }


def held_above(session: Session, claim: Claim) -> Mapping[int, tuple[int, int]]:
    """By line of the schedule, what the claims to the owner before this one withheld less released, and released."""
    query = select(ClaimLine.sov_line_id, func.sum(_HELD), func.sum(_RELEASED)).join(ClaimLine.claim)
    query = query.where(Claim.contract_id == claim.contract_id, Claim.number < claim.number)
    return {row[0]: (int(row[1]), int(row[2])) for row in session.execute(query.group_by(ClaimLine.sov_line_id))}
