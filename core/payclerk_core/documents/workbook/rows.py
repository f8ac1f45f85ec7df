"""What a project's file says, row by row, as plain values; and what payclerk holds already that a part may refer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ...money import Money
from ...rules.lifecycle import ContractStatus
from ...rules.permissions import Level
from ..sheets import Fault, SheetFaultsError

SHOWN_FAULTS: Final = 200
_NOTHING: Final[Mapping[str, Any]] = {}


class WorkbookFaults(SheetFaultsError):  # noqa: N818 - what it holds
    """Why a file was refused as a whole."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
        super().__init__(f"Nothing was imported; {count} in the file:", faults, most=SHOWN_FAULTS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in its file, to name the cell when something is found wrong later."""

    sheet: str
    number: int
    letters: Mapping[str, str] = field(default_factory=dict)  # column's name -> its letter

    def fault(self, column: str, what: str, fix: str) -> Fault:
        """A fault in one of the row's cells."""
        letter = self.letters.get(column)
        return Fault(self.sheet, f"{letter}{self.number}" if letter else f"row {self.number}", what, fix)

    def __str__(self) -> str:
        return f"{self.sheet} row {self.number}"


NOWHERE: Final = Place("", 0)


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """The project. `more`, here and below: what optional columns say, by the attribute of the table."""

    number: str
    name: str
    timezone: str
    currency: str
    dictionary: str
    slack_channel: str | None
    period_start_day: int
    period_end_day: int
    period_due_day: int
    more: Mapping[str, Any] = field(default_factory=dict)
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company of the directory."""

    name: str
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person, with their role and levels on the project."""

    name: str
    email: str
    company: str
    role: str
    language: str
    commitments: Level
    client_contracts: Level
    former: str = ""  # the address that finds the person, when `email` is a new one
    key: str = ""  # finds the person whatever the address; an opaque text of the caller's
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of a sliding scale: `percent` is held until `until` of what `of` says is held."""

    contract: str
    percent: Decimal
    of: str
    until: Decimal


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract with its rates and invoice contacts (by e-mail)."""

    number: str
    kind: str
    title: str
    company: str
    status: ContractStatus
    private: bool
    work_retainage: Decimal
    stored_retainage: Decimal
    contacts: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict)
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What the rows of one change order say of it as a whole."""

    contract: str
    number: str
    title: str
    approved_on: date | None
    status: str
    package: bool
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SovRow:
    """A line of a schedule of values, or of a change order."""

    contract: str
    item: str
    cost_code: str
    cost_type: str
    description: str
    scheduled: Money
    change_order: ChangeRow | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def parent(self) -> str:
        """The item of the line that this one details; empty for the contract's own lines."""
        return str(self.more.get("parent") or "")


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A project as its file says it. `sov` holds the schedules' lines, then those of change orders."""

    project: ProjectRow
    companies: tuple[CompanyRow, ...]
    people: tuple[PersonRow, ...]
    contracts: tuple[ContractRow, ...]
    sov: tuple[SovRow, ...]
    rules: tuple[RuleRow, ...] = ()
    private: tuple[tuple[str, str], ...] = ()  # contract, e-mail


@dataclass(frozen=True, slots=True)
class KnownContract:
    """A contract that payclerk holds already."""

    company: str
    accounting: str = "amount"
    ssov: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What payclerk holds of the project already: with it, a file may hold some of the sheets only."""

    project: ProjectRow
    companies: frozenset[str]
    people: Mapping[str, tuple[str, str]]  # e-mail's key -> name, company
    contracts: Mapping[str, KnownContract]
