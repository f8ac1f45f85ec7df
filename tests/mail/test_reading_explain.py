"""A whole mail read at once: every gate that keeps a decision from being taken (reference 2.3)."""

from __future__ import annotations

import pytest

from payclerk_mailbox.reading.decision import Decision, Question
from payclerk_mailbox.reading.explain import Asked, Explained, judge, look, read
from payclerk_mailbox.reading.kind import Kind, OwnIdentity

OWN = OwnIdentity("billing@reply.example", "reply.example")
TOKEN = "abcdefghijklmnopqrstuvwxyz"
HEAD = f"""\
Authentication-Results: mx.gc.example; dmarc=pass header.from=ortiz.example
From: Sam Ortiz <sam@ortiz.example>
To: billing+{TOKEN}@reply.example
Subject: Re: Mill Road School: You are invited to bill. ACCEPT or DECLINE
Message-ID: <1@ortiz.example>
"""
ASKED = {
    "question": Question.INVITATION,
    "invited": "sam@ortiz.example",
    "authserv_id": "mx.gc.example",
    "parent_text": "Reply ACCEPT or DECLINE by Friday, please",
}


def explained(body: str, head: str = HEAD, **changed: object) -> Explained:
    return read(f"{head}\n{body}".encode(), own=OWN, **{**ASKED, **changed})  # type: ignore[arg-type]


def test_an_acceptance() -> None:
    got = explained(
        "We accept, thanks\n\nSam\n\nOn Nov 21, 2026, Anna <billing@reply.example> wrote:\n> Reply ACCEPT or DECLINE by Friday, please"
    )
    assert (got.kind, got.matched_by, got.found.chosen, got.sender) == (
        Kind.PERSON,
        "address",
        (TOKEN,),
        "sam@ortiz.example",
    )
    assert (got.decision, got.reason) == (Decision.ACCEPT, "")
    assert got.reply.text == "We accept, thanks\n\nSam"
    assert got.sender_check is not None
    assert got.sender_check.verified
    assert got.attachments == ()


NESTED = "--b\nContent-Type: text/plain\n\n{text}\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\nACCEPT\n--b--"
MIXED = HEAD + "Content-Type: multipart/mixed; boundary=b\n"


@pytest.mark.parametrize(
    ("head", "body", "why"),
    [
        (HEAD, "> ACCEPT\n", "no new text"),
        (HEAD, "\u2014 reply above this line \u2014\nACCEPT", "under lines"),
        (HEAD, "", "no new text"),
        (HEAD, "See you\n-- \nACCEPT", "more than a plain answer"),
        (MIXED, NESTED.format(text=""), "no new text"),
        (MIXED, NESTED.format(text="see attached"), "more than a plain answer"),
        (HEAD + "Content-Type: text/html\n", '<p style="display:none">ACCEPT</p>', "no new text"),
        (HEAD + "Content-Type: text/html\n", '<p>ACCEPT</p><p style="color:#fff">not</p>', "not seen in every"),
        (
            HEAD + "Content-Type: text/html\n",
            '<p>ACCEPT</p><div style="font-size:0">once paid</div>',
            "not seen in every",
        ),
        (HEAD + "Content-Type: text/plain; name=a.txt\n", "ACCEPT", "no new text"),
        (HEAD.replace("Re: ", "Accepted: "), "Sam Ortiz has accepted this invitation", "calendar"),
        (HEAD.replace("Re: ", "Aceptado: "), "ACCEPT", "calendar"),
        (HEAD + "Content-Type: text/calendar; method=REPLY\n", "ACCEPT", "calendar"),
        (HEAD + "Auto-Submitted: auto-replied\n", "ACCEPT", "program"),
        (HEAD + "List-Id: <a.b>\n", "ACCEPT", "mailing list"),
        (HEAD.replace("Re:", "Fwd:"), "ACCEPT", "forward"),
        (HEAD + "From: other@x.example\n", "ACCEPT", "2 From headers"),
        (HEAD.replace("dmarc=pass", "dmarc=fail"), "ACCEPT", "DMARC failed"),
        (HEAD.replace("sam@ortiz.example>", "bob@ortiz.example>"), "ACCEPT", "was asked"),
        (HEAD.replace("To: ", f"Cc: billing+{'b' * 26}@reply.example\nTo: "), "ACCEPT", "several"),
        (HEAD + "Content-Type: application/pkcs7-mime; name=smime.p7m\n", "AAAA", "signed or encrypted"),
        (HEAD, "> a\n\nACCEPT\n\n> b", "between or under"),
        (HEAD, "CAUTION: external email\n", "no new text"),
        (HEAD, "ACCEPT\n" + "x\n" * 600_000, "too long"),
    ],
)
def test_where_a_decision_never_comes_from(head: str, body: str, why: str) -> None:
    got = explained(body, head)
    assert got.decision is None
    assert why in got.why


