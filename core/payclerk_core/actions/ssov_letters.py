"""What the contacts are written about their schedule of values, always with the file to fill (domain 1.5, N3 and N5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from ..documents.ssov_file import CONTENT_TYPE, SsovFaults, SsovSheet, SsovSheetLine, make_ssov_file
from ..errors import UserError
from ..queries.contracts import contract_sum
from ..queries.directory import is_contact
from ..tables import Contract, Message, Person, Thread
from .call import Call
from .forms import ReturnedForm
from .mailing import About, NamedFile, Recipient, start_thread, store_file, write_letter
from .ssov_details import broken_lines

_MOST_FAULTS: Final = 200  # a mail with more helps nobody
_LETTERS: Final = ("ssov_invitation", "ssov_returned")


def invite_contacts(call: Call, contract: Contract) -> None:
    """Ask each contact to break the contract down (N3)."""
    inviter = call.actor.name if call.actor else contract.project.name
    facts = {"invited_by": inviter, "contract_sum": str(contract_sum(contract))}
    _write(call, contract, "ssov_invitation", facts)
    people = [contact.person_id for contact in contract.contacts]
    call.record("ssov_invited", contract, project_id=contract.project_id, after={"contacts": people})


def return_to_contacts(call: Call, contract: Contract) -> None:
    """Tell each contact why the breakdown comes back (N5)."""
    _write(call, contract, "ssov_returned", {"reason": contract.ssov_reason or ""})


def ssov_sheet(contract: Contract) -> SsovSheet:
    """The contract as its file shows it, and what a file that comes back is read against."""
    described = {line.item: line.description for line in contract.top_lines}
    lines = tuple(SsovSheetLine(row, described[row.item]) for row in broken_lines(contract))
    own = {detail.item for known in lines for detail in known.line.details}
    return SsovSheet(
        project_name=contract.project.name,
        project_number=contract.project.number,
        contract_number=contract.number,
        contract_title=contract.title,
        company=contract.company.name,
        currency=contract.project.currency,
        lines=lines,
        taken=frozenset(line.item for line in contract.lines) - own,
    )


def _write(call: Call, contract: Contract, letter: str, facts: Mapping[str, object]) -> None:
    if not contract.contacts:
        return
    thread, about, file = _thread(call, contract), About("ssov"), _sheet_file(call, contract)
    for contact in contract.contacts:
        told = {**_place(contract, contact.person), **facts}
        write_letter(call, thread, letter, [Recipient(contact.person)], told, about, files=[file])


def _sheet_file(call: Call, contract: Contract) -> NamedFile:
    content = make_ssov_file(ssov_sheet(contract))
    return NamedFile(f"Schedule of values {contract.number}.xlsx", store_file(call, content, CONTENT_TYPE))


def confirm_breakdown(call: Call, returned: ReturnedForm, contract: Contract) -> None:
    """Say back that the breakdown came and is under review."""
    original = [line for line in contract.top_lines if line.change_order_id is None]
    facts = {
        **_place(contract, returned.person),
        "contract_sum": str(contract_sum(contract)),
        "lines_count": len(original),
        "details_count": len(contract.lines) - len(contract.top_lines),
    }
    people = [Recipient(returned.person)]
    about = About("ssov")
    write_letter(call, returned.thread, "ssov_received", people, facts, about, in_reply_to=returned.in_reply_to)


def refuse_breakdown(call: Call, returned: ReturnedForm, error: UserError) -> None:
    """Answer a breakdown that could not be taken: each cell and what is wrong, with the sheet to fill."""
    contract = call.get(Contract, returned.thread.contract_id or 0, "contract")
    faults = [{"where": returned.file_name, "what": error.message, "fix": ""}]
    if isinstance(error, SsovFaults):
        told = error.faults[:_MOST_FAULTS]
        faults = [{"where": f.cell or f.sheet, "what": f.what, "fix": f.fix} for f in told]
    facts = {**_place(contract, returned.person), "file_name": returned.file_name, "faults": faults}
    may_fill = is_contact(call.session, contract.id, returned.person.id)  # who was one gets no amounts any more
    people, files = [Recipient(returned.person)], [_sheet_file(call, contract)] if may_fill else []
    about, answered = About("ssov"), returned.in_reply_to
    write_letter(call, returned.thread, "ssov_faults", people, facts, about, files=files, in_reply_to=answered)
    after = {"why": error.message[:4000]}
    call.record("ssov_refused", contract, project_id=contract.project_id, after=after)


def _place(contract: Contract, person: Person) -> dict[str, object]:
    return {
        "contact_name": person.name,
        "project_name": contract.project.name,
        "project_number": contract.project.number,
        "contract_number": contract.number,
        "contract_title": contract.title,
        "company": contract.company.name,
    }


def _thread(call: Call, contract: Contract) -> Thread:
    """One conversation about the breakdown, however often it goes to and fro."""
    query = (
        select(Thread)
        .join(Message, Message.thread_id == Thread.id)
        .where(Thread.contract_id == contract.id, Message.kind.in_(_LETTERS))
    )
    known = call.session.scalar(query.order_by(Thread.id.desc()).limit(1))
    if known is not None:
        return known
    subject = f"{contract.project.name}: schedule of values of contract {contract.number}"
    return start_thread(call, project_id=contract.project_id, contract_id=contract.id, subject=subject)
