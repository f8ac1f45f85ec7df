"""One row of a sheet: its cells by heading, each read as what its column holds, each fault noted with its cell."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ...money import Money, decimal_to_money, minor_units
from ..sheets import DUST, Fault, cell_money
from .columns import MOST_TOLD, REQUIRED, Column, told
from .grid import NO_RESULT, Percent
from .numbers import Mark, UnclearNumberError, number_in
from .rows import Place

_ERRORS: Final = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TEN_THOUSANDTH: Final = Decimal("0.0001")
_NUMERIC: Final = frozenset({"money", "quantity", "percent", "count"})
_MOST: Final = Decimal(10) ** 12


@dataclass(slots=True)
class Row:
    """A row and where its faults go. `marks`: how the numbers of a column are written, by heading."""

    place: Place
    columns: Mapping[str, Column]
    values: Mapping[str, Any]
    marks: Mapping[str, Mark]
    currency: str
    faults: list[Fault]

    def fault(self, column: str, what: str, fix: str) -> None:
        """Note a fault in a cell; a formula without a result was noted already."""
        if self.values.get(column) is not NO_RESULT:
            self.faults.append(self.place.fault(column, what, fix))

    def has(self, name: str) -> bool:
        """Does the cell hold anything?"""
        return self.values.get(name) not in {None, ""}

    def more(self) -> dict[str, Any]:
        """What the optional columns say that the sheet has, by attribute."""
        found = [(column, self.read(name)) for name, column in self.columns.items() if column.attribute]
        return {c.attribute: value.cents if isinstance(value, Money) else value for c, value in found}

    def read(self, name: str) -> Any:
        """The cell as its column's kind; a stand-in after a fault."""
        column, value = self.columns[name], self.values.get(name)
        if value is NO_RESULT:
            self.faults.append(self.place.fault(name, "A formula without a result.", "Write the value."))
            return _stand_in(column, self.currency)
        if value is None or (isinstance(value, str) and not value.strip()):
            return self._empty(column)
        if isinstance(value, str) and value.strip() in _ERRORS:
            self.fault(name, f"The cell shows {value.strip()}.", "Correct the formula, or write the value.")
            return _stand_in(column, self.currency)
        return getattr(self, f"_{column.kind}")(column, value)

    def _empty(self, column: Column) -> Any:
        if column.empty is REQUIRED and column.kind == "money":
            self.fault(column.name, f"'{column.name}': this is not an amount.", "Write an amount like 1234.50.")
        elif column.empty is REQUIRED:
            self.fault(column.name, f"'{column.name}' is empty.", "Fill it in.")
        else:
            return Money(column.empty, self.currency) if column.kind == "money" else column.empty
        return _stand_in(column, self.currency)

    def _text(self, column: Column, value: Any) -> str:
        if isinstance(value, bool | date | time | timedelta | Percent):
            self.fault(column.name, f"'{column.name}' is not a text.", "Write it as text.")
            return ""
        found = str(value).strip()
        if _CONTROLS.search(found):
            self.fault(column.name, f"'{column.name}' holds unreadable characters.", "Type it anew.")
            return ""
        if len(found) > column.longest:
            what = f"'{column.name}' has {len(found)} characters."
            self.fault(column.name, what, f"Keep it within {column.longest}.")
        return found

    def _choice(self, column: Column, value: Any) -> str:
        known = {choice.casefold(): choice for choice in column.choices}
        found = self._text(column, value).casefold().replace(" ", "_")
        if found in known:
            return known[found]
        if found:
            near = difflib.get_close_matches(found, known, n=1)
            hint = f"Did you mean '{near[0]}'? " if near else ""
            use = f"Use one of: {', '.join(known)}." if len(known) <= MOST_TOLD else told(column)
            self.fault(column.name, f"'{found}' is not known.", f"{hint}{use}")
        return column.choices[0]

    def _yes(self, column: Column, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if str(value).strip().casefold() in {"true", "false"}:  # how a spreadsheet program writes them to CSV
            return str(value).strip().casefold() == "true"
        return self._choice(column, value) == "yes"

    def _day(self, column: Column, value: Any) -> date | None:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            self.fault(column.name, f"'{_shown(value)}' is not a date.", "Write a date like 2026-11-30.")
            return None

    def _money(self, column: Column, value: Any) -> Money:
        try:
            if isinstance(value, str):
                return decimal_to_money(number_in(value, self._mark(column, value)), self.currency)
            return cell_money(None if isinstance(value, Percent) else value, self.currency)
        except ValueError as error:
            self.fault(column.name, f"'{column.name}': {error}.", "Write an amount like 1234.50.")
            return Money(0, self.currency)

    def _mark(self, column: Column, value: str) -> Mark:
        """Where nothing else settles it, three digits behind a point are decimals in a currency that has three."""
        mark = self.marks[column.name]
        has_three = mark is Mark.UNSURE and minor_units(self.currency) == 3
        return Mark.POINT if has_three and "." in value else mark

    def _quantity(self, column: Column, value: Any) -> Decimal:
        """A quantity or a price: at most four decimals (domain 3.5)."""
        try:
            found = self._decimal(column, value)
        except ValueError as error:
            self.fault(column.name, f"'{column.name}': {error}.", "Write a number like 15 or 100.2500.")
            return Decimal(0)
        if found != found.quantize(_TEN_THOUSANDTH):
            self.fault(column.name, f"'{_shown(value)}' has more than four decimals.", "Round it to four.")
        return found

    def _percent(self, column: Column, value: Any) -> Decimal:
        if isinstance(value, Percent):
            value = value.value * 100
        elif isinstance(value, str):
            value = value.strip().removesuffix("%")
        found = self._within(column, value)
        if found != found.quantize(_TEN_THOUSANDTH):
            self.fault(column.name, f"'{_shown(value)}' has more than four decimals.", "Round it to four.")
        return found

    def _count(self, column: Column, value: Any) -> int:
        found = self._within(column, value)
        if found != found.to_integral_value():
            self.fault(column.name, f"'{_shown(value)}' is not a whole number.", "Write it without decimals.")
        return int(found)

    def _within(self, column: Column, value: Any) -> Decimal:
        try:
            found = self._decimal(column, value)
        except ValueError:
            found = Decimal("NaN")
        if found.is_nan() or not column.low <= found <= column.high:
            what = f"'{_shown(value)}' is not a number from {column.low} to {column.high}."
            self.fault(column.name, what, "Write a plain number.")
            return Decimal(column.low)
        return found

    def _decimal(self, column: Column, value: Any) -> Decimal:
        """The number without the binary dust of a computed cell."""
        if isinstance(value, bool | date | time | timedelta | Percent):
            raise UnclearNumberError("this is not a number")
        try:
            exact = number_in(value, self.marks[column.name]) if isinstance(value, str) else Decimal(str(value))
            if not exact.is_finite() or abs(exact) > _MOST:
                raise UnclearNumberError(f"'{_shown(value)}' is too large")
            rounded = exact.quantize(_TEN_THOUSANDTH)
        except InvalidOperation:
            raise UnclearNumberError(f"'{_shown(value)}' is not a number") from None
        return rounded.normalize() + 0 if abs(rounded - exact) < DUST else exact


def marked(column: Column) -> bool:
    """Does the column hold numbers, whose decimal sign is found out?"""
    return column.kind in _NUMERIC


def known_or_near(name: str, known: Sequence[str]) -> str:
    """The one of the known names that may be meant, as a question; empty for none."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean '{near[0]}'?" if near else ""


def _stand_in(column: Column, currency: str) -> Any:
    """Something of the right kind, so that reading can go on to the next fault."""
    plain: dict[str, Any] = {"text": "", "money": Money(0, currency), "day": None, "yes": False}
    if column.kind == "choice":
        return column.choices[0]
    return plain.get(column.kind, Decimal(column.low) if column.kind != "count" else column.low)


def _shown(value: Any) -> str:
    return str(value.value if isinstance(value, Percent) else value)[:40]
