"""Reviewing claims: lines, status one by one and in bulk, sending back, approving (tasks T3, C13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ..errors import UserError
from ..jobs import promise
from ..money import Money
from ..queries.claim_facts import claim_facts, facts_of
from ..queries.claims import claim_label as claim_label  # noqa: PLC0414  other actions take it from here
from ..queries.claims import summary_of, with_pages
from ..queries.ties import findings_of
from ..rules.findings import Severity, refuse_errors, texts
from ..rules.lifecycle import EDITABLE_BY_CONTACT, SIGNABLE, ClaimStatus, status_obstacle
from ..tables import Batch, BatchItem, Claim, ClaimLine, Person, StoredFile, Thread
from .batches import Item, Order, known_batch, start_batch
from .bulk_rows import Act, BulkRow, do_rows
from .call import Call
from .claim_making import hold_claims
from .claim_pages import named_pdf, store_pdf
from .forms import billing_form_for
from .mailing import About, Recipient, write_letter
from .seen import changed_since, require_seen


@dataclass(frozen=True, slots=True)
class LineReview:
    """What the reviewer says of one line."""

    verdict: str  # approved, rejected
    reason: str = ""


def load_claim(call: Call, claim_id: int) -> Claim:
    claim = call.session.scalar(with_pages(select(Claim).where(Claim.id == claim_id)))
    if claim is None:
        raise UserError("There is no such claim any more; open the list again.", code="not_found")
    return claim


def load_claim_to_change(call: Call, claim_id: int) -> Claim:
    """The claim, held until the transaction ends: two people acting at once take turns and see each other's change.

    Its contract is held too, for the next claim starts from this one.
    """
    hold_claims(call, [claim_id])
    query = with_pages(select(Claim).where(Claim.id == claim_id)).execution_options(populate_existing=True)
    if (claim := call.session.scalars(query).unique().one_or_none()) is None:
        raise UserError("There is no such claim any more; open the list again.", code="not_found")
    return claim


def review_claim(
    call: Call, claim_id: int, reviews: Mapping[int, LineReview], status: ClaimStatus, *, seen: str | None = None
) -> Claim:
    """Record the review of a claim's lines, and give the claim its status (task C13).

    Rejecting a line does not change its amount: the subcontractor corrects it, or the administrator does.
    `seen` is the digest of what the reviewer looked at; when the claim is another now, nothing is done.
    """
    claim = load_claim_to_change(call, claim_id)
    call.authorise("C13", claim.contract.project_id, claim.contract)
    require_seen(call, claim, seen)
    if reviews.keys() - {line.id for line in claim.lines}:
        raise UserError("A line is not on this claim; open it again.", code="unknown_line")
    rejected = [line for line in claim.lines if _apply(call, line, reviews.get(line.id))]
    if rejected and status is ClaimStatus.APPROVED:
        items = ", ".join(line.sov_line.item for line in rejected)
        text = f"Line {items} is rejected: send the claim back (Revise & Resubmit) or approve it as noted."
        raise UserError(text, code="rejected_lines", field="status")
    if status is ClaimStatus.REVISE_AND_RESUBMIT and not rejected:
        raise UserError("Reject at least one line, with the reason, before sending the claim back.", field="status")
    if status in SIGNABLE:
        refuse_errors(findings_of(call.session, claim))
    if rejected:
        store_pdf(call, claim)  # the reasons are printed beside the lines
    after = {line.sov_line.item: [line.review, line.review_reason] for line in claim.lines if line.id in reviews}
    call.record("reviewed", claim, project_id=claim.contract.project_id, after={"verdicts": after})
    change_status(call, claim, status)
    return claim


def _apply(call: Call, line: ClaimLine, review: LineReview | None) -> bool:
    """Note the review of a line; True when it is rejected."""
    if review is not None:
        if review.verdict == "rejected" and not review.reason.strip():
            raise UserError(f"Line {line.sov_line.item}: say why it is rejected.", field=f"line:{line.id}")
        line.review, line.review_reason = review.verdict, review.reason.strip()[:2000] or None
        line.reviewed_at, line.reviewed_by_id = call.at, call.actor_id
    return line.review == "rejected"


def set_status(call: Call, claim_id: int, status: ClaimStatus) -> Claim:
    """An administrator gives one claim a status (task T3; T14 for the owner's, whose answer decides it)."""
    claim = load_claim_to_change(call, claim_id)
    call.authorise("T14" if claim.contract.is_prime else "T3", claim.contract.project_id, claim.contract)
    change_status(call, claim, status)
    return claim


def change_status(call: Call, claim: Claim, status: ClaimStatus) -> None:
    """Give the claim a status and say so to whom it concerns. The same status again changes nothing.

    Whoever calls this has authorised. Raises UserError for a move that cannot be.
    """
    if claim.status == status.value:
        return
    if (why := status_obstacle(facts_of(call.session, claim), status)) is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="wrong_status", field="status")
    if leaves_editing(claim, status):
        _issue(call, claim)
    before = {"status": claim.status}
    call.move(claim, status.value)
    call.record(
        "status_changed", claim, project_id=claim.contract.project_id, before=before, after={"status": status.value}
    )
    if claim.contract.is_prime:
        return
    if status is ClaimStatus.REVISE_AND_RESUBMIT:
        _return_to_contacts(call, claim)
    elif status in {ClaimStatus.APPROVED, ClaimStatus.APPROVED_AS_NOTED} and claim.contract.project.tell_approved:
        _tell_approved(call, claim)
    # The moment is in the key: a status that comes a second time is shown a second time.
    key = f"submitted:{claim.id}:{status.value}:{call.at.isoformat()}"
    promise(call.session, "slack.notice", key, {"notice": "submitted", "id": claim.id})


