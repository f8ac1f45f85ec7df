"""Joining midway: where the lines of a contract stood before the first claim that payclerk makes (domain 3.3).

What is held less than the terms say was released before, and is not withheld again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..money import PercentOf
from .billing import Before
from .retainage import Limits, LineBase, Rates, Standing, Terms, rates_in_force, scale_withheld, within


class Opening(NamedTuple):
    """What was billed of a line before the first claim, in cents; `held` None: as the terms say."""

    work: int
    stored: int
    held: int | None = None


def openings(terms: Terms, limits: Limits, lines: Sequence[Opening]) -> list[Before]:
    """Where each of the lines stands. What is held is kept for stored material first, as the terms say, then for work."""
    bases = [LineBase(0, line.work, 0, line.stored, 0, 0) for line in lines]
    if terms.scale:
        by_terms = scale_withheld(terms.scale, limits, bases)
    else:
        rates = _rates_at_joining(terms, limits, lines)
        by_terms = [_by_rate(rates, base) for base in bases]
    return [_before(line, work, stored) for line, (work, stored) in zip(lines, by_terms, strict=True)]


def _rates_at_joining(terms: Terms, limits: Limits, lines: Sequence[Opening]) -> Rates:
    """Those of the contract, or of its step where what was billed before has reached it."""
    stored = sum(line.stored for line in lines) if terms.step is not None and terms.step.counts_stored else 0
    return rates_in_force(terms, terms.rates, sum(line.work for line in lines) + stored, limits.revised)


def _by_rate(rates: Rates, base: LineBase) -> tuple[int, int]:
    return PercentOf(rates.work)(base.work), PercentOf(rates.stored)(base.stored)


def _before(line: Opening, work: int, stored: int) -> Before:
    if line.held is None:
        return Before(line.work, line.stored, work, stored, work + stored)
    # Stored material holds what the terms say of it, as far as work can hold the rest: a deduction holds less than
    # nothing, and none of that is of stored material.
    work_held = within(line.held - stored, line.work)
    released = line.held != work + stored and within(line.held, work + stored) == line.held
    gross = work + stored if released else line.held
    return Before(line.work, line.stored, work_held, line.held - work_held, gross, Standing(released=released))
