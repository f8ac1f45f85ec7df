"""An answer to a colleague decides no question of ours, though our letter stands below; an answer to us does."""

from __future__ import annotations

from email.message import EmailMessage
from itertools import cycle, product
from pathlib import Path

import pytest

from colleague_mail import (
    BY_HAND,
    HEADERS,
    IN_HTML,
    LANGS,
    MARIA,
    STYLES,
    alike,
    by_hand,
    letter_to,
    named,
    replied,
    to_colleague,
    unnamed,
)
from mail_inbox import Inbox
from owner_mail import Owner
from payclerk_core.actions.inbox import SHOWN_SINGLY
from payclerk_core.db import Database

CASES = Path(__file__).parents[1] / "cases" / "mail" / "threads.tsv"
ROWS = [line.split("\t") for line in CASES.read_text("utf-8").splitlines() if line and not line.startswith("#")]
# More of the kind: without a question mark, in other words and languages.
MORE = [
    ("inv", "m1", "No", "is anybody on site tomorrow?"),
    ("inv", "m2", "No", "Nobody will be on site tomorrow, right"),
    ("inv", "m3", "Oui", "On refuse celle-ci."),
    ("inv", "m4", "Sí", "¿Rechazamos esta?"),
    ("inv", "m5", "ACCEPT", "Do we bill this period?"),
    ("own", "m6", "Approved.", "may I take Friday off?"),
    ("own", "m7", "Approved as noted.\n\nFriday only.", "May I take Thursday and Friday off?"),
]
# Of the pairs of programs those in which each stands once on either side.
PAIRS = [(one, STYLES[(at + shift) % 5]) for at, one in enumerate(STYLES) for shift in (0, 1)]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Reading asks no database; what follows from it is tried on both elsewhere."""
    return sqlite_url


class Asked:
    """Who is asked by a letter of this kind, and whether their mail has decided anything."""

    def __init__(self, database: Database, letter: str) -> None:
        self.owner = Owner(database) if letter == "own" else None
        self.inbox = self.owner.inbox if self.owner else Inbox(database)
        self.person = self.inbox.month.olga if self.owner else self.inbox.month.sam

    @property
    def decided(self) -> bool:
        mail = self.inbox.log()[-1]
        return mail.decision is not None or self.inbox.status(self.inbox.month.steel) != "invited"

    @property
    def told(self) -> bool:
        kind = "owner_reply" if self.owner else "unclear"
        return f"{kind}:{self.inbox.log()[-1].id}" in self.inbox.notices()


@pytest.mark.parametrize(("letter", "name", "said", "asked"), [*ROWS, *MORE], ids=[row[1] for row in [*ROWS, *MORE]])
def test_an_answer_to_a_colleague_goes_to_a_person(
    database: Database, letter: str, name: str, said: str, asked: str
) -> None:
    one = Asked(database, letter)
    mails = [
        (f"{styles} {lang} {headers}", to_colleague(one.inbox, one.person, said, asked, styles, lang, headers))
        for styles, (lang, headers) in zip(PAIRS, cycle(product(LANGS, HEADERS)), strict=False)
    ]
    mails += [(shape, by_hand(one.inbox, one.person, shape, said, asked)) for shape in (*BY_HAND, *IN_HTML)]
    decided, untold = [], []
    for number, (shape, mail) in enumerate(mails):
        mail.replace_header("Message-ID", f"<{name}.{number}@harbor.example>")
        one.inbox.take(mail)
        decided += [shape] if one.decided else []
        untold += [] if one.told or number >= SHOWN_SINGLY else [shape]
    assert (decided, untold) == ([], [])


@pytest.mark.parametrize("letter", ["inv", "own"])
@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("style", STYLES)
def test_an_answer_to_our_letter_still_decides(database: Database, style, headers: str, letter: str) -> None:
    one = Asked(database, letter)
    sender = f"{one.person.name} <{one.person.email}>"
    for lang, said in zip(LANGS, ("Approved.", "J'approuve", "Aprobado"), strict=True):
        one.inbox.take(replied(letter_to(one.inbox, one.person), sender, said, style, lang, headers))
        assert one.inbox.log()[-1].decision in {"accept", "approve"}, (lang, one.inbox.log()[-1].decision_why)


@pytest.mark.parametrize("headers", HEADERS)
def test_an_answer_without_a_quotation_decides_by_what_it_answers(database: Database, headers: str) -> None:
    one = Asked(database, "inv")
    sender = f"{one.person.name} <{one.person.email}>"
    mail = replied(letter_to(one.inbox, one.person), sender, "ACCEPT", "plain", "en", headers)
    mail.set_content("ACCEPT\n")
    one.inbox.take(mail)
    assert one.inbox.status(one.inbox.month.steel) == "accepted"


@pytest.mark.parametrize("headers", ["both", "references"])
def test_an_answer_to_a_colleague_without_a_quotation_is_known_by_what_it_answers(
    database: Database, headers: str
) -> None:
    one = Asked(database, "inv")
    mail = to_colleague(one.inbox, one.person, "ACCEPT", "Shall we?", ("gmail", "plain"), "en", headers)
    mail.set_content("ACCEPT\n")
    one.inbox.take(mail)
    assert not one.decided
    assert one.told


@pytest.mark.parametrize(("domains", "decides"), [("", False), ("email.amazonses.com, x.example", True)])
def test_an_id_that_our_provider_wrote_is_ours_where_its_domain_is_named(
    database: Database, domains: str, decides: bool
) -> None:
    inbox = Inbox(database, mail_id_domains=domains)
    sam = inbox.month.sam
    mail = replied(letter_to(inbox, sam), f"{sam.name} <{sam.email}>", "ACCEPT", "gmail", "en", "none")
    mail["In-Reply-To"] = "<0100018f-000000@eu-west-1.email.amazonses.com>"
    inbox.take(mail)
    assert (inbox.status(inbox.month.steel) == "accepted") is decides


def test_words_that_bill_or_submit_bill_nothing_in_an_answer_to_a_colleague(database: Database) -> None:
    inbox = Inbox(database)
    sam = inbox.month.sam
    inbox.take(to_colleague(inbox, sam, "Line 1: 40 %", "How far are you with the rough-in?", ("gmail", "outlook")))
    assert inbox.letters("billing_understood") == []
    ours = letter_to(inbox, sam)
    inbox.take(replied(ours, f"{sam.name} <{sam.email}>", "Line 1: 40 %", "outlook"))
    assert len(inbox.letters("billing_understood")) == 1
    inbox.take(to_colleague(inbox, sam, "SUBMIT", "Do I submit the RFI or hold it?", ("gmail", "outlook")))
    assert inbox.letters("claim_received") == []


def test_the_reason_names_what_was_answered(database: Database) -> None:
    one = Asked(database, "inv")
    one.inbox.take(to_colleague(one.inbox, one.person, "Yes", "Decline?", ("gmail", "gmail")))
    assert "a mail of somebody else" in (one.inbox.log()[-1].decision_why or "")
    assert MARIA.partition(" ")[0] in (one.inbox.log()[-1].elided or "")


def test_a_blockquote_without_a_name_is_no_note_of_the_person_who_answers(database: Database) -> None:
    one = Asked(database, "inv")
    asked = "Nobody is on site tomorrow"
    for name in ("unnamed", "unnamed above named"):
        one.inbox.take(by_hand(one.inbox, one.person, name, "No", asked))
        assert not one.decided, name
        assert asked in (one.inbox.log()[-1].elided or "")


# Lines of our letters that anybody may write: a greeting, our question, a line of the table at its head.
ALIKE = [
    ("inv", "Yes", "Hello Sam Steel,"),
    ("inv", "No", "Do you want to bill this period?"),
    ("inv", "ACCEPT", "Project: MS-01 Maple Street\nBilling period: November 1, 2026 to November 30, 2026"),
    ("inv", "No", "— reply above this line —"),
    ("own", "Approved.", "Please approve."),
    ("own", "Rejected.", "Do you approve this claim?"),
]


@pytest.mark.parametrize(("letter", "said", "first"), ALIKE, ids=range(len(ALIKE)))
def test_a_line_alike_does_not_make_a_colleagues_mail_ours(
    database: Database, letter: str, said: str, first: str
) -> None:
    one = Asked(database, letter)
    mails = alike(one.inbox, one.person, said, first, "I would like to take Friday off, or shall we skip this one")
    assert decided_of(one, mails) == []


@pytest.mark.parametrize(("letter", "said"), [("inv", "Yes"), ("own", "Approved.")])
@pytest.mark.parametrize("name", [MARIA, "Maria Soto"])
def test_a_colleague_named_right_above_our_letter_is_who_was_answered(
    database: Database, letter: str, said: str, name: str
) -> None:
    one = Asked(database, letter)
    assert decided_of(one, named(one.inbox, one.person, said, name)) == []


@pytest.mark.parametrize("name", ["Maple Street Billing", "billing@reply.maple.example", "Billing, Maple Street"])
def test_our_letter_is_known_by_our_name_alone_and_by_our_address_alone(database: Database, name: str) -> None:
    one = Asked(database, "own")
    mails = named(one.inbox, one.person, "Approved.", name)
    assert set(decided_of(one, mails)) == {shape for shape, _ in mails}


@pytest.mark.parametrize(("letter", "said"), [("inv", "Approved."), ("own", "Approved.")])
def test_our_letter_is_known_by_itself_where_nobody_is_named(database: Database, letter: str, said: str) -> None:
    one = Asked(database, letter)
    mails = unnamed(one.inbox, one.person, said)
    assert set(decided_of(one, mails)) == {shape for shape, _ in mails}


def decided_of(one: Asked, mails: list[tuple[str, EmailMessage]]) -> list[str]:
    """Which of these mails, all new, decide."""
    for number, (_, mail) in enumerate(mails):
        mail.replace_header("Message-ID", f"<{number}@harbor.example>")
        one.inbox.put(mail)
    one.inbox.run()
    got = {message.message_id: message.decision for message in one.inbox.log()}
    assert len(got) == len(mails)
    return [shape for number, (shape, _) in enumerate(mails) if got[f"<{number}@harbor.example>"] is not None]
