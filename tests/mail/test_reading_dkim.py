"""Our own look at DKIM signatures: which count, which do not, and that no mail makes it raise or wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkim_mail import SIGNED as SIGNED_NAMES
from dkim_mail import record, sign, table
from payclerk_mailbox.reading import dkim_check
from payclerk_mailbox.reading.dkim_check import with_signers
from payclerk_mailbox.reading.message import parse

AT = datetime(2026, 11, 10, 12, tzinfo=UTC)
MAIL = b"""From: Sam Ortiz <sam@ortiz.example>
To: billing@gc.example
Subject: Re: invited to bill
Date: Tue, 10 Nov 2026 11:00:00 +0000
Message-ID: <1@ortiz.example>

ACCEPT
"""
KEYS = table("ortiz.example", "mail.ortiz.example", "evil.example")


def signers(raw: bytes, keys=KEYS, at: datetime = AT) -> tuple[str, ...]:
    return with_signers(parse(raw), keys, at).signers


def test_a_signature_of_the_senders_organisation_counts() -> None:
    assert signers(sign(MAIL, "ortiz.example")) == ("ortiz.example",)
    assert signers(sign(MAIL, "mail.ortiz.example")) == ("mail.ortiz.example",)
    assert signers(b"Received: from a by b; x\r\n" + sign(MAIL, "ortiz.example")) == ("ortiz.example",)


def test_a_list_of_signatures_needs_one_that_counts() -> None:
    assert signers(sign(sign(MAIL, "ortiz.example"), "evil.example")) == ("ortiz.example",)


SIGNED = sign(MAIL, "ortiz.example")


@pytest.mark.parametrize(
    ("raw", "keys"),
    [
        (MAIL, KEYS),
        (sign(MAIL, "evil.example"), KEYS),
        (SIGNED.replace(b"ACCEPT", b"DECLINE"), KEYS),
        (SIGNED.replace(b"sam@ortiz", b"pat@ortiz"), KEYS),
        (SIGNED, table("evil.example")),
        (SIGNED, table()),
        (SIGNED, table("ortiz.example", bits=2048)),
        (SIGNED, table("ortiz.example", more="t=y; ")),
        (SIGNED, lambda name: b"v=DKIM1; p="),
        (SIGNED, lambda name: b"\xff=;;;=p="),
        (sign(MAIL, "ortiz.example", length=True), KEYS),
        (sign(MAIL, "ortiz.example", length=True) + b"DECLINE\r\n", KEYS),
        (SIGNED.replace(b"v=1;", b"v=1; x=1700000000;"), KEYS),
        (SIGNED.replace(b"a=rsa-sha256", b"a=rsa-sha1"), KEYS),
        (SIGNED.replace(b"From: Sam", b"From: Eve <eve@ortiz.example>\r\nFrom: Sam"), KEYS),
        (b"From: Eve <eve@ortiz.example>\r\n" + SIGNED, KEYS),
        (b"\r\n" + SIGNED, KEYS),
    ],
)
def test_anything_else_does_not(raw: bytes, keys) -> None:
    assert signers(raw, keys) == ()


@pytest.mark.parametrize("name", [b"subject", b"date", b"message-id"])
def test_an_old_mail_cannot_be_given_another_day_id_or_subject(name: bytes) -> None:
    less = sign(MAIL, "ortiz.example", names=[one for one in SIGNED_NAMES if one != name])
    assert signers(less) == ()
    assert signers(name.title() + b": Wed, 11 Nov 2026 11:00:00 +0000\r\n" + SIGNED) == ()


def test_a_key_below_the_limit_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is moved instead of the key: no library makes one below 1,024 bits any more."""
    assert dkim_check.KEY_BITS == 1024
    monkeypatch.setattr(dkim_check, "KEY_BITS", 1025)
    assert signers(SIGNED) == ()


def test_a_signature_that_is_over_when_the_mail_arrived_does_not_count() -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)  # the library looks at the clock itself
    signed = sign(MAIL, "ortiz.example", ends_at=end)
    assert signers(signed, at=end) == ("ortiz.example",)
    assert signers(signed, at=end + timedelta(seconds=1)) == ()


def test_only_the_first_few_signatures_ask_the_network() -> None:
    asked = []
    raw = MAIL
    for _ in range(8):
        raw = sign(raw, "ortiz.example")
    assert signers(raw, asked.append) == ()
    assert len(asked) == 3


def test_only_the_senders_own_domain_is_asked_for() -> None:
    asked = []
    signers(sign(MAIL, "evil.example"), asked.append)
    assert asked == []


@pytest.mark.parametrize("tail", [b" \t" * 1_000_000, b"\r\n" * 500_000, (b" " * 600 + b"x") * 3000, b"a" * 2_000_000])
def test_hostile_texts_take_no_time(tail: bytes) -> None:
    began = time.process_time()
    signers(SIGNED + tail)
    assert time.process_time() - began < 3


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=len(SIGNED)))
def test_no_bytes_make_it_raise_or_vouch(junk: bytes, at: int) -> None:
    raw = SIGNED[:at] + junk + SIGNED[at:]
    read = parse(raw)
    if with_signers(read, lambda name: record(), AT).signers:
        assert read.sender is not None
        assert read.sender.domain == "ortiz.example"
