"""What is approved of the subcontractors and what is billed to the owner, to date: the two sides of the tie-out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from ..rules.billing import StoredMaterials
from ..rules.lifecycle import BILLABLE_TO_OWNER
from ..rules.owner_costs import Above, CostKey, Gap, Place, gaps, places
from ..tables import BilledClaim, BilledCost, Claim, ClaimLine, Contract, Project, SovLine
from .approved import completed_below
from .claims import with_pages
from .contracts import prime_contract

_BILLABLE = [status.value for status in BILLABLE_TO_OWNER]


@dataclass(frozen=True, slots=True)
class TieRow:
    """One gap of the tie-out, with its contract and the claims of it that are approved and not billed yet.

    `concerns` are the contracts whose amounts stand in the gap, alone or in a sum: it is shown to who sees all of them.
    """

    gap: Gap
    contract: Contract | None
    currency: str
    unbilled: Sequence[Claim] = ()
    concerns: Sequence[Contract] = ()


def claims_to_bill(session: Session, project_id: int) -> Sequence[Claim]:
    """The payable claims that may be billed to the owner and are not billed yet, whatever their period."""
    billed = exists(select(BilledClaim.id).where(BilledClaim.claim_id == Claim.id))
    return _payable(session, project_id, and_(Claim.status.in_(_BILLABLE), ~billed))


def claims_billed_on(session: Session, owner_claim: Claim) -> Sequence[Claim]:
    """The payable claims that this claim to the owner took over."""
    billed = select(BilledClaim.claim_id).where(BilledClaim.owner_claim_id == owner_claim.id)
    return _payable(session, owner_claim.contract.project_id, Claim.id.in_(billed))


def claims_not_approved(session: Session, project_id: int) -> Sequence[Claim]:
    """The payable claims that cannot be billed to the owner as they stand."""
    return _payable(session, project_id, Claim.status.not_in(_BILLABLE))


def sums_up_private(session: Session, project_id: int) -> set[int]:
    """The claims to the owner (ids) whose amounts hold those of private contracts: less the others, they tell them."""
    query = select(BilledCost.owner_claim_id).join(Contract, Contract.id == BilledCost.contract_id)
    return set(session.scalars(query.where(Contract.project_id == project_id, Contract.private).distinct()))


def owner_tie(session: Session, project_id: int) -> list[TieRow]:
    """What is approved below and not billed above, and the reverse, as the database is now; empty when all ties."""
    prime = prime_contract(session, project_id)
    above = billed_above(session, prime) if prime is not None else []
    completed = completed_below(session, project_id)
    found = gaps(completed, _opened(session, project_id), above)
    if not found:
        return []
    contracts = {row.id: row for row in session.scalars(select(Contract).where(Contract.project_id == project_id))}
    summed = _summed(completed, above)
    unbilled: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims_to_bill(session, project_id):
        unbilled[claim.contract_id].append(claim)
    currency = session.get_one(Project, project_id).currency
    rows = []
    for gap in found:
        own = contracts.get(gap.contract_id or 0)
        of = [own] if own is not None else [contracts[key] for key in summed[gap.cost]]
        concerns = [*of, *([prime] if prime is not None else [])]
        rows.append(TieRow(gap, own, currency, unbilled.get(gap.contract_id or 0, ()), concerns))
    return rows


def _summed(completed: Iterable[Place], above: Sequence[Above]) -> dict[CostKey, list[int]]:
    """By cost, the contracts that are approved or billed under it: the owner's own line is their sum."""
    costs: defaultdict[CostKey, list[int]] = defaultdict(list)
    for contract_id, cost in places(completed, above):
        costs[cost].append(contract_id)
    return costs


def _payable(session: Session, project_id: int, which: Any) -> Sequence[Claim]:
    query = select(Claim).join(Claim.contract).where(Contract.project_id == project_id, Contract.kind != "prime")
    return session.scalars(with_pages(query.where(which).order_by(Contract.number, Claim.number))).unique().all()


def _opened(session: Session, project_id: int) -> dict[Place, int]:
    """By contract and cost, what was in store before payclerk: the owner was billed it then."""
    cost = (SovLine.contract_id, SovLine.cost_code, SovLine.cost_type)
    query = select(*cost, func.sum(SovLine.opening_stored_cents)).join(SovLine.contract)
    query = query.where(Contract.project_id == project_id, Contract.kind != "prime", SovLine.opening_stored_cents != 0)
    return {(row[0], (row[1], row[2])): int(row[3]) for row in session.execute(query.group_by(*cost))}


def billed_above(session: Session, prime: Contract, *, before: int | None = None) -> list[Above]:
    """The claims to the owner in their order, or those before this number."""
    query = select(Claim.id, Claim.stored_materials).where(Claim.contract_id == prime.id).order_by(Claim.number)
    if before is not None:
        query = query.where(Claim.number < before)
    claims = session.execute(query).all()
    ids = [row[0] for row in claims]
    taken, billed = _taken(session, ids), _billed(session, ids)
    return [Above(mode == StoredMaterials.AUTOMATIC.value, taken[key], billed[key]) for key, mode in claims]


def _taken(session: Session, ids: Sequence[int]) -> dict[int, dict[Place, tuple[int, int]]]:
    found: dict[int, dict[Place, tuple[int, int]]] = {key: {} for key in ids}
    for row in session.scalars(select(BilledCost).where(BilledCost.owner_claim_id.in_(ids))):
        place = (row.contract_id, (row.cost_code, row.cost_type))
        found[row.owner_claim_id][place] = (row.work_cents, row.stored_cents)
    return found


def _billed(session: Session, ids: Sequence[int]) -> dict[int, dict[CostKey, tuple[int, int]]]:
    cost = (ClaimLine.claim_id, SovLine.cost_code, SovLine.cost_type)
    query = select(*cost, func.sum(ClaimLine.work_cents), func.sum(ClaimLine.stored_cents)).join(ClaimLine.sov_line)
    found: dict[int, dict[CostKey, tuple[int, int]]] = {key: {} for key in ids}
    for claim_id, code, kind, work, stored in session.execute(query.where(ClaimLine.claim_id.in_(ids)).group_by(*cost)):
        found[claim_id][(code, kind)] = (int(work or 0), int(stored or 0))
    return found
