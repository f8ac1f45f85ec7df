"""What kind of mail it is; bounces before everything, and only a person's mail left over."""

from __future__ import annotations

import pytest

from payclerk_mailbox.reading.kind import Classified, Kind, OwnIdentity, classify
from payclerk_mailbox.reading.message import parse

OWN = OwnIdentity("billing@reply.example", "reply.example")
TOKEN = "abcdefghijklmnopqrstuvwxyz"
DSN = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: billing+{token}@reply.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
X-Payclerk-Loop: billing@reply.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; sam@ortiz.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status} <sam@ortiz.example>: User
 unknown

--b
Content-Type: message/rfc822

Message-ID: <t.{token}.7@reply.example>
X-Payclerk-Loop: billing@reply.example
Subject: Invite

ACCEPT or DECLINE
--b--
"""


def kind_of(head: str, body: str = "We accept") -> Classified:
    return classify(parse(f"{head.strip()}\n\n{body}".encode()), OWN)


def dsn(action: str, status: str) -> Classified:
    return classify(parse(DSN.format(action=action, status=status, token=TOKEN).encode()), OWN)


def test_a_bounce_says_who_which_and_why() -> None:
    """With our loop header and Auto-Submitted on it (Auxx #1214)."""
    got = dsn("failed", "5.1.1")
    assert got.kind is Kind.BOUNCE
    assert got.bounce is not None
    assert got.bounce.failed_recipients == ("sam@ortiz.example",)
    assert got.bounce.original_message_id == f"<t.{TOKEN}.7@reply.example>"
    assert got.bounce.permanent
    assert "User unknown" in got.bounce.diagnostic


def test_a_delay_is_not_for_good() -> None:
    got = dsn("delayed", "4.4.1")
    assert got.bounce is not None
    assert not got.bounce.permanent


def test_a_report_of_success_is_a_receipt() -> None:
    assert dsn("delivered", "2.0.0").kind is Kind.RECEIPT


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (
            "From: mailer-daemon@qmail.example\nSubject: failure notice",
            "<sam@ortiz.example>:\n550 no such user\n\nMessage-ID: <m.1@reply.example>",
        ),
        ("From: x@y.example\nX-Failed-Recipients: sam@ortiz.example", "gone"),
        ("From: postmaster@o.example\nSubject: Undeliverable: Invite", "Your message did not reach"),
        ("Return-Path: <>\nFrom: noreply@o.example\nSubject: Message not delivered", "x"),
        ("Return-Path: <>\nFrom: a@o.example\nSubject: No se puede entregar: x", "x"),
        ("Subject: Returned mail: see transcript", "x"),
        (
            "From: noreply@o.example\nSubject: Undeliverable: Invite",
            "Delivery has failed to these recipients:\nsam@ortiz.example",
        ),
        (
            "From: ndr@o.example\nSubject: Mail delivery failed",
            "A message that you sent could not be delivered: 550 5.1.1 unknown",
        ),
        ("From: postmaster@o.example\nSubject: Notification d'\u00e9tat de remise (\u00e9chec)", "x"),
        ("From: postmaster@o.example\nSubject: Notificaci\u00f3n del estado de la entrega (error)", "x"),
        (
            "From: postmaster@o.example\nSubject: Invite",
            "Votre message n'a pas pu \u00eatre remis \u00e0 sam@ortiz.example",
        ),
        (
            "Return-Path: <>\nFrom: x@o.example\nSubject: Invite",
            "El mensaje no se ha podido entregar a sam@ortiz.example",
        ),
        (
            "Return-Path: <>\nFrom: x@o.example\nSubject: Invite",
            "Ihre Nachricht konnte nicht zugestellt werden: 550 unbekannt",
        ),
        ("Auto-Submitted: auto-replied\nFrom: bounces@o.example\nSubject: Delivery failure", "user unknown"),
        ('From: "Mail System" <>\nSubject: Invite', "Your mail cannot be delivered to sam@ortiz.example"),
    ],
)
def test_bounces_of_other_shapes(head: str, body: str) -> None:
    assert kind_of(head, body).kind is Kind.BOUNCE


