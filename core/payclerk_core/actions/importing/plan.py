"""What an import would do: wanted against held, with everything that the file may not change named at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ...documents.sheets import Fault
from ...documents.workbook import WorkbookFaults
from ...money import Money
from ...rules.ssov import remaining
from .held import Held, Record
from .wanted import KINDS, Key, Wanted, Wants

_COLUMNS: Final = {
    "scheduled_cents": "Scheduled value",
    "quantity": "Quantity",
    "unit_price": "Unit price",
    "opening_work_cents": "Opening work",
    "opening_stored_cents": "Opening stored",
    "opening_retainage_cents": "Opening retainage",
    "parent": "Parent",
    "company": "Company",
    "kind": "Kind",
    "accounting": "Accounting",
    "first_number": "First claim number",
}
# What claims were made on is history (domain 1.2): it changes by a change order, not by a file.
_LOCKED_LINE: Final = ("scheduled_cents", "quantity", "unit_price", "parent", "opening_work_cents",
                       "opening_stored_cents", "opening_retainage_cents")  # fmt: skip
_LOCKED_CONTRACT: Final = ("company", "kind", "accounting", "first_number")


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that is there and would change: field by field, before and after."""

    wanted: Wanted
    record: Record
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
class Plan:
    """What would be new, changed and the same, by kind; and the retainage rules that a shorter scale leaves over."""

    held: Held
    currency: str
    new: dict[str, list[Wanted]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    changed: dict[str, list[Difference]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    same: int = 0
    dropped_rules: list[Record] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Is everything as the file says already?"""
        return not (any(self.new.values()) or any(self.changed.values()) or self.dropped_rules)


def plan_import(wants: Wants, held: Held, currency: str) -> Plan:
    """Compare, changing nothing. Raises WorkbookFaults with everything that a file cannot change."""
    plan = Plan(held, currency)
    for kind in KINDS:
        for wanted in wants[kind]:
            _compare(plan, kind, wanted)
    plan.dropped_rules = _left_over(wants, held)
    faults = list(_faults(plan, wants))
    if faults:
        raise WorkbookFaults(faults)
    return plan


def _compare(plan: Plan, kind: str, wanted: Wanted) -> None:
    record = plan.held.records[kind].get(wanted.key)
    if record is None:
        plan.new[kind].append(wanted)
        return
    fields = {n: (record.values[n], value) for n, value in wanted.values.items() if record.values[n] != value}
    if fields:
        plan.changed[kind].append(Difference(wanted, record, fields))
    else:
        plan.same += 1


def _left_over(wants: Wants, held: Held) -> list[Record]:
    """A scale is one setting: where the file has rules for a contract, those behind its last one go."""
    counts: dict[str, int] = {}
    for wanted in wants["retainage rule"]:
        counts[wanted.key[0]] = int(wanted.key[1])
    rules = held.records["retainage rule"].items()
    return [record for (contract, place), record in rules if int(place) > counts.get(contract, int(place))]


def _faults(plan: Plan, wants: Wants) -> Iterator[Fault]:
    yield from _project_faults(plan)
    yield from _contract_faults(plan)
    yield from _change_order_faults(plan)
    yield from _line_faults(plan)
    yield from _new_line_faults(plan)
    yield from _detail_faults(plan, wants)


def _project_faults(plan: Plan) -> Iterator[Fault]:
    for change in plan.changed["project"]:
        if "currency" in change.fields and plan.held.records["sov line"]:
            before = change.fields["currency"][0]
            what = f"The project's amounts are in {before}; the currency cannot change."
            yield Fault("Project", "Currency", what, f"Write {before}.")


def _contract_faults(plan: Plan) -> Iterator[Fault]:
    for change in plan.changed["contract"]:
        number = change.wanted.key[0]
        if number in plan.held.billed:
            for name in _changed(change, _LOCKED_CONTRACT):
                what = f"The {name} of contract {number} cannot change from {change.fields[name][0]}: claims were made on it."
                yield change.wanted.place.fault(_COLUMNS[name], what, "Write it as it was.")


def _change_order_faults(plan: Plan) -> Iterator[Fault]:
    for change in plan.changed["change order"]:
        before = change.record.values["status"]
        number, contract = change.wanted.key[1], change.wanted.key[0]
        if before == "approved" and _changed(change, ("status", "package")):
            what = f"Change order {number} of {contract} is approved and in the schedule of values."
            yield change.wanted.place.fault("Status", what, "Add another change order that takes it back.")


def _line_faults(plan: Plan) -> Iterator[Fault]:
    for change in plan.changed["sov line"]:
        contract, item = change.wanted.key
        if "change_order" in change.fields:
            what = (
                f"Item {item} of {contract} is a line of {change.fields['change_order'][0] or 'the contract'} already."
            )
            yield change.wanted.place.fault("Item", what, "Renumber it.")
        if contract in plan.held.billed:
            for name in _changed(change, _LOCKED_LINE):
                title = _COLUMNS[name].casefold()
                what = f"Contract {contract}, line {item}: the {title} cannot change, claims were made on it."
                yield change.wanted.place.fault(_COLUMNS[name], what, "Add a change order instead.")


def _new_line_faults(plan: Plan) -> Iterator[Fault]:
    """The original contract sum is constant once it was billed on (domain 3.1)."""
    for wanted in plan.new["sov line"]:
        contract, item = wanted.key
        if contract in plan.held.billed and wanted.values["change_order"] is None:
            what = f"Contract {contract} has no line {item}, and none can be added: claims were made on it."
            yield wanted.place.fault("Item", what, "Add a change order instead.")


def _changed(change: Difference, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in change.fields]


def _detail_faults(plan: Plan, wants: Wants) -> Iterator[Fault]:
    """Details add up to their line, whether they come from the file or were there."""
    lines = _after(plan, wants)
    details: dict[Key, list[Money]] = {}
    for (contract, _), (values, _) in lines.items():
        if values.get("parent"):
            details.setdefault((contract, values["parent"]), []).append(_scheduled(plan, values))
    touched = {w.key for w in wants["sov line"]} | {
        (w.key[0], str(w.values["parent"])) for w in wants["sov line"] if w.values.get("parent")
    }
    for key, amounts in details.items():
        if key not in touched:
            continue
        values, place = lines.get(key, ({}, None))
        if not values or values.get("parent"):
            yield Fault("SOV", "Parent", f"Item {key[1]} is no line of {key[0]} that can have details.", "Correct it.")
        elif lacking := remaining(_scheduled(plan, values), amounts):
            what = f"The details of {key[0]} line {key[1]} differ by {lacking.plain()} from it."
            fault = place.place.fault if place else Wanted(key, {}).place.fault
            yield fault("Scheduled value", what, "Correct one of them; they have to add up.")


def _after(plan: Plan, wants: Wants) -> dict[Key, tuple[Mapping[str, Any], Wanted | None]]:
    """All lines as they would be."""
    held = plan.held.records["sov line"]
    lines: dict[Key, tuple[Mapping[str, Any], Wanted | None]] = {k: (record.values, None) for k, record in held.items()}
    for wanted in wants["sov line"]:
        before = held[wanted.key].values if wanted.key in held else {}
        lines[wanted.key] = ({**before, **wanted.values}, wanted)
    return lines


def _scheduled(plan: Plan, values: Mapping[str, Any]) -> Money:
    return Money(values["scheduled_cents"], plan.currency)
