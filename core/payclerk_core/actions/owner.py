"""The owner's claim: prefilled from the approved payable claims, by cost code and cost type (domain 2.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select

from ..dates import project_date
from ..errors import UserError
from ..queries.claims import Basis, basis_of, claim_of_period, with_pages
from ..queries.contracts import open_period, prime_contract
from ..rules.lifecycle import BILLABLE_TO_OWNER, ClaimStatus
from ..tables import BillingPeriod, Claim, ClaimLine, Contract
from .call import Call
from .claim_pages import store_pdf
from .mailing import start_thread

CostKey = tuple[str, str]  # cost code, cost type


def make_owner_claim(call: Call, project_id: int) -> Claim:
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
    amounts = _billed_costs(call, project_id, period)
    if not amounts:
        raise UserError("No approved claim in this period yet; approve some with /billing claims first.")
    _require_lines(contract, amounts)
    return _create(call, contract, period, amounts)


def _billed_costs(call: Call, project_id: int, period: BillingPeriod) -> Mapping[CostKey, tuple[int, int]]:
    """Work this period and stored material of the approved claims, in cents by cost code and type."""
    query = with_pages(
        select(Claim)
        .join(Claim.contract)
        .where(Contract.project_id == project_id, Contract.kind != "prime", Claim.period_id == period.id)
        .where(Claim.status.in_([status.value for status in BILLABLE_TO_OWNER]))
    )
    costs: dict[CostKey, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for claim in call.session.scalars(query).unique():
        for line in claim.lines:
            key = (line.sov_line.cost_code, line.sov_line.cost_type)
            work, stored = costs[key]
            costs[key] = (work + line.work_cents, stored + line.stored_cents)
    return costs


def _require_lines(contract: Contract, amounts: Mapping[CostKey, tuple[int, int]]) -> None:
    known = {(line.cost_code, line.cost_type) for line in contract.lines}
    missing = sorted(
        f"{code} {kind}" for (code, kind), cents in amounts.items() if (code, kind) not in known and any(cents)
    )
    if missing:
        text = f"The prime contract has no line for {', '.join(missing[:10])}; add the lines to its schedule of values."
        raise UserError(text, code="no_prime_line")


def _create(call: Call, contract: Contract, period: BillingPeriod, amounts: Mapping[CostKey, tuple[int, int]]) -> Claim:
    basis = basis_of(call.session, contract)
    thread = start_thread(
        call, project_id=contract.project_id, contract_id=contract.id, subject=f"{contract.number} claim {basis.number}"
    )
    claim = Claim(
        contract=contract,
        period=period,
        number=basis.number,
        invoice_number=str(basis.number),
        billed_on=project_date(call.at, contract.project.timezone),
        submitted_at=None,
        work_retainage=contract.work_retainage,
        stored_retainage=contract.stored_retainage,
        previous_certificates_cents=basis.previous_certificates,
        thread_id=thread.id,
        pdf_id=None,
        created_by_id=call.actor_id,
        **call.stamp(ClaimStatus.DRAFT.value),
    )
    claim.lines = _lines(contract, basis, dict(amounts))
    call.session.add(claim)
    call.session.flush()
    thread.claim_id = claim.id
    call.record("owner_claim_created", claim, project_id=contract.project_id, after={"number": claim.number})
    store_pdf(call, claim)
    return claim


def _lines(contract: Contract, basis: Basis, amounts: dict[CostKey, tuple[int, int]]) -> list[ClaimLine]:
    """The first line of a cost code and type takes its whole amount, so that nothing is billed twice."""
    lines = []
    for sov in contract.lines:
        work, stored = amounts.pop((sov.cost_code, sov.cost_type), (0, 0))
        lines.append(
            ClaimLine(
                sov_line=sov,
                position=sov.position,
                scheduled_cents=sov.scheduled_cents,
                previous_work_cents=basis.previous_work.get(sov.id, 0),
                work_cents=work,
                stored_cents=stored,
                claimed_work_cents=work,
                claimed_stored_cents=stored,
                review_reason=None,
                reviewed_at=None,
                reviewed_by_id=None,
            )
        )
    return lines
