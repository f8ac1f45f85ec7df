"""Reading the workbook a project is imported from: everything checked, every fault at once, nothing touched."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..money import Money
from ..rules.lifecycle import ContractStatus
from ..rules.permissions import Level
from .sheets import Fault, SheetFaultsError, cell_money, merged_faults, open_workbook, sheet_names

KINDS: Final = ("subcontract", "purchase_order", "prime")
CURRENCIES: Final = ("USD", "CAD", "AUD", "NZD", "GBP", "EUR")
LANGUAGES: Final = ("en", "fr", "es")
DICTIONARIES: Final = ("us_general_contractor", "us_owner", "us_specialty_contractor", "au_nz", "uk")
PROJECT_ROWS: Final = (
    "number",
    "name",
    "time zone",
    "currency",
    "dictionary",
    "slack channel",
    "period start day",
    "period end day",
    "period due day",
)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "Companies": ("Name",),
    "People": ("Name", "E-mail", "Company", "Role", "Language", "Commitments", "Client contracts"),
    "Contracts": (
        "Number",
        "Kind",
        "Title",
        "Company",
        "Status",
        "Private",
        "Work retainage %",
        "Stored retainage %",
        "Invoice contacts",
    ),
    "SOV": ("Contract", "Item", "Cost code", "Cost type", "Description", "Scheduled value"),
}
CHANGE_COLUMNS: Final = (
    "Contract",
    "Number",
    "Title",
    "Approved on",
    "Item",
    "Cost code",
    "Cost type",
    "Description",
    "Amount",
)
T = TypeVar("T")
EMAIL: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


@dataclass(frozen=True, slots=True)
class ProjectRow:
    number: str
    name: str
    timezone: str
    currency: str
    dictionary: str
    slack_channel: str | None
    period_start_day: int
    period_end_day: int
    period_due_day: int


@dataclass(frozen=True, slots=True)
class PersonRow:
    name: str
    email: str
    company: str
    role: str
    language: str
    commitments: Level
    client_contracts: Level


@dataclass(frozen=True, slots=True)
class ContractRow:
    number: str
    kind: str
    title: str
    company: str
    status: ContractStatus
    private: bool
    work_retainage: Decimal
    stored_retainage: Decimal
    contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    number: str
    title: str
    approved_on: date


@dataclass(frozen=True, slots=True)
class SovRow:
    contract: str
    item: str
    cost_code: str
    cost_type: str
    description: str
    scheduled: Money
    change_order: ChangeRow | None = None


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A project as its workbook says it."""

    project: ProjectRow
    companies: tuple[str, ...]
    people: tuple[PersonRow, ...]
    contracts: tuple[ContractRow, ...]
    sov: tuple[SovRow, ...]


