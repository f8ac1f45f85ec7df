"""What is approved below (of the subcontractors) and billed above (to the owner), by contract and cost (domain 2.5).

Both sides are compared as they stand to date, never by period: what was approved late, corrected or taken back after a
claim to the owner was made is the difference the next one bills, and nothing can be billed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

CostKey = tuple[str, str]  # cost code, cost type
Place = tuple[int, CostKey]  # of a contract
Amounts = tuple[int, int]  # work and store, in cents

_NOTHING: Final = (0, 0)


@dataclass(frozen=True, slots=True)
class LineBelow:
    """One line of a payable contract over all its claims, in cents.

    A claim changes what is completed and stored (column G) by its E, by what the automatic mode moved into D, and by
    its F less the F before it. `changed` is that of all claims, `approved` that of the approved ones, `approved_stored`
    the part of it in F. `in_store`: F on the latest approved claim.
    """

    scheduled: int
    opening_work: int = 0
    opening_stored: int = 0
    changed: int = 0
    approved: int = 0
    approved_stored: int = 0
    in_store: int = 0


def attributable(line: LineBelow) -> tuple[int, int]:
    """What of the line the approved claims put there, since payclerk: work, and what is in store. In cents.

    Completed and stored is the sum of what the approved claims changed, so nothing an unapproved claim in between did
    counts: neither what it added, nor that it installed or took away what was approved before. In store is what stands
    in F of the latest approved claim, at most what the approved claims put there; the rest is work.
    """
    opened = line.opening_work + line.opening_stored
    total = within_line(opened + line.approved, scheduled=line.scheduled, stands=opened + line.changed)
    stored = min(line.in_store, line.opening_stored + line.approved_stored, total)
    stored = max(stored, 0)
    return total - line.opening_work - stored, stored


def within_line(total: int, *, scheduled: int, stands: int) -> int:
    """What is approved of a line to date, on the line's own side of zero, unless the line itself (`stands`) is not.

    An approved claim that takes back what an unapproved one had billed takes nothing off the owner.
    """
    return max(total, min(stands, 0)) if scheduled >= 0 else min(total, max(stands, 0))


@dataclass(frozen=True, slots=True)
class Below:
    """What is approved of a contract under one cost, to date, in cents.

    `opening` was in store before payclerk. `fresh`: the latest approved claim is not billed to the owner yet.
    """

    work: int = 0
    stored: int = 0
    opening: int = 0
    fresh: bool = False

    def with_line(self, work: int, stored: int, opening: int) -> Below:
        """With one more line of the contract under this cost."""
        return replace(self, work=self.work + work, stored=self.stored + stored, opening=self.opening + opening)


@dataclass(frozen=True, slots=True)
class Above:
    """One claim to the owner: what it took of the contracts, and what its lines bill by now. Work and store, in cents."""

    automatic: bool = False  # it counts what was stored before as installed
    taken: Mapping[Place, tuple[int, int]] = field(default_factory=dict)
    billed: Mapping[CostKey, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """Approved and billed to date where they differ. No contract: what the owner's lines bill of what was taken."""

    cost: CostKey
    contract_id: int | None
    approved: int
    billed: int

    @property
    def open(self) -> int:
        """Approved below and not billed above; less than zero: the reverse."""
        return self.approved - self.billed


def costs_to_bill(
    below: Mapping[Place, Below], above: Sequence[Above], *, automatic: bool
) -> dict[Place, tuple[int, int]]:
    """By contract and cost, the work that the next claim to the owner adds and the balance it shows in store.

    `above` are the claims to the owner before it, in their order.
    """
    taken: dict[Place, tuple[int, int]] = {}
    for place in places(below, above):
        now = below.get(place, Below())
        work, stored = _standing(above, place, now.opening)
        work += stored if automatic else 0
        # In the automatic mode only what is new is in store; what was billed as stored before is installed.
        in_store = now.stored if now.fresh or not automatic else 0
        taken[place] = (now.work + now.stored - in_store - work, in_store)
    return taken


