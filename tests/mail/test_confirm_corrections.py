"""The page about a claim that was sent back and is corrected in words by a sender who is not sure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from confirm_web import ConfirmWeb
from mail_inbox import MINE
from mail_month import call_of
from payclerk_core.actions.claims import LineReview, review_claim
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, Message, MessageRecipient, ReplyToken

if TYPE_CHECKING:
    from email.message import EmailMessage

    from confirm_web import Page, Way

NOTHING = {"Authentication_Results": f"{MINE}; none"}


@pytest.fixture
def returned(page: ConfirmWeb) -> ConfirmWeb:
    """Dana billed 40 % of line 1 and half of line 2, and line 1 was sent back."""
    page.take(page.answer(page.month.dana, "Line 1: 40 %\nLine 2: 50 %"))
    page.take(reply(page, "SUBMIT", "billing_understood"))
    with page.db.transaction() as session:
        one = session.scalars(select(Claim)).one()
        reviews = {one.lines[0].id: LineReview("rejected", "Only a third is done.")}
        pat = call_of(session, page.settings, page.month.pat)
        review_claim(pat, one.id, reviews, ClaimStatus.REVISE_AND_RESUBMIT)
    assert claim(page) == AS_RETURNED
    return page


AS_RETURNED = ("revise_and_resubmit", 1, [400_000, 250_000])


def claim(web: ConfirmWeb) -> tuple[str, int, list[int]]:
    with web.db.reading() as session:
        one = session.scalars(select(Claim)).one()
        return one.status, one.revision, [line.work_cents for line in one.lines]


def reply(web: ConfirmWeb, text: str, kind: str, **more: str) -> EmailMessage:
    """Dana's answer to our newest letter of this kind to her; our own text is quoted below."""
    dana = web.month.dana
    query = select(Message, ReplyToken.token).join(MessageRecipient, MessageRecipient.message_id == Message.id)
    query = query.join(ReplyToken, MessageRecipient.token_id == ReplyToken.id)
    query = query.where(Message.kind == kind, MessageRecipient.person_id == dana.id).order_by(Message.id.desc())
    with web.db.reading() as session:
        letter, token = session.execute(query.limit(1)).one()
        quoted = letter.text.replace("REPLY-REFERENCE", token).replace("\n", "\n> ")
    body = f"{text}\n\nOn Tue, Nov 10, 2026 Maple Street Billing <billing@reply.maple.example> wrote:\n\n> {quoted}"
    return web.mail(f"{dana.name} <{dana.email}>", body, to=web.to(token), **more)


def shown(web: ConfirmWeb, mail: EmailMessage) -> tuple[Way, Page]:
    web.take(mail)
    way = web.letter_to(web.month.dana)
    return way, web.get(way.path)


def confirm(web: ConfirmWeb, way: Way, page: Page) -> None:
    seen = re.search(r'name="seen" value="(\w+)"', page.html)
    assert seen
    assert web.post(way.path, answer="take", code=way.code, seen=seen.group(1)).status == 200


def test_a_correction_in_words_is_shown_as_it_would_be_and_submitted_by_the_page_of_its_submit(returned: ConfirmWeb):
    way, page = shown(returned, reply(returned, "Line 1: 30 %", "claim_returned", **NOTHING))
    assert "will be drafted" in page.text
    assert "001 Rough-in $3,000.00 $0.00 002 Fixtures $2,500.00" in page.text
    assert "$4,000.00" not in page.text
    confirm(returned, way, page)
    assert claim(returned) == AS_RETURNED
    way, page = shown(returned, reply(returned, "SUBMIT", "billing_understood", **NOTHING))
    assert "This claim will be submitted" in page.text
    assert "$3,000.00" in page.text
    confirm(returned, way, page)
    assert claim(returned) == ("under_review", 2, [300_000, 250_000])


def test_a_correction_that_is_dropped_is_shown_as_such(returned: ConfirmWeb):
    returned.take(reply(returned, "Line 1: 30 %", "claim_returned"))
    way, page = shown(returned, reply(returned, "CANCEL", "billing_understood", **NOTHING))
    assert "will be dropped" in page.text
    assert "will be submitted" not in page.text
    confirm(returned, way, page)
    assert claim(returned) == AS_RETURNED
    assert len(returned.letters("billing_cancelled")) == 1
