"""Change orders: draft, pending, approved, void. Only an approved one changes the contract's sum (domain 2.5, 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from ..errors import UserError
from ..money import Money, total


class ChangeStatus(StrEnum):
    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    VOID = "void"


# What was approved is never edited: another change order answers it.
EDITABLE: Final = frozenset({ChangeStatus.DRAFT, ChangeStatus.PENDING})
_LENGTHS: Final = {"item": 40, "cost_code": 40, "cost_type": 40, "description": 300}
CostKey = tuple[str, str]  # cost code, cost type


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One line of a change order: additions are positive, deductions negative."""

    item: str
    cost_code: str
    cost_type: str
    description: str
    amount: Money

    @property
    def cost(self) -> CostKey:
        return self.cost_code, self.cost_type


def check_entries(entries: Sequence[ChangeEntry], currency: str) -> None:
    """Raise UserError, with the line, for lines that cannot join a schedule of values."""
    if not entries:
        raise UserError("A change order needs at least one line.", field="lines")
    for entry in entries:
        _check_entry(entry, currency)
    seen: set[str] = set()
    for item in (entry.item.strip() for entry in entries):
        if item in seen:
            raise UserError(f"Item {item} stands there twice; number each line once.", field="lines")
        seen.add(item)


def _check_entry(entry: ChangeEntry, currency: str) -> None:
    for name, longest in _LENGTHS.items():
        value = getattr(entry, name).strip()
        if not value or len(value) > longest:
            what = f"is longer than {longest} characters" if value else "is missing"
            raise UserError(f"Line {entry.item}: the {name.replace('_', ' ')} {what}.", field="lines")
    if entry.amount.currency != currency:
        raise UserError(f"Line {entry.item}: amounts of this contract are in {currency}.", field="lines")


def joining_lines(entries: Sequence[ChangeEntry], *, package: bool, number: str, title: str) -> list[ChangeEntry]:
    """The lines that join the schedule of values: each one, or for a package a single one with the sum."""
    if not package:
        return list(entries)
    if len({entry.cost for entry in entries}) > 1:
        text = "Its lines have several cost codes or types, so one line cannot stand for them; add them line by line."
        raise UserError(text, code="mixed_costs", field="package")
    first = entries[0]
    amount = total((entry.amount for entry in entries), first.amount.currency)
    return [ChangeEntry(number, first.cost_code, first.cost_type, title, amount)]


def reversed_entries(entries: Sequence[ChangeEntry], number: str) -> list[ChangeEntry]:
    """Lines that take back others, to the cent; their items carry the reversing change order's number."""
    return [
        replace(entry, item=f"{number}/{entry.item}"[:40], amount=-entry.amount, description=f"Less: {entry.description}"[:300])
        for entry in entries
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Billed:
    """What of a contract is scheduled and what is completed and stored to date, by cost code and type."""

    scheduled: Mapping[CostKey, Money]
    completed: Mapping[CostKey, Money]


def below_billed(entries: Sequence[ChangeEntry], billed: Billed, currency: str) -> list[str]:
    """Warnings for costs, and for the whole contract, that this change takes below what is billed (domain 3.5)."""
    nothing = Money(0, currency)
    found = []
    for cost in dict.fromkeys(entry.cost for entry in entries if entry.amount < nothing):
        change = total((entry.amount for entry in entries if entry.cost == cost), currency)
        after, done = billed.scheduled.get(cost, nothing) + change, billed.completed.get(cost, nothing)
        if after < done:
            found.append(f"{' '.join(cost)} would be {after}, below the {done} that is billed.")
    before = total(billed.scheduled.values(), currency)
    after = before + total((entry.amount for entry in entries), currency)
    done = total(billed.completed.values(), currency)
    if after < before and after < done:
        found.append(f"The contract would be {after}, below the {done} that is billed.")
    return found
