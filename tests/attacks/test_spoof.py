"""Mails that pretend: each is kept and put before a person, and none of them decides anything (issue 4).

Each test ends with a true answer that does decide, so that none passes because nothing works.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import select

from dkim_mail import record, sign, table
from mail_inbox import MINE, Inbox
from mail_month import ADDRESS, NOON, call_of
from payclerk_core.actions.batches import Order
from payclerk_core.actions.invitations import invite
from payclerk_core.actions.periods import create_period
from payclerk_core.rules.periods import PeriodDates
from payclerk_core.tables import Event, Invitation, ReplyToken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payclerk_core.db import Database
    from payclerk_core.tables import Contract, Person

DANA: Final = "From: Dana Ruiz <dana@harbor.example>"
TRUE: Final = (
    f"Authentication-Results: {MINE}; dkim=pass header.d=harbor.example; dmarc=pass header.from=harbor.example"
)
EVIL: Final = f"Authentication-Results: {MINE}; dkim=pass header.d=evil.example; dmarc=pass header.from=evil.example"
PASS: Final = "dmarc=pass header.from=harbor.example"
DATE: Final = "Date: Tue, 10 Nov 2026 11:00:00 +0000"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Who wrote a mail is found out before a database is asked."""
    return sqlite_url


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


def mail(inbox: Inbox, *head: str, to: str | None = None, text: str = "ACCEPT") -> bytes:
    """A mail to Dana's reply address, with these headers and no others but what it needs."""
    lines = [*head, f"To: {to or inbox.to(inbox.token(inbox.month.dana))}", "Subject: Re: invited to bill"]
    if not any(line.lower().startswith("message-id") for line in head):
        lines.append(f"Message-ID: <{next(inbox.numbers)}@spoof.example>")
    if not any(line.lower().startswith("date") for line in head):
        lines.append(DATE)
    return ("\r\n".join(lines) + f"\r\n\r\n{text}\r\n").encode("utf-8", "surrogateescape")


def none_decides(inbox: Inbox, forged: Iterable[bytes]) -> None:
    """All of them go in; nothing is decided, each is in the log as not verified or put aside."""
    count = len([inbox.put(raw) for raw in forged])
    assert count
    inbox.run()
    assert [message.sender for message in inbox.log() if message.sender_verified and message.decision] == []
    assert decided(inbox) == []


def decided(inbox: Inbox) -> list[str]:
    with inbox.db.reading() as session:
        query = select(Event.verb).where(Event.verb.in_(["accepted", "declined", "claim_submitted", "confirmed"]))
        return list(session.scalars(query))


def a_true_answer_decides(inbox: Inbox) -> None:
    inbox.take(mail(inbox, TRUE, DANA))
    assert decided(inbox) == ["accepted"]
    assert inbox.status(inbox.month.plumbing) == "accepted"


FROMS: Final = [
    "From: Eve <eve@evil.example>",
    'From: "dana@harbor.example" <eve@evil.example>',
    'From: "Dana Ruiz <dana@harbor.example>" <eve@evil.example>',
    "From: =?utf-8?q?Dana_=3Cdana=40harbor=2Eexample=3E?= <eve@evil.example>",
    "From: dana@harbor.example (Dana) <eve@evil.example>",
    "From: <eve@evil.example> (<dana@harbor.example>)",
    "From: Dana <dana@harbor.example>, Eve <eve@evil.example>",
    "From: Eve <eve@evil.example>, Dana <dana@harbor.example>",
    "From: Team: dana@harbor.example, eve@evil.example;",
    "From: <@evil.example:dana@harbor.example>, eve@evil.example",
    f"{DANA}\r\nFrom: Eve <eve@evil.example>",
    f"From: Eve <eve@evil.example>\r\n{DANA}",
    f"{DANA}\r\n{DANA}",
    "From: dana@harbor.example@evil.example",
    "From: dana@harbor.example.evil.example",
    "From: Dana <dana@harbor.examp1e>",
    "From: Dana <dana@hаrbor.example>",  # noqa: RUF001 - a Cyrillic a
    "From: Dana <dana@xn--hrbor-7ye.example>",
    "From: Dana <dana@ｈarbor.example>",  # noqa: RUF001 - a wide h
    "From: Dana <dana@harbor。example>",
    "From: Dana <dana@harbor.example\x00.evil.example>",
    "From: Dana <dana\x00@harbor.example>",
    "From: Eve\rFrom: dana@harbor.example <eve@evil.example>",
    "From: =?utf-8?q?Eve=0D=0AFrom:_dana=40harbor.example?= <eve@evil.example>",
    "From: \udce9 <dana@harbor.example>, <eve@evil.example>",
    "From: undisclosed",
    "X-From: dana@harbor.example",
    "Sender: Dana <dana@harbor.example>\r\nFrom: Eve <eve@evil.example>",
    "Reply-To: Dana <dana@harbor.example>\r\nFrom: Eve <eve@evil.example>",
]


