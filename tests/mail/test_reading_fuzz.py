"""The whole reader over mails put together at random and then damaged: what comes out is a reading, or `Unreadable`."""

from __future__ import annotations

import base64
import quopri
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from payclerk_core.wire import packed, unpacked
from payclerk_mailbox.mail_files import as_mail
from payclerk_mailbox.reading.decision import Question
from payclerk_mailbox.reading.explain import Asked, judge, look, read
from payclerk_mailbox.reading.html_text import read_html
from payclerk_mailbox.reading.kind import OwnIdentity
from payclerk_mailbox.reading.limits import Unreadable
from payclerk_mailbox.reading.message import parse
from payclerk_mailbox.reading.requests import Answering, Request, Response

OWN = OwnIdentity("billing@reply.example", "reply.example")
PARENT = "\u2014 reply above this line \u2014\nHello Sam,\nDo you want to bill this period? Reply ACCEPT or DECLINE."
TOKEN = "abcdefghijklmnopqrstuvwxyz"
CHARSETS = [
    "utf-8",
    "iso-8859-1",
    "us-ascii",
    "utf-7",
    "utf-16",
    "gb2312",
    "iso-2022-jp",
    "x-none",
    "punycode",
    "\x00",
    '"',
    "",
]
ENCODINGS = ["7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "BASE64 ", "x-none", ""]
KINDS = [
    "text/plain", "text/html", "text/calendar", "text/rfc822-headers", "image/png", "application/pdf", "application/ms-tnef",
    "application/pkcs7-mime", "message/rfc822", "message/delivery-status", "message/disposition-notification",
    "message/feedback-report", "message/partial", "multipart/mixed", "text", "/", "",
]  # fmt: skip
MULTIPARTS = [
    "mixed",
    "alternative",
    "related",
    "report; report-type=delivery-status",
    "digest",
    "signed",
    "parallel",
    "",
]
PHRASES = [
    "We accept", "ACCEPT", "DECLINE - no crew", "J'accepte", "No aprobado", "Yes, but", "Sent from my phone", "-- ", "--", "> ACCEPT",
    "On Nov 21, 2026, Anna <a@b.example> wrote:", "From: Anna <a@b.example>", "Sent: Sat, Nov 21, 2026", "\u2014 reply above this line \u2014",
    "-----Original Message-----", "<div class=gmail_quote>", "<blockquote type=cite>", "</blockquote>", "<p style='display:none'>", "<table><tr><td>",
    "<pre>", "&nbsp;", "<!--", "<style>.x{display:none}</style>", "METHOD:REPLY", "Action: failed", "Status: 5.1.1", "Final-Recipient: rfc822; a@b",
    "\u202eACCEPT", "\ufdfa", "\u0000", "\ue000", "begin 644 x", "", " ", ">", ">>>", "Line 3: 40 %", "=?utf-8?q?x?=",
]  # fmt: skip
HEADERS = [
    "From: Sam <sam@ortiz.example>", "From: sam@ortiz.example, b@x", "From: \u00e9 <\u00e9@\u00e9>", 'From: "', "From: (((((", f"To: billing+{TOKEN}@reply.example",
    "Subject: Re: x", "Subject: =?utf-8?b?!!?= =?x?q?=ff?=", "Subject: \udcff", "Message-ID: <1@x>", f"In-Reply-To: <t.{TOKEN}.1@reply.example>", "References: <<a@b>",
    "Date: Mon, 99 Foo 20266 99:99 +9999", "Date: Sat, 21 Nov 2026 10:00:00 +0100", "Auto-Submitted: auto-replied", "Return-Path: <>", "List-Id: <x>",
    "Precedence: bulk", "X-Failed-Recipients: a@b", "Authentication-Results: mx; dmarc=pass header.from=ortiz.example", "Authentication-Results: ((;;=",
    "DKIM-Signature: v=1; a=; d=x", "X-Payclerk-Loop: reply.example", "Content-Type: text/plain; charset*0*=%ff; charset*1=x", "no header", " folded", ":",
]  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A part as bytes."""

    raw: bytes


texts = st.lists(st.one_of(st.sampled_from(PHRASES), st.text(max_size=20)), max_size=8).map("\n".join)


def leaf(text: str, kind: str, charset: str, encoding: str, extra: str) -> Made:
    body = text.encode("utf-8", "replace")
    if encoding == "base64":
        body = base64.encodebytes(body)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body)
    head = f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n{extra}\n"
    return Made(head.encode("utf-8", "replace") + body)


def tree(children: st.SearchStrategy[Made]) -> st.SearchStrategy[Made]:
    return st.builds(
        multipart, st.lists(children, max_size=4), st.sampled_from(MULTIPARTS), st.integers(0, 3), st.booleans()
    )


def multipart(children: list[Made], subtype: str, boundary: int, ended: bool) -> Made:
    mark = b"--b%d" % boundary
    head = f"Content-Type: multipart/{subtype}; boundary=b{boundary}\n\n".encode()
    inside = b"".join(b"\n" + mark + b"\n" + child.raw for child in children)
    return Made(head + inside + (b"\n" + mark + b"--\n" if ended else b""))


extras = st.sampled_from(
    [
        "",
        "",
        "Content-Disposition: attachment; filename*=utf-8''%ff%zz\n",
        'Content-Disposition: inline; filename="a.pdf"\n',
        "Content-ID: <x>\n",
    ]
)
leaves = st.builds(leaf, texts, st.sampled_from(KINDS), st.sampled_from(CHARSETS), st.sampled_from(ENCODINGS), extras)
heads = st.lists(st.sampled_from(HEADERS), max_size=8).map(
    lambda lines: "".join(f"{one}\n" for one in lines).encode("utf-8", "surrogateescape")
)
mails = st.builds(lambda head, part: head + part.raw, heads, st.recursive(leaves, tree, max_leaves=12))
wounds = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), max_size=4)


def wounded(raw: bytes, places: list[tuple[float, int, bytes]]) -> bytes:
    for where, fewer, more in places:
        at = int(where * len(raw))
        raw = raw[:at] + more + raw[at + fewer :]
    return raw


def read_whole(raw: bytes) -> None:
    """As the poller does, as the command does, and over the pipe between the two processes."""
    with suppress(Unreadable):
        explained = read(
            raw,
            own=OWN,
            parent_text=PARENT,
            question=Question.INVITATION,
            invited="sam@ortiz.example",
            authserv_id="mx",
        )
        assert explained.why or explained.reason or explained.decision
        judge(look(raw, OWN), Asked())
    response = Answering().answer(Request(as_mail(raw), OWN))
    assert unpacked(packed(response)[8:], Response).unreadable == response.unreadable
    assert response.unreadable is None or not response.unreadable.startswith("could not be read")


@settings(max_examples=150, deadline=None)
@given(mails, wounds)
def test_any_mail_is_read_or_said_to_be_unreadable(raw: bytes, places: list[tuple[float, int, bytes]]) -> None:
    read_whole(wounded(raw, places))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(PHRASES),
            st.sampled_from(["<div>", "</div>", "<b ", "<li>", "</td>", "<svg>", "<template>", "</p>", "'", ">"]),
            st.text(max_size=9),
        ),
        max_size=30,
    ).map("".join)
)
def test_any_markup_becomes_text(markup: str) -> None:
    text, _ = read_html(markup)
    assert "\u0000" not in text


plain_lines = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"]), max_size=30), min_size=1, max_size=6
)


@settings(max_examples=60, deadline=None)
@given(
    plain_lines.map("\n".join),
    st.binary(max_size=200),
    st.sampled_from(["base64", "quoted-printable", "8bit"]),
    st.integers(0, 6),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_sound_mail_gives_back_what_was_put_in(
    text: str, file: bytes, encoding: str, depth: int, newline: str
) -> None:
    text = text.replace("\u0085", "").replace("--b", "")
    part = leaf(text, "text/plain", "utf-8", encoding, "").raw + b"\n--b\n"
    part += b'Content-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\n' + base64.encodebytes(
        file
    )
    part = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + part + b"\n--b--\n"
    for level in range(depth):
        part = (
            b"Content-Type: multipart/mixed; boundary=c%d\n\n--c%d\n" % (level, level) + part + b"\n--c%d--\n" % level
        )
    mail = parse((b"From: s@o.example\n" + part).replace(b"\n", newline.encode()))
    assert (mail.plain or "").rstrip("\n") == text.rstrip("\n")
    assert [one.content for one in mail.attachments] == [file]
