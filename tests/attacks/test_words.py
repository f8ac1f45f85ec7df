"""Words that seem to answer and do not: no door, no database, only the reading of a text."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from payclerk_mailbox.reading.contrary import other_amounts
from payclerk_mailbox.reading.decision import Decision, Question, read_decision
from payclerk_mailbox.reading.explain import read
from payclerk_mailbox.reading.kind import OwnIdentity
from payclerk_mailbox.reading.reply import cut_reply

NAMES = ("Sam Ortiz", "Ortiz Electric")
OWN = OwnIdentity("billing@reply.maple.example", "reply.maple.example")


def decided(text: str, question: Question = Question.INVITATION) -> Decision | None:
    """As a mail's plain text goes: footers off, then the grammar."""
    return read_decision(cut_reply(text, None).text, question, names=NAMES).decision


@pytest.mark.parametrize(
    "line",
    [
        "Sent by accident",
        "Sent with reservations",
        "Sent by my assistant without my consent",
        "Sent from my phone. Not binding.",
        "Sent from my iPhone, declined",
        "Envoyé par erreur",
        "Envoyé avec réserves",
        "Enviado con reservas",
        "Enviado desde mi iPhone por error",
    ],
)
@pytest.mark.parametrize("word", ["Accept", "J'accepte", "Acepto"])
def test_a_line_that_only_begins_as_a_telephones_is_the_persons_own(word: str, line: str) -> None:
    assert decided(f"{word}\n\n{line}") is None


@pytest.mark.parametrize(
    "line",
    ["Sent from my iPhone", "Sent via Superhuman", "Sent with Proton Mail secure email.", "Envoyé de mon iPhone"],
)
def test_and_a_telephones_is_not(line: str) -> None:
    assert decided(f"Accept\n\n{line}") is Decision.ACCEPT


@pytest.mark.parametrize(
    "text",
    [
        "Accept".replace("", "\u0336").strip("\u0336") + "\u0336",
        "A\u0338c\u0338c\u0338e\u0338p\u0338t\u0338",
        "~~Accept~~",
        "~Accept~",
        "( ) Accept",
        "[ ] Accept",
        "☐ Accept",
    ],
)
def test_what_is_struck_out_or_not_ticked_is_not_said(text: str) -> None:
    assert decided(text) is None


