"""What an import did or would do, in words: how many of each kind, and the first of them by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ...money import Money
from ...rules.seen import fingerprint
from .plan import Difference, Plan
from .wanted import KINDS, Key

SHOWN: Final = 5  # records a kind
RECORDED: Final = 1000  # changes kept in the event
_PLURALS: Final = {"company": "companies", "person": "people", "private list entry": "private list entries"}


@dataclass
class ImportReport:
    """How many records were new, changed or already as the file says."""

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    same: int = 0

    @classmethod
    def of(cls, plan: Plan) -> ImportReport:
        """The counts of a plan."""
        new = {kind: len(found) for kind, found in plan.new.items() if found}
        changed = {kind: len(found) for kind, found in plan.changed.items() if found}
        return cls(new, changed, len(plan.dropped_rules), plan.same)

    def lines(self) -> list[str]:
        """The counts in words."""
        counts = [f"{count} new {named(kind, count)}" for kind, count in self.new.items()]
        counts += [f"{count} changed {named(kind, count)}" for kind, count in self.changed.items()]
        if self.dropped:
            counts.append(f"{self.dropped} removed {named('retainage rule', self.dropped)}")
        return [*(counts or ["Nothing to change"]), f"{self.same} already as in the file"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One group of a preview: its heading, some records by name, and how many more there are."""

    heading: str
    records: tuple[str, ...]
    more: int


def preview_of(plan: Plan, *, most: int = SHOWN) -> list[Shown]:
    """What would be new and changed, kind by kind; changes with each field before and after."""
    groups = []
    for kind in KINDS:
        for word, found in (("new", plan.new[kind]), ("changed", plan.changed[kind])):
            if found:
                heading = f"{len(found)} {word} {named(kind, len(found))}"
                groups.append(
                    Shown(heading, tuple(_shown(plan, kind, one) for one in found[:most]), max(0, len(found) - most))
                )
    if plan.dropped_rules:
        count = len(plan.dropped_rules)
        groups.append(Shown(f"{count} removed {named('retainage rule', count)}", (), 0))
    return groups


def plan_digest(plan: Plan) -> str:
    """What a person who confirms a preview depends on: every record that would be new, changed or removed."""
    new = [[kind, *one.key, _plain(one.values)] for kind in KINDS for one in plan.new[kind]]
    changed = [[kind, *one.wanted.key, _plain(one.fields)] for kind in KINDS for one in plan.changed[kind]]
    return fingerprint([new, changed, len(plan.dropped_rules)])


def _plain(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}={values[name]}" for name in sorted(values)]


def preview_lines(plan: Plan) -> list[str]:
    """The preview as plain text."""
    lines = []
    for group in preview_of(plan):
        lines.append(group.heading)
        lines += [f"  {record}" for record in group.records]
        lines += [f"  ... and {group.more} more"] if group.more else []
    return [*(lines or ["Nothing to change"]), f"{plan.same} already as in the file"]


def _shown(plan: Plan, kind: str, one: Any) -> str:
    if not isinstance(one, Difference):
        return _label(kind, one.key)
    fields = (
        f"{words(n)} {said(n, b, plan.currency)} -> {said(n, a, plan.currency)}" for n, (b, a) in one.fields.items()
    )
    return f"{_label(kind, one.wanted.key)}: {', '.join(fields)}"


def changes_to_record(plan: Plan) -> Iterator[Mapping[str, object]]:
    """Each changed record with its fields before and after, for the event."""
    for kind, found in plan.changed.items():
        for one in found:
            before = {n: said(n, b, plan.currency) for n, (b, _) in one.fields.items()}
            after = {n: said(n, a, plan.currency) for n, (_, a) in one.fields.items()}
            yield {"record": kind, "key": list(one.wanted.key), "before": before, "after": after}


def named(kind: str, count: int) -> str:
    """The kind's name, for one or several."""
    return kind if count == 1 else _PLURALS.get(kind, f"{kind}s")


def words(attribute: str) -> str:
    """The attribute as people call it."""
    return attribute.removesuffix("_cents").replace("_", " ")


def said(attribute: str, value: Any, currency: str) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return "nothing"
    if attribute.endswith("_cents"):
        return str(Money(value, currency))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else f"{value:f}" if isinstance(value, Decimal) else str(value)


def _label(kind: str, key: Key) -> str:
    if kind in {"sov line", "change order line"}:
        return f"{' '.join(key[:-1])} line {key[-1]}"
    return " ".join(key)
