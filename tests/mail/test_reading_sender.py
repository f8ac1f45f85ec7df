"""Is it from the one who was asked: the address, and what our own mail server says of it."""

from __future__ import annotations

import pytest

from payclerk_mailbox.reading.authentication import aligned, read_results
from payclerk_mailbox.reading.message import parse
from payclerk_mailbox.reading.receiver import Receiver
from payclerk_mailbox.reading.sender import SenderCheck, Standing, check_sender, same_address

FROM = "From: Sam Ortiz <sam@ortiz.example>\n"


OURS = Receiver("mx.gc.example")
MICROSOFT = Receiver(None, microsoft365=True)


def check(head: str, receiver: Receiver = OURS, invited: str = "sam@ortiz.example") -> SenderCheck:
    return check_sender(parse(f"{head}\n\nx".encode()), invited, receiver)


@pytest.mark.parametrize(
    "stamp",
    [
        "mx.gc.example; dmarc=pass header.from=ortiz.example",
        "MX.gc.example 1; spf=fail smtp.mailfrom=x@y.example; dmarc=pass (p=REJECT; sp=none) header.from=ortiz.example",
        "mx.gc.example; dkim=fail header.d=ortiz.example; dkim=pass header.d=mail.ortiz.example",
        "mx.gc.example; dkim=pass header.i=@ortiz.example header.s=s1",
        "mx.gc.example; spf=pass smtp.mailfrom=bounce@mail.ortiz.example",
        "mx.gc.example;\n\tdmarc=pass\n\theader.from=ortiz.example",
    ],
)
def test_our_servers_word_counts(stamp: str) -> None:
    assert check(f"Authentication-Results: {stamp}\n{FROM}".rstrip()).verified


@pytest.mark.parametrize(
    ("stamp", "why"),
    [
        ("other.example; dmarc=pass header.from=ortiz.example", "by other.example"),
        ("mx.gc.example; dmarc=fail header.from=ortiz.example; dkim=pass header.d=ortiz.example", "DMARC failed"),
        ("mx.gc.example; dmarc=pass header.from=evil.example", "vouches"),
        ("mx.gc.example; dkim=pass header.d=evil.example", "vouches"),
        ("mx.gc.example; dkim=none (dkim=pass header.d=ortiz.example)", "vouches"),
        ('mx.gc.example; spf=none reason="x; dmarc=pass header.from=ortiz.example"', "vouches"),
        ("mx.gc.example; none", "vouches"),
        ("spf=pass smtp.mailfrom=ortiz.example; dmarc=pass header.from=ortiz.example", "without a name"),
        ("", "without a name"),
        (";;;=;(((", "without a name"),
    ],
)
def test_anything_else_does_not(stamp: str, why: str) -> None:
    got = check(f"Authentication-Results: {stamp}\n{FROM}".rstrip())
    assert not got.verified
    assert why in got.why


def test_only_the_topmost_counts() -> None:
    """What the mail brought with it stands below what our server put on top."""
    ours = "Authentication-Results: mx.gc.example; dmarc=fail header.from=ortiz.example\n"
    forged = "Authentication-Results: mx.gc.example; dmarc=pass header.from=ortiz.example\n"
    assert not check(f"{ours}{forged}{FROM}".rstrip()).verified
    assert not check(FROM.rstrip()).verified
    assert not check(f"Authentication-Results: isp.example; none\n{forged}{FROM}".rstrip()).verified


@pytest.mark.parametrize(
    ("hop", "counts"),
    [
        ("by mx.gc.example with ESMTPS", True),
        ("by 2002:a05:6a10::1 with SMTP", True),
        ("by mailmx.nyi.internal (Cyrus)", True),
        ("by localhost (Postfix)", True),
        ("from pc by out.provider.example with ESMTP", True),
        ("by mail.evil.example with ESMTP", False),
        ("by abc.de with ESMTP", False),
    ],
)
def test_a_stamp_below_a_foreign_hop_does_not_count(hop: str, counts: bool) -> None:
    receiver = Receiver("mx.gc.example", hosts=("provider.example",))
    stamp = "Authentication-Results: mx.gc.example; dmarc=pass header.from=ortiz.example"
    assert check(f"Received: {hop}; Tue, 10 Nov 2026\n{stamp}\n{FROM}".rstrip(), receiver).verified is counts


