"""What one line's retainage becomes at a rate: what is held of earlier work stays as agreed, new work follows the rate.

Three rules (docs/rules.md): a lower rate never raises what a line holds; what was withheld at a figure of the line's own
keeps it, and gives it back when it is taken back; and what was released is not charged again, neither by a new rate nor
when material is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ..money import PercentOf
from .retainage import LineBase, Rates, Standing, Withheld, within


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """An administrator's own retainage of a line and period; an amount counts before a percentage.

    A percentage is a rate of the line's own, which a new rate of the contract leaves alone; an amount is one period's.
    """

    work_percent: Decimal | None = None
    work_withheld: int | None = None
    stored_percent: Decimal | None = None
    stored_withheld: int | None = None

    @property
    def of_work(self) -> bool:
        return self.work_percent is not None or self.work_withheld is not None

    @property
    def of_stored(self) -> bool:
        return self.stored_percent is not None or self.stored_withheld is not None

    def work(self, cents: int) -> int:
        """What is withheld of this period's work; of_work has to be true."""
        if self.work_withheld is not None or self.work_percent is None:
            return self.work_withheld or 0
        return PercentOf(self.work_percent)(cents)


RATE_ONLY = OwnFigures()


class _Rate:
    """One rate before and from this claim on. `before` is None after a sliding scale, which has no rate."""

    __slots__ = ("before", "changed", "now", "raised")

    def __init__(self, before: Decimal | None, now: Decimal) -> None:
        self.now = PercentOf(now)
        self.before = self.now if before is None or before == now else PercentOf(before)
        self.changed = before != now
        self.raised = before is None or now > before

    def kept(self, held: int, balance: int, *, let_go: bool) -> int:
        """What stays held of an earlier balance: all of the new rate, but no more than before unless it was raised."""
        if not self.changed:
            return held
        full = self.now(balance)
        return full if self.raised and not let_go else within(held, full)


class RateChange:
    """The rates of a claim against those before it, applied to thousands of lines. `before` None: a scale ended."""

    def __init__(self, before: Rates | None, now: Rates) -> None:
        self._from_scale = before is None
        self._work = _Rate(before.work if before else None, now.work)
        self._stored = _Rate(before.stored if before else None, now.stored)

    def withheld(self, line: LineBase, own: OwnFigures) -> tuple[Withheld, Standing]:
        """What is withheld of the line with this claim (negative: given back), and what is remembered of it."""
        line, given_back = (line, 0) if own.of_work else take_back(line)
        store = self._of_store(line, own)
        work = self._of_work(line, own, store.installed)
        standing = line.standing._replace(
            own_work=work.own_work,
            own_held=work.own_held,
            let_go=work.let_go,
            store_own=store.own,
            store_let_go=store.let_go,
        )
        return (work.withheld - given_back, store.withheld), standing

    def _of_work(self, line: LineBase, own: OwnFigures, installed: _Installed) -> _Work:
        own_work, own_held = own_of(line)
        rest, held = line.work_before - own_work, line.work_held - own_held
        let_go = self._let_go(line, line.standing.let_go, self._work, rest, held)
        kept = self._work.kept(held, rest, let_go=let_go > 0 or line.standing.released)
        if self._work.changed:
            let_go = self._work.now(rest) - kept
        if own.work_withheld is not None:  # an amount for one period: no rate of the line's own
            return _Work(kept - held + own.work_withheld, own_work, own_held, None)
        if own.of_work:
            asked = within(own.work(line.work) - installed.let_go_at(own.work), line.work)
            return self._at_own_rate(line, kept - held + asked, _Work(asked, own_work, own_held, let_go))
        let_go += installed.let_go_at(self._work.now)
        target = within(self._work.now(rest + line.work) - let_go, rest + line.work)
        return _Work(target - held, own_work, own_held, let_go)

    def _at_own_rate(self, line: LineBase, withheld: int, before: _Work) -> _Work:
        """The period's work joins what is at the line's own figures; what it takes back beyond that is of the rest."""
        to_date, joined = line.work_before + line.work, before.own_work + line.work
        own_work, own_held = within(joined, to_date), before.own_held + before.withheld
        if own_work == joined:
            return _Work(withheld, own_work, own_held, before.let_go)
        held = within(line.work_held + withheld, to_date)
        own_held = within(within(own_held, own_work), held)
        return _Work(withheld, own_work, own_held, self._work.now(to_date - own_work) - (held - own_held))

    def _let_go(self, line: LineBase, known: int | None, rate: _Rate, balance: int, held: int) -> int:
        """By how much less than the rate is held, because it was released."""
        if self._from_scale:
            return max(line.gross - line.work_held - line.stored_held, 0)
        return rate.before(balance) - held if known is None else known

    def _of_store(self, line: LineBase, own: OwnFigures) -> _Store:
        left = self._left_in_store(line)
        if own.of_stored:
            return _own_store(line, own, left)
        if line.standing.store_own and left.value:
            held = left.held + self._stored.now(line.stored) - self._stored.now(left.value)
        else:
            held = within(self._stored.now(line.stored) - left.let_go, line.stored)
        stays_own = line.standing.store_own and left.value != 0
        return _Store(held - line.stored_held, stays_own, left.let_go, left.installed)

    def _left_in_store(self, line: LineBase) -> _Left:
        """What of the store before is still there at the new rate, which counts before anything is moved."""
        before, value = line.stored_before, min(line.stored_before, line.stored)
        held, let_go = self._store_before(line)
        if value == before or before <= 0 or value < 0:
            return _Left(value, held, let_go, _NOTHING_INSTALLED)
        installed = min(before - value, max(line.work, 0))
        moved_let_go = max(part_of(let_go, installed, before), 0)
        left_let_go = part_of(let_go, value, before)
        if line.standing.store_own:
            moved = _Installed(installed, part_of(held, installed, before), moved_let_go)
            return _Left(value, part_of(held, value, before), left_let_go, moved)
        moved = _Installed(installed, max(self._stored.now(installed) - moved_let_go, 0), moved_let_go)
        return _Left(value, within(self._stored.now(value) - left_let_go, value), left_let_go, moved)

    def _store_before(self, line: LineBase) -> tuple[int, int]:
        """What stays held of the store before at the new rate, and by how much less than the rate that is."""
        standing = line.standing
        if standing.store_own:
            return line.stored_held, standing.store_let_go or 0
        let_go = self._let_go(line, standing.store_let_go, self._stored, line.stored_before, line.stored_held)
        held = self._stored.kept(line.stored_held, line.stored_before, let_go=let_go > 0 or standing.released)
        return held, self._stored.now(line.stored_before) - held if self._stored.changed else let_go


