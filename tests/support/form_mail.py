"""A billing form as a contact gets it, fills it and sends it back, without the mail around it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import openpyxl
from sqlalchemy import select

from payclerk_core.actions.forms import ReturnedForm, billing_form_for, submit_form
from payclerk_core.actions.mailing import start_thread
from payclerk_core.documents.billing_form import read_form
from payclerk_core.queries.contracts import open_period
from payclerk_core.tables import Claim, Person, StoredFile, Thread

if TYPE_CHECKING:
    from books import Books
    from payclerk_core.actions.call import Call
    from payclerk_core.tables import Contract

FIRST_ROW = 13


def form_of(books: Books, *, contract: Contract | None = None, returned: int | None = None) -> bytes:
    """The form for the open period, or for the correction of this claim."""
    with books.call() as call:
        chosen = books.contract(call, contract)
        claim = call.session.get_one(Claim, returned) if returned else None
        period = claim.period if claim else open_period(call.session, chosen.project_id)
        assert period is not None
        named = billing_form_for(call, chosen, period, returned=claim)
        return call.session.scalars(select(StoredFile.content).where(StoredFile.id == named.file.id)).one()


def filled(form: bytes, *works: object) -> bytes:
    """With these amounts of work in order."""
    book = openpyxl.load_workbook(io.BytesIO(form))
    for row, work in enumerate(works, FIRST_ROW):
        book["Billing"].cell(row, 5).value = work
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send_back(
    call: Call, books: Books, form: bytes, *, contract: Contract | None = None, person: Person | None = None
) -> Claim:
    """Take the form in as a mail of the contract's thread would bring it."""
    chosen = books.contract(call, contract)
    query = select(Thread).where(Thread.contract_id == chosen.id).order_by(Thread.id).limit(1)
    thread = call.session.scalar(query) or start_thread(
        call, project_id=chosen.project_id, contract_id=chosen.id, subject="Billing"
    )
    sender = call.session.get_one(Person, (person or books.month.dana).id)
    return submit_form(call, ReturnedForm(thread, sender, "form.xlsx"), read_form(form))
