"""What comes with a claim by mail: its backup, an invoice's own total, and files that are not kept."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy import select

from inbox_forms import form_of_dana
from invoices import invoice_pdf
from mail_inbox import Inbox
from payclerk_core.tables import Attachment, Claim, Event


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a file is, is known before a database is asked."""
    return sqlite_url


def kept(inbox: Inbox, *, backup: bool = False) -> list[str]:
    query = select(Attachment.name).where(Attachment.message_id == inbox.log()[-1].id).order_by(Attachment.id)
    with inbox.db.reading() as session:
        return list(session.scalars(query.where(Attachment.claim_id.is_not(None)) if backup else query))


def told(inbox: Inbox, verb: str) -> list[dict[str, object]]:
    with inbox.db.reading() as session:
        return [event.after or {} for event in session.scalars(select(Event).where(Event.verb == verb))]


def test_an_invoice_of_another_total_is_put_before_the_administrator_and_holds_up_nothing(inbox: Inbox):
    files = [
        ("form.xlsx", form_of_dana(inbox)),
        ("due.pdf", invoice_pdf("Total 1,000.00", "Amount due $900.00")),
        ("gross.pdf", invoice_pdf("Grand total 1,000.00")),
        ("other.pdf", invoice_pdf("Amount due 950.00")),
        ("scan.pdf", invoice_pdf()),
    ]
    inbox.take(inbox.answer(inbox.month.dana, "", files=files))
    with inbox.db.reading() as session:
        assert session.scalars(select(Claim.status)).all() == ["under_review"]
    assert kept(inbox, backup=True) == ["due.pdf", "gross.pdf", "other.pdf", "scan.pdf"]
    [said] = told(inbox, "invoice_differs")
    assert said["differing"] == [["other.pdf", 95000]]
    assert (said["due_cents"], said["gross_cents"]) == (90000, 100000)
    assert f"invoice_total:{inbox.log()[-1].id}" in inbox.notices()


def test_an_invoice_that_says_the_same_as_the_claim_is_nothing_to_tell(inbox: Inbox):
    files = [("form.xlsx", form_of_dana(inbox)), ("invoice.pdf", invoice_pdf("Total due 900.00"))]
    inbox.take(inbox.answer(inbox.month.dana, "", files=files))
    assert told(inbox, "invoice_differs") == []
    assert [one for one in inbox.notices() if one.startswith("invoice_total")] == []


def test_a_file_behind_a_password_is_kept_and_said(inbox: Inbox):
    files = [("form.xlsx", form_of_dana(inbox)), ("locked", invoice_pdf("Total 1.00", password="x"))]
    inbox.take(inbox.answer(inbox.month.dana, "", files=files))
    assert kept(inbox, backup=True) == ["locked"]
    assert "locked is behind a password" in inbox.letters("claim_received")[0].text
    assert told(inbox, "invoice_differs")[0]["locked"] == ["locked"]


def test_programs_are_not_kept_which_the_answer_says_and_the_rest_of_the_mail_counts(inbox: Inbox):
    files = [("form.xlsx", form_of_dana(inbox)), ("invoice.pdf", b"MZ\x90\x00"), ("photo.jpg", b"\xff\xd8\xff\xe0")]
    inbox.take(inbox.answer(inbox.month.dana, "", files=files))
    assert kept(inbox) == ["form.xlsx", "photo.jpg"]
    [letter] = inbox.letters("files_refused")
    assert "invoice.pdf: It is a program." in letter.text
    assert len(inbox.letters("claim_received")) == 1


def test_a_form_with_macros_is_refused_with_how_to_save_it(inbox: Inbox):
    content = io.BytesIO(form_of_dana(inbox))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"")
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("form.xlsm", content.getvalue())]))
    [letter] = inbox.letters("files_refused")
    assert "save it as .xlsx" in letter.text
    with inbox.db.reading() as session:
        assert session.scalars(select(Claim)).all() == []


def test_a_stranger_is_told_nothing_about_his_program(inbox: Inbox):
    forged = {"From": "Eve <eve@evil.example>", "files": [("a.exe", b"MZ\x90\x00")]}
    inbox.take(inbox.answer(inbox.month.dana, "See attached.", **forged))
    assert kept(inbox) == []
    assert inbox.letters("files_refused") == []
    assert told(inbox, "files_refused") == [{"files": [{"name": "a.exe", "why": "It is a program."}]}]
