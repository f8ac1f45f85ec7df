"""Mails at the wrong moment, from who may not any more, or that answer more than one letter."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from form_files import typed
from mail_inbox import Inbox
from mail_month import call_of
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.contacts import remove_contact
from payclerk_core.actions.forms import billing_form_for
from payclerk_core.actions.refusals import MOST
from payclerk_core.db import Database
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Attachment, BillingPeriod, Claim, Contract, MessageRecipient, ReplyToken, StoredFile
from payclerk_core.tables import Message as Mail
from payclerk_mailbox.reading.html_text import read_html


@pytest.fixture
def inbox(sqlite_url: str) -> Inbox:
    return Inbox(Database(sqlite_url))


def token_of(inbox: Inbox, kind: str) -> str:
    letter = inbox.letters(kind)[-1]
    query = select(ReplyToken.token).join(MessageRecipient, MessageRecipient.token_id == ReplyToken.id)
    with inbox.db.reading() as session:
        return session.scalars(query.where(MessageRecipient.message_id == letter.id)).one()


def files_of(inbox: Inbox, kind: str) -> list[str]:
    with inbox.db.reading() as session:
        query = select(Attachment.name).join(Mail, Mail.id == Attachment.message_id)
        return list(session.scalars(query.where(Mail.kind == kind)))


@pytest.fixture
def without_dana(inbox: Inbox) -> Inbox:
    """Dana is no invoice contact of the plumbing contract any more; her old mails still lie in her mailbox."""
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, session.merge(inbox.month.pat))
        remove_contact(call, inbox.month.plumbing.id, inbox.month.dana.id)
    return inbox


def form_of(inbox: Inbox, contract: Contract) -> bytes:
    with inbox.db.transaction() as session:
        period = session.scalars(select(BillingPeriod)).one()
        named = billing_form_for(call_of(session, inbox.settings), session.get_one(Contract, contract.id), period)
        return session.scalars(select(StoredFile.content).where(StoredFile.id == named.file.id)).one()


@pytest.mark.parametrize("text", ["Line 1: 40 %", "Line 1: 40 %\nand something else", "Line 1: 1.234"])
def test_who_was_a_contact_gets_no_form_for_words(without_dana: Inbox, text: str):
    without_dana.take(without_dana.answer(without_dana.month.dana, text))
    assert len(without_dana.letters("billing_refused")) == 1
    assert files_of(without_dana, "billing_refused") == []


def test_who_was_a_contact_gets_no_form_for_a_form(without_dana: Inbox):
    form = form_of(without_dana, without_dana.month.plumbing)
    for amount in (100, "half"):
        files = [("form.xlsx", typed(form, {"E13": amount}))]
        without_dana.take(without_dana.answer(without_dana.month.dana, "", files=files))
    assert files_of(without_dana, "file_refused") == files_of(without_dana, "form_faults") == []
    with without_dana.db.reading() as session:
        assert session.scalars(select(Claim)).all() == []


def test_who_was_a_contact_decides_nothing(without_dana: Inbox):
    without_dana.take(without_dana.answer(without_dana.month.dana, "ACCEPT"))
    assert without_dana.status(without_dana.month.plumbing) == "invited"
    assert without_dana.notices() == [f"unclear:{without_dana.log()[0].id}"]


def test_submit_to_an_old_letter_about_a_claim_that_came_back_is_not_passed_over(inbox: Inbox):
    dana = inbox.month.dana
    inbox.take(inbox.answer(dana, "Line 1: 40 %"))
    token = token_of(inbox, "billing_understood")
    inbox.take(inbox.answer(dana, "SUBMIT", token=token))
    inbox.take(inbox.answer(dana, "SUBMIT", token=token))
    assert [one for one in inbox.notices() if one.startswith("unclear")] == []
    with inbox.db.transaction() as session:
        claim = session.scalars(select(Claim)).one()
        assert claim.status == "under_review"
        set_status(
            call_of(session, inbox.settings, session.merge(inbox.month.pat)), claim.id, ClaimStatus.REVISE_AND_RESUBMIT
        )
    inbox.take(inbox.answer(dana, "SUBMIT", token=token))
    assert f"unclear:{inbox.log()[-1].id}" in inbox.notices()


def test_a_mail_that_goes_to_one_thread_and_answers_another_decides_neither(inbox: Inbox):
    month = inbox.month
    with inbox.db.transaction() as session:
        steel = session.get_one(Contract, month.steel.id)
        steel.contacts[0].person_id = month.dana.id  # she answers for both
    own, other = inbox.token(month.dana), inbox.token(month.sam)
    inbox.take(inbox.answer(month.dana, "ACCEPT", token=other, In_Reply_To=f"<t.{own}.1@reply.maple.example>"))
    assert (inbox.status(month.plumbing), inbox.status(month.steel)) == ("invited", "invited")
    assert len(inbox.log()) == 2


def test_a_machine_that_sends_back_what_we_refuse_is_left_to_a_person_in_the_end(inbox: Inbox):
    for _ in range(MOST + 2):
        inbox.take(inbox.answer(inbox.month.dana, "Line 1: 1.234"))
    assert len(inbox.letters("billing_refused")) == MOST
    assert inbox.notices() == [f"unclear:{message.id}" for message in inbox.log()[MOST:]]
    inbox.take(inbox.answer(inbox.month.sam, "ACCEPT"))
    assert inbox.status(inbox.month.steel) == "accepted"


def test_a_plain_answer_counts_however_much_was_refused_before(inbox: Inbox):
    for _ in range(MOST):
        inbox.take(inbox.answer(inbox.month.dana, "Line 1: 1.234"))
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT"))
    assert inbox.status(inbox.month.plumbing) == "accepted"


def echoed(inbox: Inbox, text: str, *, change: tuple[str, str] = ("", ""), html: bool = False) -> None:
    """An answer to what we said back, by a program that quotes without marks; with a change in the quotation."""
    token, letter = token_of(inbox, "billing_understood"), inbox.letters("billing_understood")[-1]
    head = "From: Maple Street <billing@reply.maple.example>\nSent: Tuesday\nTo: Dana\nSubject: Claim\n\n"
    quoted = read_html(letter.html or "")[0] if html else letter.text
    body = f"{text}\n\n{head}{quoted.replace('REPLY-REFERENCE', token).replace(*change)}"
    dana = inbox.month.dana
    inbox.take(inbox.mail(f"{dana.name} <{dana.email}>", body, to=inbox.to(token)))


def status_of_claim(inbox: Inbox) -> str:
    with inbox.db.reading() as session:
        return session.scalars(select(Claim)).one().status


@pytest.mark.parametrize("html", [False, True])
def test_submit_above_an_amount_corrected_in_our_mail_submits_nothing(inbox: Inbox, html: bool):
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    echoed(inbox, "SUBMIT", change=("$4,000.00", "$3,000.00"), html=html)
    assert status_of_claim(inbox) == "draft"
    assert "3,000.00" in inbox.letters("billing_refused")[-1].text
    echoed(inbox, "SUBMIT", html=html)
    assert status_of_claim(inbox) == "under_review"


def test_a_table_that_a_ticket_system_passes_on_without_our_token_is_not_lost(inbox: Inbox):
    files = [("November.xlsx", form_of(inbox, inbox.month.plumbing))]
    sender = "Harbor Office <office@harbor.example>"
    first = inbox.take(inbox.mail(sender, "", files=files, Auto_Submitted="auto-generated"))
    inbox.take(inbox.mail(sender, "I am away", Auto_Submitted="auto-replied"))
    assert inbox.notices() == [f"unmatched:{first.id}"]


def test_a_form_with_the_words_of_a_building_site_beside_it_is_a_form(inbox: Inbox):
    files = [("form.xlsx", typed(form_of(inbox, inbox.month.plumbing), {"E13": 100}))]
    inbox.take(
        inbox.answer(inbox.month.dana, "Après la réception provisoire du lot 3, voici le formulaire.", files=files)
    )
    assert status_of_claim(inbox) == "under_review"
