"""What a file wants, as records of each kind named by what people call them, and without keys of the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ...documents.workbook import ChangeRow, Place, ProjectFile, SovRow
from ...documents.workbook.columns import OPENING_NAMES
from ...queries.directory import email_key

# The kinds in the order in which they are stored: later ones refer to earlier ones.
KINDS: Final = (
    "project",
    "company",
    "person",
    "member",
    "contract",
    "invoice contact",
    "private list entry",
    "retainage rule",
    "change order",
    "change order line",
    "sov line",
)
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One record: what finds it again, what it should say, and where the file says so."""

    key: Key
    values: Mapping[str, Any]
    place: Place = field(default_factory=lambda: Place("", 0))


Wants = Mapping[str, list[Wanted]]


def wants_of(file: ProjectFile, moved: Mapping[str, str]) -> Wants:
    """Every record that the file describes, by kind. `moved`: whom another sheet still calls by a former address."""

    def now(email: str) -> str:
        return moved.get(email_key(email), email_key(email))

    contacts = [(row.number, now(email)) for row in file.contracts for email in row.contacts]
    return {
        "project": [_project(file)],
        "company": [Wanted((row.name,), row.more) for row in file.companies],
        "person": [
            Wanted(
                (email_key(row.email),),
                {"name": row.name, "email": row.email, "company": row.company, "language": row.language},
            )
            for row in file.people
        ],
        "member": [
            Wanted(
                (email_key(row.email),),
                {
                    "role": row.role,
                    "commitments": row.commitments.value,
                    "client_contracts": row.client_contracts.value,
                },
            )
            for row in file.people
        ],
        "contract": list(_contracts(file)),
        "invoice contact": [Wanted(pair, {}) for pair in dict.fromkeys(contacts)],
        "private list entry": [Wanted((contract, now(email)), {}) for contract, email in file.private],
        "retainage rule": list(_rules(file)),
        "change order": [_change(change) for change in _changes(file).values()],
        "change order line": list(_change_lines(file)),
        "sov line": list(_lines(file)),
    }


def _project(file: ProjectFile) -> Wanted:
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
    return Wanted((row.number,), {**values, **row.more}, row.place)


def _contracts(file: ProjectFile) -> Iterable[Wanted]:
    for row in file.contracts:
        values = {
            "title": row.title,
            "kind": row.kind,
            "company": row.company,
            "private": row.private,
            "work_retainage": row.work_retainage,
            "stored_retainage": row.stored_retainage,
            "status": row.status.value,
        }
        yield Wanted((row.number,), {**values, **row.more}, row.place)


def _rules(file: ProjectFile) -> Iterable[Wanted]:
    counts: dict[str, int] = {}
    for row in file.rules:
        counts[row.contract] = counts.get(row.contract, 0) + 1
        values = {"percent": row.percent, "of": row.of, "until": row.until}
        yield Wanted((row.contract, str(counts[row.contract])), values)


def _changes(file: ProjectFile) -> dict[Key, ChangeRow]:
    return {(c.contract, c.number): c for row in file.sov if (c := row.change_order) is not None}


def _change(change: ChangeRow) -> Wanted:
    values = {
        "title": change.title,
        "approved_on": change.approved_on,
        "status": change.status,
        "package": change.package,
    }
    return Wanted((change.contract, change.number), values, change.place)


def _change_lines(file: ProjectFile) -> Iterable[Wanted]:
    for row in file.sov:
        if row.change_order is not None:
            values = {**_words(row), "amount_cents": row.scheduled.cents}
            yield Wanted((row.contract, row.change_order.number, row.item), values, row.place)


def _words(row: SovRow) -> dict[str, Any]:
    return {"cost_code": row.cost_code, "cost_type": row.cost_type, "description": row.description}


def _lines(file: ProjectFile) -> Iterable[Wanted]:
    """Schedules first, then what approved change orders add: each line, or one for a package (domain 2.5)."""
    packages: dict[Key, list[SovRow]] = {}
    for row in file.sov:
        change = row.change_order
        if change is None:
            yield _line(row, None)
        elif change.status == "approved" and not change.package:
            yield _line(row, change.number)
        elif change.status == "approved":
            packages.setdefault((change.contract, change.number), []).append(row)
    for rows in packages.values():
        yield _package_line(rows)


def _line(row: SovRow, change: str | None) -> Wanted:
    values = {**_words(row), "scheduled_cents": row.scheduled.cents, "change_order": change, **row.more}
    return Wanted((row.contract, row.item), values, row.place)


def _package_line(rows: list[SovRow]) -> Wanted:
    """The whole change order as one line, under its own number."""
    change = rows[0].change_order
    assert change is not None  # noqa: S101 - packages are made of change orders' rows
    values = {
        **_words(rows[0]),
        "description": change.title,
        "scheduled_cents": sum(row.scheduled.cents for row in rows),
        "change_order": change.number,
        **{name: sum(row.more[name] for row in rows) for name in OPENING_NAMES if name in rows[0].more},
    }
    return Wanted((change.contract, change.number), values, change.place)
