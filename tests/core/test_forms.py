"""Billing forms there and back: what the form computes is what the claim will be, and a correction is a revision."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from sqlalchemy import select

from books import AFTER_DUE, Books
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts
from payclerk_core.actions.claims import LineReview, load_claim, review_claim, set_status
from payclerk_core.actions.forms import ReturnedForm, billing_form_for, submit_form
from payclerk_core.actions.mailing import start_thread
from payclerk_core.actions.retainage import Release, release_retainage, set_rates
from payclerk_core.documents.billing_form import read_form
from payclerk_core.documents.form_values import HEAD_ROW, STORED, WORK
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.queries.claims import summary_of
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.rules.retainage import Rates
from payclerk_core.tables import Attachment, BillingPeriod, Claim, Message, StoredFile, Thread

if TYPE_CHECKING:
    from payclerk_core.actions.call import Call
    from payclerk_core.db import Database


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def blank(books: Books) -> bytes:
    """The form that goes out for the open period."""
    with books.call() as call:
        period = call.get(BillingPeriod, books.period_id, "period")
        return call.get(StoredFile, billing_form_for(call, books.contract(call), period).file.id, "file").content


def filled(form: bytes, *rows: tuple[float, float | None]) -> bytes:
    """The form with work and stored material on its lines in order (None: as it is)."""
    book = openpyxl.load_workbook(io.BytesIO(form))
    for place, (work, stored) in enumerate(rows, HEAD_ROW + 1):
        book["Billing"].cell(place, WORK).value = work
        if stored is not None:
            book["Billing"].cell(place, STORED).value = stored
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def returned(books: Books, form: bytes, **more: Any) -> Claim:
    """Dana sends it back."""
    with books.call(books.month.dana, **more) as call:
        return submit_form(call, ReturnedForm(thread(call, books), books.month.dana, "form.xlsx"), read_form(form))


def thread(call: Call, books: Books) -> Thread:
    contract = books.contract(call)
    return start_thread(call, project_id=contract.project_id, contract_id=contract.id, subject="A form")


def sums_of(form: bytes) -> dict[str, Decimal]:
    """What the form shows below its table, as it was computed when it was made."""
    sheet = openpyxl.load_workbook(io.BytesIO(form), data_only=True)["Billing"]
    rows = ((row[1].value, row[6].value) for row in sheet.iter_rows(min_row=HEAD_ROW + 3))
    return {str(name).partition(" (")[0]: Decimal(str(value)) for name, value in rows if value is not None}


def test_a_correction_is_the_next_revision(books: Books) -> None:
    claim = returned(books, filled(blank(books), (1000, 200), (500, 0)))
    with books.call() as call:
        first = load_claim(call, claim.id).lines[0]
        reviews = {first.id: LineReview("rejected", "Not in yet")}
        review_claim(call, claim.id, reviews, ClaimStatus.REVISE_AND_RESUBMIT)
    form = sent_back(books)
    assert "Rejected: Not in yet" in {cell.value for cell in openpyxl.load_workbook(io.BytesIO(form))["Billing"]["J"]}

    corrected = returned(books, filled(form, (900, 200), (500, 0)))

    assert (corrected.id, corrected.revision, corrected.status) == (claim.id, 2, "under_review")
    assert summary_of(books.shown(claim.id)).completed == Money(160_000)
    with pytest.raises(UserError, match="cannot be changed now"):
        returned(books, filled(form, (800, 200), (500, 0)))


def sent_back(books: Books) -> bytes:
    with books.database.transaction() as session:
        query = select(Attachment).join(Message, Message.id == Attachment.message_id)
        query = query.where(Message.kind == "claim_returned").order_by(Attachment.id.desc())
        return session.scalars(query).first().file.content


def test_the_form_holds_what_is_held_besides_the_rate(books: Books) -> None:
    """After a release and a new rate the plain formula would be off; the form says the difference."""
    first = books.claim(1000, 500, stored=200)
    with books.call() as call:
        set_rates(call, first, Rates(Decimal(8), Decimal(4)))
        release_retainage(call, first, Release(amount=Money(3000)))
        set_status(call, first, ClaimStatus.APPROVED)
    books.next_period()
    form = blank(books)

    shown = sums_of(form)

    assert shown["Total completed and stored to date"] == Decimal(1700)
    assert shown["Less retainage"] == Decimal(128) - Decimal(30)
    assert shown["Payment due"] == 0
    claim = books.shown(returned(books, filled(form, (1000, None), (0, None))).id)
    assert summary_of(claim).retainage == Money(9800 + 8000)


def test_the_form_of_a_correction_shows_the_claims_own_sums(books: Books) -> None:
    claim = returned(books, filled(blank(books), (1000, 200), (500, 0)))
    with books.call() as call:
        release_retainage(call, claim.id, Release(percent=Decimal(50)))
        correct_amounts(call, claim.id, {books.month.plumbing.lines[1].id: LineEntry(Money(40_000))})
        line = load_claim(call, claim.id).lines[0]
        review_claim(call, claim.id, {line.id: LineReview("rejected", "No")}, ClaimStatus.REVISE_AND_RESUBMIT)

    summary, shown = summary_of(books.shown(claim.id)), sums_of(sent_back(books))

    assert shown["Less retainage"] == Decimal(summary.retainage.plain())
    assert shown["Payment due"] == Decimal(summary.due.plain())


def test_a_form_after_the_due_date_starts_nothing(books: Books) -> None:
    form = filled(blank(books), (1000, 0), (500, 0))
    with pytest.raises(UserError) as refused:
        returned(books, form, at=AFTER_DUE)

    assert refused.value.code == "past_due"


def test_a_form_of_another_contract_or_an_older_period_is_refused(books: Books) -> None:
    form = filled(blank(books), (1000, 0), (500, 0))
    steel, sam = books.month.steel, books.month.sam
    with books.call() as call:
        other = start_thread(call, project_id=steel.project_id, contract_id=steel.id, subject="A form")
    with pytest.raises(UserError, match="another contract"), books.call(sam) as call:
        submit_form(call, ReturnedForm(other, sam, "form.xlsx"), read_form(form))
    books.next_period()
    with pytest.raises(UserError) as refused:
        returned(books, form)

    assert refused.value.code == "period_closed"


def test_a_form_whose_hidden_lines_were_exchanged_is_refused(books: Books) -> None:
    book = openpyxl.load_workbook(io.BytesIO(filled(blank(books), (1000, 0), (500, 0))))
    sealed = book["payclerk"]
    sealed["A2"].value, sealed["A3"].value = sealed["A3"].value, sealed["A2"].value
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(UserError):
        returned(books, out.getvalue())
