"""Billing in plain words by mail: said back with the claim, submitted by SUBMIT alone, and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from form_files import typed
from mail_inbox import Inbox
from mail_month import call_of
from payclerk_core.actions.claim_editing import LineEntry, save_amounts
from payclerk_core.actions.forms import billing_form_for
from payclerk_core.actions.invitations import decide_for_contact, remind_silent
from payclerk_core.money import Money
from payclerk_core.rules.lifecycle import InvitationStatus
from payclerk_core.tables import (
    Attachment,
    BillingPeriod,
    Claim,
    Contract,
    Invitation,
    MessageRecipient,
    Person,
    ReplyToken,
    SovLine,
    StoredFile,
)


def claim(inbox: Inbox, contract: Contract | None = None) -> tuple[str, list[int], list[int]] | None:
    """The contract's claim: its status, the work and the stored material of its lines."""
    with inbox.db.reading() as session:
        query = select(Claim).where(Claim.contract_id == (contract or inbox.month.plumbing).id)
        one = session.scalars(query).one_or_none()
        if one is None:
            return None
        return one.status, [line.work_cents for line in one.lines], [line.stored_cents for line in one.lines]


def token_of_newest(inbox: Inbox, kind: str) -> str:
    letter = inbox.letters(kind)[-1]
    query = select(ReplyToken.token).join(MessageRecipient, MessageRecipient.token_id == ReplyToken.id)
    with inbox.db.reading() as session:
        return session.scalars(query.where(MessageRecipient.message_id == letter.id)).one()


def reply(inbox: Inbox, text: str, *, person: Person | None = None, kind: str = "billing_understood", **more):
    """An answer to our newest letter of this kind; our own text is quoted below."""
    who = person or inbox.month.dana
    token, sent = token_of_newest(inbox, kind), inbox.letters(kind)[-1].text
    quoted = sent.replace("REPLY-REFERENCE", token).replace("\n", "\n> ")
    body = f"{text}\n\nOn Tue, Nov 10, 2026 Maple Street Billing <billing@reply.maple.example> wrote:\n\n> {quoted}"
    return inbox.mail(f"{who.name} <{who.email}>", body, to=inbox.to(token), **more)


def test_sentences_are_said_back_with_the_claim_and_submitted_by_the_word_alone(inbox: Inbox):
    dana = inbox.month.dana
    inbox.take(inbox.answer(dana, "Hi Pat,\n\nLine 1: 40 %\nbill 1,000.50 on 2\nstored 250 on line 2\n\nThanks,\nDana"))
    assert claim(inbox) == ("draft", [400_000, 100_050], [0, 25_000])
    [echo] = inbox.letters("billing_understood")
    assert "Nothing is submitted yet" in echo.text
    assert "work this period $4,000.00" in echo.text
    with inbox.db.reading() as session:
        [pdf] = session.scalars(
            select(StoredFile.content).join(Attachment).where(Attachment.message_id == echo.id)
        ).all()
        names = session.scalars(select(Attachment.name).where(Attachment.message_id == echo.id)).all()
    assert pdf.startswith(b"%PDF-")
    assert names == ["SC-001 claim 1 draft.pdf"]
    assert inbox.notices() == []
    assert inbox.status(inbox.month.plumbing) == "invited"

    inbox.take(reply(inbox, "SUBMIT"))
    assert claim(inbox) == ("under_review", [400_000, 100_050], [0, 25_000])
    assert inbox.status(inbox.month.plumbing) == "accepted"
    assert len(inbox.letters("claim_received")) == 1
    inbox.take(reply(inbox, "SUBMIT\n\nDana"))
    assert len(inbox.letters("claim_received")) == 1
    assert [one for one in inbox.notices() if one.startswith(("unclear", "late"))] == []


def test_french_and_spanish_are_read_too(inbox: Inbox):
    dana, sam = inbox.month.dana, inbox.month.sam
    inbox.take(inbox.answer(dana, "ligne 1 : 40 %\nfacturer 1 000,50 sur la ligne 2"))
    inbox.take(reply(inbox, "SOUMETTRE"))
    assert claim(inbox) == ("under_review", [400_000, 100_050], [0, 0])
    inbox.take(inbox.answer(sam, "línea 1: 40 %\nfacturar 1000,50 en la línea 2"))
    inbox.take(reply(inbox, "Enviar", person=sam))
    assert claim(inbox, inbox.month.steel) == ("under_review", [400_000, 100_050], [0, 0])


