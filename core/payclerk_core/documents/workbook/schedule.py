"""The sheets SOV and Change orders: lines, units, opening balances, details, and what belongs together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...money import Money
from ...rules.retainage import may_be_held
from ...rules.ssov import remaining
from ...rules.units import unit_amount
from ..sheets import Fault
from .cells import Row, known_or_near
from .columns import OPENING_NAMES
from .grid import Grid
from .rows import ChangeRow, KnownContract, SovRow
from .sheet_reader import rows_of

_UNIT: frozenset[str] = frozenset({"quantity", "unit", "unit_price"})


def read_schedule(
    grids: Mapping[str, Grid],
    currency: str,
    contracts: Mapping[str, KnownContract],
    faults: list[Fault],
    *,
    whole: bool,
) -> list[SovRow]:
    """The schedules' lines, then those of change orders. `whole`: nothing but the file can hold a line's parent."""
    reader = _Schedule(contracts, currency, faults)
    for sheet, read in (("SOV", reader.line), ("Change orders", reader.change)):
        if sheet in grids:
            for row in rows_of(grids[sheet], currency, faults):
                read(row)
    reader.check_packages()
    if whole:
        faults.extend(detail_faults(reader.lines))
    return reader.lines


@dataclass
class _Schedule:
    contracts: Mapping[str, KnownContract]
    currency: str
    faults: list[Fault]
    lines: list[SovRow] = field(default_factory=list)
    _items: dict[tuple[str, str], str] = field(default_factory=dict)
    _changes: dict[tuple[str, str], ChangeRow] = field(default_factory=dict)

    def line(self, row: Row) -> None:
        """A line of the sheet SOV."""
        found = self._read(row, "Scheduled value", None)
        self._check_units(row, found)
        self._check_opening(row, found)
        if found.parent and not self._ssov(found.contract):
            what = f"{found.contract} has no SSOV, so its lines have no details."
            row.fault("Parent", what, "Write yes into the column SSOV of the sheet Contracts.")
        self._keep(row, found)

    def change(self, row: Row) -> None:
        """A line of the sheet Change orders."""
        found = self._read(row, "Amount", self._change_order(row))
        self._check_opening(row, found)
        if any(found.more.values()) and found.change_order is not None and found.change_order.status != "approved":
            what = f"{found.change_order.number} is {found.change_order.status}, so nothing of it was billed."
            row.fault("Opening work", what, "Empty its opening columns, or write approved.")
        self._keep(row, found)

    def _read(self, row: Row, amount: str, change: ChangeRow | None) -> SovRow:
        contract = change.contract if change else contract_of(row, self.contracts)
        more = row.more()
        if change:
            more = {name: cents for name, cents in more.items() if name in OPENING_NAMES}
        return SovRow(
            contract,
            row.read("Item"),
            row.read("Cost code"),
            row.read("Cost type"),
            row.read("Description"),
            row.read(amount),
            change,
            more,
            row.place,
        )

    def _ssov(self, contract: str) -> bool:
        return contract not in self.contracts or self.contracts[contract].ssov

    def _keep(self, row: Row, line: SovRow) -> None:
        key = (line.contract, line.item)
        if key in self._items and line.item:
            what = f"Item {line.item} of {line.contract} stands in {self._items[key]} already."
            row.fault("Item", what, "Renumber one.")
        self._items.setdefault(key, str(row.place))
        self.lines.append(line)

    def check_packages(self) -> None:
        """A package becomes one line under the change order's number: that is free, and its lines have one cost."""
        costs: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for line in self.lines:
            if line.change_order and line.change_order.package and line.change_order.status == "approved":
                key = (line.contract, line.change_order.number)
                costs.setdefault(key, set()).add((line.cost_code, line.cost_type))
        for (contract, number), found in costs.items():
            place = self._changes[contract, number].place
            if (contract, number) in self._items:
                what = f"Item {number} of {contract} stands in {self._items[contract, number]} already."
                fix = "A package takes the change order's number for its item: renumber one."
                self.faults.append(place.fault("Number", what, fix))
            if len(found) > 1:
                what = f"The lines of {number} have several cost codes or types, so one line cannot stand for them."
                self.faults.append(place.fault("Package", what, "Write no, or make them the same."))

    def _check_units(self, row: Row, line: SovRow) -> None:
        """Unit lines: the amount is quantity times price (domain 3.5); others have neither."""
        given = {name for name in _UNIT if line.more.get(name) is not None}
        unit = line.contract in self.contracts and self.contracts[line.contract].accounting == "unit"
        if given and not unit and line.contract in self.contracts:
            row.fault("Quantity", f"{line.contract} is billed by amounts.", "Empty it, or set Accounting to unit.")
        elif given != _UNIT and (given or (unit and not line.parent)):
            what = f"{line.contract} is billed by units; this line has not all of quantity, unit and unit price."
            row.fault("Quantity", what, "Fill all three; take quantity 1 for a lump sum.")
        elif given:
            self._check_product(row, line)

    def _check_product(self, row: Row, line: SovRow) -> None:
        quantity, price = line.more["quantity"], line.more["unit_price"]
        try:
            amount = unit_amount(quantity, price, self.currency)
        except ValueError as error:
            row.fault("Quantity", f"{error}.", "Correct the quantity or the price.")
            return
        if amount != line.scheduled:
            what = f"{line.scheduled.plain()} is not {quantity} x {price}."
            row.fault("Scheduled value", what, f"Write {amount.plain()}, or correct the others.")

    def _check_opening(self, row: Row, line: SovRow) -> None:
        work, stored, held = (
            int(line.more.get(f"opening_{what}_cents", 0)) for what in ("work", "stored", "retainage")
        )
        if not may_be_held(Money(held, self.currency), Money(work + stored, self.currency)):
            what = f"More retainage than was billed: {Money(work + stored, self.currency).plain()}."
            row.fault("Opening retainage", what, "Write what is held of the opening work and stored material.")

    def _change_order(self, row: Row) -> ChangeRow:
        """The change order of a row; each of its rows has to say the same of it."""
        contract, number = contract_of(row, self.contracts), str(row.read("Number"))
        more = row.more()
        status = str(more.get("status", "approved"))
        approved = row.read("Approved on") if row.has("Approved on") else None
        if status == "approved" and not row.has("Approved on"):
            row.fault("Approved on", "'None' is not a date.", "Write a date like 2026-11-30, or another status.")
        package = bool(more.get("package", False))
        found = ChangeRow(contract, number, row.read("Title"), approved, status, package, row.place)
        first = self._changes.setdefault((contract, number), found)
        if first != found:
            what = f"{number} of {contract} has another title, date, status or package in {first.place}."
            row.fault("Number", what, "Say the same of it in each of its rows.")
        return first


