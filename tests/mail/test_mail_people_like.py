"""What our mails hold besides their words: threads, calendar files, answers on buttons; on the wire, as it arrives."""

from __future__ import annotations

import email
import re
from datetime import date, timedelta
from email import policy
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from icalendar import Calendar

from letter_facts import FACTS
from mail_inbox import Inbox
from mail_month import NOON, call_of
from owner_mail import Owner
from payclerk_core.actions.invitations import remind_silent
from payclerk_core.documents.letters import MARKERS, render_letter, with_reference
from payclerk_core.tables import BillingPeriod, Message, MessageRecipient, Project, ReplyToken
from payclerk_mailbox.mime import build_mail
from payclerk_mailbox.outgoing import copies_to_send
from payclerk_mailbox.reading.decision import Question, read_decision

if TYPE_CHECKING:
    from email.message import EmailMessage

    from payclerk_core.db import Database
    from payclerk_core.tables import Person

DECIDES = {
    "invitation": ("accept", "decline"),
    "reminder": ("accept", "decline"),
    "answer_unclear": ("accept", "decline"),
    "owner_claim": ("approve", "approve_as_noted", "reject"),
}
ADDRESS = "billing+abcdefghijklmnopqrstuvwxyz@reply.maple.example"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What goes out is made of rows that look alike on both databases."""
    return sqlite_url


def on_the_wire(inbox: Inbox, person: Person, kind: str = "") -> list[EmailMessage]:
    """The copies a person gets, parsed as their program does."""
    with inbox.db.reading() as session:
        rows = session.query(MessageRecipient).filter_by(person_id=person.id).order_by(MessageRecipient.id).all()
        chosen = [row.id for row in rows if not kind or _kind(session, row) == kind]
        raws = [build_mail(copy.mail) for copy in copies_to_send(session, inbox.settings, chosen)]
    return [email.message_from_bytes(raw, policy=policy.SMTP) for raw in raws]  # type: ignore[misc]


def _kind(session, row: MessageRecipient) -> str:
    return session.get_one(Message, row.message_id).kind


def links(html: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(mailto:[^"]+)"', html)]


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return body.get_content()


@pytest.mark.parametrize("language", MARKERS)
@pytest.mark.parametrize("name", DECIDES)
def test_a_button_writes_the_mail_that_decides(name: str, language: str):
    letter = with_reference(render_letter(name, language, FACTS), ADDRESS[8:34], ADDRESS)
    found = links(letter.html)
    question = Question.OWNER_CLAIM if name == "owner_claim" else Question.INVITATION
    said = []
    for link in found:
        address, _, query = link.removeprefix("mailto:").partition("?")
        assert unquote(address) == ADDRESS
        assert not re.search(r"[^!-~]|[ \"'<>+]", link), "only what RFC 6068 lets stand, and no + that becomes a space"
        parts = parse_qs(query, strict_parsing=True)
        assert parts["subject"] == [f"Re: {letter.subject}"]
        assert len(parts["body"][0].splitlines()) == 1
        said.append(read_decision(parts["body"][0], question, language=language).decision)
    assert tuple(said) == DECIDES[name]


@pytest.mark.parametrize("language", MARKERS)
@pytest.mark.parametrize("name", DECIDES)
def test_what_a_button_says_decides_nothing_when_it_comes_back(name: str, language: str):
    html = render_letter(name, language, FACTS).html
    labels = [unescape(label) for label in re.findall(r'<a class="(?:main|other)"[^>]*>([^<]+)</a>', html)]
    assert len(labels) == len(DECIDES[name])
    for label in labels:
        for question in Question:
            assert read_decision(label, question, language=language).decision is None


def test_a_claim_that_is_only_forwarded_asks_nothing():
    letter = render_letter("owner_claim", "en", FACTS | {"asked": False})
    assert links(letter.html) == []
    assert "Do you approve" not in letter.text


def test_the_letter_to_each_person_has_buttons_to_their_own_address(inbox: Inbox):
    for person in (inbox.month.dana, inbox.month.eli):
        [mail] = on_the_wire(inbox, person)
        for link in links(html_of(mail)):
            assert unquote(urlsplit(link).path) == mail["Reply-To"].addresses[0].addr_spec
            assert inbox.token(person) in link


def test_an_invitation_brings_the_due_date_for_the_calendar(inbox: Inbox):
    [mail] = on_the_wire(inbox, inbox.month.dana)
    [part] = mail.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert dict(part["Content-Type"].params) == {"method": "PUBLISH", "charset": "utf-8"}
    assert part.get_content_disposition() == "attachment"
    [event] = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 11, 25), date(2026, 11, 26))
    assert str(event["SUMMARY"]) == "Billing due: Maple Street, contract SC-001"
    assert "America/Chicago" in event["DESCRIPTION"]
    assert "ATTENDEE" not in event
    assert "ORGANIZER" not in event


def test_a_reminder_moves_the_entry_that_is_in_the_calendar(inbox: Inbox):
    with inbox.db.transaction() as session:
        session.get_one(Project, inbox.month.project.id).remind_every_days = 3
        session.query(BillingPeriod).one().due_on = date(2026, 11, 27)
        call = call_of(session, inbox.settings, at=NOON + timedelta(days=14))
        assert remind_silent(call, inbox.month.project.id) == 2
    first, second = (
        Calendar.from_ical(next(iter(mail.iter_attachments())).get_payload(decode=True)).walk("VEVENT")[0]
        for mail in on_the_wire(inbox, inbox.month.dana)
    )
    assert first["UID"] == second["UID"]
    assert second["SEQUENCE"] > first["SEQUENCE"]
    assert second["DTSTART"].dt == date(2026, 11, 27)


def test_mails_of_one_conversation_stand_together_and_reminders_can_be_stopped(inbox: Inbox):
    with inbox.db.transaction() as session:
        session.get_one(Project, inbox.month.project.id).remind_every_days = 3
        remind_silent(call_of(session, inbox.settings, at=NOON + timedelta(days=12)), inbox.month.project.id)
    invitation, reminder = on_the_wire(inbox, inbox.month.dana)
    assert invitation["References"] is None
    assert invitation["List-Unsubscribe"] is None
    assert reminder["In-Reply-To"] == reminder["References"] == invitation["Message-ID"]
    stop = re.fullmatch(r"<mailto:([^?]+)\?subject=(.+)>", str(reminder["List-Unsubscribe"]))
    assert stop is not None
    assert unquote(stop[1]) == reminder["Reply-To"].addresses[0].addr_spec
    assert unquote(stop[2]).startswith("Stop: Maple Street: reminder")
    assert reminder["Auto-Submitted"] == "auto-generated"


def test_an_answer_of_ours_says_that_it_is_one_and_stands_under_both_mails(inbox: Inbox):
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT"))
    invitation, answer = on_the_wire(inbox, inbox.month.dana)
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["References"].split() == [invitation["Message-ID"], answer["In-Reply-To"]]
    for line in answer.as_bytes().split(b"\r\n"):
        assert b"=?" not in line or not line.startswith((b"References", b" <", b"List-"))


def test_a_mail_of_a_person_is_not_marked_as_a_machines_and_asks_the_owner_one_question(database: Database):
    inbox = Owner(database).inbox
    [mail] = on_the_wire(inbox, inbox.month.olga)
    assert mail["Auto-Submitted"] is None
    assert [parse_qs(urlsplit(link).query)["body"][0] for link in links(html_of(mail))] == [
        "APPROVE",
        "APPROVED AS NOTED",
        "REJECT",
    ]
    with inbox.db.reading() as session:
        assert session.query(ReplyToken).filter_by(person_id=inbox.month.olga.id).one().purpose == "owner_claim"


def test_our_calendar_file_that_comes_back_is_no_attachment_of_theirs(inbox: Inbox):
    [ours] = (part.get_payload(decode=True) for part in on_the_wire(inbox, inbox.month.dana)[0].iter_attachments())
    theirs = ours.replace(b"payclerk", b"somebody")
    files = [("due-date.ics", ours), ("site-visit.ics", theirs)]
    inbox.take(inbox.answer(inbox.month.dana, "ACCEPT", files=files))
    assert inbox.status(inbox.month.plumbing) == "accepted"
    with inbox.db.reading() as session:
        [message] = session.query(Message).filter_by(direction="in")
        assert [file.name for file in message.attachments] == ["site-visit.ics"]
