"""The files that came with a claim, looked at: an invoice's own total against the claim, and what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..documents.invoice_total import InvoiceText, totals_in
from ..jobs import promise
from ..money import Money
from ..queries.basis import basis_of
from ..queries.claims import lines_of, summary_of
from ..tables import Claim, Contract, Message, Person, Thread
from .call import Call
from .inbox import ask_administrator
from .mailing import About, Recipient, write_letter

_MOST_READ = 10  # invoices of a mail


def check_backup(call: Call, message: Message, invoices: Mapping[str, InvoiceText]) -> None:
    """Put it before the administrator when an invoice names another total than its claim, or cannot be read.

    Nothing is held up by it: the invoice may hold tax, or be of more than this claim. `invoices`: their words, by the
    digest of the file.
    """
    call.session.flush()
    call.session.refresh(message, ["attachments"])
    rows = [row for row in message.attachments if row.claim_id is not None][:_MOST_READ]
    if not rows:
        return
    claim = call.get(Claim, rows[0].claim_id or 0, "claim")
    read = [(row, invoices[row.file.sha256]) for row in rows if row.file.sha256 in invoices]
    found = [(row, totals_in(words.text, claim.contract.project.currency)) for row, words in read]
    differing = [(row.name, amounts[-1]) for row, amounts in found if _differs(call, claim, amounts)]
    locked = [row.name for row, words in read if words.locked]
    if differing or locked:
        _tell(call, message, claim, differing, locked)


def _differs(call: Call, claim: Claim, amounts: Sequence[Money]) -> bool:
    return bool(amounts) and not set(amounts) & set(expected(call, claim))


def expected(call: Call, claim: Claim) -> tuple[Money, Money]:
    """What an invoice of this claim may say: what is due (line 8), or this period's billing before retainage."""
    lines = lines_of(claim)
    before = basis_of(call.session, claim.contract, before=claim.number).before
    stored = {row.sov_line_id: before[row.sov_line_id].stored for row in claim.lines if row.sov_line_id in before}
    gross = sum(line.work_cents + line.stored_cents for line in lines) - sum(stored.values())
    return summary_of(claim).due, Money(gross, claim.contract.project.currency)


def _tell(call: Call, message: Message, claim: Claim, differing: list[tuple[str, Money]], locked: list[str]) -> None:
    due, gross = expected(call, claim)
    after = {
        "claim": claim.id,
        "due_cents": due.cents,
        "gross_cents": gross.cents,
        "differing": [[name, total.cents] for name, total in differing],
        "locked": locked,
    }
    call.record("invoice_differs", message, project_id=claim.contract.project_id, after=after)
    promise(call.session, "slack.notice", f"invoice_total:{message.id}", {"notice": "invoice_total", "id": message.id})


def locked_notes(call: Call, message: Message, invoices: Mapping[str, InvoiceText]) -> list[str]:
    """What to say to the sender of PDFs behind a password: they are kept, and nobody here can look into them."""
    call.session.flush()
    call.session.refresh(message, ["attachments"])
    read = [(row.name, invoices.get(row.file.sha256)) for row in message.attachments[:_MOST_READ]]
    locked = [name for name, words in read if words is not None and words.locked]
    return [f"{name} is behind a password; it is kept, but nobody here can open it." for name in locked]


def note_unopened(call: Call, message: Message, names: Sequence[str]) -> None:
    """Put before the administrator which files of a mail are kept but were too much to open."""
    if not names:
        return
    thread = call.get(Thread, message.thread_id, "thread")
    call.record("files_unopened", message, project_id=thread.project_id, after={"files": list(names[:20])})
    told = ", ".join(name[:80] for name in names[:3])
    message.decision_why = f"{message.decision_why or ''}; not opened: {told}".lstrip("; ")[:500]
    ask_administrator(call, message, "unclear")


def refuse_files(
    call: Call, thread: Thread, message: Message, person: Person | None, refused: list[tuple[str, str]]
) -> None:
    """Say which files of a mail were not kept, and why; only to a sender who is sure."""
    rows = [{"name": name, "why": why} for name, why in refused[:20]]
    call.record("files_refused", message, project_id=thread.project_id, after={"files": rows})
    contract = call.session.get(Contract, thread.contract_id) if thread.contract_id else None
    if person is None or contract is None:
        return
    facts = {
        "contact_name": person.name,
        "project_name": contract.project.name,
        "contract_number": contract.number,
        "refused": rows,
    }
    about = About("log", claim_id=thread.claim_id)
    write_letter(call, thread, "files_refused", [Recipient(person)], facts, about, in_reply_to=message.message_id)
