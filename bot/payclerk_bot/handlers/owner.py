"""The claim to the owner: the look before it is made, making it, and deleting it again."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from payclerk_core.actions.call import Call
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.owner import OwnerPreview, Prefill, make_owner_claim, preview_owner_claim
from payclerk_core.money import Money
from payclerk_core.queries.claim_facts import facts_of
from payclerk_core.queries.claims import row_of
from payclerk_core.queries.owner_costs import TieRow
from payclerk_core.queries.seen import claim_digest
from payclerk_core.queries.sight import sight_of
from payclerk_core.rules.lifecycle import delete_obstacle
from payclerk_core.tables import Claim

from ..desk import Turn
from ..projects import pick_project, shown_claim
from ..say import reply, show_modal, update_modal
from ..selections import load_selection, metadata_of, open_selection
from ..views import blocks as b
from ..views.owner import OwnerExists, OwnerPage, exists_modal, owner_modal, tie_line
from ..views.period import span

PRIVATE = "a private contract"


def open_form(turn: Turn) -> None:
    show_modal(turn, "Claim to the owner", lambda: _form(turn))


def _form(turn: Turn) -> b.View:
    with turn.call() as call:
        preview = preview_owner_claim(call, pick_project(turn, call).id)
        if preview.existing is not None:
            return exists_modal(_existing(call, preview.existing, preview.ties))
        return _page(call, preview)


def _existing(call: Call, claim: Claim, ties: Sequence[TieRow]) -> OwnerExists:
    row = row_of(claim)
    free = delete_obstacle(facts_of(call.session, claim)) is None
    seen = claim_digest(claim)
    return OwnerExists(claim.id, row.label, row.status.label, row.due, free, seen, tie_lines(call, ties))


def _page(call: Call, preview: OwnerPreview) -> b.View:
    project, period = preview.contract.project, preview.period
    seen = {"seen": json.dumps(preview.seen())}
    selection = open_selection(call, project.id, "owner", seen)
    stored = sum(stored for _, stored in preview.costs.values())
    page = OwnerPage(
        metadata=metadata_of(selection),
        project=project.name,
        when=span(period.starts_on, period.ends_on),
        work=Money(preview.work, project.currency),
        stored=Money(stored, project.currency),
        claims=_claims(preview.claims, preview.hidden),
        costs=[_cost(cost, amounts, project.currency) for cost, amounts in preview.costs.items() if any(amounts)],
        without_line=[b.esc(" ".join(cost), 90) for cost in preview.without_line],
        not_approved=_claims(preview.not_approved, preview.hidden),
        silent=[b.esc(PRIVATE if row.contract.id in preview.hidden else row.label, 150) for row in preview.silent],
        ties=tie_lines(call, [row for row in preview.ties if row.contract is None or not row.unbilled]),
    )
    return owner_modal(page)


def _claims(claims: Sequence[Claim], hidden: Collection[int]) -> list[str]:
    rows = [row_of(claim) for claim in claims]
    return [
        PRIVATE
        if row.claim.contract_id in hidden
        else f"{b.esc(row.label, 150)}: {row.status.label}, {row.due} due, {span(row.claim.period.starts_on, row.claim.period.ends_on)}"
        for row in rows
    ]


def _cost(cost: tuple[str, str], amounts: tuple[int, int], currency: str) -> str:
    work, stored = (Money(cents, currency) for cents in amounts)
    return f"{b.esc(' '.join(cost), 90)}: {work}" + (f", {stored} in store" if stored.cents else "")


def tie_lines(call: Call, ties: Sequence[TieRow]) -> list[str]:
    """The tie-out in words for who asks: what says or sums up amounts of a contract only to who may see it."""
    return [tie_line(row) for row in seen_ties(call, ties)]


def seen_ties(call: Call, ties: Sequence[TieRow]) -> list[TieRow]:
    """Of the tie-out, what the person who asks may see all amounts of."""
    if call.actor is None or not ties:
        return list(ties)
    sight = sight_of(call.session, call.actor.id, ties[0].concerns[0].project_id)
    return [row for row in ties if all(sight.sees(contract) for contract in row.concerns)]


def submit(turn: Turn) -> dict[str, Any]:
    with turn.call() as call:
        selection, _ = load_selection(call, turn.metadata)
        if selection.confirmed_at is not None:
            return {"response_action": "clear"}
        seen = json.loads(selection.filters["seen"])
        claim = make_owner_claim(call, selection.project_id, Prefill(costs=_has_costs(seen)), seen=seen)
        selection.confirmed_at = call.at
        text = f"Claim {claim.number} to the owner is made. Send it with /billing email {claim.contract.number}."
    return {"response_action": "update", "view": b.note("Made", b.esc(text))}


def _has_costs(seen: dict[str, str]) -> bool:
    return len(seen) > 1  # besides the period: claims or costs


def delete(turn: Turn) -> None:
    claim_id, seen = shown_claim(turn.value)
    with turn.call() as call:
        delete_claim(call, claim_id, seen=seen)
    said = "The claim to the owner is deleted; what it billed can be billed again."
    if turn.in_modal:
        update_modal(turn.client, turn.view["id"], b.note("Deleted", said))
    else:
        reply(turn, said)
