"""Loading a project from its workbook: all or nothing, and again changes nothing (`payclerk import`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from ..documents.workbook import ContractRow, PersonRow, ProjectFile, SovRow
from ..errors import UserError
from ..queries.directory import email_key
from ..tables import (
    ChangeOrder,
    Claim,
    Company,
    Contract,
    InvoiceContact,
    Member,
    Person,
    Project,
    SovLine,
)
from .call import Call, Row


@dataclass
class ImportReport:
    """How many records were new, changed or already as the file says."""

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    same: int = 0

    def lines(self) -> list[str]:
        counts = [f"{count} new {name}" for name, count in self.new.items()]
        counts += [f"{count} changed {name}" for name, count in self.changed.items()]
        return [*(counts or ["Nothing to change"]), f"{self.same} already as in the file"]


def import_project(call: Call, file: ProjectFile) -> ImportReport:
    """Bring the database to what the file says. Nothing is deleted; what was billed on is never changed."""
    loader = _Loader(call)
    project = loader.project(file)
    companies = {name: loader.company(name) for name in file.companies}
    people = {email_key(row.email): loader.person(row, companies, project) for row in file.people}
    contracts = {row.number: loader.contract(row, companies, people, project) for row in file.contracts}
    positions: dict[str, int] = {}
    for row in file.sov:
        positions[row.contract] = positions.get(row.contract, 0) + 1
        loader.sov_line(row, contracts[row.contract], positions[row.contract])
    report = loader.report
    if report.new or report.changed:
        call.record("imported", project, project_id=project.id, after={"new": report.new, "changed": report.changed})
    return report


class _Loader:
    """Finds each record by what names it, and makes or changes it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.report = ImportReport()

    def project(self, file: ProjectFile) -> Project:
        row = file.project
        values = {
            "name": row.name,
            "timezone": row.timezone,
            "currency": row.currency,
            "dictionary": row.dictionary,
            "slack_channel": row.slack_channel,
            "period_start_day": row.period_start_day,
            "period_end_day": row.period_end_day,
            "period_due_day": row.period_due_day,
        }
        return self._put(Project, {"number": row.number}, values)

    def company(self, name: str) -> Company:
        return self._put(Company, {"name": name}, {})

    def person(self, row: PersonRow, companies: Mapping[str, Company], project: Project) -> Person:
        values = {
            "name": row.name,
            "email": row.email,
            "language": row.language,
            "company_id": companies[row.company].id,
        }
        person = self._put(Person, {"email_key": email_key(row.email)}, values)
        levels = {
            "role": row.role,
            "commitments": row.commitments.value,
            "client_contracts": row.client_contracts.value,
        }
        self._put(Member, {"project_id": project.id, "person_id": person.id}, levels)
        return person

    def contract(
        self, row: ContractRow, companies: Mapping[str, Company], people: Mapping[str, Person], project: Project
    ) -> Contract:
        values = {
            "title": row.title,
            "kind": row.kind,
            "company_id": companies[row.company].id,
            "private": row.private,
            "work_retainage": row.work_retainage,
            "stored_retainage": row.stored_retainage,
            "status": row.status.value,
        }
        contract = self._put(Contract, {"project_id": project.id, "number": row.number}, values)
        for email in row.contacts:
            self._put(InvoiceContact, {"contract_id": contract.id, "person_id": people[email_key(email)].id}, {})
        return contract

    def sov_line(self, row: SovRow, contract: Contract, position: int) -> None:
        change = self._change_order(row, contract)
        values = {
            "position": position,
            "cost_code": row.cost_code,
            "cost_type": row.cost_type,
            "description": row.description,
            "scheduled_cents": row.scheduled.cents,
            "change_order_id": change.id if change else None,
        }
        self._refuse_if_billed(contract, row, values)
        self._put(SovLine, {"contract_id": contract.id, "item": row.item}, values)

    def _change_order(self, row: SovRow, contract: Contract) -> ChangeOrder | None:
        if row.change_order is None:
            return None
        change = row.change_order
        values = {"title": change.title, "approved_on": change.approved_on, "status": "approved"}
        return self._put(ChangeOrder, {"contract_id": contract.id, "number": change.number}, values)

    def _refuse_if_billed(self, contract: Contract, row: SovRow, values: Mapping[str, Any]) -> None:
        """An amount that claims were made on is history: it changes by a change order, not by a file."""
        query = select(SovLine).where(SovLine.contract_id == contract.id, SovLine.item == row.item)
        known = self._call.session.scalar(query)
        if known is None or known.scheduled_cents == values["scheduled_cents"]:
            return
        if self._call.session.scalar(select(Claim.id).where(Claim.contract_id == contract.id).limit(1)) is not None:
            raise UserError(
                f"Contract {contract.number}, line {row.item}: the scheduled value cannot change, claims were made "
                "on it. Add a change order instead.",
                code="billed",
            )

    def _put(self, table: type[Row], key: Mapping[str, Any], values: Mapping[str, Any]) -> Row:
        """The record with this key and these values: made, changed, or found as it is."""
        row = self._call.session.scalar(select(table).filter_by(**key))
        name = table.__tablename__.replace("_", " ")
        if row is None:
            stamp = self._call.stamp(values["status"]) if "status" in values else {}
            row = table(**key, **{**values, **stamp})
            self._call.session.add(row)
            self.report.new[name] = self.report.new.get(name, 0) + 1
        elif different := {k: v for k, v in values.items() if getattr(row, k) != v}:
            for attribute, value in different.items():
                setattr(row, attribute, value)
            if "status" in different:
                self._call.move(row, values["status"])
            self.report.changed[name] = self.report.changed.get(name, 0) + 1
        else:
            self.report.same += 1
        self._call.session.flush()
        return row
