"""Answering a claim by a payment schedule, where the law of the project's place asks for one (task T10, domain 6.4)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from ..dates import project_date
from ..documents.payment_schedule import SchedulePage, render_schedule
from ..errors import UserError
from ..jobs import promise
from ..money import Money, total
from ..queries.basis import basis_of
from ..queries.claims import certified_cents, summary_of
from ..rules.billing import summarize
from ..rules.business_days import add_business_days
from ..rules.jurisdictions import Answer, answer_of, answering_jurisdictions
from ..rules.lifecycle import EDITABLE_BY_CONTACT, ClaimStatus
from ..rules.payment_schedules import Closing, ScheduledLine, closing_lines, require_answered
from ..tables import Claim, ClaimLine, PaymentSchedule, Person, StoredFile, Thread
from .call import Call
from .claim_lines import bill_claim
from .claim_pages import PDF, our_company, words_of
from .claims import claim_label, load_claim_to_change
from .mailing import About, NamedFile, Recipient, store_file, write_letter


def issue_payment_schedule(call: Call, claim_id: int, received_on: date) -> PaymentSchedule:
    """Answer a submitted revision of a payable claim, received on this day, and mail the answer to its contacts.

    Once a revision: what was issued is never edited; a new revision gets a schedule of its own.
    """
    claim = load_claim_to_change(call, claim_id)
    call.authorise("T10", claim.contract.project_id, claim.contract)
    answer, issued_on = _require_law(claim), project_date(call.at, claim.contract.project.timezone)
    _require_to_answer(call, claim)
    if received_on > issued_on:
        raise UserError("A claim cannot be received after today; give the day it came in.", field="received_on")
    work = [_scheduled(claim, line) for line in claim.lines]
    lines = [*(line for line in work if line.answered), *closing_lines(_closing(call, claim))]
    require_answered(lines)
    due_on = add_business_days(received_on, answer.business_days, answer.jurisdiction)
    page = _page(call, claim, answer, (received_on, due_on, issued_on), lines)
    file = store_file(call, render_schedule(page), PDF)
    schedule = _store(call, claim, page, file)
    _tell(call, claim, schedule, page, file)
    if not page.in_time:
        notice = {"notice": "schedule_late", "id": schedule.id}
        promise(call.session, "slack.notice", f"schedule_late:{schedule.id}", notice)
    return schedule


def _require_law(claim: Claim) -> Answer:
    """How the law of the project's place asks for an answer."""
    project, label = claim.contract.project, claim_label(claim)
    if claim.contract.is_prime:
        raise UserError(f"{label} is our own claim; the owner answers it.", code="not_payable")
    answer = answer_of(project.jurisdiction)
    if answer is None:
        places = ", ".join(answering_jurisdictions())
        text = f"{project.name} is in no place whose law asks for a payment schedule, as far as payclerk knows"
        raise UserError(f"{text}; set the project's jurisdiction to one of {places}.", code="no_payment_schedule")
    if not project.show_claimed:
        text = f"{project.name} does not keep what is claimed apart from what stands"
        raise UserError(
            f"{text}; turn on 'Show Amounts Subcontractors Claim' in the project's settings first.", code="show_claimed"
        )
    return answer


def _require_to_answer(call: Call, claim: Claim) -> None:
    """A submitted revision that has no schedule yet, and somebody to send it to."""
    label, status = claim_label(claim), ClaimStatus(claim.status)
    if claim.submitted_at is None:
        raise UserError(f"{label} was never submitted; there is nothing to answer yet.", code="not_submitted")
    if status in EDITABLE_BY_CONTACT:
        text = (
            f"{label} is {status.label}, so its amounts may still change; answer it when it is Under Review or approved"
        )
        raise UserError(f"{text}.", code="not_submitted")
    if (issued := schedule_of(call, claim)) is not None:
        text = f"{label} revision {claim.revision} was answered on {issued.issued_on}; a schedule is never issued anew"
        raise UserError(f"{text}. Send the claim back to get a new revision.", code="already_issued")
    if not claim.contract.contacts:
        raise UserError(f"{label} has nobody to send it to; add an invoice contact first.", code="no_contacts")


def schedule_of(call: Call, claim: Claim) -> PaymentSchedule | None:
    """The schedule that answers the claim as it was last submitted."""
    query = select(PaymentSchedule).where(PaymentSchedule.claim_id == claim.id)
    return call.session.scalar(query.where(PaymentSchedule.revision == claim.revision))