def test_microsoft_may_take_trust_away_and_stands_among_its_own_hops() -> None:
    stamp = "Authentication-Results: spf=pass smtp.mailfrom=ortiz.example; dmarc=pass header.from=ortiz.example"
    own = "Received: from a by b.eurprd04.prod.outlook.com"
    assert check(f"{own}\n{stamp}\n{FROM}".rstrip(), MICROSOFT).verified
    assert not check(f"Received: from a by mx.ortiz.example\n{stamp}\n{FROM}".rstrip(), MICROSOFT).verified
    for verdict in ("; compauth=fail reason=001", " compauth=fail reason=001"):
        assert check(f"{stamp}{verdict}\n{FROM}".rstrip(), MICROSOFT).standing is Standing.REFUTED
    named = "Authentication-Results: mx.evil.example; dmarc=pass header.from=ortiz.example"
    assert not check(f"{named}\n{FROM}".rstrip(), MICROSOFT).verified


def test_microsoft_stamps_no_name() -> None:
    stamp = "spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=ortiz.example; dkim=pass (ok) header.d=ortiz.example;dmarc=pass action=none header.from=ortiz.example;compauth=pass reason=100"
    assert check(f"Authentication-Results: {stamp}\n{FROM}".rstrip(), MICROSOFT).verified
    assert not check(f"Authentication-Results: {stamp}\n{FROM}".rstrip()).verified


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("From: sam@ortiz.example\nFrom: evil@x.example", "2 From headers"),
        ("From: sam@ortiz.example, evil@x.example", "2 addresses"),
        ("From: evil@x.example", "sam@ortiz.example was asked"),
        ('From: "sam@ortiz.example" <evil@x.example>', "was asked"),
        ("Subject: x", "no From"),
        ("From: nobody", "no address"),
    ],
)
def test_the_address_must_be_the_one_invited(head: str, why: str) -> None:
    got = check(head, Receiver(None))
    assert not got.by_address
    assert why in got.why


def test_without_a_server_to_trust_that_is_said() -> None:
    got = check(FROM.rstrip(), Receiver(None))
    assert got.standing is Standing.CLAIMED
    assert "no server is set" in got.why


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Sam@Ortiz.Example", "sam@ortiz.example", True),
        ("sam+payclerk@ortiz.example", "sam@ortiz.example", True),
        ("sam@café.example", "sam@xn--caf-dma.example", True),
        ("sam@strasse.example", "sam@stra\u00dfe.example", False),  # another's domain, though Python's codec maps it
        ("sam@kilo.example", "sam@\u212ailo.example", False),  # the sign of Kelvin
        ("sam@ortiz.example", "sam@ortiz\u3002example", False),
        ("+a@ortiz.example", "+b@ortiz.example", False),
        ("sam@ortiz.example", "sam@mail.ortiz.example", False),
        ("sam@ortiz.example", "sam@ortiz.example.evil.test", False),
    ],
)
def test_same_address(one: str, other: str, same: bool) -> None:
    assert same_address(one, other) is same


@pytest.mark.parametrize(("one", "other", "same"), [("a.ortiz.co.uk", "ortiz.co.uk", True), ("ortiz.co.uk", "evil.co.uk", False), ("com", "com", False), ("", "", False)])  # fmt: skip
def test_alignment_is_by_organisation(one: str, other: str, same: bool) -> None:
    assert aligned(one, other) is same


def test_results_are_read_through_comments() -> None:
    got = read_results(
        "mx (a (nested) comment; dmarc=pass); spf=pass smtp.mailfrom=a@b.example; ; dkim = pass header.d = c.example"
    )
    assert [(one.method, one.value) for one in got.results] == [("spf", "pass"), ("dkim", "pass")]
    assert got.results[1].properties == {"header.d": "c.example"}


@pytest.mark.parametrize(
    "stamp",
    [
        # The end of the address, behind as many characters as a property is read of.
        f"spf=pass smtp.mailfrom={'a' * 306}@ortiz.example.evil.example",
        # The mailbox of the envelope, shown within a comment by a server that does not mark its brackets.
        'spf=pass (mx: domain of "x);dmarc=pass ("@evil.example permits it) smtp.mailfrom="x);dmarc=pass ("@evil.example',
        'spf=pass (mx: domain of "x);dkim=pass header.d=ortiz.example ("@evil.example permits it)',
        # What a very long header says at its end is not known.
        f"dmarc=pass; {'dkim=fail; ' * 2000} dmarc=fail",
    ],
)
def test_what_the_sender_writes_into_our_servers_stamp_is_no_word_of_it(stamp: str) -> None:
    assert not check(f"Authentication-Results: mx.gc.example; {stamp}\n{FROM}".rstrip()).verified
