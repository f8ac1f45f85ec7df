"""What payclerk holds of a project, in the same shape as what a file wants: a fixed number of queries for any size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from ...tables import (
    ChangeOrder,
    ChangeOrderLine,
    Claim,
    Company,
    Contract,
    InvoiceContact,
    Member,
    Person,
    PrivateListEntry,
    Project,
    RetainageRule,
    SovLine,
)
from .wanted import KINDS, Key

Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the database: its key there, and what it says."""

    id: int
    values: Mapping[str, Any]


@dataclass(slots=True)
class Held:
    """All records that a file of this project may be about. `billed`: the contracts that have claims."""

    project_id: int | None = None
    records: dict[str, dict[Key, Record]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    billed: frozenset[str] = frozenset()


def held_of(session: Session, number: str) -> Held:
    """The project with this number as it is stored; the directory is shared by all projects."""
    held = Held()
    for kind in KINDS:
        look(session, held, kind, number)
    if held.project_id is not None:
        held.billed = frozenset(session.scalars(_billed(held.project_id)))
    return held


def rename(held: Held, addresses: Mapping[str, str]) -> None:
    """Find people by the addresses they will have: from each that is held to the new one."""
    for kind in ("person", "member", "invoice contact", "private list entry"):
        records = held.records[kind].items()
        held.records[kind] = {(*key[:-1], addresses.get(key[-1], key[-1])): record for key, record in records}


def look(session: Session, held: Held, kind: str, number: str) -> None:
    """Look one kind up, anew after it was stored."""
    if kind == "project":
        held.records[kind] = _project(session, number)
        held.project_id = next((record.id for record in held.records[kind].values()), None)
    elif kind in _DIRECTORY:
        held.records[kind] = _of(session.execute(_DIRECTORY[kind]()), 1)
    elif held.project_id is not None:
        query, width = _of_project(held.project_id)[kind]
        held.records[kind] = _of(session.execute(query), width)


def _of(rows: Iterable[Any], width: int) -> dict[Key, Record]:
    """Rows of id, the names that find the record, and its values."""
    found = {}
    for row in rows:
        values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
        names = list(values)
        found[tuple(str(part) for part in row[1 : 1 + width])] = Record(
            row[0], {n: values[n] for n in names[1 + width :]}
        )
    return found


def _project(session: Session, number: str) -> dict[Key, Record]:
    columns = [column for column in Project.__table__.columns if column.name not in {"id", "number"}]
    return _of(session.execute(select(Project.id, Project.number, *columns).where(Project.number == number)), 1)


def _companies() -> Rows:
    return select(Company.id, Company.name, Company.prevent_overbilling)


def _people() -> Rows:
    query = select(
        Person.id, Person.email_key, Person.name, Person.email, Person.language, Company.name.label("company")
    )
    return query.join(Company, Person.company_id == Company.id)


_DIRECTORY: Final = {"company": _companies, "person": _people}


def _billed(project_id: int) -> Select[str]:
    query = select(Contract.number).join(Claim, Claim.contract_id == Contract.id)
    return query.where(Contract.project_id == project_id).distinct()


def _of_project(project_id: int) -> dict[str, tuple[Rows, int]]:
    """The query of each kind, and how many names find one."""

    def mine(query: Rows) -> Rows:
        return query.where(Contract.project_id == project_id)

    contacts = select(InvoiceContact.id, Contract.number, Person.email_key).select_from(InvoiceContact)
    contacts = contacts.join(Contract, InvoiceContact.contract_id == Contract.id)
    private = select(PrivateListEntry.id, Contract.number, Person.email_key).select_from(PrivateListEntry)
    private = private.join(Contract, PrivateListEntry.contract_id == Contract.id)
    rules = select(
        RetainageRule.id, Contract.number, RetainageRule.position, RetainageRule.percent, RetainageRule.of,
        RetainageRule.until,
    )  # fmt: skip
    change = select(
        ChangeOrder.id, Contract.number.label("contract"), ChangeOrder.number, ChangeOrder.title,
        ChangeOrder.approved_on, ChangeOrder.status, ChangeOrder.package,
    )  # fmt: skip
    return {
        "member": (_members(project_id), 1),
        "contract": (mine(_contracts()), 1),
        "invoice contact": (mine(contacts.join(Person, InvoiceContact.person_id == Person.id)), 2),
        "private list entry": (mine(private.join(Person, PrivateListEntry.person_id == Person.id)), 2),
        "retainage rule": (mine(rules.join(Contract, RetainageRule.contract_id == Contract.id)), 2),
        "change order": (mine(change.join(Contract, ChangeOrder.contract_id == Contract.id)), 2),
        "change order line": (mine(_change_lines()), 3),
        "sov line": (mine(_lines()), 2),
    }


def _contracts() -> Rows:
    columns = [c for c in Contract.__table__.columns if c.name not in {"id", "number", "project_id", "company_id"}]
    query = select(Contract.id, Contract.number, Company.name.label("company"), *columns)
    return query.join(Company, Contract.company_id == Company.id)


def _members(project_id: int) -> Rows:
    query = select(Member.id, Person.email_key, Member.role, Member.commitments, Member.client_contracts)
    return query.join(Person, Member.person_id == Person.id).where(Member.project_id == project_id)


def _change_lines() -> Rows:
    line = ChangeOrderLine
    query = select(
        line.id, Contract.number.label("contract"), ChangeOrder.number, line.item, line.position, line.cost_code,
        line.cost_type, line.description, line.amount_cents,
    )  # fmt: skip
    query = query.join(ChangeOrder, line.change_order_id == ChangeOrder.id)
    return query.join(Contract, ChangeOrder.contract_id == Contract.id)


def _lines() -> Rows:
    line, parent = SovLine, aliased(SovLine)
    query = select(
        line.id, Contract.number, line.item, line.position, line.cost_code, line.cost_type, line.description,
        line.scheduled_cents, ChangeOrder.number.label("change_order"), parent.item.label("parent"), line.quantity,
        line.unit, line.unit_price, line.opening_work_cents, line.opening_stored_cents, line.opening_retainage_cents,
    )  # fmt: skip
    query = query.join(Contract, line.contract_id == Contract.id)
    return query.outerjoin(ChangeOrder, line.change_order_id == ChangeOrder.id).outerjoin(
        parent, line.parent_id == parent.id
    )