def test_no_forged_from_decides(inbox: Inbox):
    none_decides(inbox, (mail(inbox, EVIL, one) for one in FROMS))
    a_true_answer_decides(inbox)


def test_two_senders_or_none_decide_nothing_even_where_our_server_vouches(inbox: Inbox):
    several = [one for one in FROMS if "dana@harbor.example" in one and one.startswith((DANA, "From: Dana <d"))]
    none_decides(inbox, (mail(inbox, TRUE, one) for one in several if one != DANA))
    a_true_answer_decides(inbox)


STAMPS: Final = [
    (),
    (f"{MINE}; none",),
    (f"{MINE}; dmarc=fail header.from=harbor.example; dkim=pass header.d=harbor.example",),
    (f"{MINE}; dmarc=pass header.from=harbor.example; dmarc=fail header.from=harbor.example",),
    (f"{MINE}; dmarc=none header.from=harbor.example", f"{MINE}; {PASS}"),
    (f"{MINE}; dmarc=bestguesspass header.from=harbor.example",),
    (f"{MINE}; dmarc=pass header.from=evil.example",),
    (f"{MINE}; dmarc=pass header.from=harbor.example.evil.example",),
    (f"{MINE}; dkim=pass header.d=evil.example header.i=@evil.example",),
    (f"{MINE}; dkim=pass header.d=example",),
    (f"{MINE}; dkim=pass",),
    (f"{MINE}; dkim=fail header.d=harbor.example; spf=neutral smtp.mailfrom=dana@harbor.example",),
    (f"{MINE}; spf=pass smtp.mailfrom=dana@evil.example smtp.helo=harbor.example",),
    (f"{MINE}; spf=pass smtp.mailfrom=harbor.example@evil.example",),
    (f"{MINE}; compauth=fail reason=001; {PASS}",),
    (f"{MINE}; dmarc=none ({PASS})",),
    (f"{MINE}; dmarc=none ((x) {PASS}; {PASS})",),
    (f"{MINE}; dmarc=none (\\) {PASS}; {PASS}",),
    (f'{MINE}; spf=pass smtp.mailfrom="x; {PASS}"@evil.example',),
    (f'{MINE}; spf=pass smtp.mailfrom="x\\"; {PASS}; y=\\""@evil.example',),
    (f'{MINE}; spf=none reason="; {PASS}; "',),
    (f"{MINE}; dmarc= none {PASS}",),
    (f"{MINE}; x-dmarc=pass header.from=harbor.example",),
    (f"{MINE} 2; {PASS}",),
    (f"{MINE}.; {PASS}",),
    (f"{MINE}.evil.example; {PASS}",),
    (f"evil.example {MINE}; {PASS}",),
    (f"evil.example; {MINE}; {PASS}",),
    (f"evil.example ({MINE}); {PASS}",),
    (f'"{MINE}" evil.example; {PASS}',),
    (f"; {MINE}; {PASS}",),
    (f"{PASS}; {MINE}",),
    (f"=?utf-8?q?{MINE}?=; {PASS}",),
    (f"evil.example; {PASS}", f"{MINE}; {PASS}"),
    (f"spf=pass smtp.mailfrom=dana@harbor.example; {PASS}; compauth=pass reason=100",),
    (f"evil.example;\r\n {MINE};\r\n\t{PASS}",),
    (f"{MINE.replace('l', 'ｌ')}; {PASS}",),  # noqa: RUF001 - a wide l
]


def test_no_forged_authentication_results_decide(inbox: Inbox):
    none_decides(inbox, [mail(inbox, *(f"Authentication-Results: {one}" for one in stamps), DANA) for stamps in STAMPS])
    a_true_answer_decides(inbox)


def test_only_the_header_of_that_name_above_every_foreign_hop_counts(inbox: Inbox):
    foreign = "Received: from pc by mail.evil.example with ESMTP; Tue, 10 Nov 2026 11:00:00 +0000"
    ours = f"Received: from mail.evil.example by {MINE} with ESMTP; Tue, 10 Nov 2026 11:00:01 +0000"
    others = (
        "X-Authentication-Results",
        "ARC-Authentication-Results",
        "Authentication-Results-Original",
        "Received-SPF",
    )
    none_decides(
        inbox,
        [
            mail(inbox, ours, foreign, TRUE, DANA),
            mail(inbox, foreign, TRUE, DANA),
            *(mail(inbox, TRUE.replace("Authentication-Results", name), DANA) for name in others),
            mail(inbox, TRUE.replace("Authentication-Results:", "Authentication-Results :"), DANA),
            mail(inbox, DANA, text=f"{TRUE}\r\n{DANA}\r\n\r\nACCEPT"),
        ],
    )
    inbox.take(mail(inbox, ours, TRUE, foreign, DANA))  # right below its own hop, as milters put it
    assert decided(inbox) == ["accepted"]