class WorkbookFaults(SheetFaultsError):  # noqa: N818 - what it holds
    """Why a workbook was refused as a whole."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"Nothing was imported; {len(faults)} faults in the workbook:", faults)


def read_workbook(content: bytes) -> ProjectFile:
    """The project in a workbook. Raises WorkbookFaults with every fault, or UserError when it is no workbook."""
    reader = _Reader(open_workbook(content), open_workbook(content, formulas=True))
    file = reader.read()
    if reader.faults or file is None:
        raise WorkbookFaults(reader.faults)
    return file


@dataclass
class _Row:
    """One row of a sheet: its cells by heading, and where they stand."""

    reader: _Reader
    sheet: str
    number: int
    cells: dict[str, tuple[str, Any]]

    def fault(self, column: str, what: str, fix: str) -> None:
        cell = self.cells[column][0]
        if (self.sheet, cell) not in self.reader.uncomputed:
            self.reader.faults.append(Fault(self.sheet, cell, what, fix))

    def text(self, column: str, *, required: bool = True) -> str:
        value = self.cells[column][1]
        if isinstance(value, bool | datetime):
            self.fault(column, f"'{column}' is not a text.", "Write it as text.")
            return ""
        found = "" if value is None else str(value).strip()
        if not found and required:
            self.fault(column, f"'{column}' is empty.", "Fill it in.")
        if len(found) > 300:
            self.fault(column, f"'{column}' has {len(found)} characters.", "Keep it within 300.")
        return found

    def choice(self, column: str, choices: Sequence[str], *, default: str | None = None) -> str:
        found = self.text(column, required=default is None).casefold().replace(" ", "_") or (default or "")
        if found and found not in choices:
            near = difflib.get_close_matches(found, choices, n=1)
            hint = f"Did you mean '{near[0]}'? " if near else ""
            self.fault(column, f"'{found}' is not known.", f"{hint}Use one of: {', '.join(choices)}.")
            return choices[0]
        return found or choices[0]

    def number_of(self, column: str, low: int, high: int, default: Decimal) -> Decimal:
        value = self.cells[column][1]
        if value is None:
            return default
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if isinstance(value, bool) or not found.is_finite() or not low <= found <= high:
            self.fault(column, f"'{value}' is not a number from {low} to {high}.", "Write a plain number.")
            return default
        return found

    def money(self, column: str, currency: str) -> Money:
        value = self.cells[column][1]
        try:
            return cell_money(value, currency)
        except ValueError as error:
            self.fault(column, f"'{column}': {error}.", "Write an amount like 1234.50.")
            return Money(0, currency)

    def day(self, column: str) -> date | None:
        value = self.cells[column][1]
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            self.fault(column, f"'{value}' is not a date.", "Write a date like 2026-11-30.")
            return None


@dataclass
class _Reader:
    """Goes through the sheets in order; later ones refer to earlier ones."""

    values: Any
    formulas: Any
    faults: list[Fault] = field(default_factory=list)
    uncomputed: set[tuple[str, str]] = field(default_factory=set)  # said once, and not again as empty cells

    def read(self) -> ProjectFile | None:
        missing = [name for name in ("Project", *COLUMNS) if name not in sheet_names(self.values)]
        for name in missing:
            near = difflib.get_close_matches(name, sheet_names(self.values), n=1)
            hint = f" Is '{near[0]}' it? Rename it." if near else " Add it; see the example workbook."
            self.faults.append(Fault(name, "", "The sheet is missing.", hint.strip()))
        if missing:
            return None
        project = self._project()
        companies = self._companies()
        people = self._people(companies)
        contracts = self._contracts(companies, people)
        sov = [*self._sov(contracts, project.currency), *self._changes(contracts, project.currency)]
        self._unique_items(sov)
        return ProjectFile(project, tuple(companies), tuple(people), tuple(contracts), tuple(row for row, _ in sov))

    def _project(self) -> ProjectRow:
        sheet = self.values["Project"]
        cells: dict[str, tuple[str, Any]] = {}
        for row in sheet.iter_rows(min_row=1, max_col=2):
            if row[0].value is not None:
                cells[str(row[0].value).strip().casefold()] = (row[1].coordinate, row[1].value)
        for name in PROJECT_ROWS:
            if name not in cells:
                self.faults.append(Fault("Project", "A", f"The row '{name}' is missing.", "Add it."))
                cells[name] = ("A", None)
        row = _Row(self, "Project", 1, cells)
        zone = row.text("time zone")
        try:
            ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            row.fault("time zone", f"'{zone}' is not a time zone.", "Write one like America/Chicago.")
        days = [
            int(row.number_of(f"period {n} day", 1, 31, Decimal(d)))
            for n, d in (("start", 1), ("end", 31), ("due", 25))
        ]
        return ProjectRow(
            row.text("number"),
            row.text("name"),
            zone,
            row.choice("currency", [c.casefold() for c in CURRENCIES]).upper(),
            row.choice("dictionary", DICTIONARIES, default=DICTIONARIES[0]),
            row.text("slack channel", required=False) or None,
            *days,
        )

    def _rows(self, name: str, columns: Sequence[str]) -> Iterator[_Row]:
        sheet, formulas = self.values[name], self.formulas[name]
        self.faults.extend(merged_faults(sheet))
        places = self._places(name, sheet, columns)
        for row in sheet.iter_rows(min_row=2):
            if all(cell.value is None for cell in row) and not any(
                formulas.cell(cell.row, cell.column).value is not None for cell in row
            ):
                continue
            cells = {column: (row[place].coordinate, row[place].value) for column, place in places.items()}
            self._uncomputed(name, formulas, cells)
            yield _Row(self, name, row[0].row, cells)

    def _places(self, name: str, sheet: Any, columns: Sequence[str]) -> dict[str, int]:
        heads = {
            str(cell.value).strip().casefold(): place for place, cell in enumerate(sheet[1]) if cell.value is not None
        }
        places = {column: heads[column.casefold()] for column in columns if column.casefold() in heads}
        spare = [head for head in heads if head not in {column.casefold() for column in columns}]
        for column in columns:
            if column not in places:
                near = difflib.get_close_matches(column.casefold(), spare, n=1)
                hint = f"Is '{near[0]}' it? Rename it." if near else "Add it."
                self.faults.append(Fault(name, "row 1", f"The column '{column}' is missing.", hint))
        return places if len(places) == len(columns) else {}

    def _uncomputed(self, name: str, formulas: Any, cells: Mapping[str, tuple[str, Any]]) -> None:
        for coordinate, value in cells.values():
            raw = formulas[coordinate].value
            if value is None and isinstance(raw, str) and raw.startswith("="):
                self.uncomputed.add((name, coordinate))
                self.faults.append(Fault(name, coordinate, "A formula without a result.", "Write the value."))

    def _companies(self) -> list[str]:
        rows = [(row, row.text("Name")) for row in self._rows("Companies", COLUMNS["Companies"]) if row.cells]
        return self._unique(rows, "Name", lambda name: name)

    def _people(self, companies: Sequence[str]) -> list[PersonRow]:
        rows = [(row, self._person(row, companies)) for row in self._rows("People", COLUMNS["People"]) if row.cells]
        return self._unique(rows, "E-mail", lambda person: person.email.casefold())

    def _person(self, row: _Row, companies: Sequence[str]) -> PersonRow:
        email = row.text("E-mail")
        if email and not EMAIL.fullmatch(email):
            row.fault("E-mail", f"'{email}' is not an e-mail address.", "Write one like name@company.com.")
        levels = [level.value for level in Level]
        return PersonRow(
            row.text("Name"),
            email,
            self._company(row, companies),
            row.text("Role"),
            row.choice("Language", LANGUAGES, default="en"),
            Level(row.choice("Commitments", levels, default="none")),
            Level(row.choice("Client contracts", levels, default="none")),
        )

    def _company(self, row: _Row, companies: Sequence[str]) -> str:
        name = row.text("Company")
        if name and name not in companies:
            near = difflib.get_close_matches(name, companies, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else "Add it to the sheet Companies."
            row.fault("Company", f"The company '{name}' is not in the sheet Companies.", hint)
        return name

    def _contracts(self, companies: Sequence[str], people: Sequence[PersonRow]) -> list[ContractRow]:
        known = {person.email.casefold(): person for person in people}
        rows = [
            (row, self._contract(row, companies, known))
            for row in self._rows("Contracts", COLUMNS["Contracts"])
            if row.cells
        ]
        return self._unique(rows, "Number", lambda contract: contract.number)

    def _contract(self, row: _Row, companies: Sequence[str], people: Mapping[str, PersonRow]) -> ContractRow:
        company = self._company(row, companies)
        contacts = [email.strip() for email in row.text("Invoice contacts", required=False).split(";") if email.strip()]
        for email in contacts:
            person = people.get(email.casefold())
            if person is None:
                row.fault("Invoice contacts", f"'{email}' is not in the sheet People.", "Add the person there.")
            elif person.company != company:
                what = f"{person.name} works for {person.company}, not for {company}."
                row.fault("Invoice contacts", what, "Only people of the contract's company can be invoice contacts.")
        return ContractRow(
            row.text("Number"),
            row.choice("Kind", KINDS),
            row.text("Title"),
            company,
            ContractStatus(row.choice("Status", [status.value for status in ContractStatus], default="draft")),
            row.choice("Private", ("no", "yes"), default="no") == "yes",
            row.number_of("Work retainage %", 0, 100, Decimal(0)),
            row.number_of("Stored retainage %", 0, 100, Decimal(0)),
            tuple(contacts),
        )

    def _sov(self, contracts: Sequence[ContractRow], currency: str) -> list[tuple[SovRow, _Row]]:
        numbers = [contract.number for contract in contracts]
        return [
            (self._line(row, numbers, currency, "Scheduled value"), row)
            for row in self._rows("SOV", COLUMNS["SOV"])
            if row.cells
        ]

    def _line(
        self, row: _Row, contracts: Sequence[str], currency: str, amount: str, change: ChangeRow | None = None
    ) -> SovRow:
        contract = row.text("Contract")
        if contract and contract not in contracts:
            row.fault("Contract", f"The contract '{contract}' is not in the sheet Contracts.", "Correct the number.")
        return SovRow(
            contract,
            row.text("Item"),
            row.text("Cost code"),
            row.text("Cost type"),
            row.text("Description"),
            row.money(amount, currency),
            change,
        )

    def _changes(self, contracts: Sequence[ContractRow], currency: str) -> list[tuple[SovRow, _Row]]:
        if "Change orders" not in sheet_names(self.values):
            return []
        numbers = [contract.number for contract in contracts]
        found = []
        for row in self._rows("Change orders", CHANGE_COLUMNS):
            if row.cells:
                approved = row.day("Approved on")
                change = ChangeRow(row.text("Number"), row.text("Title"), approved or date.min)
                found.append((self._line(row, numbers, currency, "Amount", change), row))
        return found

    def _unique_items(self, lines: Sequence[tuple[SovRow, _Row]]) -> None:
        seen: dict[tuple[str, str], str] = {}
        for line, row in lines:
            key = (line.contract, line.item)
            if key in seen and line.item:
                row.fault(
                    "Item", f"Item {line.item} of {line.contract} stands in {seen[key]} already.", "Renumber one."
                )
            seen.setdefault(key, f"{row.sheet} row {row.number}")

    def _unique(self, rows: Sequence[tuple[_Row, T]], column: str, key: Callable[[T], str]) -> list[T]:
        seen: dict[str, int] = {}
        for row, value in rows:
            name = key(value)
            if name and name in seen:
                row.fault(column, f"'{name}' stands in row {seen[name]} already.", "Remove one of the two.")
            seen.setdefault(name, row.number)
        return [value for _, value in rows]