def leaves_editing(claim: Claim, status: ClaimStatus) -> bool:
    """Does the claim go from who may still fill it in to who reviews, approves or pays it?"""
    return ClaimStatus(claim.status) in EDITABLE_BY_CONTACT and status not in EDITABLE_BY_CONTACT


def _issue(call: Call, claim: Claim) -> None:
    """What an administrator moves on in place of a submission ties as a submission does, and is printed as it is."""
    refuse_errors(findings_of(call.session, claim))
    claim.submitted_at = claim.submitted_at or call.at
    store_pdf(call, claim)


def _contacts(claim: Claim) -> list[Person]:
    return [contact.person for contact in claim.contract.contacts]


def _thread(call: Call, claim: Claim) -> Thread:
    return call.get(Thread, claim.thread_id, "thread")


def _return_to_contacts(call: Call, claim: Claim) -> None:
    """Revise & Resubmit, with the reasons in the mail and a form that marks the lines."""
    form = billing_form_for(call, claim.contract, claim.period, returned=claim)
    lines = [_returned_line(claim, line) for line in claim.lines if line.review == "rejected"]
    for person in _contacts(claim):
        facts = {**_facts(claim, person), "due_on": claim.period.due_on, "lines": lines}
        about = About("form", claim_id=claim.id)
        write_letter(call, _thread(call, claim), "claim_returned", [Recipient(person)], facts, about, files=[form])


def _returned_line(claim: Claim, line: ClaimLine) -> dict[str, str]:
    claimed = Money(line.claimed_work_cents + line.claimed_stored_cents, claim.contract.project.currency)
    return {
        "item": line.sov_line.item,
        "description": line.sov_line.description,
        "claimed": str(claimed),
        "reason": line.review_reason or "",
    }


def _tell_approved(call: Call, claim: Claim) -> None:
    pdf = call.session.get(StoredFile, claim.pdf_id) if claim.pdf_id else None
    files = [named_pdf(claim, pdf)] if pdf else []
    about = About("claim", claim_id=claim.id)
    for person in _contacts(claim):
        label = ClaimStatus(claim.status).label
        facts = {**_facts(claim, person), "status_label": label, "due": str(summary_of(claim).due)}
        write_letter(call, _thread(call, claim), "claim_approved", [Recipient(person)], facts, about, files=files)


def _facts(claim: Claim, person: Person) -> dict[str, object]:
    return {
        "contact_name": person.name,
        "project_name": claim.contract.project.name,
        "project_number": claim.contract.project.number,
        "contract_number": claim.contract.number,
        "contract_title": claim.contract.title,
        "claim_number": claim.number,
    }


def bulk_status(call: Call, order: Order, claim_ids: Collection[int], status: ClaimStatus) -> Batch:
    """Give many claims one status; each row says what became of it (task T3)."""
    call.authorise("T3", order.project_id)
    if (batch := known_batch(call, order)) is not None:
        return batch
    rows = status_rows(call, order.project_id, claim_ids, status)
    items = [Item(record_id, row.label, row.obstacle, outcome="queued") for record_id, row in rows.items()]
    batch = start_batch(call, order, f"status_{status.value}", items)
    do_rows(call, batch.items, rows)
    return batch


def status_rows(call: Call, project_id: int, claim_ids: Collection[int], status: ClaimStatus) -> Mapping[int, BulkRow]:
    """The claims as rows of bulk work that gives them this status."""
    claims = chosen_claims(call, project_id, claim_ids)
    why = bulk_obstacles(call, claims, status)

    def row(claim: Claim) -> BulkRow:
        def act(together: Call, _item: BatchItem) -> None:
            change_status(together, claim, status)

        return claim_row(call, claim, why[claim.id], act)

    return {claim.id: row(claim) for claim in claims}


def claim_row(call: Call, claim: Claim, why: str | None, act: Act, after: str = "done") -> BulkRow:
    """A claim as a row of bulk work; it is done only while it is as it was looked at."""

    def changed(seen: str) -> str | None:
        return changed_since(call, claim, seen)

    return BulkRow(claim_label(claim), why, changed, act, after)


def chosen_claims(call: Call, project_id: int, claim_ids: Collection[int]) -> Sequence[Claim]:
    """The project's claims among these, held until the transaction ends."""
    hold_claims(call, claim_ids)
    query = with_pages(select(Claim).where(Claim.id.in_(claim_ids)).order_by(Claim.id))
    claims = call.session.scalars(query.execution_options(populate_existing=True)).unique().all()
    return [claim for claim in claims if claim.contract.project_id == project_id]


def bulk_obstacles(call: Call, claims: Sequence[Claim], status: ClaimStatus) -> dict[int, str | None]:
    """By claim, why it cannot get this status in bulk; None when it can."""
    if status is ClaimStatus.REVISE_AND_RESUBMIT:
        return dict.fromkeys((claim.id for claim in claims), "Needs the reasons by line; review it on its own.")
    facts = claim_facts(call.session, claims)
    return {
        claim.id: not_payable(claim) or status_obstacle(facts[claim.id], status) or _untied(call, claim, status)
        for claim in claims
    }


def not_payable(claim: Claim) -> str | None:
    """Its rights are others, and the owner is told; so it is no part of bulk work on subcontractors' claims."""
    return "It is the claim to the owner; change it on its own." if claim.contract.is_prime else None


def _untied(call: Call, claim: Claim, status: ClaimStatus) -> str | None:
    """Why a draft cannot be moved on; what was submitted has been looked at."""
    if not leaves_editing(claim, status):
        return None
    return next((text[:500] for text in texts(findings_of(call.session, claim), Severity.ERROR)), None)
