"""Reading the file a project is imported from: everything checked, every fault at once, nothing touched."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...errors import UserError
from ...rules.lifecycle import ContractStatus
from ...rules.permissions import Level
from ..sheets import Fault
from .cells import Row, known_or_near
from .columns import NEEDED
from .files import OpenedFile, Source, open_file
from .grid import Grid, Progress, untold
from .rows import (
    CompanyRow,
    ContractRow,
    Known,
    KnownContract,
    PersonRow,
    ProjectFile,
    ProjectRow,
    WorkbookFaults,
)
from .scales import read_scales
from .schedule import contract_of, read_schedule
from .sheet_reader import project_cells, rows_of

EMAIL: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
T = TypeVar("T")


def read_workbook(content: bytes, name: str = "", known: Known | None = None) -> ProjectFile:
    """The project in one file: XLSX, CSV, or a ZIP of CSV files. See `read_project`."""
    return read_project([Source(name, content)], known)


def read_project(sources: Sequence[Source], known: Known | None = None, tell: Progress = untold) -> ProjectFile:
    """The project that a file, or a folder of CSV files, describes.

    With `known` the project exists and sheets may be missing. Raises WorkbookFaults with every fault, or UserError
    when it is no such file.
    """
    return read_opened(open_file(sources, tell), known)


def read_opened(opened: OpenedFile, known: Known | None) -> ProjectFile:
    """The same of a file that was opened to see which project it is of."""
    reader = _Reader({grid.sheet: grid for grid in opened.grids}, opened.others, known)
    file = reader.read()
    if reader.faults or file is None:
        raise WorkbookFaults(reader.faults)
    return file


@dataclass
class _Reader:
    """Goes through the sheets in order; later ones refer to earlier ones."""

    grids: Mapping[str, Grid]
    others: Sequence[str]
    known: Known | None
    faults: list[Fault] = field(default_factory=list)

    def read(self) -> ProjectFile | None:
        if self.known is None and self._missing():
            return None
        project = self._project()
        companies = self._companies()
        people = self._people({row.name for row in companies} | self._known_companies())
        contracts = self._contracts(companies, people)
        known = self._known_contracts(contracts)
        stepped = frozenset(row.number for row in contracts if row.more.get("step_at") is not None)
        rules = read_scales(self._rows("Retainage rules", project.currency), known, stepped)
        private = self._private(known, self._everybody(people))
        whole = self.known is None
        sov = read_schedule(self.grids, project.currency, known, self.faults, whole=whole)
        return ProjectFile(
            project, tuple(companies), tuple(people), tuple(contracts), tuple(sov), tuple(rules), tuple(private)
        )

    def _missing(self) -> bool:
        missing = [name for name in NEEDED if name not in self.grids]
        for name in missing:
            near = difflib.get_close_matches(name, self.others, n=1)
            hint = f"Is '{near[0]}' it? Rename it." if near else "Add it; see the example workbook."
            self.faults.append(Fault(name, "", "The sheet is missing.", hint))
        return bool(missing)

    def _rows(self, sheet: str, currency: str = "") -> Iterable[Row]:
        """The rows of a sheet; `currency` is needed where there are amounts."""
        grid = self.grids.get(sheet)
        return rows_of(grid, currency, self.faults) if grid else ()

    def _known_companies(self) -> frozenset[str]:
        return self.known.companies if self.known else frozenset()

    def _known_contracts(self, contracts: Sequence[ContractRow]) -> dict[str, KnownContract]:
        """What the lines refer to: the contracts of the file over those that payclerk holds."""
        found = dict(self.known.contracts) if self.known else {}
        for row in contracts:
            before = found.get(row.number, KnownContract(row.company))
            accounting = str(row.more.get("accounting", before.accounting))
            found[row.number] = KnownContract(row.company, accounting, bool(row.more.get("ssov_enabled", before.ssov)))
        return found

    def _everybody(self, people: Sequence[PersonRow]) -> dict[str, tuple[str, str]]:
        return {
            **(self.known.people if self.known else {}),
            **{person.email.casefold(): (person.name, person.company) for person in people},
        }

    def _project(self) -> ProjectRow:
        grid = self.grids.get("Project")
        if grid is None:
            if self.known is None:
                raise UserError("The file has no sheet Project.", code="faults")
            return self.known.project
        row = project_cells(grid, self.faults)
        number = row.read("Number")
        if self.known and number != self.known.project.number:
            row.fault("Number", f"This is not project {self.known.project.number}.", "Take the file of that project.")
        zone = row.read("Time zone")
        try:
            ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            row.fault("Time zone", f"'{zone}' is not a time zone.", "Write one like America/Chicago.")
        return ProjectRow(
            number,
            row.read("Name"),
            zone,
            row.read("Currency"),
            row.read("Dictionary"),
            row.read("Slack channel"),
            row.read("Period start day"),
            row.read("Period end day"),
            row.read("Period due day"),
            row.more(),
            row.place,
        )

    def _companies(self) -> list[CompanyRow]:
        rows = [(row, CompanyRow(row.read("Name"), row.more())) for row in self._rows("Companies")]
        return self._unique(rows, "Name", lambda company: company.name)

    def _people(self, companies: set[str]) -> list[PersonRow]:
        rows = [(row, self._person(row, companies)) for row in self._rows("People")]
        self._unique(rows, "Key", lambda person: person.key)
        return self._unique(rows, "E-mail", lambda person: person.email.casefold())

    def _person(self, row: Row, companies: set[str]) -> PersonRow:
        more = row.more()
        email = row.read("E-mail")
        if email and not EMAIL.fullmatch(email):
            row.fault("E-mail", f"'{email}' is not an e-mail address.", "Write one like name@company.com.")
        return PersonRow(
            row.read("Name"),
            email,
            self._company(row, companies),
            row.read("Role"),
            row.read("Language"),
            Level(row.read("Commitments")),
            Level(row.read("Client contracts")),
            str(more.get("former", "")),
            str(more.get("key", "")),
            row.place,
        )

    def _company(self, row: Row, companies: set[str]) -> str:
        name = str(row.read("Company"))
        if name and name not in companies:
            hint = known_or_near(name, list(companies)) or "Add it to the sheet Companies."
            row.fault("Company", f"The company '{name}' is not in the sheet Companies.", hint)
        return name

    def _contracts(self, companies: Sequence[CompanyRow], people: Sequence[PersonRow]) -> list[ContractRow]:
        names = {row.name for row in companies} | self._known_companies()
        everybody = self._everybody(people)
        rows = [(row, self._contract(row, names, everybody)) for row in self._rows("Contracts")]
        return self._unique(rows, "Number", lambda contract: contract.number)

    def _contract(self, row: Row, companies: set[str], people: Mapping[str, tuple[str, str]]) -> ContractRow:
        company = self._company(row, companies)
        contacts = [email.strip() for email in row.read("Invoice contacts").split(";") if email.strip()]
        for email in contacts:
            self._contact(row, email, company, people)
        more = row.more()
        if (more.get("step_at") is None) != (more.get("step_work_retainage") is None):
            what = "Only one of 'Step at %' and 'Step work retainage %' is filled."
            row.fault("Step at %" if "step_at" in more else "Step work retainage %", what, "Fill both, or none.")
        return ContractRow(
            row.read("Number"),
            row.read("Kind"),
            row.read("Title"),
            company,
            ContractStatus(row.read("Status")),
            row.read("Private"),
            row.read("Work retainage %"),
            row.read("Stored retainage %"),
            tuple(contacts),
            more,
            row.place,
        )

    def _contact(self, row: Row, email: str, company: str, people: Mapping[str, tuple[str, str]]) -> None:
        person = people.get(email.casefold())
        if person is None:
            row.fault("Invoice contacts", f"'{email}' is not in the sheet People.", "Add the person there.")
        elif person[1] != company:
            what = f"{person[0]} works for {person[1]}, not for {company}."
            row.fault("Invoice contacts", what, "Only people of the contract's company can be invoice contacts.")

    def _private(self, contracts: Mapping[str, Any], people: Mapping[str, Any]) -> list[tuple[str, str]]:
        found = []
        for row in self._rows("Private list"):
            contract, email = contract_of(row, contracts), row.read("E-mail")
            if email and email.casefold() not in people:
                row.fault("E-mail", f"'{email}' is not in the sheet People.", "Add the person there.")
            found.append((row, (contract, email.casefold())))
        return self._unique(found, "E-mail", lambda pair: f"{pair[1]} of {pair[0]}")

    def _unique(self, rows: Sequence[tuple[Row, T]], column: str, key: Callable[[T], str]) -> list[T]:
        seen: dict[str, int] = {}
        for row, value in rows:
            name = key(value)
            if name and name in seen:
                row.fault(column, f"'{name}' stands in row {seen[name]} already.", "Remove one of the two.")
            seen.setdefault(name, row.place.number)
        return [value for _, value in rows]
