"""The link in an invitation: it shows nothing, and whoever uses it only makes a mail go to who was invited."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from confirm_web import PUBLIC, ConfirmWeb
from mail_inbox import Inbox
from mail_month import call_of
from payclerk_core.actions.confirmations import ASKED_A_DAY
from payclerk_core.actions.invitations import decide_for_contact
from payclerk_core.db import Database
from payclerk_core.queries.confirmations import as_it_goes_out
from payclerk_core.rules.lifecycle import InvitationStatus
from payclerk_core.tables import Invitation, Message, MessageRecipient, ReplyToken
from payclerk_core.tokens import page_request, requested_by

if TYPE_CHECKING:
    from payclerk_core.tables import Person


def invitation(web: Inbox, person: Person) -> Message:
    with web.db.reading() as session:
        query = select(Message).join(MessageRecipient, MessageRecipient.message_id == Message.id)
        return session.scalars(query.where(MessageRecipient.person_id == person.id).order_by(Message.id)).first()  # type: ignore[return-value]


def link(web: ConfirmWeb, person: Person) -> str:
    letter = as_it_goes_out(web.settings, invitation(web, person), None)
    found = re.search(rf"{re.escape(PUBLIC)}(/confirm/ask/[\w.]+)", letter.text)
    assert found
    assert found.group() in letter.html
    return found.group(1)


def told(web: ConfirmWeb) -> list[str]:
    with web.db.reading() as session:
        query = select(MessageRecipient.email).join(Message, Message.id == MessageRecipient.message_id)
        return list(session.scalars(query.where(Message.kind == "confirm_answer").order_by(Message.id)))


def test_the_link_sends_a_page_to_who_was_invited_and_the_page_answers(web: ConfirmWeb):
    dana = web.month.dana
    path = link(web, dana)
    shown = web.get(path)
    assert shown.status == 200
    for secret in ("Dana", "Harbor", "Maple", "SC-001", "harbor.example"):
        assert secret not in shown.html
    assert "<script" not in shown.html
    assert told(web) == []
    assert web.post(path).status == 200
    assert told(web) == ["dana@harbor.example"]
    way = web.letter_to(dana)
    assert "You asked on our page" in way.text
    assert web.post(way.path, answer="accept", code=way.code).status == 200
    assert web.status(web.month.plumbing) == "accepted"


def test_opening_it_sends_nothing_and_asking_is_answered_alike_whatever_is_open(page: ConfirmWeb):
    path = link(page, page.month.dana)
    for method in ("GET", "HEAD", "GET", "PUT", "DELETE"):
        page.get(path, method)
    assert told(page) == []
    first = page.post(path)
    with page.db.transaction() as session:
        decide_for_contact(call_of(session, page.settings, page.month.pat), 1, InvitationStatus.DECLINED, "by phone")
    after = page.post(path)
    assert (after.status, after.html) == (first.status, first.html)
    assert len(told(page)) == 1


def test_it_goes_out_a_few_times_a_day_and_a_stranger_who_asks_takes_nothing_from_an_unsure_answer(page: ConfirmWeb):
    path = link(page, page.month.dana)
    for _ in range(ASKED_A_DAY + 3):
        assert page.post(path).status == 200
    assert told(page) == ["dana@harbor.example"] * ASKED_A_DAY
    page.take(page.answer(page.month.dana, "ACCEPT", From="Eve <eve@evil.example>"))
    assert told(page) == ["dana@harbor.example"] * (ASKED_A_DAY + 1)


def test_an_altered_or_made_up_link_is_none(page: ConfirmWeb):
    path = link(page, page.month.dana)
    number, _, signature = path.rpartition("/")[2].partition(".")
    other = f"/confirm/ask/{int(number) + 1}.{signature}"
    for wrong in (path[:-1], f"{path}a", other, "/confirm/ask/1.", "/confirm/ask/a.b", "/confirm/ask/" + "9" * 40):
        assert page.get(wrong).status == 404
        assert page.post(wrong).status == 404
    assert page.send(path, b"", **{"Sec-Fetch-Site": "cross-site"}).status == 404
    assert told(page) == []


def test_a_token_that_was_revoked_has_no_page(page: ConfirmWeb):
    path = link(page, page.month.dana)
    with page.db.transaction() as session:
        session.execute(update(ReplyToken).values(revoked_at=session.scalar(select(Invitation.invited_at))))
    page.post(path)
    assert told(page) == []


def test_without_a_web_address_the_letter_has_no_link(sqlite_url: str):
    inbox = Inbox(Database(sqlite_url))
    letter = as_it_goes_out(inbox.settings, invitation(inbox, inbox.month.dana), None)
    assert "/confirm/" not in letter.text + letter.html
    assert "ask-link" not in letter.text + letter.html


def test_an_answer_that_quotes_the_link_is_read_as_before(page: ConfirmWeb):
    dana = page.month.dana
    quoted = as_it_goes_out(page.settings, invitation(page, dana), None).text.replace("\n", "\n> ")
    text = f"ACCEPT\n\nOn Tue, Nov 10, 2026 Maple Street Billing <billing@reply.maple.example> wrote:\n\n> {quoted}"
    page.take(page.mail(f"Dana Ruiz <{dana.email}>", text, to=page.to(page.token(dana))))
    assert page.status(page.month.plumbing) == "accepted"


@pytest.mark.parametrize("text", ["", "1", ".", "1.x", "\u0661.x", "-1.x", "1" * 30 + ".x"])
def test_no_made_up_request_is_ours(text: str):
    assert requested_by(b"s" * 32, text) is None
    assert requested_by(b"s" * 32, page_request(b"s" * 32, 7)) == 7
    assert requested_by(b"t" * 32, page_request(b"s" * 32, 7)) is None