def contract_of(row: Row, contracts: Mapping[str, KnownContract]) -> str:
    """The contract's number in the row, which has to be a known one."""
    number = str(row.read("Contract"))
    if number and number not in contracts:
        hint = known_or_near(number, list(contracts)) or "Correct the number."
        row.fault("Contract", f"The contract '{number}' is not in the sheet Contracts.", hint)
    return number


def detail_faults(lines: Sequence[SovRow]) -> Iterable[Fault]:
    """Details have a line of the contract for parent and add up to it; only what is billed has an opening balance."""
    tops = {(line.contract, line.item): line for line in lines if not line.parent}
    details: dict[tuple[str, str], list[SovRow]] = {}
    for line in lines:
        if line.parent:
            details.setdefault((line.contract, line.parent), []).append(line)
    for key, parts in details.items():
        if key not in tops:
            what = f"Item {key[1]} is no line of {key[0]} that can have details."
            yield from (part.place.fault("Parent", what, "Name a line without a parent.") for part in parts)
        else:
            yield from _sum_faults(tops[key], parts)


def _sum_faults(top: SovRow, parts: Sequence[SovRow]) -> Iterable[Fault]:
    lacking = remaining(top.scheduled, (part.scheduled for part in parts))
    if lacking:
        what = f"The details of {top.item} differ by {lacking.plain()} from it."
        yield top.place.fault("Scheduled value", what, "Correct one of them; they have to add up.")
    if any(top.more.get(f"opening_{what}_cents") for what in ("work", "stored", "retainage")):
        what = f"Line {top.item} is billed by its details and has no opening balance itself."
        yield top.place.fault("Opening work", what, "Write it on the details.")
