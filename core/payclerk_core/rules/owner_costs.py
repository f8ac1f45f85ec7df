"""What is approved below (of the subcontractors) and billed above (to the owner), by contract and cost (domain 2.5).

Both sides are compared as they stand to date, never by period: what was approved late, corrected or taken back after a
claim to the owner was made is the difference the next one bills, and nothing can be billed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

CostKey = tuple[str, str]  # cost code, cost type
Place = tuple[int, CostKey]  # of a contract


@dataclass(frozen=True, slots=True)
class Below:
    """What is approved of a contract under one cost, to date, in cents.

    `stored` is the balance in store on its latest approved claim, `opening` that of the time before payclerk. `fresh`:
    the latest approved claim is not billed to the owner yet.
    """

    work: int = 0
    stored: int = 0
    opening: int = 0
    fresh: bool = False


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
    for place in _places(below, above):
        now = below.get(place, Below())
        work, stored = _standing(above, place, now.opening)
        work += stored if automatic else 0
        # In the automatic mode only what is new is in store; what was billed as stored before is installed.
        in_store = now.stored if now.fresh or not automatic else 0
        taken[place] = (now.work + now.stored - in_store - work, in_store)
    return taken


def left_off_by_hand(above: Sequence[Above], *, automatic: bool) -> dict[CostKey, int]:
    """By cost, what was taken over before and then left off the owner's lines by hand: it is billed again."""
    differences = _by_hand(above, with_last=automatic)
    return {cost: taken - billed for cost, (taken, billed) in differences.items() if billed < taken}


def gaps(below: Mapping[Place, Below], above: Sequence[Above]) -> list[Gap]:
    """The tie-out owner to subcontractors: where approved and billed to date differ, by cost and contract."""
    found = [_gap(place, below.get(place, Below()), above) for place in _places(below, above)]
    known = {gap.cost for gap in found}
    found += [Gap(cost, None, *amounts) for cost, amounts in _by_hand(above, with_last=True).items() if cost in known]
    return sorted((gap for gap in found if gap.open), key=lambda gap: (gap.cost, gap.contract_id or 0))


def _gap(place: Place, now: Below, above: Sequence[Above]) -> Gap:
    contract_id, cost = place
    return Gap(cost, contract_id, now.work + now.stored, sum(_standing(above, place, now.opening)))


def _places(below: Mapping[Place, Below], above: Sequence[Above]) -> list[Place]:
    return sorted(below.keys() | {place for claim in above for place in claim.taken})


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


def _by_hand(above: Sequence[Above], *, with_last: bool) -> dict[CostKey, tuple[int, int]]:
    """By cost, what was taken over and what the owner's lines bill, to date.

    A balance in store counts once it is installed, that is before a claim in the automatic mode; the last one when asked.
    """
    sums: dict[CostKey, tuple[int, int]] = {}
    for claim, counts in zip(above, _installed(above, with_last=with_last), strict=True):
        for (_, cost), (work, stored) in claim.taken.items():
            taken, billed = sums.get(cost, (0, 0))
            sums[cost] = (taken + work + counts * stored, billed)
        for cost, (work, stored) in claim.billed.items():
            taken, billed = sums.get(cost, (0, 0))
            sums[cost] = (taken, billed + work + counts * stored)
    return sums


def _installed(above: Sequence[Above], *, with_last: bool) -> Iterator[bool]:
    yield from (following.automatic for following in above[1:])
    if above:
        yield with_last
