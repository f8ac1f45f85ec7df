"""A stored claim as the digest of what people are shown of it takes it."""

from __future__ import annotations

from ..money import Money
from ..rules.lifecycle import ClaimStatus
from ..rules.seen import Seen, SeenLine, digest_of
from ..tables import Claim, ClaimLine
from .claims import certified_cents


def seen_of(claim: Claim) -> Seen:
    """What a person who looks at the claim now is shown of what an approval depends on."""
    return Seen(
        status=ClaimStatus(claim.status),
        revision=claim.revision,
        payable=Money(certified_cents(claim), claim.contract.project.currency),
        previous_certificates=claim.previous_certificates_cents,
        lines=tuple(_line(line) for line in claim.lines),
    )


def claim_digest(claim: Claim) -> str:
    """The digest of the claim as it is now, to send along with a question about it."""
    return digest_of(seen_of(claim))


def _line(line: ClaimLine) -> SeenLine:
    amounts = (
        line.scheduled_cents,
        line.previous_work_cents,
        line.work_cents,
        line.stored_cents,
        line.previous_work_held_cents,
        line.work_withheld_cents,
        line.work_released_cents,
        line.previous_stored_held_cents,
        line.stored_withheld_cents,
        line.stored_released_cents,
    )
    return SeenLine(line.sov_line.item, amounts, line.review, line.review_reason or "")
