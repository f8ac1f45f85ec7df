"""Where a claim may go, who may change it, and what hangs on it: every status against every other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.rules.lifecycle import (
    BILLABLE_TO_OWNER,
    EDITABLE_BY_CONTACT,
    RECEIVABLE_STATUSES,
    SIGNABLE,
    ClaimFacts,
    ClaimStatus,
    PaymentStatus,
    contact_obstacle,
    delete_obstacle,
    edit_obstacle,
    payment_status,
    status_obstacle,
)

ANY = list(ClaimStatus)
FREE = ClaimFacts(ClaimStatus.UNDER_REVIEW)
PAID = "A payment is recorded on it; delete the payment first."
SIGNED = "It is out for signature or signed; void the envelope first with /billing void."
ON_OWNER = "A claim to the owner includes it; send that one back first."


@pytest.mark.parametrize("start", ANY)
@pytest.mark.parametrize("to", ANY)
def test_an_administrator_sets_any_status_in_any_order(start: ClaimStatus, to: ClaimStatus) -> None:
    why = status_obstacle(ClaimFacts(start), to)

    assert why == (f"Already {to.label}." if start is to else None)


def test_the_six_statuses_have_the_source_products_words() -> None:
    assert [status.label for status in ClaimStatus] == [
        "Draft", "Under Review", "Revise & Resubmit", "Pending Owner Approval", "Approved as Noted", "Approved",
    ]  # fmt: skip


def test_what_is_signable_goes_to_the_owner_too() -> None:
    assert {ClaimStatus.APPROVED, ClaimStatus.APPROVED_AS_NOTED, ClaimStatus.PENDING_OWNER_APPROVAL} == SIGNABLE
    assert BILLABLE_TO_OWNER == SIGNABLE
    assert {ClaimStatus.DRAFT, ClaimStatus.REVISE_AND_RESUBMIT} == EDITABLE_BY_CONTACT


@pytest.mark.parametrize("to", ANY)
def test_the_owners_claim_has_four(to: ClaimStatus) -> None:
    why = status_obstacle(ClaimFacts(ClaimStatus.UNDER_REVIEW, prime=True), to)

    if to in RECEIVABLE_STATUSES:
        assert why in {None, "Already Under Review."}
    else:
        assert why == f"A claim to the owner cannot be {to.label}."


def test_rejected_lines_are_not_approved_but_noted() -> None:
    rejected = replace(FREE, rejected_lines=True)

    assert status_obstacle(rejected, ClaimStatus.APPROVED) == "Has rejected lines; review it on its own."
    assert status_obstacle(rejected, ClaimStatus.APPROVED_AS_NOTED) is None


@pytest.mark.parametrize("to", ANY)
def test_only_the_latest_is_opened_again(to: ClaimStatus) -> None:
    why = status_obstacle(ClaimFacts(ClaimStatus.APPROVED, latest=False), to)

    if to in EDITABLE_BY_CONTACT:
        assert why == "A later claim of the contract builds on it; only the latest can be opened again."
    elif to is not ClaimStatus.APPROVED:
        assert why is None


@pytest.mark.parametrize(
    ("hanging", "why"),
    [({"paid": True}, PAID), ({"out_for_signature": True}, SIGNED), ({"on_owner_claim": True}, ON_OWNER)],
)
@pytest.mark.parametrize("start", sorted(SIGNABLE))
def test_an_approval_stays_while_something_hangs_on_it(hanging: dict[str, bool], why: str, start: ClaimStatus) -> None:
    facts = ClaimFacts(start, **hanging)

    for to in ANY:
        if to is not start:
            stays = to not in SIGNABLE or (back(start, to) and why != ON_OWNER)
            assert status_obstacle(facts, to) == (why if stays else None)
    assert delete_obstacle(facts) == why


STAGES = [
    {ClaimStatus.DRAFT, ClaimStatus.REVISE_AND_RESUBMIT},
    {ClaimStatus.UNDER_REVIEW},
    {ClaimStatus.PENDING_OWNER_APPROVAL},
    {ClaimStatus.APPROVED_AS_NOTED, ClaimStatus.APPROVED},
]


def back(start: ClaimStatus, to: ClaimStatus) -> bool:
    stage = {status: place for place, statuses in enumerate(STAGES) for status in statuses}
    return stage[to] < stage[start]


@pytest.mark.parametrize(("hanging", "why"), [({"paid": True}, PAID), ({"out_for_signature": True}, SIGNED)])
@pytest.mark.parametrize("prime", [False, True])
@pytest.mark.parametrize("start", ANY)
@pytest.mark.parametrize("to", ANY)
def test_what_is_paid_or_signed_goes_back_to_no_earlier_stage(
    hanging: dict[str, bool], why: str, prime: bool, start: ClaimStatus, to: ClaimStatus
) -> None:
    """An owner may pay a claim that nobody has set to Approved yet; it goes on, and not back."""
    told = status_obstacle(ClaimFacts(start, prime=prime, **hanging), to)

    if back(start, to) and not (prime and to not in RECEIVABLE_STATUSES):
        assert told == why
    elif told is not None:
        assert told.startswith(("Already", "A claim to the owner cannot be"))


@pytest.mark.parametrize("status", ANY)
def test_whose_turn_it_is(status: ClaimStatus) -> None:
    facts = ClaimFacts(status)
    closed = f"It is {status.label}; set it to Under Review or Revise & Resubmit first."

    assert edit_obstacle(facts) == (closed if status in SIGNABLE else None)
    if status in EDITABLE_BY_CONTACT:
        assert contact_obstacle(facts) is None
        assert (
            contact_obstacle(replace(facts, latest=False))
            == "A later claim of the contract builds on it; only the latest can be changed."
        )
    else:
        assert contact_obstacle(facts) == f"It is {status.label}; it cannot be changed now."


def test_what_is_paid_is_not_edited_even_when_it_is_not_approved() -> None:
    assert edit_obstacle(replace(FREE, paid=True)) == PAID


def test_only_the_latest_is_deleted() -> None:
    assert delete_obstacle(FREE) is None
    assert delete_obstacle(replace(FREE, latest=False)) == "Only the latest claim of a contract can be deleted."


def test_what_the_owner_approved_is_not_deleted() -> None:
    """A subcontractor's approved claim may go while nothing hangs on it; ours to the owner is sent back first."""
    for status in RECEIVABLE_STATUSES - SIGNABLE:
        assert delete_obstacle(ClaimFacts(status, prime=True)) is None
    closed = "It is Approved; set it to Under Review or Revise & Resubmit first."
    assert delete_obstacle(ClaimFacts(ClaimStatus.APPROVED, prime=True)) == closed


facts = st.builds(ClaimFacts, st.sampled_from(ANY), *[st.booleans()] * 6)


@given(facts, st.sampled_from(ANY))
def test_a_refusal_is_a_sentence(facts: ClaimFacts, to: ClaimStatus) -> None:
    for why in (status_obstacle(facts, to), edit_obstacle(facts), contact_obstacle(facts), delete_obstacle(facts)):
        assert why is None or why.endswith(".")


@pytest.mark.parametrize(
    ("due", "paid", "expected"),
    [(100, 0, PaymentStatus.UNPAID), (100, 1, PaymentStatus.PARTLY_PAID), (100, 99, PaymentStatus.PARTLY_PAID),
     (100, 100, PaymentStatus.PAID), (100, 101, PaymentStatus.PAID), (0, 0, PaymentStatus.UNPAID), (100, -1, PaymentStatus.UNPAID)],
)  # fmt: skip
def test_payment_status(due: int, paid: int, expected: PaymentStatus) -> None:
    assert payment_status(due, paid) is expected
