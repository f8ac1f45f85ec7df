"""Making a claim and submitting it, whoever does it: a returned form, an administrator, the owner's prefill."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, select

from ..dates import end_of_day, project_date
from ..errors import UserError
from ..jobs import promise
from ..queries.basis import basis_of
from ..queries.claims import claim_of_period, lines_of, summary_of
from ..queries.ties import findings_of
from ..rules.findings import Finding, refuse_errors
from ..rules.lifecycle import BILLING_CONTRACTS, ClaimStatus, ContractStatus
from ..tables import BillingPeriod, Claim, Contract, Person, Thread
from .call import Call
from .claim_lines import new_line, work_out
from .claim_pages import reload_claim, store_pdf

Amounts = Mapping[int, tuple[int, int]]  # by schedule line: work this period and stored material, in cents


@dataclass(frozen=True, slots=True)
class ClaimStart:
    """What a new claim is made for. `person` bills; None: payclerk itself."""

    contract: Contract
    period: BillingPeriod
    thread: Thread
    person: Person | None
    invoice_number: str = ""
    kind: str = "progress"


def start_claim(call: Call, start: ClaimStart) -> Claim:
    """Open a draft with every line of the contract, each where the claim before left it.

    One claim a contract and period. Raises UserError when the contract cannot be billed.
    """
    contract = start.contract
    take_turns(call, contract)
    _require_billable(contract)
    if (existing := claim_of_period(call.session, contract.id, start.period.id)) is not None:
        text = f"Claim {existing.number} of {contract.number} exists for this period already; correct that one."
        raise UserError(text, code="already_made")
    basis = basis_of(call.session, contract)
    claim = Claim(
        contract=contract,
        period=start.period,
        number=basis.number,
        invoice_number=start.invoice_number.strip()[:60] or f"{contract.number}-{basis.number}",
        billed_on=project_date(call.at, contract.project.timezone),
        submitted_at=None,
        kind=start.kind,
        work_retainage=basis.rates.work,
        stored_retainage=basis.rates.stored,
        rates_set=False,
        stored_materials=contract.project.stored_materials,
        previous_certificates_cents=basis.certificates,
        thread_id=start.thread.id,
        pdf_id=None,
        created_by_id=start.person.id if start.person else None,
        **call.stamp(ClaimStatus.DRAFT.value),
    )
    claim.lines = [new_line(sov) for sov in contract.billed_lines]
    keep_in_store(
        claim,
        {
            line.sov_line.id: basis.before[line.sov_line.id].stored
            for line in claim.lines
            if line.sov_line.id in basis.before
        },
    )
    call.session.add(claim)
    call.session.flush()
    start.thread.claim_id = claim.id
    work_out(call, claim)
    after = {"number": claim.number, "kind": claim.kind, **figures(claim)}
    call.record("claim_created", claim, project_id=contract.project_id, after=after)
    return claim


def take_turns(call: Call, contract: Contract) -> None:
    """Hold the contract and its claims, and read anew what was read of them before they were held.

    Of two who start a claim at once the second finds the first one's; and what a claim builds on stays as it is.
    """
    _hold(call, select(Contract.id).where(Contract.id == contract.id))
    _hold(call, select(Claim.id).where(Claim.contract_id == contract.id).order_by(Claim.id))
    call.session.flush()
    call.session.expire_all()


def hold_claims(call: Call, claim_ids: Collection[int]) -> None:
    """Contracts first, then claims, each in the order of their ids: nobody waits in a ring."""
    of_claims = select(Claim.contract_id).where(Claim.id.in_(claim_ids))
    _hold(call, select(Contract.id).where(Contract.id.in_(of_claims)).order_by(Contract.id))
    _hold(call, select(Claim.id).where(Claim.id.in_(claim_ids)).order_by(Claim.id))


def _hold(call: Call, rows: Select[int]) -> None:
    # Without the key: a mail or a thread of the contract may be written meanwhile.
    call.session.execute(rows.with_for_update(key_share=True))


def keep_in_store(claim: Claim, stored: Mapping[int, int]) -> None:
    """Column F goes on until somebody changes it; the automatic mode counts it as installed instead."""
    if claim.stored_materials == "manual":
        for line in claim.lines:
            line.stored_cents = line.claimed_stored_cents = stored.get(line.sov_line.id, 0)


def _require_billable(contract: Contract) -> None:
    if ContractStatus(contract.status) not in BILLING_CONTRACTS:
        status = contract.status.replace("_", " ")
        raise UserError(f"Contract {contract.number} is {status}; approve it before it is billed.", code="contract")
    if contract.ssov_enabled and contract.ssov_status != "approved":
        text = f"The subcontractor's schedule of values of {contract.number} is not approved yet; approve it first."
        raise UserError(text, code="ssov_not_approved")
    if not contract.lines:
        raise UserError(f"Contract {contract.number} has no schedule of values; add its lines first.", code="no_lines")


def require_in_time(call: Call, period: BillingPeriod) -> None:
    """After the due date a contact cannot start a claim any more; an administrator can (domain 1.4)."""
    if call.at > end_of_day(period.due_on, period.project.timezone):
        text = f"The due date of this billing period was {period.due_on}; ask the administrator to bill it for you."
        raise UserError(text, code="past_due")


def enter_amounts(call: Call, claim: Claim, amounts: Amounts, *, claimed: bool = True) -> None:
    """Put amounts on lines and work the claim out again.

    `claimed` amounts are the subcontractor's own; an administrator's correction leaves those as they were claimed.
    """
    for line in claim.lines:
        if line.sov_line.id in amounts:
            line.work_cents, line.stored_cents = amounts[line.sov_line.id]
            if claimed:
                line.claimed_work_cents, line.claimed_stored_cents = line.work_cents, line.stored_cents
                # A corrected line waits for its review again; the reason stays in the events.
                line.review, line.review_reason = "no_action", None
    work_out(call, claim)


def submit(call: Call, claim: Claim) -> list[Finding]:
    """Put the claim Under Review with its PDF. Raises UserError with all that does not tie; then nothing is stored.

    It is worked out once more: the claim before may have been certified since this one was begun.
    """
    work_out(call, claim)
    findings = findings_of(call.session, claim)
    refuse_errors(findings)
    before = {"status": claim.status}
    call.move(claim, ClaimStatus.UNDER_REVIEW.value)
    claim.submitted_at = call.at
    after = {
        "status": claim.status,
        "revision": claim.revision,
        "due_cents": summary_of(claim).due.cents,
        **figures(claim),
        "findings": [finding.code for finding in findings],
    }
    call.record("submitted", claim, project_id=claim.contract.project_id, before=before, after=after)
    store_pdf(call, claim)
    reload_claim(call, claim.id)
    notice = {"notice": "submitted", "id": claim.id}
    promise(call.session, "slack.notice", f"submitted:{claim.id}:r{claim.revision}", notice)
    return findings


def figures(claim: Claim) -> dict[str, object]:
    """What an event keeps of a claim's numbers, so that its state can be told from the events alone.

    Of each line, in cents: work, stored material, what is held, and what is released with this claim.
    """
    return {"rates": [str(claim.work_retainage), str(claim.stored_retainage)], "lines": _by_item(claim)}


def _by_item(claim: Claim) -> dict[str, list[int]]:
    return {
        row.sov_line.item: [line.work_cents, line.stored_cents, line.held, line.released]
        for row, line in zip(claim.lines, lines_of(claim), strict=True)
    }