def test_a_new_text_takes_the_place_of_the_old_one_whose_letter_submits_nothing_any_more(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    old = reply(inbox, "SUBMIT")
    inbox.take(reply(inbox, "Line 2: 50 %"))
    assert claim(inbox) == ("draft", [0, 250_000], [0, 0])
    inbox.take(old)
    assert claim(inbox) == ("draft", [0, 250_000], [0, 0])
    assert "Something changed" in inbox.letters("billing_understood")[-1].text
    inbox.take(reply(inbox, "Submit."))
    assert claim(inbox) == ("under_review", [0, 250_000], [0, 0])


def test_a_draft_or_a_contract_that_changed_is_said_back_anew_and_not_submitted(inbox: Inbox):
    month = inbox.month
    inbox.take(inbox.answer(month.dana, "Line 1: 40 %", files=[("ticket.pdf", b"%PDF-1.7 ticket")]))
    with inbox.db.transaction() as session:
        one = session.scalars(select(Claim)).one()
        call = call_of(session, inbox.settings, session.get(Person, month.pat.id))
        save_amounts(call, one.id, {one.lines[1].sov_line_id: LineEntry(Money(100))})
    inbox.take(reply(inbox, "SUBMIT"))
    assert claim(inbox) == ("draft", [400_000, 100], [0, 0])
    with inbox.db.transaction() as session:
        facts = {"cost_code": "22-0000", "cost_type": "S", "description": "Change order 1", "scheduled_cents": 5000}
        session.add(SovLine(contract_id=month.plumbing.id, position=99, item="CO-1", **facts))
    inbox.take(reply(inbox, "SUBMIT"))
    assert claim(inbox) == ("draft", [400_000, 100, 0], [0, 0, 0])
    inbox.take(reply(inbox, "SUBMIT"))
    assert claim(inbox) == ("under_review", [400_000, 100, 0], [0, 0, 0])
    with inbox.db.reading() as session:
        backup = session.scalars(select(Attachment.name).where(Attachment.claim_id.is_not(None))).all()
    assert backup == ["ticket.pdf"]


def test_cancel_drops_the_draft_and_the_invitation_is_as_before(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    inbox.take(reply(inbox, "CANCEL"))
    assert claim(inbox) is None
    assert "dropped" in inbox.letters("billing_cancelled")[0].text
    inbox.take(reply(inbox, "SUBMIT"))
    assert claim(inbox) is None
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT"))
    assert inbox.status(inbox.month.plumbing) == "accepted"
    inbox.take(reply(inbox, "Line 1: 50 %", kind="invitation_accepted"))
    assert claim(inbox) == ("draft", [500_000, 0], [0, 0])


REFUSED = {
    "Line 9: 40 %": "no line 9",
    "Line 1: 40 %\nLine 1: 50 %": "billed twice",
    "Line 1: 40 %\nbill 100 on line 1": "by percent and by amount",
    "bill 1.234 on line 1": "two ways",
    "Line 1: 40 %\nand the rest as agreed with Pat": "not one of the sentences",
    "bill 100 EUR on line 1": "in USD",
    "Line 1: 140 %": "at most 100 %",
}


def test_what_cannot_be_taken_is_answered_by_sentence_with_the_form_and_nothing_is_recorded(inbox: Inbox):
    for number, (text, why) in enumerate(REFUSED.items()):
        inbox.take(inbox.answer(inbox.month.dana, text))
        letters = inbox.letters("billing_refused")
        assert len(letters) == number + 1
        assert why in letters[-1].text
    assert claim(inbox) is None
    with inbox.db.reading() as session:
        [name] = session.scalars(select(Attachment.name).where(Attachment.message_id == letters[0].id)).all()
    assert name.endswith(".xlsx")


def test_in_dinars_three_digits_behind_a_point_are_decimals_and_behind_a_comma_either(inbox: Inbox):
    with inbox.db.transaction() as session:
        session.get_one(Contract, inbox.month.plumbing.id).project.currency = "KWD"
    dana = inbox.month.dana
    inbox.take(inbox.answer(dana, "bill 1,234 on line 1"))
    assert "two ways" in inbox.letters("billing_refused")[-1].text
    assert claim(inbox) is None

    inbox.take(inbox.answer(dana, "bill 1.234 on line 1\nbill KWD 2.5 on line 2"))
    assert claim(inbox) == ("draft", [1234, 2500], [0, 0])
    assert "work this period KWD 1.234" in inbox.letters("billing_understood")[-1].text
    inbox.take(reply(inbox, "SUBMIT"))
    assert claim(inbox) == ("under_review", [1234, 2500], [0, 0])


def test_a_stranger_a_forward_and_words_around_the_word_submit_nothing(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    inbox.take(reply(inbox, "SUBMIT", From="Eve <eve@evil.example>"))
    inbox.take(reply(inbox, "SUBMIT", Subject="Fwd: please confirm"))
    inbox.take(reply(inbox, "SUBMIT but make it 50 %"))
    inbox.take(reply(inbox, "please do not submit"))
    assert claim(inbox) == ("draft", [400_000, 0], [0, 0])


def test_another_contact_of_the_contract_may_submit_it(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    inbox.take(reply(inbox, "SUBMIT", person=inbox.month.eli))
    assert claim(inbox) == ("under_review", [400_000, 0], [0, 0])


def test_after_the_due_date_nothing_is_made_and_nothing_submitted(inbox: Inbox):
    def late() -> datetime:
        return datetime(2026, 11, 26, 12, tzinfo=UTC)

    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    inbox.take(reply(inbox, "SUBMIT"), late)
    assert claim(inbox) == ("draft", [400_000, 0], [0, 0])
    inbox.take(inbox.answer(inbox.month.sam, "Line 1: 40 %"), late)
    assert [letter.text.count("due date") for letter in inbox.letters("billing_refused")] == [1, 1]


def test_a_contract_of_many_lines_is_billed_by_the_form(inbox: Inbox):
    with inbox.db.transaction() as session:
        facts = {"cost_code": "22-0000", "cost_type": "S", "description": "More", "scheduled_cents": 5000}
        for n in range(10, 24):
            session.add(SovLine(contract_id=inbox.month.plumbing.id, position=n, item=f"{n:03}", **facts))
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    assert claim(inbox) is None
    assert "15 lines" in inbox.letters("billing_refused")[0].text


def test_a_form_takes_the_place_of_what_was_billed_in_words(inbox: Inbox):
    with inbox.db.transaction() as session:
        period = session.scalars(select(BillingPeriod)).one()
        contract = session.get_one(Contract, inbox.month.plumbing.id)
        named = billing_form_for(call_of(session, inbox.settings), contract, period)
        form = session.scalars(select(StoredFile.content).where(StoredFile.id == named.file.id)).one()
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("form.xlsx", typed(form, {"E13": "many"}))]))
    assert claim(inbox) == ("draft", [400_000, 0], [0, 0])
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("form.xlsx", typed(form, {"E13": 5}))]))
    assert claim(inbox) == ("under_review", [500, 0], [0, 0])


