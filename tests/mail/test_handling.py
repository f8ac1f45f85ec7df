"""What each kind of mail changes: the log, the invitation, what is promised; and that it changes it once."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import select

from mail_inbox import MINE, Inbox
from mail_month import ADDRESS, NOON, call_of
from payclerk_core.actions.mailing import About, Recipient, start_thread, write_letter
from payclerk_core.actions.periods import create_period
from payclerk_core.rules.periods import PeriodDates
from payclerk_core.tables import (
    Attachment,
    Batch,
    BatchItem,
    Claim,
    InboxMail,
    Invitation,
    Message,
    MessageRecipient,
    ReplyToken,
)
from payclerk_core.tables import (
    Thread as MailThread,
)
from payclerk_mailbox import handling, incoming

if TYPE_CHECKING:
    from payclerk_core.tables import Person


def test_an_acceptance_is_logged_decided_and_confirmed_with_the_form(inbox: Inbox):
    dana = inbox.month.dana
    row = inbox.take(inbox.answer(dana, "ACCEPT"))
    assert (row.status, row.kind) == ("done", "person")
    [message] = inbox.log()
    assert (message.text.strip(), message.decision, message.sender_verified) == ("ACCEPT", "accept", True)
    assert inbox.status(inbox.month.plumbing) == "accepted"
    [letter] = inbox.letters("invitation_accepted")
    assert letter.in_reply_to == message.message_id
    assert [name.rpartition(".")[2] for name in attachments(inbox, letter)] == ["xlsx"]
    assert inbox.notices() == ["accepted:1"]


def attachments(inbox: Inbox, message: Message) -> list[str]:
    with inbox.db.reading() as session:
        return list(session.scalars(select(Attachment.name).where(Attachment.message_id == message.id)))


def test_a_decline_keeps_the_reason_in_the_senders_words(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "DECLINE\n\nNo work was done in November."))
    with inbox.db.reading() as session:
        invitation = session.scalars(select(Invitation).where(Invitation.contract_id == inbox.month.plumbing.id)).one()
    assert invitation.status == "declined"
    assert (invitation.reason or "").startswith("No work was done in November")
    assert len(inbox.letters("invitation_declined")) == 1
    assert inbox.notices() == ["declined:1"]


def test_an_unclear_answer_is_put_before_a_person_and_asked_about_once_a_day(inbox: Inbox):
    for text in ("Who do I call about this?", "Hello? Anybody?"):
        inbox.take(inbox.answer(inbox.month.dana, text))
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.notices() == [f"unclear:{message.id}" for message in inbox.log()]
    assert len(inbox.letters("answer_unclear")) == 1


def test_another_invoice_contact_of_the_contract_may_answer(inbox: Inbox):
    month = inbox.month
    inbox.take(inbox.answer(month.eli, "ACCEPT", letter_to=month.dana))
    assert inbox.status(month.plumbing) == "accepted"


@pytest.mark.parametrize(
    "forge",
    [
        {"Authentication_Results": f"{MINE}; dmarc=fail header.from=harbor.example"},
        {"Authentication_Results": "mx.evil.example; dmarc=pass header.from=harbor.example"},
        {"From": "Eve <eve@evil.example>"},
        {"From": "Sam Okafor <sam@northside.example>"},
        {"From": "Dana <dana@harbor.example>, Eve <eve@evil.example>"},
    ],
)
def test_a_forged_sender_is_logged_and_marked_and_decides_nothing(inbox: Inbox, forge: dict[str, str]):
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", files=[("backup.pdf", b"%PDF-1.7 forged")], **forge))
    [message] = inbox.log()
    assert (message.sender_verified, message.decision) == (False, None)
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.notices() == [f"unclear:{message.id}"]
    assert inbox.letters("answer_unclear") == []


def test_a_mail_that_answers_two_threads_is_logged_in_both_and_decides_neither(inbox: Inbox):
    month = inbox.month
    both = f"{inbox.to(inbox.token(month.dana))}, {inbox.to(inbox.token(month.sam))}"
    mail = inbox.answer(month.dana, "ACCEPT")
    mail.replace_header("To", both)
    inbox.take(mail)
    assert len({message.thread_id for message in inbox.log()}) == 2
    assert {inbox.status(month.plumbing), inbox.status(month.steel)} == {"invited"}
    assert len(inbox.notices()) == 1
    assert inbox.notices()[0].startswith("unclear:")


def test_an_answer_to_the_plain_address_is_found_by_what_it_answers(inbox: Inbox):
    month = inbox.month
    mail = inbox.answer(month.dana, "ACCEPT", In_Reply_To=f"<t.{inbox.token(month.dana)}.1@reply.maple.example>")
    mail.replace_header("To", ADDRESS)
    inbox.take(mail)
    assert inbox.status(month.plumbing) == "accepted"


def test_a_mail_no_thread_claims_is_put_before_a_person(inbox: Inbox):
    row = inbox.take(inbox.mail("Eve <eve@evil.example>", "ACCEPT"))
    assert (row.status, row.details) == ("done", {"from": "eve@evil.example", "subject": "Re: invited to bill"})
    assert inbox.log() == []
    assert inbox.notices() == [f"unmatched:{row.id}"]


def test_a_revoked_or_made_up_token_leads_nowhere(inbox: Inbox):
    with inbox.db.transaction() as session:
        session.query(ReplyToken).update({"revoked_at": NOON})
    for token in (inbox.token(inbox.month.dana), "a" * 26):
        inbox.take(inbox.mail("Dana <dana@harbor.example>", "ACCEPT", to=inbox.to(token)))
    assert inbox.log() == []


def test_the_same_mail_by_two_tokens_of_one_thread_is_logged_once(inbox: Inbox):
    """Two copies of one mail: to Dana's token and, by a list of the firm, to it again."""
    mail = inbox.answer(inbox.month.dana, "Who do I call about this?")
    inbox.take(mail)
    mail["Delivered-To"] = inbox.to(inbox.token(inbox.month.dana))
    inbox.take(mail)
    assert len(inbox.log()) == 1
    assert len(inbox.notices()) == 1


