"""Python's SMTP client against the playground's server: delivery, sign-in, bounces and faults."""

from __future__ import annotations

import email
import smtplib
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
from flufl.bounce import scan_message

from payclerk_playground.mail import MailWorld

PAYCLERK = "billing@reply.payclerk.example"
SAM = "sam@northside.example"
DANA = "dana@harbor.example"


def persona(email_address, name, **more):
    facts = {
        "title": "",
        "user_id": None,
        "has_slack": False,
        "has_mailbox": True,
        "tz": "America/Chicago",
        "locale": "en",
    }
    return SimpleNamespace(email=email_address, name=name, **{**facts, **more})


@pytest.fixture
def world(tmp_path):
    world = MailWorld(tmp_path, [persona(SAM, "Sam Okafor"), persona(DANA, "Dana Ruiz")])
    world.start()
    yield world
    world.stop()


def connect(world):
    return smtplib.SMTP("127.0.0.1", int(world.settings()["PAYCLERK_SMTP_PORT"]), local_hostname="payclerk", timeout=10)


def mail(to=SAM, sender=f"payclerk <{PAYCLERK}>", **headers):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Invitation to bill"
    message["Message-ID"] = "<t.token.1@reply.payclerk.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Please bill.")
    return message


def send(world, message, *, sender=PAYCLERK, to=None):
    settings = world.settings()
    with connect(world) as client:
        client.login(settings["PAYCLERK_SMTP_USER"], settings["PAYCLERK_SMTP_PASSWORD"])
        return client.send_message(message, sender, to)


def test_a_delivered_mail_is_stamped_as_a_provider_does(world):
    send(world, mail(), sender="billing+bounce-7@reply.payclerk.example")
    [got] = world.inbox(SAM)
    assert got.header("Return-Path") == "<billing+bounce-7@reply.payclerk.example>"
    assert got.header("Delivered-To") == SAM
    received = " ".join(got.header("Received").split())
    assert received.startswith("from payclerk (localhost [127.0.0.1]) by mx.playground.example with ESMTP id")
    results = " ".join(got.header("Authentication-Results").split())
    assert results == (
        "mx.playground.example; spf=pass smtp.mailfrom=reply.payclerk.example; "
        "dkim=pass header.d=reply.payclerk.example; dmarc=pass header.from=reply.payclerk.example"
    )


def test_each_recipient_gets_a_copy_and_a_tag_finds_the_mailbox(world):
    world.send(SAM, [DANA, "billing+k7q2@reply.payclerk.example"], "Hello", "ACCEPT")
    assert world.inbox(DANA)[0].header("Delivered-To") == DANA
    assert world.inbox(PAYCLERK)[0].header("Delivered-To") == "billing+k7q2@reply.payclerk.example"


def test_somebody_else_in_that_persons_name_fails_dmarc(world):
    world.send(SAM, PAYCLERK, "Hello", "ACCEPT", forged_by="mallory@elsewhere.example")
    [got] = world.inbox(PAYCLERK)
    results = got.header("Authentication-Results")
    assert "dmarc=fail header.from=northside.example" in results
    assert "spf=pass smtp.mailfrom=elsewhere.example" in results
    assert got.header("Return-Path") == "<mallory@elsewhere.example>"
    assert world.mails(SAM, "Sent") == []


def test_a_result_that_claims_to_be_ours_is_taken_out(world):
    forged = "mx.playground.example; dmarc=pass header.from=northside.example"
    kept = "relay.elsewhere.example; spf=none"
    raw = (
        f"From: {SAM}\r\nAuthentication-Results: {forged}\r\nAuthentication-Results: {kept}\r\nSubject: x\r\n\r\nhi\r\n"
    )
    world.send(SAM, PAYCLERK, "", "", raw=raw.encode(), forged_by="mallory@elsewhere.example")
    results = world.inbox(PAYCLERK)[0].message.get_all("Authentication-Results")
    assert ["dmarc=fail" in results[0], results[1:]] == [True, [kept]]


def test_two_authors_never_pass(world):
    raw = f"From: {SAM}\r\nFrom: {DANA}\r\nSubject: x\r\n\r\nhi\r\n".encode()
    world.send(SAM, PAYCLERK, "", "", raw=raw)
    assert b"dmarc=fail" in world.inbox(PAYCLERK)[0].raw


def test_mail_to_nobody_is_taken_and_bounces(world):
    send(world, mail("gone@northside.example"), sender="billing+v7@reply.payclerk.example")
    [bounce] = world.inbox(PAYCLERK)
    report = bounce.message
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert bounce.header("Return-Path") == "<>"
    assert bounce.header("Auto-Submitted") == "auto-replied"
    assert "MAILER-DAEMON@" in bounce.sender
    assert bounce.header("Delivered-To") == "billing+v7@reply.payclerk.example"
    text, status, original = report.iter_parts()
    assert status.get_content_type() == "message/delivery-status"
    recipient = status.get_payload()[1]
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert "<t.token.1@reply.payclerk.example>" in original.get_payload()
    assert "gone@northside.example" in text.get_content()


def test_a_bounce_is_understood_by_a_bounce_reader(world):
    world.faults.bounce(SAM, "5.2.2")
    send(world, mail())
    assert world.inbox(SAM) == []
    assert scan_message(email.message_from_bytes(world.inbox(PAYCLERK)[0].raw)) == {SAM.encode()}
    assert b"Status: 5.2.2" in world.inbox(PAYCLERK)[0].raw


def test_a_bounce_never_bounces(world):
    send(world, mail("gone@northside.example"), sender="gone-too@northside.example")
    send(world, mail("gone@northside.example"), sender="")
    assert [world.inbox(one) for one in (SAM, DANA, PAYCLERK)] == [[], [], []]


def test_one_bad_address_among_good_ones_bounces_alone(world):
    send(world, mail(f"{SAM}, gone@northside.example"))
    assert (len(world.inbox(SAM)), len(world.inbox(PAYCLERK))) == (1, 1)


def test_an_address_can_be_refused_at_once(world):
    world.faults.refuse(SAM)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(world, mail())
    assert refused.value.recipients[SAM][0] == 550


def test_temporary_trouble_passes(world):
    world.faults.temporary = 1
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(world, mail())
    assert refused.value.recipients[SAM][0] == 451
    send(world, mail())
    assert len(world.inbox(SAM)) == 1


def test_a_busy_server_says_so_on_connect(world):
    world.faults.busy = 1
    with pytest.raises(smtplib.SMTPConnectError) as busy:
        connect(world)
    assert busy.value.smtp_code == 421
    send(world, mail())


def test_a_lost_reply_leaves_the_mail_delivered(world):
    world.faults.lost_replies = 1
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(world, mail())
    assert len(world.inbox(SAM)) == 1


def test_down_refuses_and_up_takes_the_same_port(world):
    with connect(world) as open_line:
        world.smtp_down()
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            open_line.docmd("NOOP")
    with pytest.raises(ConnectionRefusedError):
        connect(world)
    world.smtp_up()
    send(world, mail())


def test_clear_ends_all_faults(world):
    world.faults.busy = world.faults.temporary = 3
    world.faults.refuse(SAM)
    world.faults.bounce(DANA)
    world.faults.clear()
    send(world, mail(f"{SAM}, {DANA}"))
    assert (len(world.inbox(SAM)), len(world.inbox(DANA))) == (1, 1)


def test_a_wrong_password_is_refused(world):
    with connect(world) as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(PAYCLERK, "guess")
