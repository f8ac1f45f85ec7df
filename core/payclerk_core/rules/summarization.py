"""How the configurable PDF of an owner's claim sums up its lines: groups, up to two levels deep, with subtotals (T13).

Every line is in exactly one group of a level, so the subtotals of a level add up to the total to the cent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from ..errors import UserError
from ..money import Money, percent_of
from .billing import Line

MOST_LEVELS: Final = 2
MOST_GROUPS: Final = 50
OTHER: Final = "Other"
_LONGEST_NAME: Final = 80


class Level(StrEnum):
    """What the lines of one level have in common."""

    DIVISION = "division"
    COST_CODE = "cost_code"
    COST_TYPE = "cost_type"
    CUSTOM = "custom"


class CostLine(NamedTuple):
    """A line of the claim with what it is booked under."""

    line: Line
    cost_code: str
    cost_type: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How an owner's claim is summed up. No level: its lines as they are, under one total.

    `custom` are the items of each group, for the level CUSTOM. Without `show_lines` only subtotals are printed.
    """

    levels: tuple[Level, ...] = ()
    show_lines: bool = True
    custom: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """Columns C to I added up over some lines, in cents."""

    scheduled: int = 0  # C
    previous_work: int = 0  # D
    work: int = 0  # E
    stored: int = 0  # F
    retainage: int = 0  # I
    currency: str = "USD"

    @property
    def completed(self) -> int:  # G = D + E + F
        return self.previous_work + self.work + self.stored

    @property
    def balance(self) -> int:  # H = C - G
        return self.scheduled - self.completed

    @property
    def percent(self) -> Decimal:  # G ÷ C
        return percent_of(Money(self.completed, self.currency), Money(self.scheduled, self.currency))

    @property
    def amounts(self) -> tuple[Money, ...]:
        """C, D, E, F, G, H and I."""
        cents = (self.scheduled, self.previous_work, self.work, self.stored, self.completed, self.balance)
        return tuple(Money(value, self.currency) for value in (*cents, self.retainage))


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading: those of its groups, or its own at the deepest level."""

    name: str
    subtotal: Figures
    groups: tuple[Group, ...] = ()
    lines: tuple[CostLine, ...] = ()


def summed_up(lines: Sequence[CostLine], layout: Layout, currency: str = "USD") -> Group:
    """The whole claim as one group without a name: its subtotal is the grand total."""
    return _group("", lines, layout.levels, layout, currency)


def _group(name: str, lines: Sequence[CostLine], levels: Sequence[Level], layout: Layout, currency: str) -> Group:
    subtotal = figures_of(lines, currency)
    if not levels:
        return Group(name, subtotal, lines=tuple(lines))
    inner = tuple(
        _group(heading, held, levels[1:], layout, currency) for heading, held in _split(lines, levels[0], layout)
    )
    return Group(name, subtotal, groups=inner)


def _split(lines: Sequence[CostLine], level: Level, layout: Layout) -> Iterator[tuple[str, list[CostLine]]]:
    """The lines by heading: custom groups in the order given and the rest last, all else by its code."""
    if level is Level.CUSTOM:
        place = {item: name for name, items in layout.custom.items() for item in items}
        order = [*layout.custom, OTHER]
        by_name = _by([place.get(row.line.item, OTHER) for row in lines], lines)
        yield from ((name, by_name[name]) for name in order if name in by_name)
        return
    groups = _by([_code(row, level) for row in lines], lines)
    yield from ((_heading(code, level), groups[code]) for code in sorted(groups, key=_natural))


def _by(keys: Sequence[str], lines: Sequence[CostLine]) -> dict[str, list[CostLine]]:
    groups: dict[str, list[CostLine]] = {}
    for key, row in zip(keys, lines, strict=True):
        groups.setdefault(key, []).append(row)
    return groups


def _code(row: CostLine, level: Level) -> str:
    if level is Level.COST_TYPE:
        return row.cost_type.strip()
    code = row.cost_code.strip()
    return division_of(code) if level is Level.DIVISION else code


def division_of(cost_code: str) -> str:
    """The first tier of a cost code: the part before its first "-" or ".".

    >>> division_of("09-2000"), division_of("26.05"), division_of("01")
    ('09', '26', '01')
    """
    return re.split(r"[-.]", cost_code, maxsplit=1)[0].strip()


def _natural(code: str) -> tuple[bool, list[tuple[int, int, str]]]:
    """Numbers compare as numbers (2 before 10), and what has no code comes last."""
    runs = re.findall(r"[0-9]+|[^0-9]+", code.casefold())
    return not code, [(0, int(run), "") if run.isdecimal() else (1, 0, run) for run in runs]


def _heading(code: str, level: Level) -> str:
    what = {Level.DIVISION: "Division", Level.COST_CODE: "Cost code", Level.COST_TYPE: "Cost type"}[level]
    return f"{what} {code}" if code else f"No {what.lower()}"


def figures_of(lines: Sequence[CostLine], currency: str = "USD") -> Figures:
    """What these lines come to."""
    return Figures(
        sum(row.line.scheduled_cents for row in lines),
        sum(row.line.previous_work_cents for row in lines),
        sum(row.line.work_cents for row in lines),
        sum(row.line.stored_cents for row in lines),
        sum(row.line.held for row in lines),
        currency,
    )


def check_layout(layout: Layout, items: Sequence[str]) -> None:
    """Raise UserError for a layout that cannot be printed of a claim with these items."""
    if len(layout.levels) > MOST_LEVELS:
        raise _refused(f"Choose at most {MOST_LEVELS} levels of groups.", "levels")
    if len(set(layout.levels)) != len(layout.levels):
        raise _refused("The two levels are the same; choose another second level.", "levels")
    if layout.levels == (Level.COST_CODE, Level.DIVISION):
        raise _refused("A cost code lies within one division; choose the division first.", "levels")
    if not layout.levels and not layout.show_lines:
        raise _refused("Choose what to group by, or show the lines.", "show_lines")
    if (Level.CUSTOM in layout.levels) != bool(layout.custom):
        text = "Name at least one custom group." if not layout.custom else "Choose custom groups as a level, or none."
        raise _refused(text, "custom")
    _check_custom(layout.custom, set(items))


def _check_custom(custom: Mapping[str, Sequence[str]], known: set[str]) -> None:
    if len(custom) > MOST_GROUPS:
        raise _refused(f"At most {MOST_GROUPS} custom groups fit; join some.", "custom")
    names = [name.strip().casefold() for name in custom]
    if "" in names or len(set(names)) != len(names):
        raise _refused("Give each custom group a name of its own.", "custom")
    if OTHER.casefold() in names:
        raise _refused(f"'{OTHER}' holds the lines of no group; choose another name.", "custom")
    if (long := next((name for name in custom if len(name) > _LONGEST_NAME), None)) is not None:
        raise _refused(f"'{long[:30]}…' is too long for a group's name; {_LONGEST_NAME} characters fit.", "custom")
    _check_items(custom, known)


def _check_items(custom: Mapping[str, Sequence[str]], known: set[str]) -> None:
    where: dict[str, str] = {}
    for name, items in custom.items():
        if not items:
            raise _refused(f"Group '{name}' has no line; choose its lines or leave it out.", "custom")
        for item in items:
            if item not in known:
                raise _refused(f"Line {item} is not on this claim.", "custom")
            if item in where:
                raise _refused(f"Line {item} is in '{where[item]}' and '{name}'; a line is in one group.", "custom")
            where[item] = name


def _refused(text: str, where: str) -> UserError:
    return UserError(text, code="bad_layout", field=where)