def test_two_different_mails_that_share_a_message_id_are_both_logged(inbox: Inbox):
    for text in ("Who do I call about this?", "And by when?"):
        inbox.take(inbox.answer(inbox.month.dana, text, Message_ID="<always@courier.example>"))
    assert len(inbox.log()) == 2


def test_the_same_decision_again_is_only_logged_and_a_contrary_one_shown(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT"))
    inbox.take(inbox.answer(inbox.month.eli, "ACCEPT"))
    assert inbox.notices() == ["accepted:1"]
    inbox.take(inbox.answer(inbox.month.eli, "DECLINE"))
    assert inbox.status(inbox.month.plumbing) == "accepted"
    assert inbox.notices() == ["accepted:1", f"late:{inbox.log()[-1].id}"]
    assert len(inbox.letters("invitation_accepted")) == 1


def test_a_decision_after_the_due_date_is_kept_and_shown(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT"), clock=lambda: NOON + timedelta(days=20))
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.notices() == [f"late:{inbox.log()[0].id}"]


def test_a_decision_for_a_closed_period_is_kept_and_shown(inbox: Inbox):
    with inbox.db.transaction() as session:
        december = PeriodDates(date(2026, 12, 1), date(2026, 12, 31), date(2026, 12, 25))
        create_period(call_of(session, inbox.settings, inbox.month.pat), inbox.month.project.id, december)
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT"))
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.notices()[0].startswith("late:")


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"Subject": "Automatic reply: invited to bill"}, "auto_reply"),
    ],
)
def test_machines_are_logged_and_never_decide_or_get_an_answer(inbox: Inbox, headers: dict[str, str], kind: str):
    row = inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", **headers))
    assert row.kind == kind
    [message] = inbox.log()
    assert (message.kind, message.decision) == (kind, None)
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.notices() == []
    assert inbox.letters("answer_unclear") == []


def test_a_mail_through_a_list_decides_nothing_and_is_put_before_a_person(inbox: Inbox):
    row = inbox.take(
        inbox.answer(inbox.month.dana, "ACCEPT", List_Id="<all.harbor.example>", Precedence="list"),
    )
    assert row.kind == "list"
    [message] = inbox.log()
    assert (message.kind, message.decision) == ("list", None)
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.notices() == [f"unclear:{message.id}"]
    assert inbox.letters("answer_unclear") == []


