"""The Emails log: composing a mail about a claim, and who may see a thread (tasks T14, T18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import UserError
from ..queries.claims import summary_of
from ..queries.directory import standing_of
from ..queries.owner_costs import claims_billed_on
from ..queries.seen import claim_digest
from ..rules.billing import Summary
from ..rules.lifecycle import ClaimStatus
from ..rules.permissions import may, require
from ..tables import Claim, Contract, Member, Message, Person, StoredFile, Thread
from .call import Call
from .claim_pages import named_pdf
from .claims import change_status, leaves_editing, load_claim_to_change
from .mailing import About, NamedFile, Recipient, start_thread, write_letter


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail as composed: person ids of the directory, subject, message and which files go with it."""

    to: Sequence[int]
    cc: Sequence[int]
    bcc: Sequence[int]
    subject: str
    message: str
    private: bool = False
    attach_claim: bool = True
    files: Sequence[NamedFile] = field(default_factory=tuple)


def default_subject(claim: Claim) -> str:
    """Prefilled with the number of the claim, as the source page says."""
    return f"{claim.contract.project.name}: {claim.contract.number} progress claim #{claim.number}"


def compose_email(call: Call, claim_id: int, draft: Draft) -> Message:
    """Write a mail about a claim to people of the project's directory; replies come into the claim's Emails log.

    A private mail is seen by its sender and recipients alone.
    """
    claim = load_claim_to_change(call, claim_id)
    authorise_mailing(call, claim)
    if draft.attach_claim and claim.pdf_id is None:
        text = "This claim has no PDF yet; submit it first, or take the PDF off the mail."
        raise UserError(text, code="no_pdf", field="attach_claim")
    recipients = recipients_of(call, claim.contract.project_id, draft)
    subject = checked_subject(draft)
    if claim.contract.is_prime and leaves_editing(claim, ClaimStatus.UNDER_REVIEW):
        change_status(call, claim, ClaimStatus.UNDER_REVIEW)
    thread = start_thread(
        call,
        project_id=claim.contract.project_id,
        contract_id=claim.contract_id,
        claim_id=claim.id,
        subject=subject,
        private=draft.private,
    )
    message = _write(call, claim, thread, recipients, draft, subject)
    # What an answer to it decides about is the claim as this mail shows it.
    after = {"private": draft.private, "seen": claim_digest(claim)}
    call.record("communication_created", message, project_id=thread.project_id, after=after)
    return message


def authorise_mailing(call: Call, claim: Claim) -> None:
    """May the actor write about this claim?"""
    authorise_mailing_about(call, claim.contract)


def authorise_mailing_about(call: Call, contract: Contract) -> None:
    """The owner's claim is mailed with T14. A payable one is forwarded with T18 or, as table 2.2 has it, with C12."""
    if contract.is_prime:
        call.authorise("T14", contract.project_id, contract)
    elif call.actor is not None:
        standing = standing_of(call.session, call.actor.id, contract.project_id, contract)
        if not may("T18", standing):
            require("C12", standing)
            call.authorise_sight(contract)


def checked_subject(draft: Draft) -> str:
    """The subject on one line. Raises UserError when it or the message is empty."""
    subject = " ".join(draft.subject.split())[:200]
    if not subject or not draft.message.strip():
        raise UserError("A mail needs a subject and a message.", field="subject" if not subject else "message")
    return subject


def recipients_of(call: Call, project_id: int, draft: Draft) -> list[Recipient]:
    """The people of the draft, each once; all of them in the project's directory."""
    if not draft.to:
        raise UserError("Choose at least one recipient in To.", field="to")
    chosen: dict[int, Recipient] = {}
    for name, ids in (("to", draft.to), ("cc", draft.cc), ("bcc", draft.bcc)):
        for person_id in ids:
            person = call.get(Person, person_id, "person")
            _require_member(call, project_id, person)
            chosen.setdefault(person_id, Recipient(person, name))  # the same person twice gets one copy
    return list(chosen.values())


def _require_member(call: Call, project_id: int, person: Person) -> None:
    if call.session.query(Member).filter_by(project_id=project_id, person_id=person.id).one_or_none() is None:
        raise UserError(f"{person.name} is not in this project's directory.", field="to")


def _write(
    call: Call, claim: Claim, thread: Thread, recipients: Sequence[Recipient], draft: Draft, subject: str
) -> Message:
    contract = claim.contract
    files = list(draft.files)
    if draft.attach_claim and claim.pdf_id is not None:
        pdf = call.get(StoredFile, claim.pdf_id, "file")
        files.insert(0, NamedFile(f"{contract.number} claim {claim.number}.pdf", pdf))
    if contract.is_prime and claim.with_backup:
        files += _backup(call, claim)
    summary = summary_of(claim)
    facts: dict[str, object] = {
        "asked": contract.is_prime,  # the owner alone decides by answering
        "due": str(summary.due),
        "subject": subject,
        "message": draft.message,
        "sender_name": call.actor.name if call.actor else contract.project.name,
        "project_name": contract.project.name,
        "project_number": contract.project.number,
        "contract_number": contract.number,
        "contract_title": contract.title,
        "claim_number": claim.number,
        "period_from": claim.period.starts_on,
        "period_to": claim.period.ends_on,
        "summary": summary_facts(summary),
    }
    about = About("owner_claim" if contract.is_prime else "log", claim_id=claim.id)
    return write_letter(call, thread, "owner_claim", recipients, facts, about, files=files)


def _backup(call: Call, claim: Claim) -> list[NamedFile]:
    """The PDFs of the payable claims that the owner's claim was made of."""
    claims = claims_billed_on(call.session, claim)
    return [named_pdf(paid, call.get(StoredFile, paid.pdf_id, "file")) for paid in claims if paid.pdf_id is not None]


def summary_facts(summary: Summary) -> list[dict[str, str]]:
    """The nine lines as a mail shows them."""
    rows = (
        ("Original contract sum", summary.original_sum),
        ("Net change by change orders", summary.change_orders),
        ("Contract sum to date", summary.contract_sum),
        ("Total completed and stored to date", summary.completed),
        ("Retainage", summary.retainage),
        ("Total earned less retainage", summary.earned),
        ("Less previous certificates for payment", summary.previous_certificates),
        ("Current payment due", summary.due),
        ("Balance to finish, including retainage", summary.balance),
    )
    return [{"label": label, "amount": str(amount)} for label, amount in rows]
