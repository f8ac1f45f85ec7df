"""People who read and answer: each mail program's answer, holiday notes, and waiting for mail."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from types import SimpleNamespace

import pytest

from payclerk_playground.mail import Attachment, MailWorld

PAYCLERK = "billing@reply.payclerk.example"
TOKEN_ADDRESS = "billing+k7q2@reply.payclerk.example"
SAM = "sam@northside.example"
NOON = datetime(2026, 3, 4, 18, 5, tzinfo=UTC)


def persona(email, name, **more):
    facts = {
        "title": "",
        "user_id": None,
        "has_slack": False,
        "has_mailbox": True,
        "tz": "America/Chicago",
        "locale": "en",
    }
    return SimpleNamespace(email=email, name=name, **{**facts, **more})


@pytest.fixture
def world(tmp_path):
    people = [persona(SAM, "Sam Okafor"), persona("lee@slack.example", "Lee", has_mailbox=False)]
    world = MailWorld(tmp_path, people, now=lambda: NOON)
    world.start()
    yield world
    world.stop()


@pytest.fixture
def invitation(world):
    message = EmailMessage()
    message["From"], message["To"], message["Reply-To"] = f"payclerk <{PAYCLERK}>", SAM, f"payclerk <{TOKEN_ADDRESS}>"
    message["Subject"], message["Message-ID"], message["References"] = (
        "Invitation to bill",
        "<t.1@x.example>",
        "<t.0@x.example>",
    )
    message["Date"] = "Wed, 04 Mar 2026 15:05:00 +0000"
    message.set_content("Please ACCEPT or DECLINE.\n\nThanks\n")
    message.add_alternative("<html><body class=x><p>Please <b>ACCEPT</b> or DECLINE.</p></body></html>", subtype="html")
    world.send(PAYCLERK, SAM, "", "", raw=message.as_bytes())
    return world.inbox(SAM)[0]


def answered(world, invitation, **how):
    world.reply(SAM, invitation, "ACCEPT", **how)
    return world.inbox(PAYCLERK)[-1]


def test_every_answer_goes_where_it_should_and_belongs_to_its_thread(world, invitation):
    got = answered(world, invitation)
    assert (got.to, got.header("Delivered-To")) == (f"payclerk <{TOKEN_ADDRESS}>", TOKEN_ADDRESS)
    assert got.sender == f"Sam Okafor <{SAM}>"
    assert got.header("In-Reply-To") == "<t.1@x.example>"
    assert got.header("References") == "<t.0@x.example> <t.1@x.example>"
    assert "dmarc=pass" in got.header("Authentication-Results")
    assert [mail.text for mail in world.mails(SAM, "Sent")] == [got.text]


@pytest.mark.parametrize(
    ("style", "lang", "lines"),
    [
        ("plain", "en", ["ACCEPT", "", "On 03/04/2026 9:05 AM, payclerk wrote:", "> Please ACCEPT or DECLINE.", ">", "> Thanks"]),
        ("bottom", "en", ["On 03/04/2026 9:05 AM, payclerk wrote:", "> Please ACCEPT or DECLINE.", ">", "> Thanks", "", "ACCEPT"]),
        ("gmail", "en", ["ACCEPT", "", f"On Wed, Mar 4, 2026 at 9:05 AM payclerk <{PAYCLERK}>", "wrote:", "", "> Please ACCEPT or DECLINE."]),
        ("gmail", "fr", ["ACCEPT", "", f"Le mer. 4 mars 2026 à 09:05, payclerk <{PAYCLERK}>", "a écrit :"]),
        ("gmail", "es", ["ACCEPT", "", f"El mié, 4 mar 2026 a las 9:05, payclerk <{PAYCLERK}>", "escribió:"]),
        ("apple", "en", ["ACCEPT", "", f"> On Mar 4, 2026, at 9:05 AM, payclerk <{PAYCLERK}> wrote:", ">", "> Please ACCEPT or DECLINE."]),
        ("outlook", "en", ["ACCEPT", "", "_" * 32, f"From: payclerk <{PAYCLERK}>", "Sent: Wednesday, March 4, 2026 9:05 AM", f"To: {SAM}", "Subject: Invitation to bill"]),
        ("outlook", "fr", ["ACCEPT", "", "_" * 32, f"De : payclerk <{PAYCLERK}>", "Envoyé : mercredi 4 mars 2026 09:05", f"À : {SAM}"]),
        ("outlook", "es", ["ACCEPT", "", "_" * 32, f"De: payclerk <{PAYCLERK}>", "Enviado: miércoles, 4 de marzo de 2026 9:05"]),
    ],
)  # fmt: skip
def test_the_plain_text_of_each_program(world, invitation, style, lang, lines):
    got = [line.rstrip() for line in answered(world, invitation, style=style, lang=lang).text.splitlines()]
    assert got[: len(lines)] == lines


@pytest.mark.parametrize(
    ("style", "pattern"),
    [
        ("gmail", r'<div dir="ltr">ACCEPT</div><br><div class="gmail_quote.*gmail_attr.*wrote:<br></div><blockquote class="gmail_quote".*<b>ACCEPT</b>'),
        ("outlook", r'ACCEPT</div>.*id="appendonsend".*<hr .*<div id="divRplyFwdMsg".*<b>Sent:</b> Wednesday.*<b>ACCEPT</b>'),
        ("apple", r'ACCEPT<br.*<blockquote type="cite"><div>On Mar 4, 2026, at .* wrote:</div>.*Apple-interchange-newline.*<b>ACCEPT</b>'),
    ],
)  # fmt: skip
def test_the_html_of_each_program(world, invitation, style, pattern):
    html = answered(world, invitation, style=style).html
    assert re.search(pattern, html, re.DOTALL)
    assert html.count("<body") <= 1


def test_the_subject_keeps_one_prefix(world, invitation):
    assert answered(world, invitation, style="outlook").subject == "RE: Invitation to bill"
    first = answered(world, invitation, style="gmail")
    world.send(PAYCLERK, SAM, first.subject, "Thanks")
    assert answered(world, world.inbox(SAM)[-1], style="gmail").subject == "Re: Invitation to bill"
    assert answered(world, invitation, subject="AW: other").subject == "AW: other"


def test_an_answer_from_another_address_of_theirs(world, invitation):
    got = answered(world, invitation, from_email="sam.private@home.example")
    assert got.sender == "sam.private@home.example"
    assert "dmarc=pass header.from=home.example" in got.header("Authentication-Results")


def test_attachments_arrive_whole(world, invitation, tmp_path):
    (tmp_path / "rechnung für März.pdf").write_bytes(b"%PDF-1.7 \x00\xff")
    files = [Attachment.of(tmp_path / "rechnung für März.pdf"), Attachment.named("lines.csv", b"1,2\n")]
    got = answered(world, invitation, style="gmail", attachments=files)
    assert [(one.filename, one.content, one.content_type) for one in got.attachments] == [
        ("rechnung für März.pdf", b"%PDF-1.7 \x00\xff", "application/pdf"),
        ("lines.csv", b"1,2\n", "text/csv"),
    ]


@pytest.mark.parametrize(
    ("lang", "subject"),
    [("en", "Automatic reply: "), ("fr", "Réponse automatique : "), ("es", "Respuesta automática: ")],
)
def test_a_holiday_note_is_marked_as_made_by_a_machine(world, invitation, lang, subject):
    world.out_of_office(SAM, invitation, lang)
    [got] = world.inbox(PAYCLERK)
    assert got.subject == subject + "Invitation to bill"
    assert got.header("Auto-Submitted") == "auto-replied"


def test_waiting_ends_with_the_mail_that_was_waited_for(world):
    timer = threading.Timer(0.05, world.send, (SAM, PAYCLERK, "late", "x"))
    timer.start()
    got = world.wait_for(lambda: [mail for mail in world.inbox(PAYCLERK) if mail.subject == "late"])
    timer.join()
    assert [mail.text.strip() for mail in got] == ["x"]


def test_waiting_in_vain_says_so(world):
    with pytest.raises(TimeoutError):
        world.wait_for(lambda: world.inbox(PAYCLERK), timeout=0.05)


def test_a_mail_is_read_once_looked_at(world, invitation):
    world.mark_read(SAM, invitation)
    assert world.mail(SAM, invitation.id).seen


def test_people_without_a_mailbox_have_none(world):
    with pytest.raises(LookupError, match=r"lee@slack\.example has no mailbox here"):
        world.inbox("lee@slack.example")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"From: \xff\xfe <a@b.example>\r\nSubject: =?utf-8?b?////?=\r\nDate: never\r\n\r\n\xff",
        b"Content-Type: multipart/mixed\r\nSubject: no boundary\r\n\r\n--x\r\n",
        b"Content-Type: text/plain; charset=klingon\r\nFrom: <>\r\nTo: ,,;\r\n\r\nqapla",
        b"Content-Type: ;;;===\r\nContent-Disposition: attachment; filename*=utf-8''%ff\r\nMessage-ID: <<>\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello",
    ],
)  # fmt: skip
def test_no_mail_is_too_broken_to_be_kept_and_shown(world, raw):
    world.send(SAM, PAYCLERK, "", "", raw=raw)
    [got] = world.inbox(PAYCLERK)
    assert isinstance(got.subject + got.sender + got.text + got.html + got.message_id, str)
    assert got.date
    assert len(got.attachments) <= 1