def _scheduled(claim: Claim, line: ClaimLine) -> ScheduledLine:
    currency = claim.contract.project.currency
    return ScheduledLine(
        item=line.sov_line.item,
        description=line.sov_line.description,
        claimed=Money(line.claimed_work_cents + line.claimed_stored_cents, currency),
        scheduled=Money(line.work_cents + line.stored_cents, currency),
        reason=(line.review_reason or "").strip(),
        rejected=line.review == "rejected",
    )


def _closing(call: Call, claim: Claim) -> Closing:
    """What was claimed has its own retention: the engine works it out as if no review had cut anything."""
    summary, currency = summary_of(claim), claim.contract.project.currency
    basis = basis_of(call.session, claim.contract, before=claim.number)
    asked = bill_claim(claim, basis, as_claimed=True).lines
    claimed = summarize(asked, previous_certificates=summary.previous_certificates)
    before = total((Money(line.previous_work_cents, currency) for line in claim.lines), currency)
    return Closing(
        claimed_held=claimed.retainage,
        held=summary.retainage,
        earlier=before - summary.previous_certificates,
        due=summary.due,
        certified=Money(certified_cents(claim), currency),
        reason=claim.certificate.reason.strip() if claim.certificate else "",
        retention=words_of(claim.contract.project).retainage,
    )


def _page(
    call: Call, claim: Claim, answer: Answer, days: tuple[date, date, date], lines: list[ScheduledLine]
) -> SchedulePage:
    """`days`: received, to be answered by, issued."""
    contract, project = claim.contract, claim.contract.project
    received_on, due_on, issued_on = days
    return SchedulePage(
        project_name=project.name,
        project_number=project.number,
        payer=our_company(call, contract),
        payee=contract.company.name,
        contract_number=contract.number,
        contract_title=contract.title,
        claim_number=claim.number,
        revision=claim.revision,
        invoice_number=claim.invoice_number,
        billed_on=claim.billed_on,
        period_from=claim.period.starts_on,
        period_to=claim.period.ends_on,
        received_on=received_on,
        answer_due_on=due_on,
        business_days=answer.business_days,
        law=answer.source,
        issued_on=issued_on,
        lines=lines,
        payable=Money(certified_cents(claim), project.currency),
        footer=project.pdf_footer,
    )


def _store(call: Call, claim: Claim, page: SchedulePage, file: StoredFile) -> PaymentSchedule:
    currency = page.payable.currency
    schedule = PaymentSchedule(
        claim=claim,
        revision=claim.revision,
        claimed_cents=total((line.claimed for line in page.lines), currency).cents,
        scheduled_cents=total((line.scheduled for line in page.lines), currency).cents,
        received_on=page.received_on,
        answer_due_on=page.answer_due_on,
        issued_on=page.issued_on,
        pdf_id=file.id,
        issued_by_id=call.actor_id,
        issued_at=call.at,
    )
    call.session.add(schedule)
    after = {
        "claim": claim.id,
        "revision": schedule.revision,
        "claimed_cents": schedule.claimed_cents,
        "scheduled_cents": schedule.scheduled_cents,
        "received_on": page.received_on.isoformat(),
        "answer_due_on": page.answer_due_on.isoformat(),
        "in_time": page.in_time,
    }
    call.record("payment_schedule_issued", schedule, project_id=claim.contract.project_id, after=after)
    return schedule


def _tell(call: Call, claim: Claim, schedule: PaymentSchedule, page: SchedulePage, file: StoredFile) -> None:
    """One letter a contact, with the schedule attached."""
    thread, about = call.get(Thread, claim.thread_id, "thread"), About("claim", claim_id=claim.id)
    name = f"{page.contract_number} claim {page.claim_number} rev {page.revision} payment schedule.pdf"
    for contact in claim.contract.contacts:
        facts = _facts(page, schedule, contact.person)
        write_letter(
            call, thread, "payment_schedule", [Recipient(contact.person)], facts, about, files=[NamedFile(name, file)]
        )


def _facts(page: SchedulePage, schedule: PaymentSchedule, person: Person) -> dict[str, object]:
    currency = page.payable.currency
    return {
        "contact_name": person.name,
        "project_name": page.project_name,
        "contract_number": page.contract_number,
        "contract_title": page.contract_title,
        "claim_number": page.claim_number,
        "claimed": str(Money(schedule.claimed_cents, currency)),
        "scheduled": str(Money(schedule.scheduled_cents, currency)),
        "payable": str(page.payable),
        "received_on": page.received_on,
        "answer_due_on": page.answer_due_on,
        "differences": [line for line in page.lines if line.difference],
    }