@pytest.mark.parametrize("headers", [{"X_Loop": "tickets"}, {"Auto_Submitted": "auto-generated"}])
def test_an_answer_through_a_ticket_system_decides_nothing_and_is_put_before_a_person(
    inbox: Inbox, headers: dict[str, str]
):
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", **headers))
    [message] = inbox.log()
    assert (message.kind, message.decision) == ("auto_reply", None)
    assert inbox.status(inbox.month.plumbing) == "invited"
    assert inbox.notices() == [f"unclear:{message.id}"]
    assert inbox.letters("answer_unclear") == []


def test_our_own_mail_come_back_is_done_without_a_trace(inbox: Inbox):
    token = inbox.token(inbox.month.dana)
    row = inbox.take(
        inbox.mail(
            f"Maple Street Billing <{ADDRESS}>",
            "hello",
            to=inbox.to(token),
            X_Payclerk_Loop="reply.maple.example",
            Message_ID=f"<t.{token}.1@reply.maple.example>",
        )
    )
    assert (row.status, row.kind) == ("done", "own")
    assert inbox.log() == []
    assert inbox.notices() == []


def report(inbox: Inbox, to: str, *, action: str = "failed", status: str = "5.1.1", inner: str = "") -> bytes:
    """A delivery report as Postfix writes it."""
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.harbor.example (Mail Delivery System)\r\nTo: {to}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.harbor.example\r\n\r\n"
        f"Final-Recipient: rfc822; dana@harbor.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <dana@harbor.example>: user unknown\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{inner}Subject: invited\r\n\r\n--b--\r\n"
    ).encode()


def recipient(inbox: Inbox, person: Person) -> MessageRecipient:
    with inbox.db.reading() as session:
        query = select(MessageRecipient).where(MessageRecipient.person_id == person.id)
        return session.scalars(query.order_by(MessageRecipient.id)).first()


def test_a_bounce_to_the_envelope_sender_marks_the_copy_undeliverable(inbox: Inbox):
    dana = inbox.month.dana
    row = inbox.take(report(inbox, inbox.to(inbox.token(dana))))
    assert row.kind == "bounce"
    copy = recipient(inbox, dana)
    assert copy.bounced_at == NOON
    assert inbox.notices() == [f"bounced:{copy.id}"]
    assert [message.kind for message in inbox.log()] == ["bounce"]
    with inbox.db.reading() as session:
        outcomes = session.scalars(select(BatchItem).join(Batch).where(BatchItem.record_id == inbox.month.plumbing.id))
        assert [item.outcome for item in outcomes] == ["failed"]


def test_a_bounce_is_known_by_the_message_id_it_returns(inbox: Inbox):
    dana = inbox.month.dana
    inner = f"Message-ID: <t.{inbox.token(dana)}.1@reply.maple.example>\r\n"
    inbox.take(report(inbox, ADDRESS, inner=inner))
    assert recipient(inbox, dana).bounced_at == NOON


def test_a_report_that_it_takes_longer_is_not_a_bounce(inbox: Inbox):
    dana = inbox.month.dana
    inbox.take(report(inbox, inbox.to(inbox.token(dana)), action="delayed", status="4.4.1"))
    assert recipient(inbox, dana).bounced_at is None
    assert inbox.notices() == []


def test_a_mail_that_cannot_be_read_is_put_aside_before_a_person(inbox: Inbox):
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n" for depth in range(60))
    row = inbox.take(f"From: dana@rivera.example\n{nested}\nACCEPT".encode())
    assert (row.status, row.reason) == ("quarantine", "The mail is nested too deep.")
    assert inbox.notices() == [f"quarantine:{row.id}"]


def test_a_mail_that_makes_us_fail_stops_no_other_and_is_put_aside_after_three_attempts(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
):
    poison = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    good = inbox.put(inbox.answer(inbox.month.sam, "ACCEPT"))
    really = incoming.take_in

    def take_in(call, row, *more):
        kind = really(call, row, *more)
        if row.id == poison:
            raise RuntimeError("after everything was done")
        return kind

    monkeypatch.setattr(handling, "take_in", take_in)
    for _ in range(4):
        with structlog.testing.capture_logs():
            inbox.run()
    with inbox.db.reading() as session:
        assert session.get_one(InboxMail, good).status == "done"
        row = session.get_one(InboxMail, poison)
        assert (row.status, row.attempts) == ("quarantine", 3)
    assert inbox.status(inbox.month.plumbing) == "invited"  # nothing of it stayed behind
    assert [message.inbox_id for message in inbox.log()] == [good]


