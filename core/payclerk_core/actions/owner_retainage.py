"""Retainage of the owner's claim, taken over from the payable claims to date (domain 2.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from ..queries.owner_retainage import HeldBelow, held_above, held_below
from ..rules.owner_costs import CostKey, Place
from ..tables import Claim, ClaimLine
from .call import Call


@dataclass(frozen=True, slots=True)
class _Target:
    """What a line of the owner's claim comes to, in cents: held since payclerk, released of it, and held of its store."""

    held: int = 0
    released: int = 0
    of_store: int = 0


def fill_retainage(call: Call, claim: Claim, places: Mapping[Place, tuple[int, int]]) -> None:
    """Set retainage of the claim so that we hold of the owner's lines what is held below, as it stands to date.

    To date, like the costs: what is corrected, released or approved late below is the difference that this claim makes.
    `places` is what the claim takes over, work and store.
    """
    targets = _targets(held_below(call.session, claim.contract.project_id), places)
    above = held_above(call.session, claim)
    for line in claim.lines:
        target = targets.pop((line.sov_line.cost_code, line.sov_line.cost_type), None)
        if target is not None:
            _set(line, target, *above.get(line.sov_line_id, (0, 0)))


def _targets(below: Mapping[Place, HeldBelow], places: Mapping[Place, tuple[int, int]]) -> dict[CostKey, _Target]:
    sums: defaultdict[CostKey, list[int]] = defaultdict(lambda: [0, 0, 0])
    for place, one in below.items():
        _, in_store = places.get(place, (0, 0))
        # Of a store that is the owner's only in part, as much as its part.
        of_store = one.of_store * in_store // one.in_store if one.in_store else 0
        for at, cents in enumerate((one.held, one.released, of_store)):
            sums[place[1]][at] += cents
    return {cost: _Target(*cents) for cost, cents in sums.items()}


def _set(line: ClaimLine, target: _Target, held_before: int, released_before: int) -> None:
    more_of_store = target.of_store - line.previous_stored_held_cents
    released = max(target.released - released_before, 0)
    withheld = target.held - held_before - more_of_store + released
    line.stored_withheld_set_cents, line.work_withheld_set_cents = target.of_store, withheld
    # The owner may hold less of us than we hold of them.
    line.work_released_cents = min(released, max(line.previous_work_held_cents + withheld, 0))