@pytest.fixture
def unstamped(database: Database) -> Inbox:
    """A server that stamps nothing: DKIM signatures are all there is."""
    inbox = Inbox(database, mail_authserv_id=None)
    inbox.keys = table("harbor.example", "evil.example")
    return inbox


def test_no_signature_but_a_whole_one_of_the_senders_domain_decides(unstamped: Inbox):
    inbox = unstamped
    plain = mail(inbox, TRUE, DANA, "Message-ID: <true@harbor.example>")
    signed = sign(plain, "harbor.example")
    by_eve = mail(inbox, "From: Eve <eve@harbor.example>")
    none_decides(
        inbox,
        [
            plain,
            sign(mail(inbox, DANA), "evil.example"),
            sign(mail(inbox, DANA), "harbor.example", length=True),
            sign(mail(inbox, DANA, text=""), "harbor.example", length=True) + b"ACCEPT\r\n",
            sign(mail(inbox, DANA, text="DECLINE"), "harbor.example").replace(b"DECLINE", b"ACCEPT"),
            sign(by_eve, "harbor.example"),
            b"From: Dana <dana@harbor.example>\r\n" + sign(by_eve, "harbor.example"),
            sign(by_eve, "harbor.example").replace(b"From: Eve <eve@", b"From: Dana <dana@"),
            signed.replace(b"From: Dana", b"From: D\x00ana"),
            signed.replace(b"ACCEPT", b"DECLINE"),
        ],
    )
    inbox.take(sign(mail(inbox, DANA), "harbor.example"))
    assert decided(inbox) == ["accepted"]


def test_a_key_that_was_taken_back_or_is_only_tried_out_vouches_for_nobody(unstamped: Inbox):
    inbox = unstamped
    for answer in (b"v=DKIM1; p=", record(more="t=y; "), b"\x00", None):
        inbox.keys = lambda name, answer=answer: answer
        none_decides(inbox, [sign(mail(inbox, DANA), "harbor.example")])
    inbox.keys = table("harbor.example")
    a_signed_answer_decides(inbox)


def a_signed_answer_decides(inbox: Inbox) -> None:
    inbox.take(sign(mail(inbox, DANA), "harbor.example"))
    assert decided(inbox) == ["accepted"]


def test_a_mail_sent_on_by_another_decides_nothing(inbox: Inbox):
    quoted = f"---------- Forwarded message ---------\r\n{DANA}\r\nSubject: Re: invited\r\n\r\nACCEPT"
    none_decides(
        inbox,
        [
            *(mail(inbox, f"{name}: Eve <eve@evil.example>", TRUE, DANA) for name in ("Resent-From", "Resent-Sender")),
            mail(inbox, f"Resent-To: {inbox.to(inbox.token(inbox.month.dana))}", TRUE, DANA, to="pat@builder.example"),
            mail(inbox, EVIL, "From: Eve <eve@evil.example>", text=quoted),
            mail(inbox, TRUE, DANA, text=quoted),
        ],
    )
    a_true_answer_decides(inbox)


def test_altered_truncated_and_other_peoples_tokens_decide_nothing(inbox: Inbox):
    month = inbox.month
    token, other = inbox.token(month.dana), inbox.token(month.sam)
    swapped = ("b" if token[0] == "a" else "a") + token[1:]
    stamp = TRUE.replace("harbor", "northside")
    none_decides(
        inbox,
        [
            *(mail(inbox, TRUE, DANA, to=inbox.to(bad)) for bad in (swapped, token[:-1], token + "a", token[::-1], "")),
            mail(inbox, TRUE, DANA, to=inbox.to(other)),  # another contract's
            mail(inbox, stamp, "From: Sam Okafor <sam@northside.example>"),  # another person's
            mail(inbox, TRUE, DANA, to=f"{inbox.to(token)}, {inbox.to(other)}"),
            mail(inbox, TRUE, DANA, to=ADDRESS),
        ],
    )
    a_true_answer_decides(inbox)


