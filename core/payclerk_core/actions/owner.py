"""The owner's claim: prefilled with all approved payable claims that are not billed yet, by cost (domain 2.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from ..errors import UserError
from ..jobs import promise
from ..money import Money
from ..queries.approved import approved_below
from ..queries.claims import claim_of_period, summary_of
from ..queries.contracts import ContractRow, contract_rows, open_period, prime_contract
from ..queries.owner_costs import (
    TieRow,
    billed_above,
    claims_not_approved,
    claims_to_bill,
    owner_tie,
)
from ..queries.sight import sight_of
from ..rules.billing import StoredMaterials
from ..rules.invitations import Standing
from ..rules.lifecycle import ClaimStatus
from ..rules.owner_costs import CostKey, Place, costs_to_bill, left_off_by_hand
from ..rules.shown import concealed, require_as_seen
from ..tables import BilledClaim, BilledCost, BillingPeriod, Claim, Contract
from .call import Call
from .claim_lines import work_out
from .claim_making import ClaimStart, figures, hold_claims, start_claim, take_turns
from .claim_pages import store_pdf
from .mailing import start_thread
from .owner_retainage import fill_retainage


@dataclass(frozen=True, slots=True)
class Prefill:
    """What the owner's claim takes over when it is made, and only then (domain 2.5)."""

    costs: bool = True  # work and stored material
    retainage: bool = False  # what is withheld and released of the payable claims
    backup: bool = False  # their PDFs go along with its mail


@dataclass(frozen=True, slots=True)
class OwnerPreview:
    """What a claim to the owner would take now, and what is missing; nothing is made yet. Amounts in cents.

    `costs` are the lines of the claim by cost: work it adds and the balance in store. `existing`: the claim of this
    period that is there already.
    """

    contract: Contract
    period: BillingPeriod
    existing: Claim | None
    claims: Sequence[Claim]
    places: Mapping[Place, tuple[int, int]]
    left_off: Mapping[CostKey, int]  # taken over before, and left off the owner's lines by hand
    without_line: Sequence[CostKey]
    not_approved: Sequence[Claim]
    silent: Sequence[ContractRow]
    ties: Sequence[TieRow]
    costs: Mapping[CostKey, tuple[int, int]] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()  # the contracts (ids) that who asks may not see

    @property
    def work(self) -> int:
        return sum(work for work, _ in self.costs.values())

    @property
    def changes_nothing(self) -> bool:
        """Made now, it would come to 0.00."""
        return not any(work for work, _ in self.costs.values()) and not self.claims

    def seen(self) -> dict[str, str]:
        """What a person confirms, by name: the claims taken and the amount under each cost.

        Of contracts they may not see, only that it is the same.
        """
        currency = self.contract.project.currency
        claims = {_label(claim): _as_seen(claim) for claim in self.claims if claim.contract_id not in self.hidden}
        private = [f"{_label(claim)}: {_as_seen(claim)}" for claim in self.claims if claim.contract_id in self.hidden]
        if private:
            claims["What private contracts bill"] = concealed(private)
        costs = {
            # What comes to nothing is no line of the claim.
            f"Cost {code} {kind}": f"{Money(work, currency)} work, {Money(stored, currency)} stored"
            for (code, kind), (work, stored) in self.costs.items()
            if work or stored
        }
        return {"Billing period": f"{self.period.starts_on} to {self.period.ends_on}", **claims, **costs}


def _label(claim: Claim) -> str:
    return f"{claim.contract.number} #{claim.number}"


def _as_seen(claim: Claim) -> str:
    summary = summary_of(claim)
    status = ClaimStatus(claim.status).label
    return f"{status}, revision {claim.revision}, {summary.completed} completed and stored, {summary.due} due"


def preview_owner_claim(call: Call, project_id: int) -> OwnerPreview:
    """What `make_owner_claim` would take now. Raises UserError without an open period or a prime contract."""
    call.authorise("T25", project_id)
    return _preview(call, project_id)


def make_owner_claim(
    call: Call, project_id: int, prefill: Prefill = Prefill(), *, seen: Mapping[str, str] | None = None
) -> Claim:
    """Make the claim to the owner for the open period from what is approved of the payable ones and not billed yet.

    Amounts whose cost code and type have no line in the prime contract stop it: nothing is left out silently.
    `seen` is what the preview showed to who confirms it; when it is not so any more, nothing is made.
    """
    call.authorise("T25", project_id)
    _hold(call, project_id)
    preview = _preview(call, project_id)
    if (existing := preview.existing) is not None:
        text = f"Claim {existing.number} to the owner exists for this period already."
        raise UserError(text, code="already_made")
    if seen is not None:
        require_as_seen(seen, preview.seen())
    if prefill.costs:
        _require_costs(preview)
    return _create(call, preview, prefill)


def _hold(call: Call, project_id: int) -> None:
    """Nobody changes what is taken over, and of two who make the claim at once the second finds the first one's."""
    if (contract := prime_contract(call.session, project_id)) is not None:
        take_turns(call, contract)
    hold_claims(call, [claim.id for claim in claims_to_bill(call.session, project_id)])
    call.session.expire_all()


