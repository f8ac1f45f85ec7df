"""Ways to a wrong amount that were tried: odd orders of the same acts, figures of zero, lines of somebody else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from books import Books
from payclerk_core.actions.batches import Order
from payclerk_core.actions.certificates import certify
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts, save_amounts, submit_claim
from payclerk_core.actions.claims import LineReview, bulk_status, review_claim, set_status
from payclerk_core.actions.emails import Draft, compose_email
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.actions.retainage import LineRetainage, Release, release_retainage, set_line_retainage, set_rates
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.queries.claims import row_of, summary_of
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.rules.retainage import Rates
from payclerk_core.tables import Attachment, Message, RetainageRule

if TYPE_CHECKING:
    from payclerk_core.db import Database

TODAY = date(2026, 11, 20)
S = ClaimStatus


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def refused(books: Books, act) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError) as error, books.call() as call:
        act(call)
    return error.value.code


def held(books: Books, claim_id: int) -> int:
    return summary_of(books.shown(claim_id)).retainage.cents


def first_line(books: Books) -> int:
    return books.month.plumbing.lines[0].id


def test_an_administrator_may_hold_nothing_of_a_line(books: Books) -> None:
    claim_id = books.claim(1000, stored=200)
    nothing = LineRetainage(work_amount=Money(0), stored_amount=Money(0))
    with books.call() as call:
        set_line_retainage(call, claim_id, {first_line(books): nothing})

    assert held(books, claim_id) == 0


def test_a_certified_claim_is_not_changed_under_its_certificate(books: Books) -> None:
    claim_id = books.approved(1000)
    with books.call() as call:
        certify(call, claim_id, Money(80_000), TODAY, "Two fixtures are missing")

    for status in (S.UNDER_REVIEW, S.DRAFT, S.REVISE_AND_RESUBMIT):
        assert refused(books, lambda call, status=status: set_status(call, claim_id, status)) == "wrong_status"
    with books.call() as call:
        set_status(call, claim_id, S.APPROVED_AS_NOTED)  # what changes no amount goes on
    assert row_of(books.shown(claim_id)).due == Money(80_000)


def test_a_draft_that_does_not_tie_is_not_approved_past_its_submission(books: Books) -> None:
    books.month.project.overbilling = "prevent"
    with books.call() as call:
        books.contract(call).project.overbilling = "prevent"
        claim_id = books.draft(call, 10_001).id

    for status in (S.APPROVED, S.APPROVED_AS_NOTED, S.PENDING_OWNER_APPROVAL, S.UNDER_REVIEW):
        assert refused(books, lambda call, status=status: set_status(call, claim_id, status)) == "overbilled"
    with books.call() as call:
        order = Order("in-bulk", books.month.project.id, None)
        batch = bulk_status(call, order, [claim_id], S.APPROVED)
        assert [(row.outcome, "is billed of" in (row.reason or "")) for row in batch.items] == [("skipped", True)]
    assert books.shown(claim_id).status == "draft"


def test_what_is_approved_out_of_a_draft_has_a_pdf_of_what_was_approved(books: Books) -> None:
    with books.call() as call:
        claim_id = books.draft(call, 1000).id
    with books.call() as call:
        set_status(call, claim_id, S.APPROVED)

    claim = books.shown(claim_id)
    assert claim.pdf_id is not None
    assert claim.submitted_at is not None


def test_lines_of_another_contract_are_refused_and_not_passed_over(books: Books) -> None:
    claim_id = books.claim(1000)
    with books.call() as call:
        release_retainage(call, claim_id, Release(percent=Decimal(50)))
    other = books.month.steel.lines[0].id

    assert refused(books, lambda c: release_retainage(c, claim_id, Release(lines={other: Money(1)}))) == "unknown_line"
    own = {other: LineRetainage(work_percent=Decimal(0))}
    assert refused(books, lambda c: set_line_retainage(c, claim_id, own)) == "unknown_line"
    assert refused(books, lambda c: correct_amounts(c, claim_id, {other: LineEntry(Money(1))})) == "unknown_line"
    assert held(books, claim_id) == 5_000


def test_a_verdict_on_a_line_that_is_not_there_does_not_vanish(books: Books) -> None:
    claim_id, other = books.claim(1000), books.claim(500, contract=books.month.steel)
    line = books.shown(other).lines[0].id
    verdict = {line: LineReview("rejected", "Not built")}

    assert refused(books, lambda call: review_claim(call, claim_id, verdict, S.APPROVED)) == "unknown_line"
    assert books.shown(claim_id).status == "under_review"


def test_what_is_still_in_store_stays_on_the_owners_claim_when_nothing_more_is_billed(books: Books) -> None:
    books.approved(1000, stored=200)
    books.approved(300, contract=books.month.steel)
    with books.call() as call:
        first = make_owner_claim(call, books.month.project.id).id
    books.next_period()
    books.approved(400, contract=books.month.steel)  # the plumber bills nothing this month; his pipes are still there
    with books.call() as call:
        second = make_owner_claim(call, books.month.project.id).id

    assert summary_of(books.shown(first)).completed == Money(150_000)
    assert summary_of(books.shown(second)).completed == Money(190_000)


def test_the_owner_gets_the_claim_as_it_is_when_it_is_mailed(books: Books) -> None:
    books.approved(1000)
    with books.call() as call:
        owner = make_owner_claim(call, books.month.project.id).id
    prefilled = books.shown(owner).pdf_id
    with books.call() as call:
        set_rates(call, owner, Rates(Decimal(0), Decimal(0)))
        compose_email(call, owner, Draft([books.month.olga.id], [], [], "Our claim", "Please find it here."))

    mailed = books.shown(owner).pdf_id
    with books.call() as call:
        attached = select(Attachment.file_id).join(Message, Message.id == Attachment.message_id)
        assert list(call.session.scalars(attached.where(Message.kind == "owner_claim"))) == [mailed]
    assert mailed != prefilled


def test_units_are_counted_anew_after_an_amount_was_corrected(books: Books) -> None:
    with books.call() as call:
        line = books.contract(call).lines[0]
        line.quantity, line.unit_price, line.unit = Decimal(100), Decimal(100), "ea"
    line_id = first_line(books)
    with books.call() as call:
        claim = books.draft(call, 0)
        save_amounts(call, claim.id, {line_id: LineEntry(quantity=Decimal(10))})
        claim_id = claim.id
    with books.call() as call:
        submit_claim(call, claim_id)
        correct_amounts(call, claim_id, {line_id: LineEntry(Money(50_000))}, "Half of it is there")

    row = books.shown(claim_id).lines[0]
    assert (row.work_cents, row.quantity) == (50_000, None)


def test_a_rate_set_by_hand_ends_a_sliding_scale_even_when_it_is_the_contracts_own(books: Books) -> None:
    with books.call() as call:
        rule = RetainageRule(position=1, percent=Decimal(10), of="original", until=Decimal(5))
        books.contract(call).retainage_rules = [rule]
    first = books.approved(9000)
    books.next_period()
    second = books.claim(500)
    assert (held(books, first), held(books, second)) == (75_000, 75_000)
    with books.call() as call:
        set_rates(call, second, Rates(Decimal(10), Decimal(10)))
    books.next_period()
    third = books.claim(500)

    assert (held(books, second), held(books, third)) == (95_000, 100_000)


def test_nothing_is_paid_on_a_claim_that_comes_to_nothing_or_less(books: Books) -> None:
    books.approved(1000)
    books.next_period()
    claim_id = books.approved(-200)

    assert row_of(books.shown(claim_id)).due == Money(-18_000)
    pay = PaymentEntry("1", "check", Money(1), TODAY)
    assert refused(books, lambda call: record_payment(call, claim_id, pay)) == "too_much"
    with books.call() as call:
        certify(call, claim_id, Money(0), TODAY, "Nothing is payable")
    assert refused(books, lambda call: record_payment(call, claim_id, pay)) == "too_much"
