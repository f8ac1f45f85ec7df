"""A claim's retainage, and turning the contract's step down or sliding scale on again after a rate set by hand."""

from __future__ import annotations

import json
from typing import Any

from payclerk_core.actions.call import Call
from payclerk_core.actions.retainage import resume_terms
from payclerk_core.actions.retainage_terms import preview_terms
from payclerk_core.queries.claims import row_of, summary_of
from payclerk_core.queries.seen import claim_digest

from ..desk import Turn
from ..projects import find_claim
from ..say import show_modal
from ..selections import load_selection, metadata_of, open_selection
from ..views import blocks as b
from ..views.retainage import Retainage, resumed, retainage_modal


def open_terms(turn: Turn) -> None:
    with turn.looking() as call:
        claim_id = find_claim(turn, call, "/billing retainage SC-03").id
        preview_terms(call, claim_id)
    show_modal(turn, "Retainage", lambda: _look(turn, claim_id))


def _look(turn: Turn, claim_id: int) -> b.View:
    with turn.looking() as call:
        preview = preview_terms(call, claim_id)
        claim, shown = preview.claim, preview.shown()
        filters = {"claim": str(claim.id), "seen": claim_digest(claim), "shown": json.dumps(shown)}
        selection = open_selection(call, claim.contract.project_id, "retainage", filters)
        page = Retainage(
            metadata=metadata_of(selection),
            label=row_of(claim).label,
            status_label=row_of(claim).status.label,
            number=claim.number,
            scale=bool(preview.terms.scale),
            by_hand=preview.by_hand,
            shown=shown,
            obstacle=preview.obstacle,
        )
    return retainage_modal(page)


def resume(turn: Turn) -> dict[str, Any]:
    with turn.call() as call:
        selection, _ = load_selection(call, turn.metadata)
        if selection.confirmed_at is not None:
            return {"response_action": "clear"}
        said = selection.filters
        resume_terms(call, int(said["claim"]), seen=said["seen"], shown=json.loads(said["shown"]))
        selection.confirmed_at = call.at
        text = _done(call, int(said["claim"]))
    return {"response_action": "update", "view": b.note("Retainage", text, callback_id="retainage_resumed")}


def _done(call: Call, claim_id: int) -> str:
    preview = preview_terms(call, claim_id)
    summary = summary_of(preview.claim)
    return resumed(row_of(preview.claim).label, bool(preview.terms.scale), summary.retainage, summary.due)
