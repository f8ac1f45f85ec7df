"""A billing form that another program saved, twice in one mail, or beside another contract's: by mail, to the claim."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from sqlalchemy import select

from form_files import as_csv, libreoffice_ods, numbers, saved, typed
from mail_inbox import Inbox
from mail_month import call_of
from other_kinds import OTHER_KINDS
from payclerk_core.actions.forms import billing_form_for
from payclerk_core.tables import Attachment, BillingPeriod, Claim, Contract, StoredFile

if TYPE_CHECKING:
    from payclerk_core.tables import Message


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a file says is read before a database is asked."""
    return sqlite_url


def form_for(inbox: Inbox, contract: Contract) -> bytes:
    with inbox.db.transaction() as session:
        period = session.scalars(select(BillingPeriod)).one()
        named = billing_form_for(call_of(session, inbox.settings), session.get_one(Contract, contract.id), period)
        return session.scalars(select(StoredFile.content).where(StoredFile.id == named.file.id)).one()


def billed(inbox: Inbox) -> list[int]:
    """What the claims bill, in cents, claim by claim and line by line."""
    with inbox.db.reading() as session:
        claims = session.scalars(select(Claim).order_by(Claim.id))
        return [line.work_cents for claim in claims for line in claim.lines]


def attached(inbox: Inbox, letter: Message) -> bytes:
    query = select(StoredFile.content).join(Attachment, Attachment.file_id == StoredFile.id)
    with inbox.db.reading() as session:
        return session.scalars(query.where(Attachment.message_id == letter.id)).one()


def test_the_form_that_went_out_with_the_acceptance_comes_back_from_numbers_under_another_name(inbox: Inbox):
    dana = inbox.month.dana
    inbox.take(inbox.answer(dana, "ACCEPT"))
    [letter] = inbox.letters("invitation_accepted")
    form = numbers(typed(attached(inbox, letter), {"E13": 2500, "E14": "1,000.25"}))
    inbox.take(inbox.answer(dana, "", files=[("November", form)]))
    assert billed(inbox) == [250_000, 100_025]


def test_a_form_saved_as_csv_becomes_the_claim_with_points_or_with_commas(inbox: Inbox):
    month = inbox.month
    for person, contract, kind in (
        (month.dana, month.plumbing, {"encoding": "utf-8-sig"}),
        (month.sam, month.steel, {"comma": True, "delimiter": ";", "encoding": "cp1252"}),
    ):
        form = typed(form_for(inbox, contract), {"E13": 2500.5})
        inbox.take(inbox.answer(person, "", files=[("Billing.csv", as_csv(form, **kind))]))
    assert billed(inbox) == [250_050, 0, 250_050, 0]


def test_a_csv_of_another_contract_or_with_a_changed_code_bills_nothing(inbox: Inbox):
    month = inbox.month
    other = as_csv(typed(form_for(inbox, month.steel), {"E13": 100}))
    own = as_csv(typed(form_for(inbox, month.plumbing), {"E13": 100}))
    forged = own.replace(b"form:1:", b"form:2:")
    inbox.take(inbox.answer(month.dana, "", files=[("a.csv", other)]))
    inbox.take(inbox.answer(month.dana, "", files=[("b.csv", forged)]))
    first, second = inbox.letters("file_refused")
    assert "another contract" in first.text
    assert "seal is broken" in second.text
    assert billed(inbox) == []


def test_a_code_with_another_alphabets_letter_is_answered_like_any_broken_one(inbox: Inbox):
    """Comparing text that is not ASCII raised, and the mail was put aside unanswered."""
    form = as_csv(typed(form_for(inbox, inbox.month.plumbing), {"E13": 100}), encoding="utf-8-sig")
    forged = form.replace(b"form:1:", "form:1:\u0435".encode())
    assert forged != form
    row = inbox.take(inbox.answer(inbox.month.dana, "", files=[("b.csv", forged)]))
    assert row.status == "done"
    [letter] = inbox.letters("file_refused")
    assert "seal is broken" in letter.text


def test_a_csv_with_a_wrong_amount_is_answered_by_cell(inbox: Inbox):
    form = typed(form_for(inbox, inbox.month.plumbing), {"E13": "half", "C14": 1})
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("a.csv", as_csv(form))]))
    [letter] = inbox.letters("form_faults")
    assert "E13" in letter.text
    assert "C14" in letter.text
    assert billed(inbox) == []


def test_a_form_with_faults_is_answered_with_a_copy_that_marks_them_and_that_copy_corrected_is_taken(inbox: Inbox):
    dana = inbox.month.dana
    form = typed(form_for(inbox, inbox.month.plumbing), {"E13": "half", "E14": 300})
    inbox.take(inbox.answer(dana, "", files=[("form.xlsx", form)]))
    [letter] = inbox.letters("form_faults")
    copy = attached(inbox, letter)
    sheet = openpyxl.load_workbook(io.BytesIO(copy))["Billing"]
    assert [sheet["E13"].value, sheet["E14"].value] == ["half", 300]
    assert "half" in sheet["J13"].value
    inbox.take(inbox.answer(dana, "", files=[("form.xlsx", typed(copy, {"E13": 200}))]))
    assert billed(inbox) == [20_000, 30_000]


