"""Who a row of the sheet People is: the person of its key, which never changes; without one, the person of its address."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...documents.sheets import Fault
from ...documents.workbook import PersonRow, ProjectFile, WorkbookFaults, write_sheet
from ...errors import UserError
from ...queries.directory import email_key
from ...tables import Member, Person, Project
from ..call import Call
from .held import Held
from .plan import Plan


def people_sheet(call: Call, number: str) -> bytes:
    """A workbook with the project's people, to change and import: each has the key that finds them whatever is changed."""
    project = call.session.scalars(select(Project).where(Project.number == number)).one_or_none()
    if project is None:
        raise UserError(f"There is no project {number}.", code="not_found")
    call.authorise_administrator(project.id, prime=False)
    query = select(Member).join(Person, Member.person_id == Person.id).where(Member.project_id == project.id)
    members = call.session.scalars(query.order_by(Person.name, Person.id))
    return write_sheet("People", [_row(member) for member in members])


def _row(member: Member) -> dict[str, object]:
    person = member.person
    return {
        "Name": person.name,
        "E-mail": person.email,
        "Company": person.company.name,
        "Role": member.role,
        "Language": person.language,
        "Commitments": member.commitments,
        "Client contracts": member.client_contracts,
        "Key": person.import_key,
    }


def moved_addresses(session: Session, file: ProjectFile, held: Held) -> dict[str, str]:
    """From each address that payclerk holds to the one that the file gives the same person.

    Raises WorkbookFaults for a key that is not of this installation, and for an address that somebody else has.
    """
    moved: dict[str, str] = {}
    faults: list[Fault] = []
    people = _keyed(session, file)
    known = frozenset(key[0] for key in held.records["person"])
    for row in file.people:
        if row.key:
            old = people.get(row.key)
            faults.extend(_faults(row, old, held))
            if old is not None and old != email_key(row.email):
                moved[old] = email_key(row.email)
        elif (former := email_key(row.former)) in known and email_key(row.email) not in known:
            moved[former] = email_key(row.email)  # a file that was loaded before finds its new address
    faults.extend(_given_on(file, moved))
    if faults:
        raise WorkbookFaults(faults)
    return moved


def record_moves(call: Call, plan: Plan, project_id: int) -> None:
    """An event for each corrected address, as when it is corrected in Slack."""
    for change in plan.changed["person"]:
        if "email" in change.fields:
            before, after = change.fields["email"]
            person = call.get(Person, change.record.id, "person")
            facts = {"before": {"email": before}, "after": {"email": after}}
            call.record("address_changed", person, project_id=project_id, **facts)


def _keyed(session: Session, file: ProjectFile) -> dict[str, str]:
    """Of the people whose keys the file has: the address that payclerk holds, by key."""
    keys = [row.key for row in file.people if row.key]
    found = session.execute(select(Person.import_key, Person.email_key).where(Person.import_key.in_(keys)))
    return {row.import_key: row.email_key for row in found}


def _faults(row: PersonRow, old: str | None, held: Held) -> Iterator[Fault]:
    new = email_key(row.email)
    if old is None:
        fix = "Leave the cell as payclerk wrote it, or empty to find the person by the address."
        yield row.place.fault("Key", f"'{row.key[:40]}' is not a key of this payclerk.", fix)
    elif old != new and (other := held.records["person"].get((new,))) is not None:
        what = f"{row.email} belongs to {other.values['name']} of {other.values['company']} already."
        yield row.place.fault("E-mail", what, "Write this person's own address.")


def _given_on(file: ProjectFile, moved: dict[str, str]) -> Iterator[Fault]:
    """The address that one person leaves and another takes in the same file: who it was sent for would be unclear."""
    for row in file.people:
        if email_key(row.email) in moved:
            what = f"{row.email} is the address of somebody whom this file gives another one."
            yield row.place.fault("E-mail", what, "Import the other row first, then this one.")
