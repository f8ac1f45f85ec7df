"""A billing form that comes back by mail: a claim, or an answer that names each fault; the mail is kept in any case."""

from __future__ import annotations

import io

import openpyxl
import pytest
from sqlalchemy import select

from mail_inbox import Inbox
from mail_month import call_of
from payclerk_core.actions.forms import billing_form_for
from payclerk_core.db import Database
from payclerk_core.tables import Attachment, BillingPeriod, Claim, Contract, SovLine, StoredFile

FIRST_ROW = 13


@pytest.fixture
def sqlite_inbox(sqlite_url: str) -> Inbox:
    """Where the database decides nothing."""
    return Inbox(Database(sqlite_url))


def form_for(inbox: Inbox, contract: Contract) -> bytes:
    with inbox.db.transaction() as session:
        period = session.scalars(select(BillingPeriod)).one()
        named = billing_form_for(call_of(session, inbox.settings), session.get_one(Contract, contract.id), period)
        return session.scalars(select(StoredFile.content).where(StoredFile.id == named.file.id)).one()


def filled(form: bytes, *amounts: object) -> bytes:
    """The form with these amounts of work, as Excel saves it."""
    book = openpyxl.load_workbook(io.BytesIO(form))
    for row, amount in enumerate(amounts, FIRST_ROW):
        book["Billing"].cell(row, 5).value = amount
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def claims(inbox: Inbox) -> list[Claim]:
    with inbox.db.reading() as session:
        return list(session.scalars(select(Claim)))


def test_a_filled_form_becomes_a_claim_and_its_pdfs_the_backup(inbox: Inbox):
    month = inbox.month
    inbox.take(inbox.answer(month.dana, "ACCEPT"))
    form = filled(form_for(inbox, month.plumbing), 2500, 100.50)
    files = [("form.xlsx", form), ("Lieferschein 7.pdf", b"%PDF-1.7 delivery note")]
    inbox.take(inbox.answer(month.dana, "Here it is.", files=files))
    [claim] = claims(inbox)
    assert (claim.status, claim.created_by_id) == ("under_review", month.dana.id)
    [letter] = inbox.letters("claim_received")
    assert letter.in_reply_to == inbox.log()[-1].message_id
    with inbox.db.reading() as session:
        backup = session.scalars(select(Attachment.name).where(Attachment.claim_id == claim.id)).all()
    assert backup == ["Lieferschein 7.pdf"]
    assert f"submitted:{claim.id}:r1" in inbox.notices()
    assert not [notice for notice in inbox.notices() if notice.startswith("unclear")]


def test_a_form_from_somebody_who_never_said_yes_is_a_yes_and_no_form_goes_out(inbox: Inbox):
    month = inbox.month
    form = filled(form_for(inbox, month.plumbing), 2500)
    inbox.take(inbox.answer(month.eli, "", files=[("form.xlsx", form)]))
    assert inbox.status(month.plumbing) == "accepted"
    assert len(claims(inbox)) == 1
    assert inbox.letters("invitation_accepted") == []


def test_a_form_with_faults_is_answered_cell_by_cell_and_stores_only_the_mail(inbox: Inbox):
    month = inbox.month
    form = filled(form_for(inbox, month.plumbing), "about half", "50 %")
    inbox.take(inbox.answer(month.dana, "", files=[("form.xlsx", form)]))
    [letter] = inbox.letters("form_faults")
    assert "E13" in letter.text
    assert "E14" in letter.text
    assert claims(inbox) == []
    assert inbox.status(month.plumbing) == "invited"
    assert len(inbox.log()) == 1


def test_a_form_that_bills_too_much_or_nothing_of_this_contract_changes_nothing(inbox: Inbox):
    month = inbox.month
    form = filled(form_for(inbox, month.steel), 100)
    inbox.take(inbox.answer(month.dana, "", files=[("form.xlsx", form)]))
    [letter] = inbox.letters("file_refused")
    assert "another contract" in letter.text
    assert claims(inbox) == []
    assert inbox.status(month.plumbing) == "invited"  # the yes it implied went with it


