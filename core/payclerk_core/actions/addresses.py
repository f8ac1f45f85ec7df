"""Correcting a person's address: what bounced can be sent again then, and everything else of theirs stays."""

from __future__ import annotations

from sqlalchemy import select

from ..documents.workbook import EMAIL
from ..errors import UserError
from ..queries.directory import email_key, person_by_email
from ..tables import Member, Person
from .call import Call


def change_address(call: Call, project_id: int, person_id: int, email: str) -> Person:
    """Give a member of the project another e-mail address; an administrator of its Commitments may.

    Mails that are under way stay as they were sent; an invitation that came back can be sent again.
    """
    call.authorise_administrator(project_id, prime=False)
    person = member_of(call, project_id, person_id)
    address = email.strip()
    if not EMAIL.fullmatch(address) or len(address) > 320:
        text = f"'{address[:80]}' is not an e-mail address; write one like name@company.com."
        raise UserError(text, code="bad_email", field="email")
    known = person_by_email(call.session, address)
    if known is not None and known.id != person.id:
        text = f"{address} belongs to {known.name} of {known.company.name} already; write this person's own."
        raise UserError(text, code="duplicate_email", field="email")
    if address == person.email:
        raise UserError(f"This is {person.name}'s address already; write the new one.", code="same", field="email")
    before = {"email": person.email}
    person.email, person.email_key = address, email_key(address)
    call.record("address_changed", person, project_id=project_id, before=before, after={"email": address})
    return person


def member_of(call: Call, project_id: int, person_id: int) -> Person:
    """The person, held until the transaction ends, if they are in the project's directory."""
    query = select(Person).join(Member, Member.person_id == Person.id).where(Person.id == person_id)
    person = call.session.scalar(query.where(Member.project_id == project_id).with_for_update(of=Person))
    if person is None:
        raise UserError("This person is not in the project's directory any more.", code="not_found")
    return person
