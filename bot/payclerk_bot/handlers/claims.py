"""The buttons under a claim."""

from __future__ import annotations

from payclerk_core.actions.claims import LineReview, load_claim, review_claim
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import ClaimLine

from ..desk import Turn
from ..say import reply


def approve(turn: Turn) -> None:
    """Every line as it stands, and the claim Approved."""
    with turn.call() as call:
        claim = load_claim(call, int(turn.value))
        number, done = claim.contract.number, claim.status == ClaimStatus.APPROVED.value
        if not done:
            review_claim(call, claim.id, _open_lines_ok(claim.lines), ClaimStatus.APPROVED)
    reply(turn, f"{number} is Approved{' already' if done else ''}.")


def _open_lines_ok(lines: list[ClaimLine]) -> dict[int, LineReview]:
    return {line.id: LineReview("approved") for line in lines if line.review == "no_action"}