def test_a_form_made_before_the_lines_changed_is_refused_with_the_newest_attached(inbox: Inbox):
    month = inbox.month
    form = filled(form_for(inbox, month.plumbing), 2500)
    with inbox.db.transaction() as session:
        facts = {"cost_code": "22-0000", "cost_type": "S", "description": "Change order 1", "scheduled_cents": 5000}
        session.add(SovLine(contract_id=month.plumbing.id, position=99, item="CO-1", **facts))
    inbox.take(inbox.answer(month.dana, "", files=[("form.xlsx", form)]))
    [letter] = inbox.letters("file_refused")
    assert "lines have changed" in letter.text
    with inbox.db.reading() as session:
        names = session.scalars(select(Attachment.name).where(Attachment.message_id == letter.id)).all()
    assert [name.endswith(".xlsx") for name in names] == [True]
    assert claims(inbox) == []


def test_a_forged_senders_form_makes_no_claim(inbox: Inbox):
    form = filled(form_for(inbox, inbox.month.plumbing), 100)
    mail = inbox.answer(inbox.month.dana, "", files=[("form.xlsx", form)], From="Eve <eve@evil.example>")
    inbox.take(mail)
    assert claims(inbox) == []
    assert inbox.notices()[0].startswith("unclear:")


def test_a_workbook_that_is_not_ours_is_only_kept(inbox: Inbox):
    book = openpyxl.Workbook()
    out = io.BytesIO()
    book.save(out)
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", files=[("my list.xlsx", out.getvalue()), ("b.xlsx", b"junk")]))
    assert inbox.status(inbox.month.plumbing) == "accepted"
    assert claims(inbox) == []
    assert inbox.letters("file_refused") == []
    with inbox.db.reading() as session:
        names = session.scalars(select(Attachment.name).where(Attachment.message_id == inbox.log()[0].id)).all()
    assert sorted(names) == ["b.xlsx", "my list.xlsx"]


def test_a_question_about_a_claim_is_put_before_a_person_and_a_later_pdf_is_backup(inbox: Inbox):
    month = inbox.month
    form = filled(form_for(inbox, month.plumbing), 2500)
    inbox.take(inbox.answer(month.dana, "", files=[("form.xlsx", form)]))
    inbox.take(inbox.answer(month.dana, "When will we be paid?", files=[("ticket.pdf", b"%PDF-1.7 ticket")]))
    forged = {"From": "Eve <eve@evil.example>", "files": [("forged.pdf", b"%PDF-1.7 forged")]}
    inbox.take(inbox.answer(month.dana, "See attached.", **forged))
    [claim] = claims(inbox)
    with inbox.db.reading() as session:
        backup = session.scalars(select(Attachment.name).where(Attachment.claim_id == claim.id)).all()
    assert backup == ["ticket.pdf"]
    unclear = [notice for notice in inbox.notices() if notice.startswith("unclear")]
    assert len(unclear) == 2


def test_accept_in_a_thread_that_has_its_claim_is_only_shown(inbox: Inbox):
    month = inbox.month
    form = filled(form_for(inbox, month.plumbing), 2500)
    inbox.take(inbox.answer(month.dana, "", files=[("form.xlsx", form)]))
    inbox.take(inbox.answer(month.dana, "DECLINE"))
    assert inbox.status(month.plumbing) == "accepted"
    assert len(claims(inbox)) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Decline", "declines"),
        ("Nothing to bill this month.", "declines"),
        ("CANCEL", "CANCEL"),
        ("Line 1: 100 %", "bills in words"),
        ("This is only a draft, please do not submit it yet.", "draft"),
        ("Sorry, wrong file", "wrong file"),
        ("Pencil copy for your review, not for submission yet.", "pencil copy"),
        ("Please hold off on this one.", "hold off"),
    ],
)
def test_words_that_speak_against_the_form_are_answered_and_nothing_is_recorded(
    sqlite_inbox: Inbox, text: str, why: str
):
    inbox = sqlite_inbox
    form = filled(form_for(inbox, inbox.month.plumbing), 2500)
    inbox.take(inbox.answer(inbox.month.dana, text, files=[("form.xlsx", form)]))
    assert claims(inbox) == []
    assert inbox.status(inbox.month.plumbing) == "invited"
    [letter] = inbox.letters("file_refused")
    assert why in letter.text
    assert inbox.log()[0].decision is None
    inbox.take(inbox.answer(inbox.month.dana, "Here is our form.", files=[("form.xlsx", form)]))
    assert len(claims(inbox)) == 1


def test_a_form_that_a_ticket_system_sends_is_put_before_a_person(sqlite_inbox: Inbox):
    inbox = sqlite_inbox
    form = filled(form_for(inbox, inbox.month.plumbing), 2500)
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("form.xlsx", form)], Auto_Submitted="auto-generated"))
    assert claims(inbox) == []
    assert inbox.notices() == [f"unclear:{inbox.log()[0].id}"]
