"""A claim that was sent back, corrected in plain words: as it was until SUBMIT, then the next revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from mail_inbox import Inbox
from mail_month import call_of
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts
from payclerk_core.actions.claims import LineReview, review_claim, set_status
from payclerk_core.actions.periods import close_period
from payclerk_core.money import Money
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import BillingPeriod, Claim, Event, MessageRecipient, ReplyToken

if TYPE_CHECKING:
    from payclerk_core.db import Database


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What words come to is worked out before a database is asked; each claim's PDF takes its time."""
    return sqlite_url


@pytest.fixture
def inbox(database: Database) -> Inbox:
    """Dana billed 40 % of line 1 and half of line 2, and line 1 was sent back."""
    inbox = Inbox(database)
    inbox.take(inbox.answer(inbox.month.dana, "Line 1: 40 %\nLine 2: 50 %"))
    inbox.take(reply(inbox, "SUBMIT", "billing_understood"))
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, inbox.month.pat)
        claim = session.scalars(select(Claim)).one()
        reviews = {claim.lines[0].id: LineReview("rejected", "Only a third is done.")}
        review_claim(call, claim.id, reviews, ClaimStatus.REVISE_AND_RESUBMIT)
    return inbox


def reply(inbox: Inbox, text: str, kind: str, **more: str):
    """An answer to our newest letter of this kind; our own text is quoted below."""
    letter = inbox.letters(kind)[-1]
    query = select(ReplyToken.token).join(MessageRecipient, MessageRecipient.token_id == ReplyToken.id)
    with inbox.db.reading() as session:
        token = session.scalars(query.where(MessageRecipient.message_id == letter.id)).first() or ""
    quoted = letter.text.replace("REPLY-REFERENCE", token).replace("\n", "\n> ")
    body = f"{text}\n\nOn Tue, Nov 10, 2026 Maple Street Billing <billing@reply.maple.example> wrote:\n\n> {quoted}"
    dana = inbox.month.dana
    return inbox.mail(f"{dana.name} <{dana.email}>", body, to=inbox.to(token), **more)


def claim(inbox: Inbox) -> tuple[str, int, list[int], list[str]]:
    with inbox.db.reading() as session:
        one = session.scalars(select(Claim)).one()
        return one.status, one.revision, [x.work_cents for x in one.lines], [x.review for x in one.lines]


AS_RETURNED = ("revise_and_resubmit", 1, [400_000, 250_000], ["rejected", "no_action"])


def test_the_named_line_changes_the_others_stay_and_submit_makes_the_next_revision(inbox: Inbox):
    assert claim(inbox) == AS_RETURNED
    inbox.take(reply(inbox, "Line 1: 30 %", "claim_returned"))
    assert claim(inbox) == AS_RETURNED
    said = inbox.letters("billing_understood")[-1].text
    assert "work this period $3,000.00" in said
    assert "work this period $2,500.00" in said
    assert "stays as it was billed before" in said
    inbox.take(reply(inbox, "SUBMIT", "billing_understood"))
    assert claim(inbox) == ("under_review", 2, [300_000, 250_000], ["no_action", "no_action"])
    assert len(inbox.letters("claim_received")) == 2
    inbox.take(reply(inbox, "SUBMIT", "billing_understood"))
    assert len(inbox.letters("claim_received")) == 2


def test_a_second_text_takes_the_place_of_the_first_and_only_the_newest_letter_submits(inbox: Inbox):
    inbox.take(reply(inbox, "Line 1: 30 %", "claim_returned"))
    old = reply(inbox, "SUBMIT", "billing_understood")
    inbox.take(reply(inbox, "Line 1: 20 %\nLine 2: 10 %", "billing_understood"))
    inbox.take(old)
    assert claim(inbox) == AS_RETURNED
    assert "Something changed" in inbox.letters("billing_understood")[-1].text
    inbox.take(reply(inbox, "SUBMIT", "billing_understood"))
    assert claim(inbox)[:3] == ("under_review", 2, [200_000, 50_000])


def test_a_claim_that_changed_meanwhile_is_said_back_anew(inbox: Inbox):
    inbox.take(reply(inbox, "Line 1: 30 %", "claim_returned"))
    with inbox.db.transaction() as session:
        one = session.scalars(select(Claim)).one()
        call = call_of(session, inbox.settings, inbox.month.pat)
        correct_amounts(call, one.id, {one.lines[1].sov_line_id: LineEntry(Money(100))})
    inbox.take(reply(inbox, "SUBMIT", "billing_understood"))
    assert claim(inbox)[:3] == ("revise_and_resubmit", 1, [400_000, 100])
    inbox.take(reply(inbox, "SUBMIT", "billing_understood"))
    assert claim(inbox)[:3] == ("under_review", 2, [300_000, 100])


def test_cancel_leaves_the_claim_as_it_was(inbox: Inbox):
    inbox.take(reply(inbox, "Line 1: 30 %", "claim_returned"))
    inbox.take(reply(inbox, "CANCEL", "billing_understood"))
    assert len(inbox.letters("billing_cancelled")) == 1
    inbox.take(reply(inbox, "SUBMIT", "billing_understood"))
    assert claim(inbox) == AS_RETURNED
    with inbox.db.reading() as session:
        verbs = session.scalars(select(Event.verb).where(Event.record == "claim").order_by(Event.id)).all()
    assert verbs[-2:] == ["revision_echoed", "billing_cancelled"]


def test_submit_of_a_correction_that_others_overtook_is_put_before_a_person(inbox: Inbox):
    inbox.take(reply(inbox, "Line 1: 30 %", "claim_returned"))
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, inbox.month.pat)
        set_status(call, session.scalars(select(Claim.id)).one(), ClaimStatus.UNDER_REVIEW)
    inbox.take(reply(inbox, "SUBMIT", "billing_understood"))
    assert claim(inbox)[:3] == ("under_review", 1, [400_000, 250_000])
    assert inbox.notices()[-1] == f"unclear:{inbox.log()[-1].id}"


REFUSED = {
    "Line 9: 40 %": "no line 9",
    "Line 1: 30 %\nand the rest as agreed": "not one of the sentences",
    "Line 1: 140 %": "at most 100 %",
}


def test_what_cannot_be_taken_is_answered_and_changes_nothing(inbox: Inbox):
    for text, why in REFUSED.items():
        inbox.take(reply(inbox, text, "claim_returned"))
        assert claim(inbox) == AS_RETURNED
        assert why in inbox.letters("billing_refused")[-1].text
    assert len(inbox.letters("billing_understood")) == 1


def test_a_stranger_and_a_closed_period_change_nothing(inbox: Inbox):
    inbox.take(reply(inbox, "Line 1: 30 %", "claim_returned", From="Eve <eve@evil.example>"))
    assert len(inbox.letters("billing_understood")) == 1
    with inbox.db.transaction() as session:
        period = session.scalars(select(BillingPeriod.id)).one()
        close_period(call_of(session, inbox.settings, inbox.month.pat), period)
    inbox.take(reply(inbox, "Line 1: 30 %", "claim_returned"))
    assert claim(inbox) == AS_RETURNED
    assert "closed" in inbox.letters("billing_refused")[-1].text
