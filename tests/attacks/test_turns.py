"""Two at once on one contract: what one of them builds on is not changed by the other behind its back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from books import Books
from form_mail import filled, form_of, send_back
from payclerk_core.actions.batches import Order
from payclerk_core.actions.certificates import certify
from payclerk_core.actions.change_orders import (
    ChangeFacts,
    approve_change_order,
    create_change_order,
    submit_change_order,
    void_change_order,
)
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts, submit_claim
from payclerk_core.actions.claims import LineReview, load_claim, review_claim, set_status
from payclerk_core.actions.contracts import change_contract_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.periods import create_period
from payclerk_core.actions.retainage import make_release_claim
from payclerk_core.actions.signing import send_to_docusign
from payclerk_core.actions.ssov import enable_ssov
from payclerk_core.money import Money
from payclerk_core.queries.claims import summary_of
from payclerk_core.queries.ties import findings_of
from payclerk_core.rules.change_orders import ChangeEntry
from payclerk_core.rules.findings import Severity
from payclerk_core.rules.lifecycle import ClaimStatus, ContractStatus
from payclerk_core.rules.periods import PeriodDates
from payclerk_core.tables import BillingPeriod, Claim, Envelope, Event
from turns import Act, at_once

if TYPE_CHECKING:
    from payclerk_core.actions.call import Call
    from payclerk_core.db import Database

TODAY = date(2026, 11, 20)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def bill_next(books: Books) -> Act:
    """Start and submit the next claim in one transaction, as a form that came by mail does."""

    def bill(call: Call) -> None:
        submit_claim(call, books.draft(call, 500).id)

    return bill


def claims_tie(books: Books) -> list[int]:
    """The numbers of the plumber's claims, none of which may disagree with the one before."""
    with books.call() as call:
        ids = list(call.session.scalars(select(Claim.id).where(Claim.contract_id == books.month.plumbing.id)))
        claims = [load_claim(call, claim_id) for claim_id in sorted(ids)]
        for claim in claims:
            found = findings_of(call.session, claim)
            assert [finding.text for finding in found if finding.severity is Severity.ERROR] == []
        return [claim.number for claim in claims]


def test_a_claim_is_started_while_the_one_before_is_corrected(books: Books) -> None:
    claim_id = books.claim(1000)
    books.next_period()
    entry = {books.month.plumbing.lines[0].id: LineEntry(Money(70_000))}

    at_once(books, lambda call: correct_amounts(call, claim_id, entry, "Measured"), bill_next(books))
    assert claims_tie(books) == [1, 2]


def test_a_claim_is_corrected_while_the_next_one_is_started(books: Books) -> None:
    claim_id = books.claim(1000)
    books.next_period()
    entry = {books.month.plumbing.lines[0].id: LineEntry(Money(70_000))}

    outcome = at_once(books, bill_next(books), lambda call: correct_amounts(call, claim_id, entry, "Measured"))
    assert (outcome, claims_tie(books)) == (["done", "not_editable"], [1, 2])


def test_a_claim_is_started_while_the_one_before_is_certified(books: Books) -> None:
    claim_id = books.approved(1000)
    books.next_period()

    at_once(books, lambda call: certify(call, claim_id, Money(80_000), TODAY, "Less"), bill_next(books))
    assert claims_tie(books) == [1, 2]


def test_a_claim_is_started_while_the_one_before_is_deleted(books: Books) -> None:
    claim_id = books.claim(1000)
    books.next_period()

    assert at_once(books, lambda call: delete_claim(call, claim_id), bill_next(books)) == ["done", "done"]
    assert claims_tie(books) == [1]


def test_a_contract_is_terminated_while_a_claim_is_started(books: Books) -> None:
    contract_id = books.month.plumbing.id

    def terminate(call: Call) -> object:
        return change_contract_status(call, contract_id, ContractStatus.TERMINATED)

    assert at_once(books, terminate, bill_next(books)) == ["done", "contract"]


def test_a_breakdown_is_asked_for_while_a_claim_is_started(books: Books) -> None:
    contract_id = books.month.plumbing.id

    assert at_once(books, lambda call: enable_ssov(call, contract_id), bill_next(books)) == [
        "done",
        "ssov_not_approved",
    ]
    assert claims_tie(books) == []


