"""What the contacts are written about their schedule of values, always with the file to fill (domain 1.5, N3 and N5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from ..documents.ssov_file import CONTENT_TYPE, SsovSheet, SsovSheetLine, make_ssov_file
from ..queries.contracts import contract_sum
from ..tables import Contract, Message, Person, Thread
from .call import Call
from .mailing import About, NamedFile, Recipient, start_thread, store_file, write_letter
from .ssov_details import broken_lines

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
    thread, about = _thread(call, contract), About("ssov")
    content = make_ssov_file(ssov_sheet(contract))
    file = NamedFile(f"Schedule of values {contract.number}.xlsx", store_file(call, content, CONTENT_TYPE))
    for contact in contract.contacts:
        told = {**_place(contract, contact.person), **facts}
        write_letter(call, thread, letter, [Recipient(contact.person)], told, about, files=[file])


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
