"""What is answered to a billing in plain words: what was understood, what could not be taken, that it was dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from ..dates import end_of_day
from ..errors import UserError
from ..money import percent_of
from ..queries.claims import lines_of, summary_of
from ..queries.directory import is_contact
from ..queries.ties import findings_of
from ..rules.findings import told_to_them
from ..rules.text_billing import TextFaults
from ..tables import Claim, Contract, Invitation, Message, Person, Thread
from .call import Call
from .claim_pages import PDF, claim_page, printed, reload_claim
from .form_answers import newest_form
from .mailing import About, NamedFile, Recipient, store_file, write_letter
from .text_drafts import record_echo, text_draft


@dataclass(frozen=True, slots=True)
class TextMail:
    """A mail that bills in words: its thread, the contact who wrote it, and its Message-ID."""

    thread: Thread
    person: Person
    in_reply_to: str | None = None
    notes: Sequence[str] = ()  # about the files beside it


def invitation_of(call: Call, thread: Thread) -> Invitation | None:
    """The invitation the thread began with, if it began with one."""
    return call.session.scalars(select(Invitation).where(Invitation.thread_id == thread.id)).one_or_none()


def echo(call: Call, mail: TextMail, claim: Claim, *, changed: bool) -> Claim:
    """Say back what the claim is now, with its PDF; the answer to this very letter may submit it."""
    claim = reload_claim(call, claim.id)
    letter = send_back(call, mail, said_back(call, mail, claim, changed=changed))
    record_echo(call, claim, letter)
    return claim


@dataclass(frozen=True, slots=True)
class SaidBack:
    """What a letter says of a claim as it is, or as it would be."""

    facts: Mapping[str, object]
    about: About
    pdf_name: str
    pdf: bytes


def said_back(call: Call, mail: TextMail, claim: Claim, *, changed: bool, revised: bool = False) -> SaidBack:
    """Of a draft; or, `revised`, of a claim that was sent back and is corrected."""
    period = claim.period
    deadline = end_of_day(period.due_on, period.project.timezone)
    invitation = invitation_of(call, mail.thread)
    about = About("billing", invitation.id if invitation else None, claim.id, decision_expires_at=deadline)
    facts = {**_facts(call, mail, claim, changed=changed), "revised": revised}
    page = replace(claim_page(call, claim), status_label="Draft")
    return SaidBack(facts, about, f"{claim.contract.number} claim {claim.number} draft.pdf", printed(call, page))


def send_back(call: Call, mail: TextMail, said: SaidBack) -> Message:
    """Write that letter."""
    pdf = NamedFile(said.pdf_name, store_file(call, said.pdf, PDF))
    to, answers = [Recipient(mail.person)], mail.in_reply_to
    return write_letter(
        call, mail.thread, "billing_understood", to, said.facts, said.about, files=[pdf], in_reply_to=answers
    )


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
        "warnings": [*told_to_them(findings), *mail.notes],
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


def tell_cancelled(call: Call, mail: TextMail, contract: Contract, number: int) -> None:
    """Say that the draft is dropped, with the form that can be filled instead."""
    facts = {**_place(mail, contract), "claim_number": number}
    _answer(call, mail, "billing_cancelled", facts, _about_form(call, mail), newest_form(call, contract))


def _about_form(call: Call, mail: TextMail) -> About:
    invitation = invitation_of(call, mail.thread)
    return About("form", invitation_id=invitation.id if invitation else None, claim_id=mail.thread.claim_id)


def refuse_text(call: Call, mail: TextMail, error: UserError) -> Message:
    """Answer a text that could not be taken: each sentence and what is wrong, and the form to fill instead."""
    contract = call.get(Contract, mail.thread.contract_id or 0, "contract")
    faults = error.faults if isinstance(error, TextFaults) else ()
    rows = [{"where": f.where, "what": f.what, "fix": f.fix} for f in faults]
    facts = {**_place(mail, contract), "faults": rows, "why": "" if rows else error.message}
    may_fill = is_contact(call.session, contract.id, mail.person.id)  # who was one gets no amounts any more
    files = newest_form(call, contract) if may_fill and text_draft(call, mail.thread) is None else []
    letter = _answer(call, mail, "billing_refused", facts, _about_form(call, mail), files)
    after = {"why": error.message[:4000]}
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