def change_order(books: Books) -> int:
    lines = (ChangeEntry("CO-1.1", "22-000", "S", "More pipes", Money(100_000)),)
    with books.call() as call:
        change = create_change_order(call, books.month.plumbing.id, ChangeFacts("CO-1", "More", lines))
        submit_change_order(call, change.id)
        return change.id


def test_a_change_order_is_approved_while_a_claim_is_started(books: Books) -> None:
    change = change_order(books)

    assert at_once(books, lambda call: approve_change_order(call, change), bill_next(books)) == ["done", "done"]
    [claim] = claims_of(books)
    assert summary_of(books.shown(claim)).contract_sum == Money(1_600_000)


def test_a_change_order_is_voided_while_a_claim_is_started(books: Books) -> None:
    change = change_order(books)
    with books.call() as call:
        approve_change_order(call, change)

    assert at_once(books, lambda call: void_change_order(call, change), bill_next(books)) == ["done", "done"]
    [claim] = claims_of(books)
    assert summary_of(books.shown(claim)).contract_sum == Money(1_500_000)


def claims_of(books: Books) -> list[int]:
    with books.call() as call:
        return list(call.session.scalars(select(Claim.id).where(Claim.contract_id == books.month.plumbing.id)))


def test_two_releases_of_the_same_retainage(books: Books) -> None:
    books.approved(10_000, 5000)
    books.next_period()

    def release(call: Call) -> object:
        return make_release_claim(call, books.month.plumbing.id)

    assert at_once(books, release, release) == ["done", "already_made"]


def test_the_same_form_twice(books: Books) -> None:
    form = filled(form_of(books), 1000)

    def send(call: Call) -> object:
        return send_back(call, books, form)

    assert at_once(books, send, send) == ["done", "not_editable"]


def sent_back(books: Books) -> int:
    claim_id = books.claim(1000)
    line = books.shown(claim_id).lines[0].id
    with books.call() as call:
        review_claim(call, claim_id, {line: LineReview("rejected", "Less")}, ClaimStatus.REVISE_AND_RESUBMIT)
    return claim_id


def test_the_same_correction_twice(books: Books) -> None:
    claim_id = sent_back(books)
    form = filled(form_of(books, returned=claim_id), 900)

    def send(call: Call) -> object:
        return send_back(call, books, form)

    assert at_once(books, send, send) == ["done", "not_editable"]
    assert books.events("claim", claim_id).count("submitted") == 2


def test_a_correction_comes_while_the_claim_is_approved_as_noted(books: Books) -> None:
    claim_id = sent_back(books)
    form = filled(form_of(books, returned=claim_id), 900)

    def note(call: Call) -> object:
        return set_status(call, claim_id, ClaimStatus.APPROVED_AS_NOTED)

    assert at_once(books, note, lambda call: send_back(call, books, form)) == ["done", "not_editable"]
    assert summary_of(books.shown(claim_id)).completed == Money(100_000)


def test_two_periods_are_opened(books: Books) -> None:
    def create(month: int) -> Act:
        dates = PeriodDates(date(2027, month, 1), date(2027, month, 28), date(2027, month, 25))
        return lambda call: create_period(call, books.month.project.id, dates)

    assert at_once(books, create(1), create(2)) == ["done", "done"]
    with books.call() as call:
        assert call.session.scalar(select(func.count()).where(BillingPeriod.status == "open")) == 1
        closed = select(func.count()).where(Event.verb == "period_closed")
        assert call.session.scalar(closed) == 2


def send(books: Books, claim_id: int, key: str) -> Act:
    return lambda call: send_to_docusign(call, Order(key, books.month.project.id, None), [claim_id])


def test_a_claim_goes_out_for_signature_once(books: Books) -> None:
    claim_id = books.approved(1000)

    assert at_once(books, send(books, claim_id, "a"), send(books, claim_id, "b")) == ["done", "done"]
    with books.call() as call:
        assert call.session.scalar(select(func.count()).select_from(Envelope)) == 1


def test_an_approval_is_taken_back_while_the_claim_goes_out_for_signature(books: Books) -> None:
    claim_id = books.approved(1000)

    def reopen(call: Call) -> object:
        return set_status(call, claim_id, ClaimStatus.UNDER_REVIEW)

    assert at_once(books, send(books, claim_id, "a"), reopen) == ["done", "wrong_status"]
