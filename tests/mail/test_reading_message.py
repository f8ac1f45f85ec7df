"""Bytes to a mail: limits, charsets, attached mails, odd headers, and nothing raised but `Unreadable`."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailparser.utils import get_addresses

from payclerk_mailbox.reading.explain import read
from payclerk_mailbox.reading.filenames import clean_name
from payclerk_mailbox.reading.kind import OwnIdentity
from payclerk_mailbox.reading.message import IncomingMail, Limits, Unreadable, parse
from timing import processor_time

OWN = OwnIdentity("billing@reply.example", "reply.example")
PLAIN = b"From: Sam Ortiz <sam@ortiz.example>\r\nTo: billing@reply.example\r\nSubject: Re: Invite\r\nMessage-ID: <1@ortiz.example>\r\n\r\nWe accept\r\n"


def with_part(kind: str, body: bytes, extra: bytes = b"") -> IncomingMail:
    return parse(b"From: s@o.example\nContent-Type: " + kind.encode() + b"\n" + extra + b"\n" + body)


def mixed(*parts: str) -> IncomingMail:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return parse(f"From: s@o.example\nContent-Type: multipart/mixed; boundary=b\n\n{body}--b--\n".encode())


def test_a_plain_mail() -> None:
    mail = parse(PLAIN)
    assert (mail.message_id, mail.subject, mail.plain, mail.html) == (
        "<1@ortiz.example>",
        "Re: Invite",
        "We accept\n",
        None,
    )
    assert mail.sender is not None
    assert (mail.sender.name, mail.sender.email, mail.from_headers) == ("Sam Ortiz", "sam@ortiz.example", 1)
    assert (mail.date, mail.attachments, mail.defects) == (None, (), ())


def test_a_missing_message_id_is_made_from_the_bytes() -> None:
    raw = b"From: s@o.example\n\nx"
    assert parse(raw).message_id == f"<{hashlib.sha256(raw).hexdigest()}@missing.invalid>"


def test_the_text_of_an_attached_mail_is_an_attachment_only() -> None:
    mail = mixed(
        "Content-Type: text/plain\n\nsee below", "Content-Type: message/rfc822\n\nSubject: Invite\n\nReply ACCEPT"
    )
    assert mail.plain == "see below"
    assert [(one.name, one.content_type) for one in mail.attachments] == [("mail-1.eml", "message/rfc822")]
    assert b"Reply ACCEPT" in mail.attachments[0].content


def test_a_named_text_is_a_file() -> None:
    mail = mixed(
        "Content-Type: text/plain\n\nhello",
        'Content-Type: text/plain; name="a.txt"\n\nACCEPT',
        "Content-Type: text/html\nContent-Disposition: attachment\n\n<p>ACCEPT",
    )
    assert (mail.plain, mail.html) == ("hello", None)
    assert [one.name for one in mail.attachments] == ["a.txt", "file-2.html"]


def test_a_gateways_plain_footer_is_not_the_text_of_an_html_mail() -> None:
    mail = mixed("Content-Type: text/html\n\n<p>We accept</p>", "Content-Type: text/plain\n\nScanned <ok>")
    assert mail.plain is None
    assert mail.html == "<p>We accept</p>\n<pre>Scanned &lt;ok&gt;</pre>"


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "é".encode(), "é"),
        ("iso-8859-1", "é".encode(), "é"),  # UTF-8 under a single-byte label (macro #6133)
        ("iso-8859-1", b"\x93yes\x94 \x80", "“yes” €"),  # really Windows-1252 (neomutt #462)
        ("", b"caf\xe9", "café"),
        ("x-unknown", b"caf\xe9", "café"),
        ("gb2312", "接受".encode("gb18030"), "接受"),
        ("ks_c_5601-1987", "승인".encode("cp949"), "승인"),
        ("iso-2022-jp", "承認".encode("iso-2022-jp"), "承認"),
        ("utf-16", "sí".encode("utf-16"), "sí"),
        ("rot13", b"yes", "yes"),
        ("iso-8859-8-i", "שלום".encode("iso-8859-8"), "שלום"),
        ("utf-8", b"a\x00b\xef\xbb\xbfc", "abc"),
    ],
)
def test_charsets(charset: str, body: bytes, text: str) -> None:
    label = f"; charset={charset}" if charset else ""
    assert with_part(f"text/plain{label}", body).plain == text


def test_flowed_lines_are_joined() -> None:
    assert with_part("text/plain; format=flowed; delsp=yes", b"I acc \nept\n").plain == "I accept\n"
    assert (
        with_part("text/plain; format=flowed", b"I \naccept\n> old \n> text\n-- \nSam\n").plain
        == "I accept\n> old text\n-- \nSam\n"
    )


def test_every_from_is_counted() -> None:
    two = parse(b"From: a@x.example\nFrom: b@y.example\n\nx")
    assert (two.from_headers, [one.email for one in two.senders], two.sender) == (
        2,
        ["a@x.example", "b@y.example"],
        None,
    )
    both = parse(b"From: a@x.example, b@y.example\n\nx")
    assert (both.from_headers, len(both.senders), both.sender) == (1, 2, None)
    assert parse(b"From: \n\nx").sender is None


@pytest.mark.parametrize(
    "value",
    [
        "sam@ortiz.example <evil@x.example>",
        "sam@ortiz.example(<evil@x.example>)",
        "<sam@ortiz.example> evil@x.example",
        '"sam@ortiz.example" <evil@x.example>',
        "sam@ortiz.example\x00, evil@x.example",
        "=?utf-8?q?sam=40ortiz.example?= <evil@x.example>",
    ],
)
def test_a_doubtful_from_is_never_the_invited_one_alone(value: str) -> None:
    """CVE-2023-27043 and its like."""
    sender = parse(f"From: {value}\n\nx".encode()).sender
    assert sender is None or sender.email != "sam@ortiz.example"


words = st.text("abcXYZ019", min_size=1, max_size=6)


@given(
    st.lists(words, max_size=3), st.lists(words, min_size=1, max_size=3), st.sampled_from("._+-"), words, st.booleans()
)
def test_a_simple_address_is_read_as_the_libraries_read_it(
    name: list[str], local: list[str], between: str, domain: str, bare: bool
) -> None:
    email = f"{between.join(local)}@{domain}.example"
    value = email if bare and not name else f"{' '.join(name)} <{email}>".strip()
    for written in (value, f"{value}, anna@gc.example", f"Anna <anna@gc.example>,{value}"):
        read = [(one.name, one.email) for one in parse(f"From: {written}\n\nx".encode()).senders]
        assert read == getaddresses([written]) == get_addresses(written, decode_names=True)


def test_references_keep_the_newest_and_survive_a_flood() -> None:
    ids = " ".join(f"<{number}@x.example>" for number in range(500))
    mail = parse(f"References: {ids}\nIn-Reply-To: <a@b> junk\n\nx".encode())
    assert len(mail.references) == 20
    assert mail.references[-1] == "<499@x.example>"
    assert mail.in_reply_to == ("<a@b>",)


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?utf-8?q?R=C3=A9ponse?= ok", "Réponse ok"),
        ("=?iso-8859-1?q?=93x=94?=", "“x”"),
        ("=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        ("=?x-unknown?q?caf=E9?=", "café"),
        ("Re:\n folded", "Re: folded"),
    ],
)
def test_subjects(written: str, subject: str) -> None:
    assert parse(f"Subject: {written}\n\nx".encode()).subject == subject


def test_an_eight_bit_subject_is_kept() -> None:
    assert parse(b"Subject: R\xe9ponse \n\nx").subject == "Réponse"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\claim.xlsx", "claim.xlsx"),
        ("a\x00b\u202ecod.exe", "abcod.exe"),
        ("=?utf-8?q?re=C3=A7u.pdf?=", "reçu.pdf"),
        ("...", "file-3.pdf"),
        ("", "file-3.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_file_names(written: str, name: str) -> None:
    assert clean_name(written, "application/pdf", 3) == name


def test_limits_are_held_and_said() -> None:
    with pytest.raises(Unreadable, match="larger than"):
        parse(b"x" * 2_000_000, Limits(message_bytes=1_000_000))
    with pytest.raises(Unreadable, match="parts"):
        mixed(*["Content-Type: text/plain\n\nx"] * 250)
    long = parse(b"From: a@b.example\n\n" + b"x" * 20_000 + b"\n" + b"y\n" * 600_000)
    assert long.defects == ("the text was cut",)
    assert len(parse(b"X: y\n" * 80_000 + b"\nbody").headers.head) <= 256 * 2**10
    assert parse(b"X: y\n" * 80_000 + b"\nbody").defects == ("the headers were cut",)
    many = mixed(*[f"Content-Type: image/png; name=a{number}.png\n\nx" for number in range(150)])
    assert len(many.attachments) == 100


@pytest.mark.parametrize("depth", [60, 300, 3000])
def test_deep_nesting_is_refused_in_time(depth: int) -> None:
    body = "".join(f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n" for number in range(depth))
    with processor_time() as took, pytest.raises(Unreadable):
        parse(f"From: a@b.example\n{body}\nx".encode() + b"line\n" * 20_000)
    assert took.yardsticks < 100


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nx",
        b"From: " + b"a@b.example, " * 20_000 + b"\n\nx",
        b"From: " + b"(" * 50_000 + b"\n\nx",
        b"To: " + b'"' * 50_000 + b"\n\nx",
        b"Date: " + b"1 " * 50_000 + b"\n\nx",
        b"Authentication-Results: " + b"(" * 100_000 + b"\n\nx",
        b"Content-Type: text/plain; " + b"a*0=b; " * 5_000 + b"\n\nx",
        b"\r" * 300_000,
        b"References: " + b"<" * 200_000 + b"\n\nx",
        b"In-Reply-To: " + b"<a" * 100_000 + b"\n\nx",
    ],
)
def test_hostile_headers_are_read_in_time(raw: bytes) -> None:
    with processor_time() as took:
        read(raw, own=OWN, invited="a@b.example", authserv_id="mx")
    print(f"\n{raw[:20]!r}: {took.seconds:.2f} s")
    assert took.yardsticks < 100


def test_a_broken_winmail_is_kept_as_it_is() -> None:
    mail = mixed("Content-Type: text/plain\n\nhi", "Content-Type: application/ms-tnef; name=winmail.dat\n\nnot tnef")
    assert [one.name for one in mail.attachments] == ["winmail.dat"]
    assert mail.defects == ("winmail.dat could not be opened",)


def test_what_is_in_a_winmail_comes_out() -> None:
    message = EmailMessage()
    message["From"] = "s@o.example"
    message.set_content("see file")
    message.add_attachment(
        tnef("claim.pdf", b"%PDF-1.7"), maintype="application", subtype="ms-tnef", filename="winmail.dat"
    )
    mail = parse(message.as_bytes())
    assert [(one.name, one.content) for one in mail.attachments] == [("claim.pdf", b"%PDF-1.7")]


def tnef(name: str, content: bytes) -> bytes:
    """The smallest winmail.dat with one file (MS-OXTNEF 2.1.3)."""

    def item(level: int, kind: int, value: bytes) -> bytes:
        return (
            bytes([level])
            + kind.to_bytes(4, "little")
            + len(value).to_bytes(4, "little")
            + value
            + (sum(value) & 0xFFFF).to_bytes(2, "little")
        )

    head = (
        (0x223E9F78).to_bytes(4, "little")
        + b"\x01\x00"
        + item(1, 0x00089006, b"\x00\x00\x01\x00")
        + item(1, 0x00069007, b"\xe4\x04\x00\x00\x00\x00\x00\x00")
    )
    return (
        head
        + item(2, 0x00069002, b"\x01\x00" + b"\xff" * 4 + b"\x00" * 8)
        + item(2, 0x00018010, name.encode() + b"\x00")
        + item(2, 0x0006800F, content)
    )


HEADS = st.sampled_from(
    [
        b"From: a@b.example\n", b"From: =?x?q?=\n", b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
        b"Content-Type: text/html\n", b"Content-Type: message/rfc822\n", b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: x-uuencode\n",
        b'Content-Type: text/plain; charset="\x00"\n', b"Content-Disposition: attachment; filename*=utf-8''%ff%zz\n", b"Auto-Submitted: auto-replied\n",
        b"Content-Type: message/delivery-status\n", b"Content-Type: application/ms-tnef\n", b"Date: Mon, 99 Foo 20266\n", b"Message-ID: <\n", b"--b\n", b"--b--\n", b"\n", b"> ACCEPT\n",
        b"begin 644 x\nM\n", b"headers: x\n", b"Subject: \xff\xfe\n", b"Return-Path: <>\n", b"Final-Recipient: rfc822; a@b\n",
    ]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(st.one_of(HEADS, st.binary(max_size=60)), max_size=25).map(b"".join))
def test_any_bytes_are_read_or_unreadable(raw: bytes) -> None:
    with suppress(Unreadable):
        assert read(raw, own=OWN, parent_text="Hello", invited="a@b.example", authserv_id="mx").why


@settings(max_examples=200)
@given(st.integers(0, len(PLAIN)), st.binary(max_size=30), st.integers(0, 30))
def test_a_damaged_mail_is_read(at: int, more: bytes, fewer: int) -> None:
    assert read(PLAIN[:at] + more + PLAIN[at + fewer :], own=OWN).why is not None
