"""Two people acting on one record at once take turns: the second one sees what the first one did."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from books import Books
from payclerk_core.actions.batches import Order
from payclerk_core.actions.call import Call
from payclerk_core.actions.certificates import certify
from payclerk_core.actions.claim_editing import submit_claim
from payclerk_core.actions.claims import bulk_status, set_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.money import Money
from payclerk_core.queries.claims import row_of
from payclerk_core.rules.lifecycle import ClaimStatus
from turns import Act, at_once

if TYPE_CHECKING:
    from payclerk_core.db import Database

TODAY = date(2026, 11, 20)


def pay(claim_id: int, number: str) -> Act:
    return lambda call: record_payment(call, claim_id, PaymentEntry(number, "check", Money(90_000), TODAY))


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def test_two_payments_of_all_that_is_due(books: Books) -> None:
    claim_id = books.approved(1000)

    assert at_once(books, pay(claim_id, "1"), pay(claim_id, "2")) == ["done", "too_much"]
    assert row_of(books.shown(claim_id)).paid == Money(90_000)


def test_two_claims_of_one_contract(books: Books) -> None:
    def start(call: Call) -> object:
        return books.draft(call, 1000)

    assert at_once(books, start, start) == ["done", "already_made"]


def test_a_payment_and_taking_the_approval_back(books: Books) -> None:
    claim_id = books.approved(1000)

    def reopen(call: Call) -> object:
        return set_status(call, claim_id, ClaimStatus.DRAFT)

    assert at_once(books, pay(claim_id, "1"), reopen) == ["done", "wrong_status"]


def test_a_bulk_change_and_a_payment(books: Books) -> None:
    claim_id = books.approved(1000)

    def reopen(call: Call) -> object:
        order = Order("a-selection", books.month.project.id, None)
        return bulk_status(call, order, [claim_id], ClaimStatus.DRAFT)

    assert at_once(books, reopen, pay(claim_id, "1")) == ["done", "not_approved"]


def test_a_deletion_and_a_payment(books: Books) -> None:
    claim_id = books.approved(1000)

    assert at_once(books, lambda call: delete_claim(call, claim_id), pay(claim_id, "1")) == ["done", "not_found"]


def test_two_certificates(books: Books) -> None:
    claim_id = books.approved(1000)

    def less(call: Call) -> object:
        return certify(call, claim_id, Money(80_000), TODAY, "One fixture less")

    assert at_once(books, less, less) == ["done", "already_certified"]


def test_submitting_twice(books: Books) -> None:
    with books.call() as call:
        claim_id = books.draft(call, 1000).id

    def submit(call: Call) -> object:
        return submit_claim(call, claim_id)

    assert at_once(books, submit, submit) == ["done", "not_editable"]


def test_a_certificate_and_the_next_claim(books: Books) -> None:
    claim_id = books.approved(1000)
    books.next_period()

    def less(call: Call) -> object:
        return certify(call, claim_id, Money(80_000), TODAY, "One fixture less")

    def start(call: Call) -> object:
        return submit_claim(call, books.draft(call, 1000).id)

    assert at_once(books, less, start) == ["done", "done"]
    assert books.shown(claim_id + 1).previous_certificates_cents == 80_000
