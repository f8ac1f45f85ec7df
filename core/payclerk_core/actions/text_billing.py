"""Billing a small contract in plain words by mail: understood, said back with the claim, submitted when they say so.

The pending claim is the period's draft. A new text takes its place, SUBMIT in answer to the newest letter makes it Under
Review, CANCEL drops it. Whatever changed since that letter makes a new letter, and submits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from ..dates import end_of_day
from ..documents.claim_pdf import render_claim
from ..errors import UserError
from ..money import percent_of
from ..queries.basis import basis_of
from ..queries.claims import claim_of_period, lines_of, summary_of
from ..queries.contracts import open_period
from ..queries.directory import is_contact
from ..queries.ties import findings_of
from ..rules.findings import Finding, Severity, refuse_errors, texts
from ..rules.text_billing import MOST_LINES, BilledLine, Said, TextFault, TextFaults, billed_lines
from ..tables import BillingPeriod, Claim, Contract, Invitation, Message, Person, Thread
from .call import Call
from .claim_editing import LineEntry, amounts_of
from .claim_making import ClaimStart, enter_amounts, require_in_time, start_claim, submit, take_turns
from .claim_pages import PDF, claim_page, reload_claim
from .form_answers import newest_form
from .forms import accepted_by_form, confirm
from .invitations import accept_by_form
from .mailing import About, NamedFile, Recipient, store_file, write_letter
from .text_drafts import drop_draft, is_as_echoed, made_anew, record_echo, text_draft


@dataclass(frozen=True, slots=True)
class TextMail:
    """A mail that bills in words: its thread, the contact who wrote it, and its Message-ID."""

    thread: Thread
    person: Person
    in_reply_to: str | None = None
    notes: Sequence[str] = ()  # about the files beside it


def bill_by_text(call: Call, mail: TextMail, said: Sequence[Said]) -> Claim:
    """Make or change the draft as these sentences say, and say it back. Nothing is submitted.

    Errors: UserError when the contract cannot be billed so, TextFaults with each sentence that cannot be taken.
    """
    contract = _contract(call, mail)
    take_turns(call, contract)
    period = _period(call, mail, contract)
    require_in_time(call, period)
    claim = _draft(call, mail, contract, period)
    _enter(call, claim, billed_lines(said, _ids_by_item(claim), contract.project.currency))
    return _echo(call, mail, claim, changed=False)


def _contract(call: Call, mail: TextMail) -> Contract:
    contract = call.get(Contract, mail.thread.contract_id or 0, "contract")
    if not is_contact(call.session, contract.id, mail.person.id):
        raise UserError("Only an invoice contact of this contract may bill on it.", code="not_contact")
    if contract.accounting == "unit":
        raise UserError("This contract is billed by units; please fill the billing form.", code="by_unit")
    if len(contract.billed_lines) > MOST_LINES:
        text = f"This contract has more than {MOST_LINES} lines; please fill the billing form."
        raise UserError(text, code="too_many_lines")
    return contract


def _period(call: Call, mail: TextMail, contract: Contract) -> BillingPeriod:
    period = open_period(call.session, contract.project_id)
    invitation = _invitation(call, mail.thread)
    if period is None or (invitation is not None and invitation.period_id != period.id):
        raise UserError("This mail is of a billing period that is closed.", code="period_closed")
    return period


def _invitation(call: Call, thread: Thread) -> Invitation | None:
    return call.session.scalars(select(Invitation).where(Invitation.thread_id == thread.id)).one_or_none()


def _draft(call: Call, mail: TextMail, contract: Contract, period: BillingPeriod) -> Claim:
    claim = claim_of_period(call.session, contract.id, period.id)
    start = ClaimStart(contract, period, mail.thread, mail.person)
    if claim is None:
        return start_claim(call, start)
    if text_draft(call, mail.thread) is not claim:
        text = f"Claim {claim.number} of this period was begun in another way; please fill the billing form."
        raise UserError(text, code="not_editable")
    return made_anew(call, claim, start)  # the contract may have changed since


def _ids_by_item(claim: Claim) -> Mapping[str, int]:
    return {row.sov_line.item: row.sov_line_id for row in claim.lines}


def _enter(call: Call, claim: Claim, billed: Mapping[int, BilledLine]) -> None:
    """What the text does not name is not billed, and stored material stays in store."""
    before = basis_of(call.session, claim.contract, before=claim.number).before
    manual = claim.stored_materials == "manual"
    kept = {row.sov_line_id: before[row.sov_line_id].stored for row in claim.lines if row.sov_line_id in before}
    nothing = {row.sov_line_id: (0, kept.get(row.sov_line_id, 0) if manual else 0) for row in claim.lines}
    enter_amounts(call, claim, nothing)
    entries = {key: LineEntry(line.work, percent=line.percent, stored=line.stored) for key, line in billed.items()}
    amounts = amounts_of(call, claim, entries)
    _require_forward(claim, billed, amounts)
    enter_amounts(call, claim, amounts)
    refuse_errors(findings_of(call.session, claim))


def _require_forward(claim: Claim, billed: Mapping[int, BilledLine], amounts: Mapping[int, tuple[int, int]]) -> None:
    """A percentage below what was billed before would take work back; who means that fills the form."""
    faults = [
        TextFault(
            f"Line {row.sov_line.item}",
            f"{said.percent} % is less than what was billed before.",
            "Write how complete it is to date, or fill the billing form.",
        )
        for row in claim.lines
        if (said := billed.get(row.sov_line_id)) and said.percent is not None and amounts[row.sov_line_id][0] < 0
    ]
    if faults:
        raise TextFaults(faults)


def _echo(call: Call, mail: TextMail, claim: Claim, *, changed: bool) -> Claim:
    """Say back what the claim is now, with its PDF; the answer to this very letter may submit it."""
    claim = reload_claim(call, claim.id)
    period = claim.period
    deadline = end_of_day(period.due_on, period.project.timezone)
    invitation = _invitation(call, mail.thread)
    about = About("billing", invitation.id if invitation else None, claim.id, decision_expires_at=deadline)
    facts = _facts(call, mail, claim, changed=changed)
    letter = write_letter(
        call,
        mail.thread,
        "billing_understood",
        [Recipient(mail.person)],
        facts,
        about,
        files=[_draft_pdf(call, claim)],
        in_reply_to=mail.in_reply_to,
    )
    record_echo(call, claim, letter)
    return claim


def _facts(call: Call, mail: TextMail, claim: Claim, *, changed: bool) -> dict[str, object]:
    summary, findings = summary_of(claim), findings_of(call.session, claim)
    return {
        "contact_name": mail.person.name,
        "project_name": claim.contract.project.name,
        "project_number": claim.contract.project.number,
        "contract_number": claim.contract.number,
        "contract_title": claim.contract.title,
        "claim_number": claim.number,
        "period_from": claim.period.starts_on,
        "period_to": claim.period.ends_on,
        "due_on": claim.period.due_on,
        "completed": str(summary.completed),
        "retainage": str(summary.retainage),
        "previous": str(summary.previous_certificates),
        "due": str(summary.due),
        "percent": f"{summary.percent} %",
        "warnings": [*texts(findings, Severity.WARNING), *mail.notes],
        "billed": _billed(claim),
        "changed": changed,
    }


def _billed(claim: Claim) -> list[dict[str, str]]:
    return [
        {
            "item": line.item,
            "description": line.description,
            "work": str(line.this_work),
            "stored": str(line.stored),
            "to_date": f"{percent_of(line.completed, line.scheduled)} %",
        }
        for line in lines_of(claim)
        if line.work_cents or line.stored_cents
    ]


def _draft_pdf(call: Call, claim: Claim) -> NamedFile:
    page = replace(claim_page(call, claim), status_label="Draft")
    name = f"{claim.contract.number} claim {claim.number} draft.pdf"
    return NamedFile(name, store_file(call, render_claim(page), PDF))


def submit_text(call: Call, mail: TextMail, answered: int | None) -> list[Finding] | None:
    """Submit the draft that the letter `answered` said back. None: it changed since, and was said back anew.

    Errors: UserError when there is nothing to submit, when it is too late, or when it does not tie.
    """
    contract = _contract(call, mail)
    take_turns(call, contract)
    claim = text_draft(call, mail.thread)
    if claim is None:
        raise UserError("There is no draft of a claim here that waits for your answer.", code="no_draft")
    period = _period(call, mail, contract)
    require_in_time(call, period)
    if not is_as_echoed(call, claim, answered):
        anew = made_anew(call, claim, ClaimStart(contract, period, mail.thread, mail.person))
        _echo(call, mail, anew, changed=True)
        return None
    invitation = _invitation(call, mail.thread)
    if invitation is not None and accepted_by_form(invitation):
        accept_by_form(call, invitation, mail.person)
    findings = submit(call, claim)
    confirm(call, mail.thread, mail.person, claim, texts(findings, Severity.WARNING), mail.in_reply_to)
    return findings


def cancel_text(call: Call, mail: TextMail) -> bool:
    """Drop the draft and say so. False when there is none."""
    contract = _contract(call, mail)
    take_turns(call, contract)
    number = claim.number if (claim := text_draft(call, mail.thread)) is not None else 0
    if not drop_draft(call, mail.thread):
        return False
    facts = {**_place(mail, contract), "claim_number": number}
    invitation = _invitation(call, mail.thread)
    about = About("form", invitation_id=invitation.id if invitation else None)
    files = newest_form(call, contract)
    _answer(call, mail, "billing_cancelled", facts, about, files)
    return True


def refuse_text(call: Call, mail: TextMail, error: UserError) -> Message:
    """Answer a text that could not be taken: each sentence and what is wrong, and the form to fill instead."""
    contract = call.get(Contract, mail.thread.contract_id or 0, "contract")
    faults = error.faults if isinstance(error, TextFaults) else ()
    rows = [{"where": f.where, "what": f.what, "fix": f.fix} for f in faults]
    facts = {**_place(mail, contract), "faults": rows, "why": "" if rows else error.message}
    invitation = _invitation(call, mail.thread)
    about = About("form", invitation_id=invitation.id if invitation else None, claim_id=mail.thread.claim_id)
    files = newest_form(call, contract) if text_draft(call, mail.thread) is None else []
    letter = _answer(call, mail, "billing_refused", facts, about, files)
    after = {"why": error.message[:500]}
    call.record("text_billing_refused", mail.thread, project_id=contract.project_id, after=after)
    return letter


def _place(mail: TextMail, contract: Contract) -> dict[str, object]:
    return {
        "contact_name": mail.person.name,
        "project_name": contract.project.name,
        "contract_number": contract.number,
    }


def _answer(
    call: Call, mail: TextMail, name: str, facts: Mapping[str, object], about: About, files: Sequence[NamedFile]
) -> Message:
    people = [Recipient(mail.person)]
    return write_letter(call, mail.thread, name, people, facts, about, files=files, in_reply_to=mail.in_reply_to)
