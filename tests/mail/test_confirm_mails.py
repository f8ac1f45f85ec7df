"""Forms, breakdowns and words that bill, from a sender who is not sure: shown on the page, done by the letter's code."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import openpyxl
import pytest
from sqlalchemy import Connection, func, select, update
from sqlalchemy.event import listen

from confirm_web import ConfirmWeb
from form_mail import filled
from mail_inbox import MINE, Inbox
from mail_month import NOON, call_of
from payclerk_bot.outgoing.answers import handled_words
from payclerk_core.actions.confirmations import MAILS_A_DAY, TRIES
from payclerk_core.actions.forms import billing_form_for
from payclerk_core.actions.inbox import replay_mail
from payclerk_core.actions.preview import last_event, preview_of
from payclerk_core.actions.ssov import enable_ssov
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.queries.confirmations import find_page
from payclerk_core.tables import (
    Attachment,
    BillingPeriod,
    Claim,
    Contract,
    Event,
    Member,
    Message,
    MessageRecipient,
    Person,
    ReplyToken,
    SovLine,
    StoredFile,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confirm_web import Page, Way

NOTHING = {"Authentication_Results": f"{MINE}; none"}
FORGED = {"Authentication_Results": f"{MINE}; dmarc=fail header.from=harbor.example"}
EVE = {"From": "Eve <eve@evil.example>"}


def form(web: Inbox, *amounts: object, contract: Contract | None = None) -> bytes:
    """The plumber's form, filled."""
    with web.db.transaction() as session:
        period = session.scalars(select(BillingPeriod)).one()
        chosen = session.get_one(Contract, (contract or web.month.plumbing).id)
        named = billing_form_for(call_of(session, web.settings), chosen, period)
        content = session.scalars(select(StoredFile.content).where(StoredFile.id == named.file.id)).one()
        session.rollback()
    return filled(content, *amounts)


def send(web: ConfirmWeb, *amounts: object, files: Sequence[tuple[str, bytes]] = (), **headers: str) -> Way:
    """The form from somebody who is not sure; the letter that comes of it."""
    attached = [("form.xlsx", form(web, *amounts)), *files]
    web.take(web.answer(web.month.dana, "Here it is.", files=attached, **(headers or NOTHING)))
    return web.letter_to(web.month.dana)


def claims(web: ConfirmWeb) -> list[Claim]:
    with web.db.reading() as session:
        return list(session.scalars(select(Claim)))


def seen(shown: Page) -> str:
    found = re.search(r'name="seen" value="(\w+)"', shown.html)
    return found.group(1) if found else ""


def confirm(web: ConfirmWeb, way: Way, answer: str = "take") -> Page:
    return web.post(way.path, answer=answer, code=way.code, seen=seen(web.get(way.path)))


def counts(web: ConfirmWeb) -> list[int]:
    with web.db.reading() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Claim, Message, Event)]


def test_a_form_that_nobody_vouches_for_is_shown_as_the_claim_it_would_make_and_made_on_the_page(web: ConfirmWeb):
    way = send(web, 2500, 100.50, files=[("Note 7.pdf", b"%PDF-1.7 note")])
    assert "a filled billing form for this contract" in " ".join(way.text.split())
    assert (claims(web), web.status(web.month.plumbing)) == ([], "invited")
    shown = web.get(way.path)
    for fact in (
        "This claim will be submitted",
        "$2,500.00",
        "$100.50",
        "Note 7.pdf",
        "Here it is.",
        "Dana Ruiz",
        "SC-001",
    ):
        assert fact in shown.text
    assert "<script" not in shown.html
    assert (claims(web), web.status(web.month.plumbing)) == ([], "invited")
    done = confirm(web, way)
    assert (done.status, "Thank you" in done.text, "<form" in done.html) == (200, True, False)
    [claim] = claims(web)
    assert (claim.status, claim.created_by_id) == ("under_review", web.month.dana.id)
    assert web.status(web.month.plumbing) == "accepted"
    assert len(web.letters("claim_received")) == 1
    assert f"submitted:{claim.id}:r1" in web.notices()
    with web.db.reading() as session:
        assert session.scalars(select(Attachment.name).where(Attachment.claim_id == claim.id)).all() == ["Note 7.pdf"]
    assert web.log()[0].decision_why == "confirmed on the page"