@pytest.mark.parametrize(
    "html", ["<s>ACCEPT</s>", "<del>ACCEPT</del>", '<p style="text-decoration:line-through">ACCEPT']
)
def test_what_html_strikes_out_is_not_said(html: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "sam@ortiz.example", OWN.address, "<1@ortiz.example>"
    mail["Authentication-Results"] = "mx.maple.example; dmarc=pass header.from=ortiz.example"
    mail.set_content("ACCEPT")
    mail.add_alternative(html, subtype="html")
    said = read(
        mail.as_bytes(),
        own=OWN,
        question=Question.INVITATION,
        invited="sam@ortiz.example",
        authserv_id="mx.maple.example",
    )
    assert said.sender_check is not None
    assert said.sender_check.verified
    assert said.decision is None
    assert "struck out" in said.why


@pytest.mark.parametrize(
    "line",
    [
        "Deduct Backcharges",
        "Deduct 5000",
        "Lien Rights Reserved",
        "WITHHOLD SIGNATURE",
        "Ortiz Electric Disputes Line Nine",
        "DO-NOT-PAY",
        "90000",
        "Retenue Contestée",
        "Descontar Multa",
    ],
)
@pytest.mark.parametrize("question", list(Question))
def test_a_remark_in_capitals_above_the_name_is_no_signature(line: str, question: Question) -> None:
    word = "Accept" if question is Question.INVITATION else "Approved"
    assert decided(f"{word}\nThanks,\n{line}\nSam Ortiz", question) is None


@pytest.mark.parametrize(
    "text",
    [
        "Decline. Invoice attached.",
        "Decline\nSee our invoice",
        "Decline\nWe'll send it to you on Monday",
        "We decline: the form is enclosed",
        "Je refuse. Facture ci-jointe.",
        "Rechazo. Factura adjunta.",
    ],
)
def test_who_declines_and_sends_an_invoice_is_asked_by_a_person(text: str) -> None:
    assert decided(text) is None


PARENT = """— reply above this line —

Hello Sam Ortiz,

Do you want to bill this period?

To bill this period, answer this mail with the single word ACCEPT. We then send you the billing form. If you have
nothing to bill, answer DECLINE and say why.

- Answer ACCEPT and get the billing form
- Answer DECLINE, there is nothing to bill
"""
OUTLOOK = "\n\nFrom: Maple Street <billing@reply.maple.example>\nSent: Tuesday\nTo: Sam Ortiz\nSubject: Bill?\n\n"
ON_WROTE = "\n\nOn Tue, Nov 10, 2026 at 6:00 AM Maple Street <billing@reply.maple.example> wrote:\n\n> "


def answered(text: str) -> tuple[Decision | None, str]:
    """What the mail decides where the letter it answers is known, and why."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "sam@ortiz.example", OWN.address, "<1@ortiz.example>"
    mail["Authentication-Results"] = "mx.maple.example; dmarc=pass header.from=ortiz.example"
    mail.set_content(text)
    said = read(
        mail.as_bytes(),
        own=OWN,
        parent_text=PARENT,
        question=Question.INVITATION,
        invited="sam@ortiz.example",
        authserv_id="mx.maple.example",
        names=NAMES,
    )
    return said.decision, said.why


QUOTED = PARENT.replace("\n", "\n> ")


@pytest.mark.parametrize(
    "below",
    [
        f"{OUTLOOK}{PARENT}\n\nDECLINE",
        f"{OUTLOOK}{PARENT.replace('this period?', 'this period? No thanks')}",
        f"{ON_WROTE}{QUOTED.replace('this period?', 'this period? NO')}",
        f"{ON_WROTE}{QUOTED}\n> We have nothing to bill",
        "\n\n-- \nSam Ortiz\nWe decline",
    ],
)
def test_a_contrary_answer_below_leaves_the_one_above_to_a_person(below: str) -> None:
    decision, why = answered(f"ACCEPT{below}")
    assert decision is None
    assert "otherwise" in why or "is not our letter" in why


@pytest.mark.parametrize("below", ["", f"{OUTLOOK}{PARENT}", f"{ON_WROTE}{QUOTED}", "\n\n-- \nSam Ortiz"])
def test_and_our_own_words_below_do_not(below: str) -> None:
    assert answered(f"ACCEPT{below}")[0] is Decision.ACCEPT


@pytest.mark.parametrize("below", ["", f"{OUTLOOK}{PARENT}", f"{ON_WROTE}{QUOTED}"])
def test_an_answer_in_words_that_our_mail_has_too_is_the_persons_own(below: str) -> None:
    assert answered(f"There is nothing to bill{below}")[0] is Decision.DECLINE
    assert answered(f"DECLINE, there is nothing to bill{below}")[0] is Decision.DECLINE
    assert answered(f"Accept\nthere is nothing to bill{below}")[0] is None


@pytest.mark.parametrize("place", ["Springfield, IL 62701", "Portland, OR 97201-1234", "Toronto, ON M5V 2T6"])
def test_the_letters_of_a_state_in_an_address_are_no_words(place: str) -> None:
    assert decided(f"Accept\n\nRegards,\nSam Ortiz\n123 Main Street, Suite 4\n{place}") is Decision.ACCEPT


@pytest.mark.parametrize(
    ("below", "changed"),
    [
        ("- 001 Rough-in: $4,000.00", ()),
        ("- 001 Rough-in: $3,000.00", ("3,000.00",)),
        ("- 001 Rough-in: 4 000,00 $", ()),
        ("Sent: 10.11.2026 06:00:12, version 1.22.3, call 555-123-4567", ()),
        ("line 2 should be 12,500", ("12,500",)),
        ("Den tir. 10. nov. 2026 kl. 14.30 skrev Maple Street <billing@maple.example>:", ()),
        ("Am Di., 10. Nov. 2026 um 9.15 Uhr schrieb Maple Street:", ()),
        ("ti 10. marrask. 2026 klo 14.30 Maple Street kirjoitti:", ()),
        ("come down by 14.30 on line 2", ("14.30",)),
    ],
)
def test_amounts_that_our_mail_did_not_name_are_seen(below: str, changed: tuple[str, ...]) -> None:
    assert other_amounts(below, "- 001 Rough-in: work this period $4,000.00, retainage $400.00") == changed
