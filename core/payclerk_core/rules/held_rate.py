"""Which percent is held of what was billed: the form's "__ % of completed work", or that the lines differ.

The percent is taken from the amounts, not from the contract: after a release, or where a line has a rate of its own,
the contract's rate is not what is held (form G702, lines 5a and 5b).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ..money import HUNDRED, PercentOf

_FINEST: Final = 4  # decimals of a rate that is looked for in the amounts


@dataclass(frozen=True, slots=True)
class HeldRate:
    """`percent` is held of every line or, where `by_line`, of all lines together (None: they add up to nothing)."""

    percent: Decimal | None
    by_line: bool = False


def held_rate(lines: Sequence[tuple[int, int]], agreed: Decimal | None, *, roundings: int = 1) -> HeldRate | None:
    """The percent held of lines given as (billed, held) in minor units; None where nothing is billed or agreed.

    `agreed` is the rate in force, if one is. `roundings`: how many claims the amounts may have been rounded in; each
    rounds by half a minor unit at most.

    >>> held_rate([(10000, 1000), (333, 33)], Decimal(10))
    HeldRate(percent=Decimal('10'), by_line=False)
    >>> held_rate([(10000, 1000), (10000, 500)], Decimal(10))
    HeldRate(percent=Decimal('7.50'), by_line=True)
    """
    billed = [line for line in lines if any(line)]
    if not billed:
        return None if agreed is None else HeldRate(agreed)
    for percent in _candidates(billed, agreed):
        if _holds(percent, billed, roundings // 2):
            return HeldRate(percent)
    return HeldRate(_overall(billed, 2), by_line=True)


def _candidates(lines: Sequence[tuple[int, int]], agreed: Decimal | None) -> Iterator[Decimal]:
    if agreed is not None:
        yield agreed
    for places in range(_FINEST + 1):
        if (percent := _overall(lines, places)) is not None:
            yield percent


def _holds(percent: Decimal, lines: Sequence[tuple[int, int]], apart: int) -> bool:
    of = PercentOf(percent)
    return all(abs(of(billed) - held) <= apart for billed, held in lines)


def _overall(lines: Sequence[tuple[int, int]], places: int) -> Decimal | None:
    billed = sum(billed for billed, _ in lines)
    if billed == 0:
        return None
    exact = sum(held for _, held in lines) * HUNDRED / billed
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