def test_a_token_taken_back_and_an_answer_after_the_due_date_decide_nothing(inbox: Inbox):
    late = mail(inbox, TRUE, DANA, "Date: Mon, 30 Nov 2026 11:00:00 +0000")
    inbox.take(late, clock=lambda: NOON + timedelta(days=20))
    with inbox.db.transaction() as session:
        session.query(ReplyToken).filter_by(token=inbox.token(inbox.month.dana)).update({"revoked_at": NOON})
    inbox.take(mail(inbox, TRUE, DANA))
    assert decided(inbox) == []
    eli = TRUE, "From: Eli Ward <eli@harbor.example>"
    inbox.take(mail(inbox, *eli, to=inbox.to(inbox.token(inbox.month.eli))))
    assert decided(inbox) == ["accepted"]


DECEMBER: Final = NOON + timedelta(days=25)


def december(inbox: Inbox) -> str:
    """The next month, everybody invited again; Dana's new token."""
    month = inbox.month
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, month.pat, DECEMBER)
        create_period(call, month.project.id, PeriodDates(date(2026, 12, 1), date(2026, 12, 31), date(2026, 12, 28)))
        session.flush()
        invite(call, Order("second", month.project.id, None), [month.plumbing.id, month.steel.id])
    return newest_token(inbox, month.dana)


def newest_token(inbox: Inbox, person: Person) -> str:
    with inbox.db.reading() as session:
        query = select(ReplyToken.token).where(ReplyToken.person_id == person.id).order_by(ReplyToken.id.desc())
        return session.scalars(query).first() or ""


def statuses(inbox: Inbox, contract: Contract) -> list[str]:
    with inbox.db.reading() as session:
        query = select(Invitation.status).where(Invitation.contract_id == contract.id).order_by(Invitation.id)
        return list(session.scalars(query))


def test_a_true_answer_sent_in_again_decides_nothing_the_second_time(inbox: Inbox):
    """Its signature holds for ever; what it answered was another month."""
    plumbing = inbox.month.plumbing
    answer = mail(inbox, TRUE, DANA, "Message-ID: <november@harbor.example>")
    inbox.take(answer)
    never_sent = mail(inbox, TRUE, DANA, "Message-ID: <other@harbor.example>")
    token = december(inbox)
    new = inbox.to(token)
    old = inbox.to(inbox.token(inbox.month.dana))
    for replay in (
        answer.replace(old.encode(), new.encode()).replace(DATE.encode(), b"Date: Sat, 05 Dec 2026 11:00:00 +0000"),
        answer,
        b"Delivered-To: " + new.encode() + b"\r\n" + answer,
        answer.replace(old.encode(), new.encode()),
        never_sent.replace(old.encode(), new.encode()),
    ):
        inbox.take(replay, clock=lambda: DECEMBER)
        assert statuses(inbox, plumbing) == ["accepted", "invited"]
    inbox.take(mail(inbox, TRUE, DANA, "Date: Sat, 05 Dec 2026 12:00:00 +0000", to=new), clock=lambda: DECEMBER)
    assert statuses(inbox, plumbing) == ["accepted", "accepted"]


def test_a_header_that_holds_a_line_break_adds_no_header(inbox: Inbox):
    crafted = f"=?utf-8?q?ACCEPT=0D=0AAuthentication-Results:_{MINE};_dmarc=3Dpass_header.from=3Dharbor.example?="
    none_decides(
        inbox,
        [
            mail(inbox, f"X-Note: {crafted}", DANA),
            mail(inbox, f"X-Note: x\r{TRUE}", DANA),
            mail(inbox, f"X-Note: x\n {TRUE}", DANA),
            mail(inbox, f"X-Note: x\x0b{TRUE}", DANA),
            mail(inbox, f"X-Note: x\x85{TRUE}\u2028{TRUE}", DANA),
            mail(inbox, f"{EVIL}\x00", DANA),
        ],
    )
    a_true_answer_decides(inbox)


def test_a_stranger_gets_nothing_from_us_by_writing(inbox: Inbox):
    """No letter goes to who wrote, or to where a Reply-To points."""
    tricks = ("Reply-To: Eve <eve@evil.example>", "Return-Path: <eve@evil.example>", "Cc: eve@evil.example")
    for trick in tricks:
        inbox.take(mail(inbox, EVIL, trick, "From: Eve <eve@evil.example>", text="Who do I call?"))
        inbox.take(mail(inbox, trick, DANA, text="Who do I call?"))
    assert inbox.letters("answer_unclear") + inbox.letters("confirm_answer") == []
    assert len(inbox.notices()) == len(inbox.log()) == 6


@pytest.mark.parametrize("moment", [datetime.min, datetime.max], ids=["long ago", "far ahead"])
def test_impossible_dates_stop_nothing(inbox: Inbox, moment: datetime):
    inbox.take(mail(inbox, TRUE, DANA, f"Date: {moment:%a, %d %b} {moment.year:04} 00:00:00 +0000"))
    assert [message.kind for message in inbox.log()] == ["person"]
