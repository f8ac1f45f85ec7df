"""The digest of what a person was shown: equal for equal claims, and what differs is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payclerk_core.money import Money
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.rules.seen import Seen, SeenLine, changes_since, digest_of

LINE = SeenLine("001", (8_240_000, 0, 100_000, 0), "no_action")
SEEN = Seen(ClaimStatus.UNDER_REVIEW, 1, Money(180_000, "USD"), 0, (LINE, replace(LINE, item="002")))


def test_what_is_as_it_was_has_not_changed() -> None:
    assert changes_since(digest_of(SEEN), replace(SEEN)) == []
    assert len(digest_of(SEEN)) <= 120


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (replace(SEEN, status=ClaimStatus.APPROVED), ["Its status was Under Review and is Approved."]),
        (replace(SEEN, revision=2), ["It is revision 2 now."]),
        (
            replace(
                SEEN, payable=Money(7_290_000, "USD"), lines=(replace(LINE, amounts=(8_240_000, 0, 8_000_000, 0)),)
            ),
            ["It was $1,800.00 due and is $72,900.00.", "The review of its lines is different."],
        ),
        (
            replace(SEEN, lines=(replace(LINE, amounts=(8_240_000, 0, 0, 100_000)), SEEN.lines[1])),
            ["Amounts of its lines are different."],
        ),
        (
            replace(SEEN, lines=(replace(LINE, verdict="rejected", reason="no"), SEEN.lines[1])),
            ["The review of its lines is different."],
        ),
        (replace(SEEN, previous_certificates=5), ["Amounts of its lines are different."]),
    ],
)
def test_what_differs_is_said(now: Seen, told: list[str]) -> None:
    assert changes_since(digest_of(SEEN), now) == told


@pytest.mark.parametrize("digest", ["", "12", "a.b.c.d.e", "under_review.1.x.y.z", "draft.1.²"])
def test_what_is_no_digest_was_not_seen(digest: str) -> None:
    assert changes_since(digest, SEEN) == ["What was shown then is no longer known."]
