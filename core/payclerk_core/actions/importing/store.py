"""Storing a plan: kind by kind, each in bulk, so that fifty thousand lines take seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sqlalchemy import delete, insert, update

from ...documents.workbook import Progress
from ...queries.directory import email_key
from ...tables import (
    Base,
    ChangeOrder,
    ChangeOrderLine,
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
from ..call import Call
from .held import look
from .plan import Plan
from .report import named
from .wanted import KINDS, Key, Wanted

BULK: Final = 5000  # rows a statement
_TABLES: Final[Mapping[str, type[Base]]] = {
    "project": Project,
    "company": Company,
    "person": Person,
    "member": Member,
    "contract": Contract,
    "invoice contact": InvoiceContact,
    "private list entry": PrivateListEntry,
    "retainage rule": RetainageRule,
    "change order": ChangeOrder,
    "change order line": ChangeOrderLine,
    "sov line": SovLine,
}
_REFERRED_TO: Final = frozenset({"project", "company", "person", "contract", "change order"})
Columns = dict[str, Any]


def store(call: Call, plan: Plan, number: str, tell: Progress) -> int:
    """Make and change what the plan says; the project's key."""
    _Store(call, plan, number, tell).run()
    call.session.expire_all()  # bulk statements pass by what the session holds
    return plan.held.project_id or 0


@dataclass
class _Store:
    call: Call
    plan: Plan
    number: str
    tell: Progress
    _done: int = 0
    _positions: dict[Key, int] = field(default_factory=dict)

    def run(self) -> None:
        for kind in KINDS:
            new = self.plan.new[kind]
            details = [wanted for wanted in new if kind == "sov line" and wanted.values.get("parent")]
            self._insert(kind, [wanted for wanted in new if not wanted.values.get("parent")])
            if details:
                look(self.call.session, self.plan.held, kind, self.number)
                self._insert(kind, details)
            self._update(kind)
            if new and kind in _REFERRED_TO:
                look(self.call.session, self.plan.held, kind, self.number)
        gone = [record.id for record in self.plan.dropped_rules]
        if gone:
            self.call.session.execute(delete(RetainageRule).where(RetainageRule.id.in_(gone)))

    def _insert(self, kind: str, wanted: Sequence[Wanted]) -> None:
        rows = ({**self._names(kind, one.key), **self._columns(one.key, one.values)} for one in wanted)
        self._in_bulk(insert(_TABLES[kind]), kind, rows, len(wanted))

    def _update(self, kind: str) -> None:
        changes = self.plan.changed[kind]
        new_values = ({name: after for name, (_, after) in change.fields.items()} for change in changes)
        pairs = zip(changes, new_values, strict=True)
        rows = ({"id": c.record.id, **self._columns(c.wanted.key, values)} for c, values in pairs)
        self._in_bulk(update(_TABLES[kind]), kind, rows, len(changes))

    def _in_bulk(self, statement: Any, kind: str, rows: Iterator[Columns], count: int) -> None:
        done = 0
        for part in _parts(rows):
            self.call.session.execute(statement, part)
            done += len(part)
            self.tell(f"Storing {named(kind, 2)}", done, count)

    def _names(self, kind: str, key: Key) -> Columns:
        """The columns that find a record of this kind."""
        match kind:
            case "company":
                return {"name": key[0]}
            case "person":
                return {"email_key": key[0]}
            case "member":
                return {**self._project(), "person_id": self._id("person", key[0])}
            case "project":
                return {"number": key[0]}
            case "contract":
                return {**self._project(), "number": key[0]}
            case "change order line":
                return {
                    "change_order_id": self._id("change order", *key[:2]),
                    "item": key[2],
                    **self._next(kind, key[:2]),
                }
        return {**self._contract(key[0]), **self._name_in_contract(kind, key)}

    def _name_in_contract(self, kind: str, key: Key) -> Columns:
        match kind:
            case "retainage rule":
                return {"position": int(key[1])}
            case "change order":
                return {"number": key[1]}
            case "sov line":
                return {"item": key[1], **self._next(kind, key[:1])}
        return {"person_id": self._id("person", key[1])}

    def _columns(self, key: Key, values: Mapping[str, Any]) -> Columns:
        """The values with keys of the database instead of names, and states with who and when."""
        columns = dict(values)
        if "email" in columns:
            columns["email_key"] = email_key(columns["email"])
        if "company" in columns:
            columns["company_id"] = self._id("company", columns.pop("company"))
        if "change_order" in columns:
            change = columns.pop("change_order")
            columns["change_order_id"] = self._id("change order", key[0], change) if change else None
        if "parent" in columns:
            parent = columns.pop("parent")
            columns["parent_id"] = self._id("sov line", key[0], parent) if parent else None
        for status in ("status", "ssov_status"):
            if status in columns:
                columns |= {f"{status}_at": self.call.at, f"{status}_by_id": self.call.actor_id}
        return columns

    def _id(self, kind: str, *key: str) -> int:
        return self.plan.held.records[kind][key].id

    def _project(self) -> Columns:
        return {"project_id": self.plan.held.project_id}

    def _contract(self, number: str) -> Columns:
        return {"contract_id": self._id("contract", number)}

    def _next(self, kind: str, of: Key) -> Columns:
        """Behind what is there: lines are never renumbered (column A)."""
        if not self._positions:
            self._positions = self._last_positions()
        place = self._positions[kind, *of] = self._positions.get((kind, *of), 0) + 1
        return {"position": place}

    def _last_positions(self) -> dict[Key, int]:
        last: dict[Key, int] = {("", ""): 0}
        for kind in ("change order line", "sov line"):
            for key, record in self.plan.held.records[kind].items():
                of = (kind, *key[:-1])
                last[of] = max(last.get(of, 0), record.values["position"])
        return last


def _parts(rows: Iterator[Columns]) -> Iterator[list[Columns]]:
    while part := list(islice(rows, BULK)):
        yield part