def test_the_same_form_twice_in_a_mail_is_taken_once_and_two_different_ones_not_at_all(inbox: Inbox):
    dana, made = inbox.month.dana, form_for(inbox, inbox.month.plumbing)
    one, two = (typed(made, {"E13": amount}) for amount in (100, 200))
    inbox.take(inbox.answer(dana, "", files=[("a.xlsx", one), ("b.xlsx", two)]))
    [letter] = inbox.letters("file_refused")
    assert "2 billing forms" in letter.text
    assert billed(inbox) == []
    assert openpyxl.load_workbook(io.BytesIO(attached(inbox, letter)))["Billing"]["E13"].value == 0
    inbox.take(inbox.answer(dana, "", files=[("a.xlsx", one), ("a.csv", as_csv(one)), ("copy of a.xlsx", one)]))
    assert billed(inbox) == [10_000, 0]
    assert len(inbox.letters("claim_received")) == 1


def test_of_two_contracts_forms_in_one_mail_each_is_dealt_with_on_its_own(inbox: Inbox):
    month = inbox.month
    own = typed(form_for(inbox, month.plumbing), {"E13": 100})
    other = typed(form_for(inbox, month.steel), {"E13": 100})
    inbox.take(inbox.answer(month.dana, "", files=[("steel.xlsx", other), ("plumbing.xlsx", own)]))
    assert billed(inbox) == [10_000, 0]
    [letter] = inbox.letters("file_refused")
    assert "steel.xlsx" in letter.text
    assert "another contract" in letter.text


def zipped(name: str, content: bytes) -> bytes:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr(name, content)
    return book.getvalue()


def test_a_form_saved_in_a_kind_that_is_not_read_is_answered_with_what_to_save_it_as(inbox: Inbox):
    of_numbers, locked = zipped("Index/Document.iwa", b"\0"), zipped("content.xml", b"\x8f\x1d")
    for number, content in enumerate((of_numbers, locked), 1):
        inbox.take(inbox.answer(inbox.month.dana, "", files=[(f"Billing form SC-001 claim {number}", content)]))
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", files=[("our own list.ods", locked + b" ")]))
    first, second = inbox.letters("file_refused")
    assert "This is a Numbers file. Save it as an Excel workbook (.xlsx) or CSV." in first.text
    assert "without a password" in second.text
    assert inbox.status(inbox.month.plumbing) == "accepted"


def test_a_form_saved_as_ods_becomes_the_claim(inbox: Inbox):
    form = libreoffice_ods(typed(form_for(inbox, inbox.month.plumbing), {"E13": 2500.5}))
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("November.ods", form)]))
    assert billed(inbox) == [250_050, 0]


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_our_form_in_a_kind_that_is_not_read_is_known_by_its_name_and_by_what_it_shows(inbox: Inbox, kind: str):
    dana = inbox.month.dana
    inbox.take(inbox.answer(dana, "ACCEPT"))
    save, told = OTHER_KINDS[kind]
    form = save(typed(form_for(inbox, inbox.month.plumbing), {"E13": 2500}))
    inbox.take(inbox.answer(dana, "Here is our billing.", files=[("Billing form SC-001 claim 1.xls", form)]))
    inbox.take(inbox.answer(dana, "Here is our billing.", files=[("November", form)]))
    letters = inbox.letters("file_refused")
    assert len(letters) == (1 if kind == "Numbers" else 2)  # whose words are packed
    assert all(told in " ".join(letter.text.split()) for letter in letters)
    made = openpyxl.load_workbook(io.BytesIO(attached(inbox, letters[-1])))["Billing"]
    assert made["E13"].value == 0
    assert billed(inbox) == []


@pytest.mark.parametrize("kind", ["xlsb", "strict", "web page of Excel"])
def test_somebody_elses_table_in_such_a_kind_is_a_file_like_any_other(inbox: Inbox, kind: str):
    book = openpyxl.Workbook()
    book.active.append(["Copper", 1234.5])
    list_of_costs = OTHER_KINDS[kind][0](saved(book))
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", files=[("costs.xls", list_of_costs)]))
    assert inbox.letters("file_refused") == []
    assert inbox.status(inbox.month.plumbing) == "accepted"


def test_a_filled_form_beside_its_copy_in_such_a_kind_bills_nothing_and_both_are_named(inbox: Inbox):
    """The two may say different amounts, and one of them cannot be looked into."""
    form = typed(form_for(inbox, inbox.month.plumbing), {"E13": 2500})
    files = [("November.xlsx", form), ("November.xlsb", OTHER_KINDS["xlsb"][0](form))]
    inbox.take(inbox.answer(inbox.month.dana, "", files=files))
    [letter] = inbox.letters("file_refused")
    assert "November.xlsx, November.xlsb" in letter.text
    assert billed(inbox) == []


def test_a_filled_copy_beside_our_empty_sheet_is_answered_by_name_and_bills_nothing(inbox: Inbox):
    book = openpyxl.load_workbook(io.BytesIO(form_for(inbox, inbox.month.plumbing)))
    copy = book.copy_worksheet(book["Billing"])
    copy.title, copy["E13"].value = "Billing (2)", 2500
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("form.xlsx", saved(book))]))
    [letter] = inbox.letters("file_refused")
    assert "The sheet 'Billing' is empty, but there are amounts in 'Billing (2)'." in " ".join(letter.text.split())
    assert openpyxl.load_workbook(io.BytesIO(attached(inbox, letter))).sheetnames == ["Billing", "payclerk"]
    assert billed(inbox) == []
