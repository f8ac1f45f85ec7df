"""Files without a word after ACCEPT: as long as there is no claim, a person is told, and the sender what to send."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy import select

from inbox_forms import form_of_dana
from invoices import invoice_pdf
from mail_inbox import Inbox
from mail_month import call_of
from payclerk_core.actions.claims import set_status
from payclerk_core.db import Database
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Attachment, Claim, Person

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200)
FODS = b'<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis.opendocument.spreadsheet"/>'


def _xlsb() -> bytes:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.bin", b"\x83\x01\x00")
    return book.getvalue()


FILES = {
    "printed form": ("Billing form SC-001.pdf", invoice_pdf("Billing form", "Line 1 2,500.00")),
    "photo": ("IMG_0231.jpg", JPEG),
    "fods": ("billing.fods", FODS),
    "xlsb": ("billing.xlsb", _xlsb()),
    "invoice": ("Invoice 1042.pdf", invoice_pdf("Invoice", "Amount due $900.00")),
}
NOTHING = {"no text": "", "phone": "Sent from my iPhone", "French phone": "Envoyé de mon iPhone"}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_somebody_is_told_and_the_sender_gets_what_to_send(inbox: Inbox, file: tuple[str, bytes], text: str):
    month = inbox.month
    inbox.take(inbox.answer(month.dana, "ACCEPT"))
    row = inbox.take(inbox.answer(month.dana, text, files=[file]))
    assert row.status == "done"
    mail = inbox.log()[-1]
    assert f"unclear:{mail.id}" in inbox.notices()
    [letter] = inbox.letters("file_refused")
    assert letter.in_reply_to == mail.message_id
    assert file[0] in letter.text
    assert ".xlsx" in letter.text
    assert [name.endswith(".xlsx") for name in attached(inbox, letter.id)] == [True]


def attached(inbox: Inbox, message_id: int) -> list[str]:
    with inbox.db.reading() as session:
        return list(session.scalars(select(Attachment.name).where(Attachment.message_id == message_id)))


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Remplissez le formulaire lui-même"), ("es", "Rellene el formulario mismo")]
)
def test_in_their_language(database: Database, language: str, words: str):
    inbox = Inbox(database)
    with database.transaction() as session:
        session.get_one(Person, inbox.month.dana.id).language = language
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT"))
    inbox.take(inbox.answer(inbox.month.dana, "", files=[FILES["photo"]]))
    [letter] = inbox.letters("file_refused")
    assert words in letter.text.replace("\u00a0", " ")


def test_the_form_itself_then_bills_and_files_that_come_after_need_nobody(inbox: Inbox):
    month = inbox.month
    inbox.take(inbox.answer(month.dana, "ACCEPT"))
    inbox.take(inbox.answer(month.dana, "", files=[FILES["photo"]]))
    inbox.take(inbox.answer(month.dana, "", files=[("form.xlsx", form_of_dana(inbox))]))
    assert len(claims(inbox)) == 1
    before = inbox.notices()
    inbox.take(inbox.answer(month.dana, "", files=[FILES["invoice"]]))
    assert [one for one in inbox.notices() if one.startswith("unclear") and one not in before] == []
    assert len(inbox.letters("file_refused")) == 1


def test_after_the_claim_was_sent_back_a_print_of_the_correction_is_told_too(inbox: Inbox):
    month = inbox.month
    inbox.take(inbox.answer(month.dana, "", files=[("form.xlsx", form_of_dana(inbox))]))
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, session.merge(month.pat))
        set_status(call, session.scalars(select(Claim.id)).one(), ClaimStatus.REVISE_AND_RESUBMIT)
    inbox.take(inbox.answer(month.dana, "", files=[FILES["printed form"]]))
    assert f"unclear:{inbox.log()[-1].id}" in inbox.notices()
    assert len(inbox.letters("file_refused")) == 1


def test_an_empty_answer_without_files_and_a_strangers_files_get_no_letter(inbox: Inbox):
    month = inbox.month
    inbox.take(inbox.answer(month.dana, "ACCEPT"))
    inbox.take(inbox.answer(month.dana, ""))
    inbox.take(inbox.answer(month.dana, "", files=[FILES["photo"]], From="Eve <eve@evil.example>"))
    assert inbox.letters("file_refused") == []


def claims(inbox: Inbox) -> list[int]:
    with inbox.db.reading() as session:
        return list(session.scalars(select(Claim.id)))