def test_the_copy_of_a_form_with_faults_takes_the_place_of_the_draft_as_well(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, inbox.month.pat)
        decide_for_contact(call, session.scalars(select(Invitation.id)).first() or 0, InvitationStatus.ACCEPTED)
    accepted = form_with(inbox, "invitation_accepted")
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("form.xlsx", typed(accepted, {"E13": "many"}))]))
    copy = form_with(inbox, "form_faults")
    assert claim(inbox) == ("draft", [400_000, 0], [0, 0])
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("form.xlsx", typed(copy, {"E13": 5}))]))
    assert claim(inbox) == ("under_review", [500, 0], [0, 0])


def form_with(inbox: Inbox, kind: str) -> bytes:
    query = select(StoredFile.content).join(Attachment, Attachment.file_id == StoredFile.id)
    with inbox.db.reading() as session:
        return session.scalars(query.where(Attachment.message_id == inbox.letters(kind)[-1].id)).one()


def test_who_has_not_submitted_the_draft_is_reminded_as_the_silent_are(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %"))
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, at=datetime(2026, 11, 24, 15, tzinfo=UTC))
        assert remind_silent(call, inbox.month.project.id) == 2
    inbox.take(reply(inbox, "SUBMIT"))
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, at=datetime(2026, 11, 25, 15, tzinfo=UTC))
        assert remind_silent(call, inbox.month.project.id) == 1