def left_off_by_hand(above: Sequence[Above], *, automatic: bool) -> dict[CostKey, int]:
    """By cost, what was taken over before and then left off the owner's lines by hand: it is billed again."""
    return {cost: one.left_off for cost, one in _by_hand(above, with_last=automatic).items() if one.left_off > 0}


def gaps(completed: Mapping[Place, int], opened: Mapping[Place, int], above: Sequence[Above]) -> list[Gap]:
    """The tie-out owner to subcontractors: where approved and billed to date differ, by cost and contract.

    `completed` is what the approved claims completed and stored to date, and `opened` what of it was in store before
    payclerk. It is not made of what `costs_to_bill` is made of.
    """
    found = [
        Gap(place[1], place[0], completed.get(place, 0), sum(_standing(above, place, opened.get(place, 0))))
        for place in places(completed, above)
    ]
    known = {gap.cost for gap in found}
    for cost, one in _by_hand(above, with_last=True).items():
        if cost in known:
            found += [
                Gap(cost, None, one.taken, one.taken - one.left_off),
                Gap(cost, None, one.taken, one.taken + one.own),
            ]
    return sorted((gap for gap in found if gap.open), key=lambda gap: (gap.cost, gap.contract_id or 0))


def places(below: Iterable[Place], above: Sequence[Above]) -> list[Place]:
    """Where anything is approved below or taken over above, in order."""
    return sorted({*below, *(place for claim in above for place in claim.taken)})


def _standing(above: Sequence[Above], place: Place, opening: int) -> tuple[int, int]:
    """What the owner was billed at this place to date: work, and what is in store."""
    work, stored = 0, opening
    for claim in above:
        if claim.automatic:
            work, stored = work + stored, 0
        if place in claim.taken:
            more, stored = claim.taken[place]
            work += more
    return work, stored


@dataclass(frozen=True, slots=True)
class _ByHand:
    """How the owner's lines under one cost differ from what was taken over, to date, in cents."""

    taken: int = 0
    left_off: int = 0  # and not billed by a later claim
    own: int = 0  # work of our own, which makes up for nothing that is left off later


def _by_hand(above: Sequence[Above], *, with_last: bool) -> dict[CostKey, _ByHand]:
    """By cost, what was changed by hand on the claims to the owner, one after the other.

    A balance in store counts once it is installed, that is before a claim in the automatic mode; the last one when asked.
    """
    found: dict[CostKey, _ByHand] = {}
    for claim, installed in zip(above, _installed(above, with_last=with_last), strict=True):
        for cost, (taken, billed) in _of_claim(claim).items():
            found[cost] = _then(found.get(cost, _ByHand()), taken, billed, installed=installed)
    return found


def _then(so_far: _ByHand, taken: Amounts, billed: Amounts, *, installed: bool) -> _ByHand:
    """After one more claim. What it bills as work instead of as stored is no work of our own: it is left off later."""
    work, stored = taken[0] - billed[0], taken[1] - billed[1]
    left_off = so_far.left_off + work + (stored if installed else 0)
    kept = max(left_off, 0 if installed else -max(stored, 0))
    total = so_far.taken + taken[0] + (taken[1] if installed else 0)
    return _ByHand(total, kept, so_far.own + kept - left_off)


def _of_claim(claim: Above) -> dict[CostKey, tuple[Amounts, Amounts]]:
    """By cost, what the claim took over, and what its lines bill."""
    taken: dict[CostKey, Amounts] = {}
    for (_, cost), (work, stored) in claim.taken.items():
        before = taken.get(cost, _NOTHING)
        taken[cost] = before[0] + work, before[1] + stored
    costs = taken.keys() | claim.billed.keys()
    return {cost: (taken.get(cost, _NOTHING), claim.billed.get(cost, _NOTHING)) for cost in costs}


def _installed(above: Sequence[Above], *, with_last: bool) -> Iterator[bool]:
    yield from (following.automatic for following in above[1:])
    if above:
        yield with_last
