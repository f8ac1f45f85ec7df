"""`payclerk calc`: the claims of a job, from a JSON file, worked out by the same rules as the claims in the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar

import jsonschema

from payclerk_core.errors import UserError
from payclerk_core.money import Money, decimal_to_money, minor_units, read_money
from payclerk_core.rules.billing import Before, Contract, Entry, SovItem, StoredMaterials, limits_of
from payclerk_core.rules.contract_terms import check_terms
from payclerk_core.rules.job import Job, JobChange, JobClaim, JobPage, NewRates, work_out
from payclerk_core.rules.openings import Opening, openings
from payclerk_core.rules.retainage import Of, Rates, ScaleRule, StepDown, Terms, may_be_held, require_percent
from payclerk_core.rules.tie_out import Overbilling
from payclerk_core.rules.units import require_unit_price, unit_amount

LARGEST_FILE: Final = 50_000_000
_NO_RATES: Final = Rates(Decimal(0), Decimal(0))
_OPENING_KEYS: Final = ("previous_work", "previous_stored", "previous_retainage")
_MOST_DECIMALS: Final = 30  # of what is multiplied exactly
_BY_CONTRACT: Final = "by_contract"
Json = Mapping[str, Any]
T = TypeVar("T")


def calc(content: bytes) -> list[JobPage]:
    """The claims of the job in this file. Raises UserError; its `field` is the place in the file."""
    return work_out(_Reader(_parse(content)).job())


@cache
def schema() -> Json:
    """The JSON Schema of the file."""
    text = files(__package__).joinpath("calc.schema.json").read_text("utf-8")
    loaded: Json = json.loads(text)
    return loaded


def _parse(content: bytes) -> Json:
    if len(content) > LARGEST_FILE:
        raise UserError("The file is larger than 50 MB.", code="bad_input", field="")
    try:
        data = json.loads(content, parse_float=_decimal, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise UserError(f"This is not JSON: {error}.", code="bad_input", field="") from None
    fault = jsonschema.validators.validator_for(schema())(schema())
    first = min(fault.iter_errors(data), key=lambda found: list(map(str, found.absolute_path)), default=None)
    if first is not None:
        raise UserError(_said(first), code="bad_input", field=_path(first.absolute_path))
    checked: Json = data
    return checked


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are each there once: of two, one would be dropped without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key '{twice[:40]}' is there twice in one place")
    return found


def _said(fault: jsonschema.ValidationError) -> str:
    return f"{fault.message[:300]}. See docs/calc.md for what belongs here."


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


class _Reader:
    """Makes the values of the rules out of checked JSON, and knows where in the file it is."""

    def __init__(self, data: Json) -> None:
        self._data, self._currency = data, data.get("currency", "USD")
        self._prices: dict[str, Decimal] = {}
        self._quantities: dict[str, Decimal] = {}

    def job(self) -> Job:
        self._at("currency", minor_units, self._currency)
        contract = self._contract(self._data.get("contract", {}))
        lines = self._data["lines"]
        items = tuple(self._item(line, f"lines[{n}]") for n, line in enumerate(lines))
        changes = tuple(self._change(row, f"change_orders[{n}]") for n, row in enumerate(self._changes()))
        terms = self._data.get("contract", {})
        return Job(
            contract=contract,
            items=items,
            changes=changes,
            openings=self._openings(contract, items, changes),
            claims=tuple(self._claims()),
            original_sum=self._amount(terms, "original_sum", "contract") if "original_sum" in terms else None,
            overbilling=Overbilling(terms.get("overbilling", "allow")),
        )

    def _changes(self) -> Sequence[Json]:
        rows: Sequence[Json] = self._data.get("change_orders", ())
        return rows

    def _contract(self, terms: Json) -> Contract:
        retainage = self._terms(terms.get("retainage", 0))
        stored = StoredMaterials(terms.get("stored_materials", "manual"))
        return Contract(retainage, retainage.rates, stored, self._currency)

    def _terms(self, said: Any) -> Terms:
        where = "contract.retainage"
        given = self._rates(said, where)
        work = given.work or _NO_RATES.work
        rates = Rates(work, work if given.stored is None else given.stored)
        if not isinstance(said, dict):
            return Terms(rates)
        scale = tuple(
            ScaleRule(
                self._number(rule, "percent", f"{where}.rules[{n}]"),
                Of(rule["of"]),
                self._number(rule, "until", f"{where}.rules[{n}]"),
            )
            for n, rule in enumerate(said.get("rules", ()))
        )
        if scale and rates != _NO_RATES:
            text = "A sliding scale takes the place of the rates; give either the rules or the rates."
            raise UserError(text, code="bad_input", field=where)
        return self._checked(Terms(rates, scale, self._step(said.get("step_down"), f"{where}.step_down")), where)

    def _step(self, said: Json | None, where: str) -> StepDown | None:
        if said is None:
            return None
        stored = said.get("counts", "work") == "work_and_stored"
        return StepDown(self._number(said, "at_percent", where), self._number(said, "work", where), stored)

    def _checked(self, terms: Terms, where: str) -> Terms:
        try:
            check_terms(terms, self._currency)
        except UserError as error:
            raise UserError(error.message, code=error.code or "bad_input", field=where) from None
        return terms

    def _rates(self, said: Any, where: str) -> NewRates:
        if not isinstance(said, dict):
            said = {"work": said, "stored": said}
        rates = NewRates(self._optional(said, "work", where), self._optional(said, "stored", where))
        for rate in rates:
            try:
                require_percent(_NO_RATES.work if rate is None else rate)
            except UserError as error:
                raise UserError(error.message, code=error.code, field=where) from None
        return rates

    def _item(self, line: Json, where: str, change: str | None = None) -> SovItem:
        item = str(line["item"])
        scheduled = self._scheduled(line, item, where)
        return SovItem(item, line.get("description", ""), scheduled, change)

    def _scheduled(self, line: Json, item: str, where: str) -> int:
        if "unit_price" not in line:
            return self._amount(line, "scheduled_value", where).cents
        price, quantity = self._number(line, "unit_price", where), self._number(line, "quantity", where)
        self._prices[item] = self._at(f"{where}.unit_price", require_unit_price, price)
        amount = unit_amount(quantity, price, self._currency)
        if "scheduled_value" in line and self._amount(line, "scheduled_value", where) != amount:
            text = f"{quantity} at {price} is {amount}, not the scheduled value given; correct one of them."
            raise UserError(text, code="unit_line", field=f"{where}.scheduled_value")
        return amount.cents

    def _change(self, row: Json, where: str) -> JobChange:
        number = str(row["number"])
        items = tuple(self._item(line, f"{where}.lines[{n}]", number) for n, line in enumerate(row["lines"]))
        return JobChange(number, row["approved_in"], items)

    def _openings(
        self, contract: Contract, items: Sequence[SovItem], changes: Sequence[JobChange]
    ) -> dict[str, Before]:
        """What was billed before the first claim, of the contract's own lines and of change orders'."""
        rows = dict(self._opened())
        there = [*items, *(item for change in changes if self._is_there(change, rows) for item in change.items)]
        limits = limits_of(there, self._currency)
        return dict(zip(rows, openings(contract.terms, limits, list(rows.values())), strict=True))

    def _opened(self) -> Iterator[tuple[str, Opening]]:
        places = [("", self._data["lines"])]
        places += [(f"change_orders[{n}].", row["lines"]) for n, row in enumerate(self._changes())]
        for before, lines in places:
            for n, line in enumerate(lines):
                if not any(key in line for key in _OPENING_KEYS):
                    continue
                opening = self._opening(line, f"{before}lines[{n}]")
                if opening.work or opening.stored:  # what was given as zero was not billed
                    yield str(line["item"]), opening

    def _is_there(self, change: JobChange, rows: Mapping[str, Opening]) -> bool:
        first = min((row["number"] for row in self._data["claims"]), default=1)
        if change.approved_in <= first:
            return True
        if any(item.item in rows for item in change.items):
            text = (
                f"Change order {change.number} counts from claim {change.approved_in} on, so nothing of it was billed"
            )
            raise UserError(f"{text} before claim {first}.", code="bad_opening", field="change_orders")
        return False

    def _opening(self, line: Json, where: str) -> Opening:
        work = self._amount(line, "previous_work", where).cents
        stored = self._amount(line, "previous_stored", where).cents
        if "previous_retainage" not in line:
            return Opening(work, stored)
        held = self._amount(line, "previous_retainage", where)
        if not may_be_held(held, Money(work + stored, self._currency)):
            text = f"Line {line['item']}: {held} cannot be held of what was billed before."
            raise UserError(text, code="bad_opening", field=f"{where}.previous_retainage")
        return Opening(work, stored, held.cents)

    def _claims(self) -> list[JobClaim]:
        claims = []
        for n, row in enumerate(self._data["claims"]):
            where = f"claims[{n}]"
            by_contract = row.get("retainage") == _BY_CONTRACT
            sets_rates = "retainage" in row and not by_contract
            claims.append(
                JobClaim(
                    number=row["number"],
                    entries=self._entries(row.get("lines", ()), where),
                    rates=self._rates(row["retainage"], f"{where}.retainage") if sets_rates else None,
                    by_contract=by_contract,
                    certified=self._amount(row, "certified", where) if "certified" in row else None,
                    less_previous=self._amount(row, "less_previous", where) if "less_previous" in row else None,
                )
            )
        return claims

    def _entries(self, rows: Sequence[Json], where: str) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for n, row in enumerate(rows):
            item, place = str(row["item"]), f"{where}.lines[{n}]"
            if item in entries:
                raise UserError(f"Item {item} is billed twice on this claim.", code="duplicate_item", field=place)
            entries[item] = self._entry(row, item, place)
        return entries

    def _entry(self, row: Json, item: str, where: str) -> Entry:
        percent = self._optional(row, "retainage_percent", where)
        work = self._work(row, item, where)
        return Entry(
            work=work or 0,
            stored=self._amount(row, "stored", where).cents if "stored" in row else None,
            to_percent=self._optional(row, "percent_complete", where),
            stated_work=work,
            released=self._amount(row, "retainage_released", where).cents,
            work_percent=percent,
            stored_percent=percent,
        )

    def _work(self, row: Json, item: str, where: str) -> int | None:
        """The amount of this period, None where none is given; an amount and a quantity have to agree."""
        amount = self._amount(row, "work_this_period", where) if "work_this_period" in row else None
        if "quantity_this_period" not in row:
            return None if amount is None else amount.cents
        units = self._units(row, item, where)
        if amount is not None and amount != units:
            text = f"Line {item}: {row['quantity_this_period']} units are {units}, not the {amount} given beside them."
            text += " Give one of them, or make them agree."
            raise UserError(text, code="bad_input", field=f"{where}.work_this_period")
        return units.cents

    def _units(self, row: Json, item: str, where: str) -> Money:
        """The amount of this period's quantity, so that all quantities together come to the scheduled value."""
        if item not in self._prices:
            raise UserError(f"Line {item} has no unit price; bill an amount.", code="unit_line", field=where)
        before = self._quantities.get(item, Decimal(0))
        now = self._quantities[item] = before + self._number(row, "quantity_this_period", where)
        price = self._prices[item]
        return unit_amount(now, price, self._currency) - unit_amount(before, price, self._currency)

    def _optional(self, row: Json, key: str, where: str) -> Decimal | None:
        return self._number(row, key, where) if key in row else None

    def _amount(self, row: Json, key: str, where: str) -> Money:
        said = row.get(key, 0)
        if isinstance(said, str):
            return self._at(f"{where}.{key}", read_money, said, self._currency)
        return self._at(f"{where}.{key}", decimal_to_money, Decimal(said), self._currency)

    def _number(self, row: Json, key: str, where: str) -> Decimal:
        number = self._at(f"{where}.{key}", _decimal, row[key])
        if not number.is_finite() or number.copy_abs() > 10**12 or _exponent(number) < -_MOST_DECIMALS:
            said = str(row[key])[:40]
            raise UserError(f"{said} is not a number to reckon with.", code="bad_number", field=f"{where}.{key}")
        return number

    def _at(self, where: str, read: Callable[..., T], *said: Any) -> T:
        """Read a value; what is wrong with it is said with its place in the file."""
        try:
            return read(*said)
        except (ValueError, UserError) as error:
            raise UserError(f"{error}.".replace("..", "."), code="bad_amount", field=where) from None


def _decimal(said: Any) -> Decimal:
    try:
        return Decimal(said.strip() if isinstance(said, str) else said)
    except InvalidOperation:
        raise ValueError(f"'{str(said)[:40]}' is not a number; write it like 7.5") from None


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
