"""What a contact is written when their claim was submitted by mail, whatever they billed it with."""

from __future__ import annotations

from collections.abc import Sequence

from ..queries.claims import summary_of
from ..tables import Claim, Person, StoredFile, Thread
from .call import Call
from .claim_pages import named_pdf
from .mailing import About, Recipient, write_letter


def confirm(
    call: Call, thread: Thread, person: Person, claim: Claim, notes: Sequence[str], in_reply_to: str | None
) -> None:
    """Say back what was submitted, with the PDF and what deserves a second look."""
    summary = summary_of(claim)
    pdf = named_pdf(claim, call.get(StoredFile, claim.pdf_id or 0, "file"))
    facts = {
        "contact_name": person.name,
        "project_name": claim.contract.project.name,
        "project_number": claim.contract.project.number,
        "contract_number": claim.contract.number,
        "contract_title": claim.contract.title,
        "claim_number": claim.number,
        "invoice_number": claim.invoice_number,
        "period_from": claim.period.starts_on,
        "period_to": claim.period.ends_on,
        "completed": str(summary.completed),
        "retainage": str(summary.retainage),
        "previous": str(summary.previous_certificates),
        "due": str(summary.due),
        "percent": f"{summary.percent} %",
        "warnings": notes,
    }
    about = About("claim", claim_id=claim.id)
    write_letter(
        call, thread, "claim_received", [Recipient(person)], facts, about, files=[pdf], in_reply_to=in_reply_to
    )
