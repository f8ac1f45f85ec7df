"""Claims made and changed by hand: on behalf of a contact, saved as a draft, corrected in a review, submitted.

Tasks C5, C18, T21 and C15, C13 (amounts), C6. A contact who answers by mail comes in through `forms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from ..errors import UserError
from ..money import Money, PercentOf
from ..queries.claim_facts import facts_of
from ..queries.contracts import open_period
from ..queries.directory import standing_of
from ..queries.ties import findings_of
from ..rules.findings import Finding, refuse_errors
from ..rules.lifecycle import ClaimStatus, contact_obstacle, edit_obstacle
from ..rules.permissions import may
from ..rules.units import unit_amount
from ..tables import BillingPeriod, Claim, ClaimLine, Contract, Thread
from .call import Call
from .claim_making import ClaimStart, enter_amounts, figures, require_in_time, start_claim, submit
from .claim_pages import store_pdf
from .claims import claim_label, load_claim, load_claim_to_change
from .mailing import start_thread


@dataclass(frozen=True, slots=True)
class LineEntry:
    """What is billed on one line: an amount, a quantity of units, or how complete it is in percent (column G of C).

    `stored` is what is in store now; None leaves it as it is.
    """

    work: Money | None = None
    quantity: Decimal | None = None
    percent: Decimal | None = None
    stored: Money | None = None


Entries = Mapping[int, LineEntry]  # by the id of the schedule's line


def bill_on_behalf(call: Call, contract_id: int, entries: Entries, *, invoice_number: str = "") -> Claim:
    """Make a draft for the open period on behalf of the contact (task C5). An administrator may after the due date."""
    contract = call.get(Contract, contract_id, "contract")
    call.authorise("C5", contract.project_id, contract)
    period = _open_period(call, contract)
    if not is_administrator(call, contract):
        require_in_time(call, period)
    claim = start_claim(call, ClaimStart(contract, period, _thread(call, contract), call.actor, invoice_number))
    enter_amounts(call, claim, amounts_of(call, claim, entries))
    call.record("amounts_saved", claim, project_id=contract.project_id, after=figures(claim))
    return claim


def save_amounts(call: Call, claim_id: int, entries: Entries) -> Claim:
    """Put amounts on a draft or a claim that was sent back, without submitting it (tasks C5, C15, C18)."""
    claim = load_claim_to_change(call, claim_id)
    call.authorise("C18", claim.contract.project_id, claim.contract)
    _require_contact_may_change(call, claim)
    enter_amounts(call, claim, amounts_of(call, claim, entries))
    call.record("amounts_saved", claim, project_id=claim.contract.project_id, after=figures(claim))
    return claim


def submit_claim(call: Call, claim_id: int) -> list[Finding]:
    """Submit a draft (task C18), or again what was sent back, as its next revision (tasks T21, C15)."""
    claim = load_claim_to_change(call, claim_id)
    again = claim.status == ClaimStatus.REVISE_AND_RESUBMIT.value
    call.authorise("T21" if again else "C18", claim.contract.project_id, claim.contract)
    if (why := contact_obstacle(facts_of(call.session, claim))) is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="not_editable")
    if claim.submitted_at is not None:
        claim.revision += 1  # what was submitted once is answered by its next revision, never replaced
    return submit(call, claim)


def correct_amounts(call: Call, claim_id: int, entries: Entries, reason: str = "") -> list[Finding]:
    """The reviewer overwrites amounts (task C13). What was claimed is kept apart, and printed with the reason."""
    claim = load_claim_to_change(call, claim_id)
    call.authorise("C13", claim.contract.project_id, claim.contract)
    if (why := edit_obstacle(facts_of(call.session, claim))) is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="not_editable")
    before = figures(claim)
    enter_amounts(call, claim, amounts_of(call, claim, entries), claimed=False)
    for line in claim.lines:
        if line.sov_line_id in entries and reason.strip():
            line.review_reason, line.reviewed_at, line.reviewed_by_id = reason.strip()[:2000], call.at, call.actor_id
    after = {**figures(claim), "reason": reason.strip()[:2000]}
    call.record("amounts_corrected", claim, project_id=claim.contract.project_id, before=before, after=after)
    return reprint(call, claim)


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """What became of a line, as its contact sees it: claimed, let stand, the verdict and the reason."""

    item: str
    description: str
    claimed: Money
    stands: Money
    verdict: str  # approved, rejected, no_action
    reason: str


def review_of_lines(call: Call, claim_id: int) -> list[LineVerdict]:
    """The review of a claim's lines, for its invoice contacts (task C14)."""
    claim = load_claim(call, claim_id)
    call.authorise("C14", claim.contract.project_id, claim.contract)
    return [_verdict(line, claim.contract.project.currency) for line in claim.lines]


