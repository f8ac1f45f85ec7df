"""What mail programs make of an answer: the answer is kept, and nothing of our own mail comes out as theirs (reference 5.6)."""

from __future__ import annotations

import re
import tomllib
from html import escape
from pathlib import Path
from textwrap import wrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_core.documents.letters import Letter, render_letter, with_reference
from payclerk_mailbox.reading.decision import Decision, Question, read_decision
from payclerk_mailbox.reading.message import parse
from payclerk_mailbox.reading.reply import cut_reply, read_reply

CLIENTS = tomllib.loads((Path(__file__).parent / "fixtures" / "clients.toml").read_text("utf-8"))
FACTS = {
    "contact_name": "Sam Ortiz", "project_name": "Mill Road School", "contract_number": "SC-014", "project_number": "24-07",
    "contract_title": "Drywall and insulation", "company": "Ortiz Drywall", "period_from": "2026-11-01", "period_to": "2026-11-30",
    "due_on": "2026-11-25", "invited_by": "Anna Lee", "note": "Please answer soon.", "ask": "",
}  # fmt: skip
ANSWERS = {
    "en": (("We accept, thanks", Decision.ACCEPT), ("DECLINE - no work this month", Decision.DECLINE), ("Hi Anna,\n\nYes, we accept.\n\nBest regards,\nSam Ortiz", Decision.ACCEPT)),
    "fr": (("J'accepte, merci", Decision.ACCEPT), ("Bonjour,\n\nNous refusons, car le chantier est arrêté.\n\nCordialement,\nSam Ortiz", Decision.DECLINE)),
    "es": (("Aceptamos, gracias", Decision.ACCEPT), ("Rechazo porque no hubo obra", Decision.DECLINE)),
}  # fmt: skip
# Without a header, a mark or a known parent nothing tells our words from theirs (reference 6.2).
NEEDS_PARENT = {"no_header_first"}
NEEDS_PARENT_OR_MARKER = {"no_header_first", "no_header"}


def letter(language: str) -> Letter:
    from datetime import date

    facts = {name: date.fromisoformat(value) if value[:4] == "2026" else value for name, value in FACTS.items()}
    return with_reference(render_letter("invitation", language, facts), "abcdefghijklmnopqrstuvwxyz")


LETTERS = {language: letter(language) for language in ANSWERS}


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def wrapped(text: str) -> str:
    """As a program that wraps what it has quoted: the rest of a long line loses its mark."""
    return "\n".join("\n".join(wrap(line, 60) or [""]) for line in quoted(text).splitlines())


def plain_mail(client: str, answer: str, sent: Letter) -> bytes:
    parent = sent.text.strip()
    body = CLIENTS["plain"][client].format(answer=answer, quoted=quoted(parent), wrapped=wrapped(parent), parent=parent)
    return (
        f"From: sam@ortiz.example\nSubject: Re: Invitation\nContent-Type: text/plain; charset=utf-8\n\n{body}".encode()
    )


def html_mail(client: str, answer: str, sent: Letter) -> bytes:
    inner = sent.html.partition("<body")[2].partition(">")[2].rpartition("</body>")[0] or sent.html
    shown = escape(answer, quote=False).replace("\n", "<br>\n")
    body = CLIENTS["html"][client].replace("{html_answer}", shown).replace("{html_parent}", inner)
    return (
        f"From: sam@ortiz.example\nSubject: Re: Invitation\nContent-Type: text/html; charset=utf-8\n\n{body}".encode()
    )


def mails(letters: dict[str, Letter]) -> list[tuple[str, str, bytes, str, Decision]]:
    """Every answer through every program."""
    programs = [(plain_mail, client) for client in CLIENTS["plain"]] + [
        (html_mail, client) for client in CLIENTS["html"]
    ]
    return [
        (f"{make.__name__} {client}", language, make(client, answer, letters[language]), answer, decision)
        for language, answers in ANSWERS.items()
        for answer, decision in answers
        for make, client in programs
    ]


def without_marker(sent: Letter) -> Letter:
    """As a gateway leaves it that drops the line above which to answer."""
    text = "\n".join(line for line in sent.text.split("\n") if not line.startswith("\u2014"))
    return Letter(sent.subject, text, re.sub("\u2014[^<>]*\u2014", "", sent.html))


def leaks(text: str, sent: Letter) -> bool:
    lines = [line.strip() for line in sent.text.splitlines() if len(line.split()) > 3]
    return any(line[:30] in text for line in lines) or "[payclerk:" in text


@pytest.mark.parametrize("marker", [True, False], ids=["marker", "no marker"])
@pytest.mark.parametrize("parent_known", [True, False], ids=["parent known", "parent unknown"])
def test_the_answer_is_kept_and_nothing_of_ours_leaks(parent_known: bool, marker: bool) -> None:
    letters = LETTERS if marker else {language: without_marker(sent) for language, sent in LETTERS.items()}
    skipped = set() if parent_known else (NEEDS_PARENT if marker else NEEDS_PARENT_OR_MARKER)
    every = [one for one in mails(letters) if one[0].split()[1] not in skipped]
    exact = clean = right = 0
    failures, wrong = [], []
    for client, language, raw, answer, decision in every:
        reply = read_reply(parse(raw), letters[language].text if parent_known else None)
        got = read_decision(reply.text, Question.INVITATION, names=("Sam Ortiz",), language=language).decision
        same, leaked = reply.text.split() == answer.split(), leaks(reply.text, letters[language])
        exact, clean, right = exact + same, clean + (not leaked), right + (got is decision)
        failures += [] if same else [(client, language, reply.text[:300])]
        wrong += [] if got in {decision, None} else [(client, language, got)]
    total = len(every)
    print(
        f"\n{total} mails: exact {exact / total:.1%}, nothing leaked {clean / total:.1%}, decided {right / total:.1%}"
    )
    assert wrong == []
    assert failures == []
    assert clean == total


@given(
    st.sampled_from(list(CLIENTS["plain"])),
    st.sampled_from(list(ANSWERS)),
    st.lists(st.integers(0, 2000), max_size=6),
)
def test_a_known_parent_never_comes_out_as_the_answer(client: str, language: str, dropped: list[int]) -> None:
    """Whatever lines a gateway loses on the way."""
    body = plain_mail(client, "Merci", LETTERS[language]).decode().partition("\n\n")[2]
    lines = body.split("\n")
    for number in dropped:
        del lines[number % len(lines)]
        lines = lines or [""]
    reply = cut_reply("\n".join(lines), LETTERS[language].text)
    assert not leaks(reply.text, LETTERS[language])
    assert read_decision(reply.text, Question.INVITATION, language=language).decision is None
