"""The review of one claim. What was said of lines on other pages is kept on the server."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.call import Call
from payclerk_core.actions.claims import LineReview, load_claim, review_claim
from payclerk_core.actions.retainage_terms import preview_of
from payclerk_core.actions.seen import require_seen
from payclerk_core.errors import UserError
from payclerk_core.queries.claims import claim_line, row_of, summary_of
from payclerk_core.queries.owner_costs import owner_tie
from payclerk_core.queries.seen import claim_digest
from payclerk_core.queries.ties import findings_of
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, ClaimLine, Selection

from ..desk import Turn
from ..projects import find_claim, shown_claim
from ..say import show_modal, update_modal
from ..selections import load_selection, metadata_of, open_selection, set_filters
from ..views import blocks as b
from ..views.owner import tie_text
from ..views.retainage import terms_name
from ..views.review import REJECT, ReviewLine, ReviewPage, pages_of, review_modal
from .owner import seen_ties


def open_by_number(turn: Turn) -> None:
    with turn.looking() as call:
        claim_id = find_claim(turn, call, "/billing review SC-03").id
    _open(turn, claim_id)


def open_by_button(turn: Turn) -> None:
    _open(turn, shown_claim(turn.value)[0])


def _open(turn: Turn, claim_id: int) -> None:
    def build() -> b.View:
        with turn.looking() as call:
            return review_page(call, claim_id)

    show_modal(turn, "Review claim", build)


def review_page(call: Call, claim_id: int) -> b.View:
    """The first page of a new review."""
    claim = load_claim(call, claim_id)
    call.authorise("C13", claim.contract.project_id, claim.contract)
    if claim.contract.is_prime:
        raise UserError("The owner reviews this claim; see /billing emails for the answers.", code="prime")
    filters = {"claim": str(claim.id), "seen": claim_digest(claim), "status": _suggested(claim)}
    selection = open_selection(call, claim.contract.project_id, "review", filters)
    return _page(call, selection, claim)


def _suggested(claim: Claim) -> str:
    return claim.status if claim.status != ClaimStatus.UNDER_REVIEW.value else ClaimStatus.APPROVED.value


def _page(call: Call, selection: Selection, claim: Claim) -> b.View:
    findings = [found.text for found in findings_of(call.session, claim)] + _owner_ties(call, claim)
    findings += _ended_terms(call, claim)
    page = ReviewPage(
        metadata=metadata_of(selection),
        title=row_of(claim).label,
        status_label=ClaimStatus(claim.status).label,
        summary=summary_of(claim),
        lines=[_line(selection, row, claim) for row in claim.lines],
        page=min(selection.page, pages_of(len(claim.lines)) - 1),
        status=selection.filters.get("status", ""),
        findings=findings,
    )
    return review_modal(page)


def _owner_ties(call: Call, claim: Claim) -> list[str]:
    """What of this contract is approved and not billed to the owner, or the reverse."""
    rows = owner_tie(call.session, claim.contract.project_id)
    return [tie_text(row) for row in seen_ties(call, rows) if row.gap.contract_id == claim.contract_id]


def _ended_terms(call: Call, claim: Claim) -> list[str]:
    """That a rate set by hand ended what the contract says of retainage, and where it is turned on again."""
    if not claim.contract.retainage_rules and claim.contract.step_at is None:
        return []
    preview = preview_of(call, claim)
    if not preview.by_hand:
        return []
    name = terms_name(scale=bool(preview.terms.scale))
    number = claim.contract.number
    return [f"A rate set by hand ended the {name} of {number}; /billing retainage {number} turns it on again."]


def _line(selection: Selection, row: ClaimLine, claim: Claim) -> ReviewLine:
    line = claim_line(row, claim)
    said = selection.filters.get(f"verdict:{row.id}") or ("rejected" if row.review == REJECT else "approved")
    reason = selection.filters.get(f"reason:{row.id}", row.review_reason or "")
    return ReviewLine(row.id, line.item, line.description, line.this_work, line.stored, str(line.percent), said, reason)


def _take(turn: Turn, selection: Selection) -> None:
    """Keep what the person said of the lines in front of them."""
    ids = [name.split(":")[1] for name in turn.form.values if name.startswith("verdict:")]
    said = {f"verdict:{i}": turn.form.option(f"verdict:{i}") for i in ids}
    said |= {f"reason:{i}": turn.form.text(f"reason:{i}") for i in ids}
    set_filters(selection, **said, status=turn.form.option("status") or selection.filters.get("status", ""))


def turn_page(turn: Turn) -> None:
    with turn.call() as call:
        selection, current = load_selection(call, turn.metadata)
        if current:
            _take(turn, selection)
            selection.page = max(0, int(turn.value or 0))
            selection.revision += 1
        view = _page(call, selection, _claim(call, selection))
    update_modal(turn.client, turn.view["id"], view)


def _claim(call: Call, selection: Selection) -> Claim:
    """The claim the review was opened on; what another reviewer has said since is told, and stays."""
    claim = load_claim(call, int(selection.filters["claim"]))
    require_seen(call, claim, selection.filters.get("seen", ""))
    return claim


def submit(turn: Turn) -> dict[str, Any]:
    with turn.call() as call:
        selection, _ = load_selection(call, turn.metadata)
        if selection.confirmed_at is None:
            claim = _claim(call, selection)
            _take(turn, selection)
            status = ClaimStatus(selection.filters["status"] or ClaimStatus.UNDER_REVIEW)
            review_claim(call, claim.id, _reviews(selection, claim), status, seen=selection.filters["seen"])
            selection.confirmed_at = call.at
    return {"response_action": "clear"}


def _reviews(selection: Selection, claim: Claim) -> dict[int, LineReview]:
    """The lines on the pages that were looked at; the others stay as they are."""
    said = selection.filters
    seen = [line.id for line in claim.lines if f"verdict:{line.id}" in said]
    return {i: LineReview(said[f"verdict:{i}"], _reason(said, i)) for i in seen}


def _reason(said: dict[str, str], line_id: int) -> str:
    return said.get(f"reason:{line_id}", "") if said[f"verdict:{line_id}"] == REJECT else ""