def _verdict(line: ClaimLine, currency: str) -> LineVerdict:
    claimed = Money(line.claimed_work_cents + line.claimed_stored_cents, currency)
    stands = Money(line.work_cents + line.stored_cents, currency)
    sov = line.sov_line
    return LineVerdict(sov.item, sov.description, claimed, stands, line.review, line.review_reason or "")


def reprint(call: Call, claim: Claim) -> list[Finding]:
    """After a change of a claim that was submitted: the PDF anew, and what there is to look at."""
    call.session.flush()
    findings = findings_of(call.session, claim)
    if claim.submitted_at is not None:
        refuse_errors(findings)
        store_pdf(call, claim)
    return findings


def is_administrator(call: Call, contract: Contract) -> bool:
    """An invoice administrator of this contract: Admin on its tool. payclerk itself is one."""
    if call.actor is None:
        return True
    return may(
        "T25" if contract.is_prime else "T24", standing_of(call.session, call.actor.id, contract.project_id, contract)
    )


def _require_contact_may_change(call: Call, claim: Claim) -> None:
    if (why := contact_obstacle(facts_of(call.session, claim))) is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="not_editable")


def _open_period(call: Call, contract: Contract) -> BillingPeriod:
    period = open_period(call.session, contract.project_id)
    if period is None:
        raise UserError("There is no open billing period; create one with /billing period first.", code="no_period")
    return period


def _thread(call: Call, contract: Contract) -> Thread:
    subject = f"{contract.project.name}: billing of {contract.number}"
    return start_thread(call, project_id=contract.project_id, contract_id=contract.id, subject=subject)


def require_lines(claim: Claim, line_ids: Iterable[int]) -> None:
    """Refuse what names a line of the schedule that is not on this claim, instead of passing over it."""
    if set(line_ids) - {line.sov_line.id for line in claim.lines}:
        raise UserError("A line is not on this claim; open it again.", code="unknown_line")


def amounts_of(call: Call, claim: Claim, entries: Entries) -> dict[int, tuple[int, int]]:
    require_lines(claim, entries)
    lines = {line.sov_line.id: line for line in claim.lines}
    return {line_id: _amount(call, claim, lines[line_id], entry) for line_id, entry in entries.items()}


def _amount(call: Call, claim: Claim, line: ClaimLine, entry: LineEntry) -> tuple[int, int]:
    stored = line.stored_cents if entry.stored is None else entry.stored.cents
    given = {} if entry.work is None else {"the amount": entry.work.cents}
    if entry.percent is not None:
        given["the percentage"] = PercentOf(entry.percent)(line.scheduled_cents) - line.previous_work_cents - stored
    if given:
        line.quantity = None  # an amount takes the place of the units that were billed
    if entry.quantity is not None:
        given["the quantity"] = _units(call, claim, line, entry.quantity)
    if len(set(given.values())) > 1:
        currency = claim.contract.project.currency
        told = ", ".join(f"{name} comes to {Money(cents, currency)}" for name, cents in given.items())
        text = f"Line {line.sov_line.item}: {told}. Give one of them, or make them agree."
        raise UserError(text, code="bad_input", field=line.sov_line.item)
    return next(iter(given.values()), line.work_cents), stored


def _units(call: Call, claim: Claim, line: ClaimLine, quantity: Decimal) -> int:
    """The amount of this period's units, so that all the units of the line come to its scheduled value."""
    sov = line.sov_line
    if sov.unit_price is None:
        raise UserError(f"Line {sov.item} has no unit price; bill an amount.", code="unit_line", field=sov.item)
    query = (
        select(ClaimLine.quantity)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(ClaimLine.sov_line_id == sov.id, Claim.number < claim.number, ClaimLine.quantity.is_not(None))
    )
    before = sum((row for row in call.session.scalars(query) if row is not None), Decimal(0))
    line.quantity = quantity
    currency = claim.contract.project.currency
    return (
        unit_amount(before + quantity, sov.unit_price, currency) - unit_amount(before, sov.unit_price, currency)
    ).cents
