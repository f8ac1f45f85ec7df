"""Billing forms that come back at the wrong moment, twice, changed, or for something else."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import openpyxl
import pytest

from books import AFTER_DUE, Books
from form_mail import filled, form_of, send_back
from mail_month import NOON
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts
from payclerk_core.actions.claims import LineReview, review_claim, set_status
from payclerk_core.actions.contracts import change_contract_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.periods import close_period, edit_period, reopen_period
from payclerk_core.actions.project_settings import change_settings
from payclerk_core.actions.retainage import set_rates
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.queries.claims import summary_of
from payclerk_core.rules.lifecycle import ClaimStatus, ContractStatus
from payclerk_core.rules.periods import PeriodDates
from payclerk_core.rules.retainage import Rates
from payclerk_core.tables import Contract, Person

if TYPE_CHECKING:
    from payclerk_core.db import Database


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def refusal(
    books: Books,
    form: bytes,
    *,
    at: datetime = NOON,
    contract: Contract | None = None,
    person: Person | None = None,
) -> str | None:
    with pytest.raises(UserError) as refused, books.call(at=at) as call:
        send_back(call, books, form, contract=contract, person=person)
    return refused.value.code


def sent_back(books: Books, *works: int) -> int:
    """A claim whose first line was rejected."""
    claim_id = books.claim(*works)
    line = books.shown(claim_id).lines[0].id
    with books.call() as call:
        review_claim(call, claim_id, {line: LineReview("rejected", "Less")}, ClaimStatus.REVISE_AND_RESUBMIT)
    return claim_id


def completed(books: Books, claim_id: int) -> Money:
    return summary_of(books.shown(claim_id)).completed


def test_stored_material_is_not_billed_twice_by_a_form_from_before_the_setting_changed(books: Books) -> None:
    books.approved(1000, stored=200)
    books.next_period()
    form = filled(form_of(books), 500)
    with books.call() as call:
        change_settings(call, books.month.project.id, {"stored_materials": "automatic"})

    assert refusal(books, form) == "old_form"
    newest = filled(form_of(books), 500)
    with books.call() as call:
        claim = send_back(call, books, newest).id
    assert completed(books, claim) == Money(170_000)


def test_a_form_that_shows_what_the_claim_before_no_longer_says_is_out_of_date(books: Books) -> None:
    first = books.approved(1000, stored=200)
    books.next_period()
    form = filled(form_of(books), 500)
    entry = {books.month.plumbing.lines[0].id: LineEntry(Money(100_000), stored=Money(0))}
    with books.call() as call:
        set_status(call, first, ClaimStatus.UNDER_REVIEW)
        correct_amounts(call, first, entry, "Nothing is in store")

    assert refusal(books, form) == "old_form"


def test_a_correction_by_an_administrator_is_not_undone_by_the_form_that_was_under_way(books: Books) -> None:
    claim_id = sent_back(books, 1000, 500)
    form = filled(form_of(books, returned=claim_id), 900)
    with books.call() as call:
        correct_amounts(call, claim_id, {books.month.plumbing.lines[1].id: LineEntry(Money(40_000))}, "Measured")

    assert refusal(books, form) == "old_form"
    newest = filled(form_of(books, returned=claim_id), 900)
    with books.call() as call:
        send_back(call, books, newest)
    assert completed(books, claim_id) == Money(130_000)


def test_a_rate_set_while_the_form_was_under_way_stays(books: Books) -> None:
    claim_id = sent_back(books, 1000)
    form = filled(form_of(books, returned=claim_id), 800)
    with books.call() as call:
        set_rates(call, claim_id, Rates(Decimal(5), Decimal(5)))
    with books.call() as call:
        send_back(call, books, form)

    assert summary_of(books.shown(claim_id)).retainage == Money(4_000)


def test_a_form_counts_once(books: Books) -> None:
    form = filled(form_of(books), 1000)
    with books.call() as call:
        claim_id = send_back(call, books, form).id
    assert refusal(books, form) == "not_editable"
    with books.call() as call:
        set_status(call, claim_id, ClaimStatus.DRAFT)
    assert refusal(books, form) == "old_form"
    assert completed(books, claim_id) == Money(100_000)


def test_the_correction_of_a_deleted_claim_is_not_one_of_the_claim_in_its_place(books: Books) -> None:
    claim_id = sent_back(books, 1000)
    form = filled(form_of(books, returned=claim_id), 900)
    with books.call() as call:
        delete_claim(call, claim_id)
    with books.call() as call:
        books.draft(call, 300)

    assert refusal(books, form) == "old_form"


def test_a_form_of_a_closed_period_waits_until_it_is_open_again(books: Books) -> None:
    form = filled(form_of(books), 1000)
    with books.call() as call:
        close_period(call, books.period_id)
    assert refusal(books, form) == "period_closed"
    with books.call() as call:
        reopen_period(call, books.period_id)
    with books.call() as call:
        send_back(call, books, form)


def test_the_due_date_that_counts_is_the_one_of_the_day_the_form_comes(books: Books) -> None:
    form = filled(form_of(books), 1000)
    assert refusal(books, form, at=AFTER_DUE) == "past_due"
    with books.call() as call:
        edit_period(call, books.period_id, PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 28)))
    with books.call(at=AFTER_DUE) as call:
        send_back(call, books, form)


def test_a_terminated_contract_takes_no_form(books: Books) -> None:
    form = filled(form_of(books), 1000)
    with books.call() as call:
        change_contract_status(call, books.month.plumbing.id, ContractStatus.TERMINATED)

    assert refusal(books, form) == "contract"


def test_a_form_goes_to_its_own_contract_and_comes_from_its_own_contacts(books: Books) -> None:
    form = filled(form_of(books), 1000)

    assert refusal(books, form, contract=books.month.steel, person=books.month.sam) == "other_contract"
    assert refusal(books, form, person=books.month.sam) == "not_contact"


@pytest.mark.parametrize("edit", ["swap the ids", "repeat a line", "another scheduled value", "another seal"])
def test_an_edited_hidden_sheet_moves_no_amount(books: Books, edit: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(filled(form_of(books), 1000, 500)))
    hidden, shown = book["payclerk"], book["Billing"]
    if edit == "swap the ids":
        hidden["A2"].value, hidden["A3"].value = hidden["A3"].value, hidden["A2"].value
    elif edit == "repeat a line":
        hidden.append([hidden["A2"].value, "002", *(cell.value for cell in hidden[3][2:5])])
    elif edit == "another scheduled value":
        hidden["C2"].value, shown["C13"].value = "99999.00", 99999
    else:
        hidden["A1"].value = str(hidden["A1"].value).replace(":1:", ":2:", 1)
    out = io.BytesIO()
    book.save(out)
    if edit == "another scheduled value":
        with books.call() as call:
            claim_id = send_back(call, books, out.getvalue()).id
        assert summary_of(books.shown(claim_id)).contract_sum == Money(1_500_000)
    else:
        assert refusal(books, out.getvalue()) in {"old_form", "seal"}
