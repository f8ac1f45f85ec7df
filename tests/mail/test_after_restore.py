"""Mail that comes when the database was restored: what it shows of our letters, and whom it goes to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from mail_month import ADDRESS, NOON, call_of
from payclerk_core.actions.restoring import begin_restoration
from payclerk_core.tables import HeldLetter, InboxMail, LostLetter, MessageRecipient

if TYPE_CHECKING:
    from mail_inbox import Inbox

LOST = "lost2lost2lost2lost2lost22"
LOST_ID = f"<t.{LOST}.77@reply.maple.example>"


def restored(inbox: Inbox) -> None:
    """The three invitations had been promised, and not sent, when the backup was made."""
    with inbox.db.transaction() as session:
        begin_restoration(call_of(session, inbox.settings, at=NOON + timedelta(hours=1)), NOON)


def lost(inbox: Inbox) -> list[tuple[str, str]]:
    with inbox.db.reading() as session:
        return [(row.person, row.seen_in) for row in session.scalars(select(LostLetter).order_by(LostLetter.id))]


def held(inbox: Inbox, status: str) -> list[str]:
    query = select(MessageRecipient.name).join(HeldLetter, HeldLetter.recipient_id == MessageRecipient.id)
    with inbox.db.reading() as session:
        return list(session.scalars(query.where(HeldLetter.status == status).order_by(HeldLetter.id)))


def test_an_answer_to_a_letter_we_know_counts_and_shows_that_it_went_out(inbox: Inbox) -> None:
    restored(inbox)
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT"))
    assert inbox.status(inbox.month.plumbing) == "accepted"
    assert held(inbox, "sent") == ["Dana Ruiz"]
    assert held(inbox, "held") == ["Eli Ward", "Sam Okafor"]


def test_an_answer_to_a_letter_that_was_lost_decides_nothing_and_goes_to_a_person(inbox: Inbox) -> None:
    restored(inbox)
    row = inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", token=LOST))
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.log() == []
    assert f"unmatched:{row.id}" in inbox.notices()
    assert "went out after the backup" in str((row.details or {})["why"])
    assert lost(inbox) == [("dana@harbor.example", "answer")]


def test_neither_does_one_to_the_address_of_a_letter_we_know_that_answers_a_lost_one(inbox: Inbox) -> None:
    restored(inbox)
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", In_Reply_To=LOST_ID))
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert lost(inbox) == [("dana@harbor.example", "answer")]


def test_also_weeks_after_the_restore_is_settled(inbox: Inbox) -> None:
    restored(inbox)
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings)
        restoration = begin_restoration(call, None)
        restoration.open, restoration.status = None, "settled"
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", In_Reply_To=LOST_ID))
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert lost(inbox) == []


def test_a_bounce_says_that_a_letter_went_out_which_we_do_not_know(inbox: Inbox) -> None:
    restored(inbox)
    report = (
        f"From: MAILER-DAEMON@mx.harbor.example\r\nTo: {ADDRESS.replace('@', f'+{LOST}@')}\r\nSubject: failed\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.harbor.example\r\n\r\n"
        "Final-Recipient: rfc822; dana@harbor.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    row = inbox.take(report.encode())
    assert row.kind == "bounce"
    assert lost(inbox) == [("", "bounce")]
    assert f"unmatched:{row.id}" in inbox.notices()


def test_without_a_restore_a_token_that_is_none_of_ours_changes_nothing(inbox: Inbox) -> None:
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", In_Reply_To=LOST_ID))
    assert inbox.status(inbox.month.plumbing) == "accepted"
    with inbox.db.reading() as session:
        assert "why" not in (session.scalars(select(InboxMail)).one().details or {})


def test_a_month_of_mails_is_no_flood_for_being_read_at_once(inbox: Inbox) -> None:
    restored(inbox)
    for day in range(22):
        key = inbox.put(inbox.answer(inbox.month.eli, f"Question {day}?"))
        with inbox.db.transaction() as session:
            session.get_one(InboxMail, key).arrived_at = NOON + timedelta(days=day)
    inbox.run()
    assert [line.status for line in inbox.log()] == ["received"] * 22