class _Work(NamedTuple):
    withheld: int
    own_work: int
    own_held: int
    let_go: int | None


class _Installed(NamedTuple):
    """What of the store was moved into work: its value, what was held of it, and how much had been released of it."""

    value: int
    held: int
    let_go: int

    def let_go_at(self, rate: Callable[[int], int]) -> int:
        """By how much less than the rate of work is held of it: what was released, but no more than that rate asks."""
        return min(self.let_go, max(rate(self.value) - self.held, 0)) if self.let_go else 0


_NOTHING_INSTALLED = _Installed(0, 0, 0)


class _Store(NamedTuple):
    withheld: int
    own: bool
    let_go: int | None
    installed: _Installed


class _Left(NamedTuple):
    """What of the store before is still there, and what was moved out of it into work."""

    value: int
    held: int
    let_go: int
    installed: _Installed


def _own_store(line: LineBase, own: OwnFigures, left: _Left) -> _Store:
    """A figure of the line's own counts for all that is in store, but for what was released of it."""
    if own.stored_withheld is not None or own.stored_percent is None:
        return _Store((own.stored_withheld or 0) - line.stored_held, False, None, left.installed)
    rate = PercentOf(own.stored_percent)
    full = rate(left.value)
    kept = within(left.held, full) if left.let_go > 0 or line.standing.released else full
    held = kept + rate(line.stored) - full
    return _Store(held - line.stored_held, True, full - kept, left.installed)


def own_of(line: LineBase) -> tuple[int, int]:
    """How much of the line's work was billed at figures of its own, and what is held of that, in cents."""
    if not line.standing.own_work:
        return 0, 0
    return within(line.standing.own_work, line.work_before), own_part(line.standing, line.work_held)


def take_back(line: LineBase) -> tuple[LineBase, int]:
    """The line without the work at its own figures that this period takes back, and what was held of that, in cents.

    Work is taken back of what is billed at the rate first, and then of this, with its share of what is held.
    """
    work, held = own_of(line)
    left = within(work, line.work_before + line.work)
    if left == work:
        return line, 0
    given_back = held - part_of(held, abs(left), abs(work))
    gone = work - left
    standing = line.standing._replace(own_work=left, own_held=held - given_back)
    return line._replace(
        work_before=line.work_before - gone,
        work=line.work + gone,
        work_held=line.work_held - given_back,
        standing=standing,
    ), given_back


def own_part(standing: Standing, held: int) -> int:
    """What of a line's held work is held at figures of its own; a release takes from the rest first."""
    return within(standing.own_held, held)


def part_of(cents: int, part: int, whole: int) -> int:
    """So many of `whole` parts of an amount, half up; `whole` is more than zero."""
    sign = -1 if cents < 0 else 1
    return sign * ((2 * abs(cents) * part + whole) // (2 * whole))
