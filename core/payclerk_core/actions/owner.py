"""The owner's claim: prefilled from the approved payable claims, by cost code and cost type (domain 2.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from ..errors import UserError
from ..queries.claims import claim_of_period, with_pages
from ..queries.contracts import open_period, prime_contract
from ..rules.billing import StoredMaterials
from ..rules.lifecycle import BILLABLE_TO_OWNER
from ..tables import BillingPeriod, Claim, ClaimLine, Contract, Project
from .call import Call
from .claim_lines import work_out
from .claim_making import ClaimStart, figures, start_claim
from .claim_pages import store_pdf
from .mailing import start_thread

CostKey = tuple[str, str]  # cost code, cost type


@dataclass(frozen=True, slots=True)
class Prefill:
    """What the owner's claim takes over when it is made, and only then (domain 2.5)."""

    costs: bool = True  # work and stored material
    retainage: bool = False  # what is withheld and released of the payable claims
    backup: bool = False  # their PDFs go along with its mail


@dataclass(frozen=True, slots=True)
class Cost:
    """What the approved claims of a period come to under one cost code and type, in cents."""

    work: int = 0
    stored: int = 0
    withheld: int = 0  # of work, this period
    stored_held: int = 0
    released: int = 0

    def plus_stored(self, line: ClaimLine) -> Cost:
        return replace(self, stored=self.stored + line.stored_cents, stored_held=self.stored_held + _stored_held(line))

    def plus(self, line: ClaimLine) -> Cost:
        return Cost(
            self.work + line.work_cents,
            self.stored + line.stored_cents,
            self.withheld + line.work_withheld_cents,
            self.stored_held + _stored_held(line),
            self.released + line.work_released_cents + line.stored_released_cents,
        )

    def __bool__(self) -> bool:
        return bool(self.work or self.stored or self.withheld or self.released)


def _stored_held(line: ClaimLine) -> int:
    return line.previous_stored_held_cents + line.stored_withheld_cents - line.stored_released_cents


Costs = Mapping[CostKey, Cost]


def make_owner_claim(call: Call, project_id: int, prefill: Prefill = Prefill()) -> Claim:
    """Make the claim to the owner for the open period from what is approved of the payable ones.

    Amounts whose cost code and type have no line in the prime contract stop it: nothing is left out silently.
    """
    call.authorise("T25", project_id)
    period = open_period(call.session, project_id)
    contract = prime_contract(call.session, project_id)
    if period is None or contract is None:
        raise UserError(
            "This needs an open billing period and a prime contract; see /billing period.", code="no_period"
        )
    if (existing := claim_of_period(call.session, contract.id, period.id)) is not None:
        text = f"Claim {existing.number} to the owner exists for this period already."
        raise UserError(text, code="already_made")
    costs = _billed_costs(call, project_id, period) if prefill.costs else {}
    if prefill.costs and not costs:
        raise UserError("No approved claim in this period yet; approve some with /billing claims first.")
    _require_lines(contract, costs)
    return _create(call, contract, period, costs, prefill)


def claims_for_owner(call: Call, project_id: int, period_id: int) -> Sequence[Claim]:
    """The payable claims of a period that the owner's claim is made of."""
    query = with_pages(
        select(Claim)
        .join(Claim.contract)
        .where(Contract.project_id == project_id, Contract.kind != "prime", Claim.period_id == period_id)
        .where(Claim.status.in_([status.value for status in BILLABLE_TO_OWNER]))
        .order_by(Contract.number, Claim.number)
    )
    return call.session.scalars(query).unique().all()


def _billed_costs(call: Call, project_id: int, period: BillingPeriod) -> Costs:
    costs: dict[CostKey, Cost] = {}
    claims = claims_for_owner(call, project_id, period.id)
    if not claims:
        return costs
    for line in (line for claim in claims for line in claim.lines):
        key = (line.sov_line.cost_code, line.sov_line.cost_type)
        costs[key] = costs.get(key, Cost()).plus(line)
    for line in _still_in_store(call, project_id, period, {claim.contract_id for claim in claims}):
        key = (line.sov_line.cost_code, line.sov_line.cost_type)
        costs[key] = costs.get(key, Cost()).plus_stored(line)
    return costs


def _still_in_store(call: Call, project_id: int, period: BillingPeriod, billed: Collection[int]) -> Iterator[ClaimLine]:
    """Column F is a balance: what a contract without an approved claim in this period stored before is still there."""
    if call.get(Project, project_id, "project").stored_materials == StoredMaterials.AUTOMATIC:
        return  # it was counted as installed
    query = (
        select(Claim)
        .join(Claim.contract)
        .join(Claim.period)
        .where(Contract.project_id == project_id, Contract.kind != "prime", Contract.id.not_in(billed))
        .where(BillingPeriod.starts_on < period.starts_on)
        .where(Claim.status.in_([status.value for status in BILLABLE_TO_OWNER]))
        .order_by(Claim.number)
    )
    latest = {claim.contract_id: claim for claim in call.session.scalars(with_pages(query)).unique()}
    for claim in latest.values():
        yield from (line for line in claim.lines if line.stored_cents)


def _require_lines(contract: Contract, costs: Costs) -> None:
    known = {(line.cost_code, line.cost_type) for line in contract.billed_lines}
    missing = sorted(f"{code} {kind}" for (code, kind), cost in costs.items() if (code, kind) not in known and cost)
    if missing:
        text = f"The prime contract has no line for {', '.join(missing[:10])}; add the lines to its schedule of values."
        raise UserError(text, code="no_prime_line")


def _create(call: Call, contract: Contract, period: BillingPeriod, costs: Costs, prefill: Prefill) -> Claim:
    subject = f"{contract.number} claim to the owner, {period.starts_on} to {period.ends_on}"
    thread = start_thread(call, project_id=contract.project_id, contract_id=contract.id, subject=subject)
    claim = start_claim(call, ClaimStart(contract, period, thread, call.actor))
    claim.invoice_number = str(claim.number)
    claim.with_backup = prefill.backup
    _fill(claim, dict(costs), retainage=prefill.retainage)
    work_out(call, claim)
    after = {"retainage": prefill.retainage, "backup": prefill.backup, **figures(claim)}
    call.record("owner_claim_created", claim, project_id=contract.project_id, after=after)
    store_pdf(call, claim)
    return claim


def _fill(claim: Claim, costs: dict[CostKey, Cost], *, retainage: bool) -> None:
    """The first line of a cost code and type takes its whole amount, so that nothing is billed twice."""
    for line in claim.lines:
        cost = costs.pop((line.sov_line.cost_code, line.sov_line.cost_type), None)
        if cost is None:
            continue
        line.work_cents = line.claimed_work_cents = cost.work
        line.stored_cents = line.claimed_stored_cents = cost.stored
        if retainage:
            line.work_withheld_set_cents, line.stored_withheld_set_cents = cost.withheld, cost.stored_held
            # The owner may hold less of us than we hold of them.
            held = max(line.previous_work_held_cents + cost.withheld, 0)
            line.work_released_cents = min(cost.released, held)
