"""Answers a mail alone does not settle: who gets the letter, what its page shows, and what its code does, once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from confirm_web import ConfirmWeb
from mail_inbox import MINE, Inbox
from mail_month import NOON, call_of
from owner_mail import Owner
from payclerk_core.actions.claim_making import ClaimStart, start_claim
from payclerk_core.actions.confirmations import TRIES
from payclerk_core.actions.invitations import decide_for_contact
from payclerk_core.actions.mailing import About, Recipient, start_thread, write_letter
from payclerk_core.db import Database
from payclerk_core.rules.lifecycle import InvitationStatus
from payclerk_core.tables import BillingPeriod, Contract, Event, Invitation, InvoiceContact, Message, MessageRecipient

NOTHING = {"Authentication_Results": f"{MINE}; none"}


def events(inbox: Inbox, verb: str) -> list[Event]:
    with inbox.db.reading() as session:
        return list(session.scalars(select(Event).where(Event.verb == verb).order_by(Event.id)))


def unsure(web: ConfirmWeb, text: str = "ACCEPT") -> None:
    web.take(web.answer(web.month.dana, text, **NOTHING))


def test_an_answer_that_nobody_vouches_for_is_confirmed_on_the_page(web: ConfirmWeb):
    dana = web.month.dana
    unsure(web)
    way = web.letter_to(dana)
    shown = web.get(way.path)
    assert shown.status == 200
    for fact in ("Dana Ruiz", "MS-01 Maple Street", "SC-001", "November 1, 2026", "November 25, 2026"):
        assert fact in shown.text
    assert 'value="accept" required checked' in shown.html
    done = web.post(way.path, answer="accept", code=way.code)
    assert (done.status, "Thank you" in done.text, "<form" in done.html) == (200, True, False)
    assert web.status(web.month.plumbing) == "accepted"
    assert len(web.letters("invitation_accepted")) == 1
    [event] = events(web, "accepted")
    assert (event.door, event.actor_id) == ("web", dana.id)
    assert [message.decision_why for message in web.log()][-1] == "answered on the confirm page"
    assert "accepted:1" in web.notices()


def test_looking_changes_nothing_however_often_and_by_whatever_method(page: ConfirmWeb):
    unsure(page)
    way = page.letter_to(page.month.dana)
    before = page.pages()[0].status_at
    for method in ("GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE"):
        page.get(f"{way.path}?code={way.code.replace(' ', '')}&answer=accept", method)
    assert page.status(page.month.plumbing) == "invited"
    [row] = page.pages()
    assert (row.status, row.attempts, row.status_at) == ("open", 0, before)
    assert way.code.replace(" ", "") not in page.get(way.path).html.replace(" ", "")


def test_the_page_needs_no_script_and_lets_nobody_frame_keep_or_follow_it(page: ConfirmWeb):
    unsure(page)
    shown = page.get(page.letter_to(page.month.dana).path)
    assert "<script" not in shown.html
    policy = shown.headers["content-security-policy"]
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
        assert rule in policy
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "server" not in shown.headers
    style = page.get("/confirm/style.css")
    assert (style.status, style.headers["content-type"].partition(";")[0]) == (200, "text/css")
    assert "prefers-color-scheme: dark" in style.html


def test_a_declined_page_keeps_the_reason(page: ConfirmWeb):
    unsure(page)
    way = page.letter_to(page.month.dana)
    page.post(way.path, answer="decline", code=way.code.replace(" ", "-"), note="No crew <b>in</b> November")
    with page.db.reading() as session:
        [invitation] = session.scalars(select(Invitation).where(Invitation.contract_id == page.month.plumbing.id))
    assert (invitation.status, invitation.reason) == ("declined", "No crew <b>in</b> November")


def test_a_page_works_once(page: ConfirmWeb):
    unsure(page)
    way = page.letter_to(page.month.dana)
    page.post(way.path, answer="accept", code=way.code)
    again = page.post(way.path, answer="decline", code=way.code)
    assert again.status == 409
    assert "Yes, we will bill" in again.text
    assert page.status(page.month.plumbing) == "accepted"
    assert "<form" not in page.get(way.path).html


def test_wrong_codes_are_counted_and_close_the_page(web: ConfirmWeb):
    unsure(web)
    way = web.letter_to(web.month.dana)
    statuses = [web.post(way.path, answer="accept", code=f"{guess:08}").status for guess in range(TRIES)]
    assert statuses == [403] * (TRIES - 1) + [429]
    assert web.post(way.path, answer="accept", code=way.code).status == 429
    assert web.status(web.month.plumbing) == "invited"
    assert len(events(web, "confirmation_locked")) == 1


def test_many_who_guess_at_once_have_no_more_tries(web: ConfirmWeb):
    unsure(web)
    way = web.letter_to(web.month.dana)
    start = Barrier(8)
    found: list[int] = []

    def guess(number: int) -> None:
        start.wait()
        found.extend(web.post(way.path, answer="accept", code=f"{number}{turn:07}").status for turn in range(2))

    guessers = [Thread(target=guess, args=(number,)) for number in range(8)]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()
    assert sorted(found) == [403] * (TRIES - 1) + [429] * (16 - TRIES + 1)
    assert web.pages()[0].attempts == TRIES


def test_two_who_send_at_once_decide_once(web: ConfirmWeb):
    unsure(web)
    way = web.letter_to(web.month.dana)
    start = Barrier(2)
    found: list[int] = []

    def send(answer: str) -> None:
        start.wait()
        found.append(web.post(way.path, answer=answer, code=way.code).status)

    senders = [Thread(target=send, args=(answer,)) for answer in ("accept", "decline")]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(found) == [200, 409]
    assert len(events(web, "accepted")) + len(events(web, "declined")) == 1


def test_a_page_ends_and_an_altered_or_made_up_one_is_none(page: ConfirmWeb):
    unsure(page)
    way = page.letter_to(page.month.dana)
    for path in (
        way.path[:-1],
        f"{way.path}a",
        way.path[:-1] + "1",
        "/confirm/" + "a" * 26,
        "/confirm/%00",
        "/confirm/",
    ):
        assert page.get(path).status == 404
        assert page.post(path, answer="accept", code=way.code).status == 404
    page.now = NOON + timedelta(days=6)
    assert "no longer open" in page.get(way.path).text
    assert page.post(way.path, answer="accept", code=way.code).status == 410
    assert page.status(page.month.plumbing) == "invited"


def test_after_the_due_date_the_page_says_so(page: ConfirmWeb):
    unsure(page)
    way = page.letter_to(page.month.dana)
    page.now = NOON + timedelta(days=20)
    assert "due date is over" in page.get(way.path).text
    assert page.post(way.path, answer="accept", code=way.code).status == 410


def test_what_was_answered_meanwhile_is_shown_and_stays(web: ConfirmWeb):
    unsure(web)
    way = web.letter_to(web.month.dana)
    with web.db.transaction() as session:
        decide_for_contact(call_of(session, web.settings, web.month.pat), 1, InvitationStatus.DECLINED, "by phone")
    assert "nothing to bill this period" in web.get(way.path).text
    assert web.post(way.path, answer="accept", code=way.code).status == 409
    assert web.status(web.month.plumbing) == "declined"


def test_one_persons_code_opens_no_other_page(page: ConfirmWeb):
    unsure(page)
    page.take(page.answer(page.month.sam, "ACCEPT", **NOTHING))
    dana, sam = (page.letter_to(person) for person in (page.month.dana, page.month.sam))
    assert dana.code != sam.code
    assert page.post(sam.path, answer="accept", code=dana.code).status == 403
    assert page.status(page.month.steel) == "invited"


NO_FORMS = [
    (b"", {}),
    (b"answer=accept&code=CODE", {"Content-Type": "text/plain"}),
    (b'{"answer":"accept"}', {"Content-Type": "application/json"}),
    (b"answer=accept&code=CODE&a=" + b"b" * 20_000, {}),
    (b"answer=accept&code=CODE&" + b"&".join(b"a%d=1" % number for number in range(50)), {}),
    (b"answer=\xff\xfe&code=CODE", {}),
    (b"answer=accept&code=CODE", {"Sec-Fetch-Site": "cross-site"}),
    (b"answer=accept&code=CODE&code=CODE", {}),
    (b"answer=approve&code=CODE", {}),
    (b"answer=decline&code=CODE&note=no%00crew", {}),
]


def test_what_is_no_form_of_ours_does_nothing(page: ConfirmWeb):
    unsure(page)
    way = page.letter_to(page.month.dana)
    for body, headers in NO_FORMS:
        sent = page.send(way.path, body.replace(b"CODE", way.code.replace(" ", "").encode()), **headers)
        assert 400 <= sent.status < 500, body[:80]
    assert page.status(page.month.plumbing) == "invited"
    assert page.post(way.path, answer="accept", code=way.code).status == 200


def test_a_strangers_mail_brings_the_letter_to_who_was_asked_and_nothing_to_the_stranger(web: ConfirmWeb):
    stranger = {"From": "Eve <eve@evil.example>", "Reply_To": "Eve <eve@evil.example>"}
    web.take(web.answer(web.month.dana, "ACCEPT", **stranger))
    web.take(web.answer(web.month.dana, "DECLINE", **stranger))
    way = web.letter_to(web.month.dana)
    assert "eve" not in way.text.lower()
    assert "checked" not in web.get(way.path).html  # what a stranger wrote is not chosen beforehand
    assert len(web.letters("confirm_answer")) == 1  # once a day
    with web.db.reading() as session:
        query = select(MessageRecipient.email).join(Message, Message.id == MessageRecipient.message_id)
        assert list(session.scalars(query.where(Message.kind == "confirm_answer"))) == ["dana@harbor.example"]
    assert [notice.partition(":")[0] for notice in web.notices()] == ["unclear", "unclear"]


def test_the_log_keeps_neither_link_nor_code(page: ConfirmWeb):
    unsure(page)
    way = page.letter_to(page.month.dana)
    [stored] = page.letters("confirm_answer")
    for secret in (way.code, way.code.replace(" ", ""), way.path):
        assert secret not in stored.text + (stored.html or "")


def test_an_answer_to_the_letter_brings_no_code_into_the_log(page: ConfirmWeb):
    unsure(page)
    way = page.letter_to(page.month.dana)
    quoted = "> ".join(["", *way.text.splitlines(keepends=True)])
    page.take(page.answer(page.month.dana, f"I do not know what to do with {way.code}.\n\n{quoted}"))
    message = page.log()[-1]
    assert "I do not know what to do with […]." in message.text
    assert way.code not in message.text + (message.elided or "")


def test_no_page_is_offered_where_none_is_served(sqlite_url: str):
    inbox = Inbox(Database(sqlite_url))
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", **NOTHING))
    assert inbox.letters("confirm_answer") == []
    assert inbox.notices() == [f"unclear:{inbox.log()[0].id}"]


def test_a_machine_gets_no_letter(page: ConfirmWeb):
    page.take(page.answer(page.month.dana, "ACCEPT", Auto_Submitted="auto-replied", **NOTHING))
    assert page.letters("confirm_answer") == []


def test_a_page_may_be_asked_for_besides_a_sender_who_is_sure(sqlite_url: str):
    web = ConfirmWeb(Database(sqlite_url), mail_trust_invitation="confirm")
    try:
        web.take(web.answer(web.month.dana, "ACCEPT"))
        assert (web.status(web.month.plumbing), web.notices()) == ("invited", [])
        way = web.letter_to(web.month.dana)
        web.post(way.path, answer="accept", code=way.code)
        assert web.status(web.month.plumbing) == "accepted"
    finally:
        web.close()


def test_who_bills_on_two_contracts_gets_a_page_for_each(sqlite_url: str):
    web = ConfirmWeb(Database(sqlite_url), mail_trust_invitation="confirm")
    month = web.month
    try:
        with web.db.transaction() as session:
            session.add(InvoiceContact(contract_id=month.steel.id, person_id=month.dana.id))
        web.take(web.answer(month.dana, "ACCEPT"))
        web.take(web.answer(month.dana, "ACCEPT", letter_to=month.sam))
        assert (len(web.letters("confirm_answer")), web.notices()) == (2, [])
        way = web.letter_to(month.dana)
        assert web.post(way.path, answer="accept", code=way.code).status == 200
        assert (web.status(month.plumbing), web.status(month.steel)) == ("invited", "accepted")
        web.take(web.answer(month.dana, "ACCEPT"))
        assert len(web.letters("confirm_answer")) == 2
    finally:
        web.close()


def test_the_address_alone_may_do_where_that_is_set_unless_our_server_speaks_against_it(sqlite_url: str):
    inbox = Inbox(Database(sqlite_url), mail_trust_invitation="address")
    forged = f"{MINE}; dmarc=fail header.from=harbor.example"
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", Authentication_Results=forged))
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", From="Eve <eve@evil.example>"))
    assert inbox.status(inbox.month.plumbing) == "invited"
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", **NOTHING))
    assert inbox.status(inbox.month.plumbing) == "accepted"


def test_an_unclear_answer_of_a_sender_who_is_sure_offers_the_page_too(page: ConfirmWeb):
    page.take(page.answer(page.month.dana, "Who do I call about this?"))
    way = page.letter_to(page.month.dana, "answer_unclear")
    assert "ACCEPT" in way.text
    assert page.post(way.path, answer="accept", code=way.code).status == 200
    assert page.status(page.month.plumbing) == "accepted"


@pytest.mark.parametrize(("language", "title"), [("fr", "Confirmez votre réponse"), ("es", "Confirme su respuesta")])
def test_the_page_speaks_the_readers_language(page: ConfirmWeb, language: str, title: str):
    with page.db.transaction() as session:
        session.merge(page.month.dana).language = language
    unsure(page)
    way = page.letter_to(page.month.dana)
    shown = page.get(way.path)
    assert title in shown.text
    assert f'<html lang="{language}">' in shown.html
    assert page.post(way.path, answer="accept", code="1").status == 403
    assert page.get("/confirm/" + "a" * 26, **{"Accept-Language": f"{language}-CA"}).status == 404


def claim_letter(page: ConfirmWeb) -> str:
    """A letter to the owner about the prime contract's claim; its token."""
    month = page.month
    with page.db.transaction() as session:
        call = call_of(session, page.settings, month.pat)
        thread = start_thread(call, project_id=month.project.id, contract_id=month.prime.id, subject="Claim 1")
        contract, period = session.get_one(Contract, month.prime.id), session.get_one(BillingPeriod, 1)
        claim = start_claim(call, ClaimStart(contract, period, thread, month.pat))
        facts = {
            "subject": "Claim 1", "message": "Please find attached.", "sender_name": "Pat Clerk",
            "project_name": "Maple Street", "contract_number": "PC-001",
        }  # fmt: skip
        write_letter(call, thread, "composed", [Recipient(month.olga)], facts, About("owner_claim", claim_id=claim.id))
    return page.token(month.olga)