@pytest.mark.parametrize(
    ("head", "body", "kind"),
    [
        ("From: s@o.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b", "--b\nContent-Type: message/disposition-notification\n\nDisposition: displayed\n--b--", Kind.RECEIPT),
        ("From: s@o.example\nSubject: Read: Invite", "x", Kind.RECEIPT),
        ("From: s@o.example\nSubject: Lu : Invitation", "x", Kind.RECEIPT),
        ("From: s@o.example\nSubject: Leído: Invitación", "x", Kind.RECEIPT),
        ("From: s@o.example\nContent-Type: application/octet-stream; name=reply.ics", "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR", Kind.CALENDAR),
        ("From: s@o.example\nContent-Type: application/octet-stream; name=visit.ics", "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR", Kind.PERSON),
        ("From: s@o.example\nSubject: Accepted: visit\nContent-Type: text/calendar; method=REPLY", "BEGIN:VCALENDAR\nEND:VCALENDAR", Kind.CALENDAR),
        ("From: s@o.example\nContent-Type: text/calendar", "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR", Kind.CALENDAR),
        ("From: s@o.example\nContent-Type: text/calendar; name=a.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR", Kind.PERSON),
        ("From: abuse@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b", "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--", Kind.COMPLAINT),
        ("From: Billing <BILLING+abc@reply.example>", "x", Kind.OWN),
        ("From: s@o.example\nX-Payclerk-Loop: 1", "x", Kind.OWN),
        ("From: s@o.example\nMessage-ID: <m.12@reply.example>", "x", Kind.OWN),
        ("From: s@reply.example\nMessage-ID: <CAF123@reply.example>", "x", Kind.PERSON),
        ("From: s@o.example\nAuto-Submitted: auto-replied", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nAuto-Submitted: no", "x", Kind.PERSON),
        ("From: s@o.example\nX-Autoreply: yes", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nPrecedence: auto_reply", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nX-Loop: other", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nReturn-Path: <>", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nDelivered-To: autoresponder", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nSubject: =?utf-8?q?R=C3=A9ponse_automatique=C2=A0:_x?=", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nSubject: Absent(e) du bureau", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nSubject: Fuera de la oficina", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nSubject: Out of Office: Re: Invite", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nX-Auto-Response-Suppress: All", "x", Kind.PERSON),
        ("From: s@o.example\nX-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: s@o.example", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nList-Id: <x.y>", "x", Kind.LIST),
        ("From: s@o.example\nPrecedence: bulk", "x", Kind.LIST),
        ("From: s@o.example\nSubject: Re: Undelivered mail", "The mailer-daemon said 550 user unknown for bob@x.example", Kind.PERSON),
        ("From: postmaster@small.example\nSubject: Re: Invite", "We accept", Kind.PERSON),
        ("Subject: hello", "no sender", Kind.PERSON),
        ("From: s@o.example\nSubject: Delivery failure", "The drywall could not be delivered on Tuesday", Kind.PERSON),
        ("From: s@o.example\nSubject: Re: Undeliverable: Invite", "The message was not delivered to bob@x.example", Kind.PERSON),
        ("From: s@o.example\nSubject: Confirmation de lecture : Invitation", "x", Kind.RECEIPT),
        ("From: s@o.example\nSubject: No le\u00eddo: Invitaci\u00f3n", "x", Kind.RECEIPT),
        ("From: s@o.example\nSubject: Automatyczna odpowied\u017a: x", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nSubject: \u0410\u0432\u0442\u043e\u043c\u0430\u0442\u0438\u0447\u0435\u0441\u043a\u0438\u0439 \u043e\u0442\u0432\u0435\u0442: x", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nSubject: \uc790\ub3d9 \ud68c\uc2e0: x", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent", "x", Kind.AUTO_REPLY),
        ("From: s@o.example\nMailing-List: list a@b.example", "x", Kind.LIST),
        ("From: s@o.example\nSubject: Re: Invite", "Bonjour, je suis actuellement absent du bureau.", Kind.AUTO_REPLY),
        ("From: s@o.example\nSubject: Re: Invite", "Hola, actualmente me encuentro fuera de la oficina.", Kind.AUTO_REPLY),
        ("From: s@o.example\nSubject: Re: Invite", "We accept. I will send the form although I am out of the office", Kind.PERSON),
    ],
)  # fmt: skip
def test_kinds(head: str, body: str, kind: Kind) -> None:
    assert kind_of(head, body).kind is kind


def test_a_calendar_answer_within_an_attached_mail_says_nothing_of_this_one() -> None:
    body = "--b\nContent-Type: text/plain\n\nsee\n--b\nContent-Type: message/rfc822\n\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n--b--"
    assert kind_of("From: s@o.example\nContent-Type: multipart/mixed; boundary=b", body).kind is Kind.PERSON


@pytest.mark.parametrize(
    ("mark", "written"),
    [
        ("X-Loop: tickets", True),
        ("Auto-Submitted: auto-generated", True),
        ("X-RT-Loop-Prevention: x", True),
        ("Auto-Submitted: auto-replied", False),
        ("Auto-Submitted: auto-generated\nSubject: Undeliverable: x", False),
    ],
)
def test_what_a_ticket_system_passes_on_may_be_written_by_a_person(mark: str, written: bool) -> None:
    assert kind_of(f"From: s@o.example\n{mark}", "ACCEPT").may_be_written is written