def test_looking_stores_nothing_however_often(page: ConfirmWeb):
    way = send(page, 2500)
    before = counts(page)
    first, second = page.get(way.path), page.get(way.path)
    assert first.html == second.html
    page.get(way.path, "HEAD")
    assert counts(page) == before
    assert way.code.replace(" ", "") not in first.html.replace(" ", "")


def test_a_page_takes_a_mail_once_even_when_two_send_at_once(web: ConfirmWeb):
    way = send(web, 2500)
    digest, start, found = seen(web.get(way.path)), Barrier(2), []

    def post() -> None:
        start.wait()
        found.append(web.post(way.path, answer="take", code=way.code, seen=digest).status)

    senders = [Thread(target=post) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(found) == [200, 409]
    assert len(claims(web)) == 1


def test_a_wrong_code_does_nothing_and_a_few_close_the_page(page: ConfirmWeb):
    way = send(page, 2500)
    digest = seen(page.get(way.path))
    guesses = [page.post(way.path, answer="take", code=f"{guess:08}", seen=digest) for guess in range(TRIES)]
    assert [guess.status for guess in guesses] == [403] * (TRIES - 1) + [429]
    assert "$2,500.00" in guesses[0].text  # what is confirmed still stands beside the second try
    assert page.post(way.path, answer="take", code=way.code, seen=digest).status == 429
    assert claims(page) == []


def test_what_was_not_shown_is_not_done(page: ConfirmWeb):
    way = send(page, 2500)
    digest = seen(page.get(way.path))
    assert page.post(way.path, answer="take", code=way.code).status == 409
    with page.db.transaction() as session:
        session.execute(update(SovLine).where(SovLine.item == "001").values(description="Otherwise"))
    changed = page.post(way.path, answer="take", code=way.code, seen=digest)
    assert (changed.status, "has changed since you opened" in changed.text) == (409, True)
    assert claims(page) == []
    assert page.pages()[0].status == "open"
    assert seen(changed) not in {"", digest}


def test_the_code_of_one_mail_takes_no_other(page: ConfirmWeb):
    first = send(page, 2500)
    second = send(page, 9000)
    assert first.path != second.path
    digest = seen(page.get(second.path))
    assert page.post(second.path, answer="take", code=first.code, seen=digest).status == 403
    assert claims(page) == []
    confirm(page, first)
    with page.db.reading() as session:
        assert next(row.work_cents for row in session.scalars(select(Claim)).one().lines) == 250_000


@pytest.mark.parametrize("headers", [FORGED, {**EVE, "Reply_To": "eve@evil.example"}], ids=["forged", "stranger"])
def test_a_forger_gets_nothing_and_what_they_sent_counts_only_with_the_code(page: ConfirmWeb, headers: dict[str, str]):
    way = send(page, 99_000, **headers)
    assert "eve" not in way.text.lower()
    shown = page.get(way.path)
    assert ("eve@evil.example" in shown.text) is ("From" in headers)
    assert claims(page) == []
    with page.db.reading() as session:
        told = {row.email for message in session.scalars(select(Message)) for row in message.recipients}
    assert "eve@evil.example" not in told
    assert [notice.partition(":")[0] for notice in page.notices()] == ["unclear"]
    done = confirm(page, way, "disown")
    assert done.status == 200
    assert claims(page) == []
    assert "says on the page that it is not theirs" in (page.log()[0].decision_why or "")
    assert "says that it is not theirs" in handled(page)


def test_letters_about_mails_are_few_a_day(page: ConfirmWeb):
    for amount in range(MAILS_A_DAY + 1):
        send(page, 100 + amount, **EVE)
    assert len(page.letters("confirm_answer")) == MAILS_A_DAY
    page.take(page.answer(page.month.dana, "ACCEPT", **NOTHING))
    assert len(page.letters("confirm_answer")) == MAILS_A_DAY + 1  # a decision has its own


def test_faults_are_shown_and_sent_back_to_who_was_asked(page: ConfirmWeb):
    way = send(page, "a lot", -5)
    shown = page.get(way.path)
    assert "This cannot be taken as it is" in shown.text
    assert "E13: 'a lot' is not an amount." in shown.text
    assert page.letters("form_faults") == []
    assert confirm(page, way).status == 200
    [letter] = page.letters("form_faults")
    assert [row.email for row in recipients(page, letter)] == ["dana@harbor.example"]
    assert claims(page) == []


def recipients(page: ConfirmWeb, letter: Message) -> list:
    with page.db.reading() as session:
        return list(session.get_one(Message, letter.id).recipients)


def test_a_form_of_another_contract_shows_nothing_of_it(page: ConfirmWeb):
    other = form(page, 4321, contract=page.month.steel)
    page.take(page.answer(page.month.dana, "", files=[("form.xlsx", other)], **NOTHING))
    shown = page.get(page.letter_to(page.month.dana).path)
    assert "belongs to another contract" in shown.text
    assert "4,321" not in shown.text


def test_what_others_do_at_the_same_moment_is_not_on_the_page(page: ConfirmWeb):
    way = send(page, 2500)
    with page.db.transaction() as session:
        found = find_page(session, way.path.rpartition("/")[2], NOON)
        assert found is not None
        call = replace(call_of(session, page.settings, found.person), door="web")
        about, since = session.get_one(Message, found.confirmation.about_id), last_event(call)
        other = call_of(session, page.settings, session.get(Person, page.month.pat.id))
        other.record("form_refused", about.thread, project_id=None, after={"why": "E13: of somebody else"})
        assert preview_of(call, found, about, since).faults == ()
        call.record("form_refused", about.thread, project_id=None, after={"why": "E13: of theirs"})
        assert preview_of(call, found, about, since).faults == ("E13: of theirs",)


def test_a_form_of_another_contract_beside_a_form_hides_no_claim(page: ConfirmWeb):
    other = form(page, 4321, contract=page.month.steel)
    way = send(page, 2500, files=[("other.xlsx", other)])
    shown = page.get(way.path).text
    for fact in ("This claim will be submitted", "$2,500.00", "belongs to another contract"):
        assert fact in shown
    assert confirm(page, way).status == 200
    assert [claim.status for claim in claims(page)] == ["under_review"]


def test_billing_in_words_and_the_submit_after_it_are_confirmed_each(page: ConfirmWeb):
    dana = page.month.dana
    page.take(page.answer(dana, "bill 1,000.00 on 001", **NOTHING))
    way = page.letter_to(dana)
    assert "This claim will be drafted" in page.get(way.path).text
    assert confirm(page, way).status == 200
    assert [claim.status for claim in claims(page)] == ["draft"]
    token = newest_token(page, dana)
    page.take(page.answer(dana, "SUBMIT", token=token, **NOTHING))
    assert [claim.status for claim in claims(page)] == ["draft"]
    way = page.letter_to(dana)
    assert "to submit the drafted claim" in " ".join(way.text.split())
    assert "This claim will be submitted" in page.get(way.path).text
    assert confirm(page, way).status == 200
    assert [claim.status for claim in claims(page)] == ["under_review"]


def newest_token(page: ConfirmWeb, person: Person) -> str:
    """Of the letter that said the draft back."""
    with page.db.reading() as session:
        query = select(ReplyToken.token).where(ReplyToken.person_id == person.id, ReplyToken.purpose == "billing")
        return session.scalars(query.order_by(ReplyToken.id.desc())).first() or ""


def test_a_breakdown_from_an_unsure_sender_is_shown_and_goes_under_review_on_the_page(page: ConfirmWeb):
    plumbing, dana = page.month.plumbing, page.month.dana
    with page.db.transaction() as session:
        session.execute(update(Member).where(Member.person_id == dana.id).values(commitments="read_only"))
        enable_ssov(call_of(session, page.settings, session.get(Person, page.month.pat.id)), plumbing.id)
    letter = page.letters("ssov_invitation")[0]
    with page.db.reading() as session:
        query = select(ReplyToken.token).join(MessageRecipient, MessageRecipient.token_id == ReplyToken.id)
        token = session.scalars(query.where(MessageRecipient.message_id == letter.id)).one()
        query = select(StoredFile.content).join(Attachment, Attachment.file_id == StoredFile.id)
        sheet = session.scalars(query.where(Attachment.message_id == letter.id)).one()
    rows = [("001", "1.1", "Rough-in", 10_000), ("002", "2.1", "Fixtures", 5000)]
    book = openpyxl.load_workbook(io.BytesIO(sheet))
    for number, row in enumerate(rows, 10):
        for column, value in enumerate(row, 1):
            book["Breakdown"].cell(number, column).value = value
    out = io.BytesIO()
    book.save(out)
    page.take(page.answer(dana, "", token=token, files=[("breakdown.xlsx", out.getvalue())], **NOTHING))
    way = page.letter_to(dana)
    assert "a schedule of values for this contract" in " ".join(way.text.split())
    shown = page.get(way.path).text
    for fact in ("will be sent for review", "Rough-in", "$10,000.00", "Fixtures"):
        assert fact in shown
    assert status_of(page, plumbing) == "draft"
    assert confirm(page, way).status == 200
    assert status_of(page, plumbing) == "under_review"
    assert len(page.letters("ssov_received")) == 1


def status_of(page: ConfirmWeb, contract: Contract) -> str | None:
    with page.db.reading() as session:
        return session.get_one(Contract, contract.id).ssov_status


def test_a_mail_that_was_confirmed_is_not_read_again(page: ConfirmWeb):
    assert confirm(page, send(page, 2500)).status == 200
    with page.db.transaction() as session, pytest.raises(UserError, match="has decided already: confirmed"):
        replay_mail(call_of(session, page.settings, page.month.pat), page.log()[0].inbox_id or 0)


def handled(page: ConfirmWeb) -> str:
    with page.db.reading() as session:
        return handled_words(session, page.log()[0].id)


def test_a_page_ends_with_the_due_date_and_with_its_days(page: ConfirmWeb):
    way = send(page, 2500)
    digest = seen(page.get(way.path))
    page.now = NOON + timedelta(days=6)
    assert "no longer open" in page.get(way.path).text
    assert page.post(way.path, answer="take", code=way.code, seen=digest).status == 410
    page.now = NOON + timedelta(days=20)
    assert page.post(way.path, answer="take", code=way.code, seen=digest).status == 410
    assert claims(page) == []


def test_policy_may_ask_for_the_page_of_a_sender_who_is_sure(sqlite_url: str):
    web = ConfirmWeb(Database(sqlite_url), mail_trust_invitation="confirm", mail_trust_billing="confirm")
    try:
        web.take(web.answer(web.month.dana, "", files=[("form.xlsx", form(web, 2500))]))
        assert (claims(web), web.notices()) == ([], [])
        assert confirm(web, web.letter_to(web.month.dana)).status == 200
        assert len(claims(web)) == 1
    finally:
        web.close()


def test_without_a_page_a_person_takes_it(sqlite_url: str):
    inbox = Inbox(Database(sqlite_url))
    content = form(inbox, 2500)
    inbox.take(inbox.answer(inbox.month.dana, "", files=[("form.xlsx", content)], **NOTHING))
    assert inbox.letters("confirm_answer") == []
    assert inbox.notices() == [f"unclear:{inbox.log()[0].id}"]


def test_the_page_of_a_mail_speaks_the_readers_language(page: ConfirmWeb):
    with page.db.transaction() as session:
        session.merge(page.month.dana).language = "fr"
    way = send(page, "beaucoup")
    assert "un formulaire de facturation rempli" in " ".join(way.text.split())
    shown = page.get(way.path).text
    assert "Ceci ne peut pas être pris tel quel" in shown
    assert "Oui, ce message est de nous" in shown


def test_a_page_that_is_opened_again_and_again_holds_up_nobody_who_writes(page: ConfirmWeb):
    way = send(page, 2500)
    tries: list[str] = []
    listen(page.db.engine, "begin", lambda connection: tries.append(kind_of(connection)))
    shown = {page.get(way.path).text for _ in range(5)}
    assert len(shown) == 1
    assert tries.count("writes") == 1
    with page.db.transaction() as session:
        call_of(session, page.settings).record(
            "looked_at", session.get_one(Contract, page.month.plumbing.id), project_id=None
        )
    tries.clear()
    page.get(way.path)
    assert tries.count("writes") == 1


def kind_of(connection: Connection) -> str:
    return "reads" if connection.get_execution_options().get("payclerk_reading") else "writes"


def test_a_page_that_was_used_shows_no_second_doing(page: ConfirmWeb):
    way = send(page, 2500)
    assert confirm(page, way).status == 200
    again = page.get(way.path).text
    assert "was used already" in again
    assert "cannot be taken" not in again


def test_a_claim_that_is_only_shown_is_not_printed_and_the_one_that_is_made_is(page: ConfirmWeb):
    way = send(page, 2500)
    assert confirm(page, way).status == 200
    [received] = page.letters("claim_received")
    with page.db.reading() as session:
        query = select(StoredFile.content).join(Attachment, Attachment.file_id == StoredFile.id)
        assert session.scalars(query.where(Attachment.message_id == received.id)).one().startswith(b"%PDF-")
        assert session.scalar(select(func.count()).where(StoredFile.size == 0)) == 0