def _preview(call: Call, project_id: int) -> OwnerPreview:
    session = call.session
    period, contract = open_period(session, project_id), prime_contract(session, project_id)
    if period is None or contract is None:
        raise UserError(
            "This needs an open billing period and a prime contract; see /billing period.", code="no_period"
        )
    automatic = contract.project.stored_materials == StoredMaterials.AUTOMATIC.value
    above = billed_above(session, contract)
    places = costs_to_bill(approved_below(session, project_id), above, automatic=automatic)
    left_off = left_off_by_hand(above, automatic=automatic)
    costs = _by_cost(places, left_off)
    return OwnerPreview(
        contract=contract,
        period=period,
        existing=claim_of_period(session, contract.id, period.id),
        claims=claims_to_bill(session, project_id),
        places=places,
        left_off=left_off,
        without_line=_without_line(contract, costs),
        not_approved=claims_not_approved(session, project_id),
        silent=_silent(call, project_id, period),
        ties=owner_tie(session, project_id),
        costs=costs,
        hidden=_hidden(call, project_id),
    )


def _hidden(call: Call, project_id: int) -> frozenset[int]:
    if call.actor is None:
        return frozenset()
    sight = sight_of(call.session, call.actor.id, project_id)
    contracts = call.session.scalars(select(Contract).where(Contract.project_id == project_id))
    return frozenset(contract.id for contract in contracts if not sight.sees(contract))


def _by_cost(
    places: Mapping[Place, tuple[int, int]], left_off: Mapping[CostKey, int]
) -> dict[CostKey, tuple[int, int]]:
    costs: dict[CostKey, tuple[int, int]] = {cost: (cents, 0) for cost, cents in left_off.items()}
    for (_, cost), (work, stored) in places.items():
        before = costs.get(cost, (0, 0))
        costs[cost] = (before[0] + work, before[1] + stored)
    return dict(sorted(costs.items()))


def _without_line(contract: Contract, costs: Mapping[CostKey, tuple[int, int]]) -> list[CostKey]:
    known = {(line.cost_code, line.cost_type) for line in contract.billed_lines}
    return [cost for cost, amounts in costs.items() if cost not in known and any(amounts)]


def _silent(call: Call, project_id: int, period: BillingPeriod) -> list[ContractRow]:
    """Who was asked to bill this period and has not."""
    rows = contract_rows(call.session, project_id, period.id)
    return [row for row in rows if row.readiness.standing in {Standing.INVITED, Standing.ACCEPTED}]


def _require_costs(preview: OwnerPreview) -> None:
    if not preview.claims and preview.changes_nothing:
        text = "No approved claim that is not billed to the owner yet; approve some with /billing claims first."
        raise UserError(text, code="nothing_to_bill")
    if preview.without_line:
        missing = ", ".join(f"{code} {kind}" for code, kind in preview.without_line[:10])
        text = f"The prime contract has no line for {missing}; add the lines to its schedule of values."
        raise UserError(text, code="no_prime_line")


def _create(call: Call, preview: OwnerPreview, prefill: Prefill) -> Claim:
    contract, period = preview.contract, preview.period
    subject = f"{contract.number} claim to the owner, {period.starts_on} to {period.ends_on}"
    thread = start_thread(call, project_id=contract.project_id, contract_id=contract.id, subject=subject)
    claim = start_claim(call, ClaimStart(contract, period, thread, call.actor))
    claim.invoice_number = str(claim.number)
    claim.with_backup = prefill.backup
    if prefill.costs:
        _take_over(call, claim, preview, retainage=prefill.retainage)
    work_out(call, claim)
    taken = [_label(paid) for paid in preview.claims] if prefill.costs else []
    after = {"retainage": prefill.retainage, "backup": prefill.backup, "billed": taken, **figures(claim)}
    call.record("owner_claim_created", claim, project_id=contract.project_id, after=after)
    store_pdf(call, claim)
    notice = {"notice": "submitted", "id": claim.id}
    promise(call.session, "slack.notice", f"made:{claim.id}:{call.at.isoformat()}", notice)
    return claim


def _take_over(call: Call, claim: Claim, preview: OwnerPreview, *, retainage: bool) -> None:
    """Fill the claim's lines, and keep which claims and which costs they were made of."""
    _fill(claim, dict(preview.costs))
    if retainage:
        fill_retainage(call, claim, preview.places)
    call.session.add_all(BilledClaim(claim_id=paid.id, owner_claim_id=claim.id) for paid in preview.claims)
    for (contract_id, (code, kind)), (work, stored) in preview.places.items():
        cost = BilledCost(
            owner_claim_id=claim.id,
            contract_id=contract_id,
            cost_code=code,
            cost_type=kind,
            work_cents=work,
            stored_cents=stored,
        )
        call.session.add(cost)


def _fill(claim: Claim, costs: dict[CostKey, tuple[int, int]]) -> None:
    """The first line of a cost code and type takes its whole amount, so that nothing is billed twice."""
    for line in claim.lines:
        if (cost := costs.pop((line.sov_line.cost_code, line.sov_line.cost_type), None)) is not None:
            line.work_cents = line.claimed_work_cents = cost[0]
            line.stored_cents = line.claimed_stored_cents = cost[1]