def test_the_owners_answer_on_the_page_is_a_proposal_that_a_person_decides(page: ConfirmWeb):
    olga = page.month.olga
    page.take(page.answer(olga, "Approved.", token=claim_letter(page), **NOTHING))
    way = page.letter_to(olga)
    assert 'value="approve" required checked' in page.get(way.path).html
    assert page.post(way.path, answer="approve", code=way.code, note="Thank you").status == 200
    *_, line = page.log()
    assert (line.decision, line.text, line.sender_verified) == ("approve", "Thank you", True)
    assert f"owner_reply:{line.id}" in page.notices()


@pytest.mark.parametrize(("note", "status"), [("", "approved"), ("Once the roof is done.", "under_review")])
def test_where_the_owners_approval_acts_one_with_a_remark_waits_for_a_person(page: ConfirmWeb, note: str, status: str):
    olga = page.month.olga
    owner = Owner(page.db, inbox=page, owner_answers="act", trust_owner="confirm")
    owner.says("Approved.")
    way = page.letter_to(olga)
    assert page.post(way.path, answer="approve", code=way.code, note=note).status == 200
    assert owner.status == status
    assert f"owner_reply:{page.log()[-1].id}" in page.notices()


def test_what_is_said_beside_a_yes_on_the_page_is_put_before_a_person(page: ConfirmWeb):
    page.take(page.answer(page.month.dana, "ACCEPT", **NOTHING))
    way = page.letter_to(page.month.dana)
    assert page.post(way.path, answer="accept", code=way.code, note="Only line 2 this month").status == 200
    assert page.status(page.month.plumbing) == "accepted"
    assert f"unclear:{page.log()[-1].id}" in page.notices()