def test_a_process_that_dies_on_a_mail_each_time_puts_it_aside(inbox: Inbox, monkeypatch: pytest.MonkeyPatch):
    class KilledError(BaseException):
        pass

    def die(*more) -> None:
        raise KilledError

    key = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    monkeypatch.setattr(handling, "take_in", die)
    for _ in range(3):
        with pytest.raises(KilledError):
            inbox.run()
    inbox.run()
    with inbox.db.reading() as session:
        assert session.get_one(InboxMail, key).status == "quarantine"


def test_dying_before_the_commit_does_it_all_again_and_once(inbox: Inbox, monkeypatch: pytest.MonkeyPatch):
    really = incoming.take_in

    class KilledError(BaseException):
        pass

    def die(call, row, *more):
        really(call, row, *more)
        raise KilledError

    inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    monkeypatch.setattr(handling, "take_in", die)
    with pytest.raises(KilledError):
        inbox.run()
    assert inbox.log() == []
    monkeypatch.setattr(handling, "take_in", really)
    inbox.run()
    inbox.run()
    assert len(inbox.log()) == 1
    assert len(inbox.letters("invitation_accepted")) == 1


def test_two_pollers_at_once_handle_each_mail_once(inbox: Inbox):
    for text in ("Who do I call?", "By when?", "Where?", "ACCEPT"):
        inbox.put(inbox.answer(inbox.month.dana, text))
    start = Barrier(2)

    def run() -> None:
        start.wait()
        inbox.run()

    pollers = [Thread(target=run) for _ in range(2)]
    for poller in pollers:
        poller.start()
    for poller in pollers:
        poller.join()
    assert len(inbox.log()) == 4
    assert len(inbox.letters("invitation_accepted")) == 1


def test_threads_and_claims_are_untouched_by_mail_that_decides_nothing(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "Thanks!"))
    with inbox.db.reading() as session:
        assert session.scalars(select(Claim)).all() == []
        assert len(session.scalars(select(MailThread)).all()) == 2


def owner_letter(inbox: Inbox) -> str:
    """A mail to the owner about the prime contract's claim; its token."""
    month = inbox.month
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, month.pat)
        thread = start_thread(
            call, project_id=month.project.id, contract_id=month.prime.id, subject="Claim 4", private=True
        )
        facts = {
            "subject": "Claim 4", "message": "Please find attached.", "sender_name": "Pat Clerk",
            "project_name": "Maple Street", "contract_number": "PC-001",
        }  # fmt: skip
        write_letter(call, thread, "composed", [Recipient(month.olga)], facts, About("owner_claim"))
    return inbox.token(month.olga)


@pytest.mark.parametrize(
    ("text", "decision"), [("Approved.", "approve"), ("Can you send the backup?", None), ("Yes", None)]
)
def test_the_owners_words_are_a_proposal_that_a_person_decides(inbox: Inbox, text: str, decision: str | None):
    token = owner_letter(inbox)
    inbox.take(inbox.answer(inbox.month.olga, text, token=token))
    [message] = inbox.log()
    assert (message.decision, message.sender_verified) == (decision, True)
    assert inbox.notices() == [f"owner_reply:{message.id}"]


def test_a_forged_owner_proposes_nothing(inbox: Inbox):
    token = owner_letter(inbox)
    inbox.take(inbox.answer(inbox.month.olga, "Approved.", token=token, From="Olga <olga@evil.example>"))
    [message] = inbox.log()
    assert message.decision is None
    assert inbox.notices() == [f"unclear:{message.id}"]


def test_a_complaint_is_logged_and_put_before_a_person(inbox: Inbox):
    raw = (
        f"From: feedback@isp.example\r\nTo: {inbox.to(inbox.token(inbox.month.dana))}\r\nSubject: complaint\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n--b--\r\n"
    )
    row = inbox.take(raw.encode())
    assert row.kind == "complaint"
    assert inbox.notices() == [f"unclear:{inbox.log()[0].id}"]


def test_a_mail_of_which_nothing_was_kept_stays_before_a_person(inbox: Inbox):
    row = inbox.take(b"")
    assert row.status == "quarantine"