def two_bodies(plain: str, markup: str) -> Explained:
    body = f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{markup}\n--b--"
    return explained(body, HEAD + "Content-Type: multipart/alternative; boundary=b\n")


@pytest.mark.parametrize(
    ("plain", "markup"),
    [
        ("ACCEPT", "<p>DECLINE</p>"),
        ("ACCEPT", "<p>Let us talk first</p>"),
        ("ACCEPT", "<p>ACCEPT</p><p>once we are paid</p>"),
        ("Let us talk first", '<p>ACCEPT</p><div class="gmail_quote">On Friday Anna wrote: bill?</div>'),
        (
            "ACCEPT\n\nOn Nov 21, 2026, Anna wrote:\n> bill?",
            '<p>No</p><div class="gmail_quote">Anna wrote: bill?</div>',
        ),
    ],
)
def test_a_mail_whose_two_bodies_say_different_things_decides_nothing(plain: str, markup: str) -> None:
    got = two_bodies(plain, markup)
    assert got.decision is None
    assert "two bodies" in got.why or "more than a plain answer" in got.why


@pytest.mark.parametrize(
    ("plain", "markup"),
    [
        ("*ACCEPT*\n", "<p><b>ACCEPT</b></p>"),
        (" ", "<p>ACCEPT</p>"),
        ("ACCEPT\n\nSent from my iPhone", "<p>Accept</p><div>Sent from my iPhone</div>"),
    ],
)
def test_two_bodies_that_say_the_same_decide(plain: str, markup: str) -> None:
    assert two_bodies(plain, markup).decision is Decision.ACCEPT


@pytest.mark.parametrize(
    ("plain", "markup", "agree"),
    [
        ("SUBMIT", "<p>SUBMIT</p>", True),
        ("SUBMIT", "<p>CANCEL</p>", False),
        ("Line 3: 40 %", "<p>Line 3: 40 %</p>", True),
        ("Line 3: 40 %", "<p>Line 3: 90 %</p>", False),
    ],
)
def test_a_billing_in_words_is_the_same_in_both_bodies(plain: str, markup: str, agree: bool) -> None:
    body = f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{markup}\n--b--"
    looked = look(f"{HEAD}Content-Type: multipart/alternative; boundary=b\n\n{body}".encode(), OWN)
    judged = judge(looked, Asked(billing_language="en"))
    assert bool(judged.command or judged.billing) is agree


def test_nothing_is_decided_when_nothing_was_asked() -> None:
    assert explained("ACCEPT", question=None).decision is None
    assert explained("ACCEPT", invited=None).why == "nothing was asked that this mail could answer"


def test_a_bounce_leads_back_through_what_it_returns() -> None:
    body = f"--b\nContent-Type: text/plain\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <t.{TOKEN}.3@reply.example>\n\nx\n--b--"
    got = explained(
        body, "From: mailer-daemon@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n"
    )
    assert (got.kind, got.found.chosen, got.matched_by) == (Kind.BOUNCE, (TOKEN,), "returned")


def test_the_senders_own_name_is_a_signature() -> None:
    assert explained("We accept\nsam").decision is Decision.ACCEPT
    assert explained("We accept\nPhoenix").decision is None
