"""The buttons under a claim."""

from __future__ import annotations

from payclerk_core.actions.claims import LineReview, load_claim, review_claim
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import ClaimLine

from ..desk import Turn
from ..projects import shown_claim
from ..say import reply


def approve(turn: Turn) -> None:
    """Every line as the message shows it, and the claim Approved."""
    claim_id, seen = shown_claim(turn.value)
    with turn.call() as call:
        claim = load_claim(call, claim_id)
        number, done = claim.contract.number, claim.status == ClaimStatus.APPROVED.value
        if not done:
            review_claim(call, claim.id, _open_lines_ok(claim.lines), ClaimStatus.APPROVED, seen=seen)
    reply(turn, f"{number} is Approved{' already' if done else ''}.")


def _open_lines_ok(lines: list[ClaimLine]) -> dict[int, LineReview]:
    return {line.id: LineReview("approved") for line in lines if line.review == "no_action"}
