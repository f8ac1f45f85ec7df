"""Every letter in every language. After a change of words: PAYCLERK_UPDATE_GOLDEN=1 ./.venv/bin/pytest tests/documents/test_letters.py."""

from __future__ import annotations

import os
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from inscriptis import get_text

from letter_facts import FACTS
from payclerk_core.documents.letters import LETTERS, MARKERS, Letter, render_letter, with_reference

GOLDEN = Path(__file__).parents[1] / "golden" / "letters"
REFERENCE = "[payclerk:REPLY-REFERENCE]"
EVERY = [(name, language) for name in LETTERS for language in MARKERS]
# What the mailbox takes for a decision when it stands alone on a line.
DECISIONS = re.compile(
    r"\W*((i |we )?accept(ed)?|declined?|approved?|reject(ed)?|yes|no|(j'|nous )?accepte|(je |nous )?refuse|oui|non"
    r"|(no )?acepto|aceptado|aceptamos|rechazo|declino|s[íi])\W*",
    re.IGNORECASE,
)


ROWS = ("faults", "lines", "summary", "differences", "billed", "refused")
DAYS = {
    "en": {1: "November 1, 2026", 25: "November 25, 2026", 30: "November 30, 2026"},
    "fr": {1: "1er novembre 2026", 25: "25 novembre 2026", 30: "30 novembre 2026"},
    "es": {1: "1 de noviembre de 2026", 25: "25 de noviembre de 2026", 30: "30 de noviembre de 2026"},
}


def render(name: str, language: str = "en", **changed: object) -> Letter:
    return render_letter(name, language, FACTS | changed)


def seen(html: str) -> str:
    """What a mail program makes of the html as text."""
    return get_text(html).strip()


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def html_words(html: str) -> list[str]:
    body = re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL)
    return words(unescape(re.sub(r"<[^>]+>", " ", body)))


def bare_decisions(text: str) -> list[str]:
    return [line for line in text.splitlines() if DECISIONS.fullmatch(line)]


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_the_words_are_the_agreed_ones(name: str, language: str):
    letter = render(name, language)
    written = f"Subject: {letter.subject}\n\n{letter.text}"
    path = GOLDEN / f"{name}.{language}.txt"
    if os.environ.get("PAYCLERK_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


def test_the_page_of_mails_shows_every_letter():
    docs = Path(__file__).parents[2] / "docs"
    page = (docs / "mails.md").read_text(encoding="utf-8")
    shown = {name: [f"pictures/mail/{name}.{language}.png" for language in ("en", "fr", "es")] for name in LETTERS}
    assert [name for name, files in shown.items() if not all(file in page for file in files)] == []
    assert [file for files in shown.values() for file in files if not (docs / file).exists()] == []


def test_there_is_no_golden_file_without_a_letter():
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.{language}.txt" for name, language in EVERY}


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_text_and_html_say_the_same(name: str, language: str):
    letter = render(name, language)
    assert html_words(letter.html) == words(letter.text)


@pytest.mark.parametrize("name", LETTERS)
def test_text_and_html_say_the_same_when_less_is_known(name: str):
    letter = render(
        name,
        note="",
        reason="",
        why="",
        changed=True,
        warnings=[],
        lines=[],
        differences=[],
        billed=[],
        faults=FACTS["faults"][:1],
        days_left=0,
    )
    assert html_words(letter.html) == words(letter.text)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_the_marker_is_first_and_the_reference_last(name: str, language: str):
    letter = render(name, language)
    for shown in (letter.text, seen(letter.html)):
        lines = shown.splitlines()
        assert lines[0].strip() == MARKERS[language]
        assert lines[-1].strip() == REFERENCE
        assert shown.count(REFERENCE) == 1


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_no_decision_stands_alone_on_a_line(name: str, language: str):
    letter = render(name, language)
    assert bare_decisions(letter.text) == []
    assert bare_decisions(seen(letter.html)) == []


@pytest.mark.parametrize("name", ["invitation", "reminder", "answer_unclear"])
@pytest.mark.parametrize(
    ("language", "yes", "no"),
    [("en", "ACCEPT", "DECLINE"), ("fr", "J'ACCEPTE", "JE REFUSE"), ("es", "ACEPTO", "RECHAZO")],
)
def test_who_is_asked_is_told_how_to_answer(name: str, language: str, yes: str, no: str):
    text = render(name, language).text
    assert yes in text
    assert no in text


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_each_fact_is_shown(name: str, language: str):
    letter = render(name, language)
    for fact in LETTERS[name]:
        value = FACTS[fact]
        if isinstance(value, str) and fact != "matter" and (fact not in {"status_label", "why"} or language == "en"):
            shown = letter.subject if fact == "subject" else letter.text
            assert " ".join(words(value)).casefold() in " ".join(words(shown)).casefold(), fact
        elif isinstance(value, int) and not isinstance(value, bool):
            assert str(value) in words(letter.text), fact
        elif isinstance(value, date):
            assert DAYS[language][value.day] in letter.text, fact


@pytest.mark.parametrize("name", LETTERS)
def test_a_missing_fact_stops_the_letter(name: str):
    for fact in LETTERS[name]:
        with pytest.raises(KeyError, match=fact):
            render_letter(name, "en", {known: value for known, value in FACTS.items() if known != fact})


def test_there_is_no_letter_of_that_name():
    with pytest.raises(KeyError, match="love_letter"):
        render("love_letter")


@pytest.mark.parametrize(
    ("asked", "used"), [("de", "en"), ("", "en"), ("EN-gb", "en"), ("fr-CA", "fr"), ("ES", "es"), ("es_MX", "es")]
)
def test_a_language_is_found_or_english_taken(asked: str, used: str):
    assert render("invitation", asked) == render("invitation", used)


def test_the_invitation_has_the_subject_people_know():
    assert render("invitation").subject == "Riverside Tower: Anna Lindqvist has invited you to bill."


def test_the_invitation_to_break_down_has_the_subject_people_know():
    expected = "Anna Lindqvist invites you to break down your Schedule of Values for this commitment."
    assert render("ssov_invitation").subject == expected


@pytest.mark.parametrize(("days", "said"), [(0, "today"), (1, "tomorrow"), (2, "in 2 days")])
def test_the_reminder_counts_the_days(days: int, said: str):
    assert f"It is due {said}, on November 25, 2026." in render("reminder", days_left=days).text


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_what_people_write_stays_text(name: str, language: str):
    bad = '<script>alert("x")</script>'
    rows = {"where": bad, "what": bad, "fix": bad, "item": bad, "description": bad, "claimed": bad}
    rows |= dict.fromkeys(("reason", "label", "amount", "scheduled", "work", "stored", "to_date", "name", "why"), bad)
    texts = {fact: bad for fact, value in FACTS.items() if isinstance(value, str)}
    letter = render(name, language, **texts, warnings=[bad], **{key: [rows] for key in ROWS})
    assert "<script" not in letter.html
    assert "&lt;script&gt;" in letter.html
    assert bad in letter.text


@pytest.mark.parametrize(("name", "language"), EVERY)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\u2028", "\x0b", "\x85"])
def test_no_name_adds_a_line(name: str, language: str, newline: str):
    bad = f"Tower{newline}ACCEPT{newline}Bcc: all@example.com"
    texts = {fact: bad for fact, value in FACTS.items() if isinstance(value, str) and fact != "message"}
    names = ("where", "what", "fix", "item", "description", "claimed", "scheduled", "reason", "label", "amount")
    names += ("work", "stored", "to_date", "name", "why")
    row = dict.fromkeys(names, bad)
    letter = render(name, language, **texts, warnings=[bad], **{key: [row] for key in ROWS})
    assert len(letter.subject.splitlines()) == 1
    assert bare_decisions(letter.text) == []


def test_a_name_cannot_turn_the_direction_of_reading():
    letter = render("invitation", company="Acme\u202egnitceleE")
    assert "\u202e" not in letter.text + letter.html


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_subject_is_short_and_keeps_its_point(name: str, language: str):
    long = {fact: "Very long " * 40 for fact, value in FACTS.items() if isinstance(value, str)}
    assert len(render(name, language, **long).subject) <= 200
    assert render("invitation", **long).subject.endswith("… has invited you to bill.")


def test_a_message_keeps_its_lines_and_the_html_too():
    letter = render("composed", message="One <b>\r\nTwo\n\n\n\nThree\n")
    assert "\nOne <b>\nTwo\n\nThree\n" in letter.text
    assert "<p>One &lt;b&gt;<br>\nTwo<br>\n<br>\nThree</p>" in letter.html


def test_the_reference_is_filled_in_once_at_the_end():
    letter = with_reference(render("composed", message=f"You wrote: {REFERENCE} [PayClerk:other]"), "abc234")
    for shown in (letter.text, seen(letter.html)):
        assert shown.splitlines()[-1].strip() == "[payclerk:abc234]"
        assert len(re.findall(r"\[payclerk:", shown, re.IGNORECASE)) == 1


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_nothing_is_fetched_and_nothing_tracked(name: str, language: str):
    html = render(name, language).html
    for link in (FACTS["link"], FACTS["ask"]):
        html = html.replace(f'<a href="{link}">{link}</a>', "")
    assert re.findall(r"https?:|<img|<link|src=|url\(|@import", html) == []


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_a_letter_that_asks_to_confirm_says_what_came(language: str):
    matters = ["answer", "form", "breakdown", "submit", "cancel", "billing", "asked"]
    letters = [render("confirm_answer", language, matter=matter) for matter in matters]
    assert len({letter.text for letter in letters}) == len(matters)
    for letter in letters:
        assert html_words(letter.html) == words(letter.text)


def test_french_signs_keep_to_their_word():
    letter = render("invitation_declined", "fr")
    assert "Votre motif\u00a0: «\u00a0no steel was set in November\u00a0»" in letter.text
    assert letter.html.count(" !important") == render("invitation_declined").html.count(" !important") > 0


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# What stands on what: light, then dark. WCAG AA wants 4.5 for text.
PAIRS = [
    ("#1d2329", "#ffffff"), ("#1d2329", "#eaf3fb"), ("#59636e", "#ffffff"), ("#59636e", "#f2f4f6"),
    ("#59636e", "#eaf3fb"), ("#ffffff", "#1b5f99"), ("#1b5f99", "#ffffff"), ("#1b5f99", "#eaf3fb"),
    ("#e7eaed", "#1d2227"), ("#e7eaed", "#1b2d3f"), ("#9aa5b1", "#1d2227"), ("#9aa5b1", "#121519"),
    ("#9aa5b1", "#1b2d3f"), ("#0d1a26", "#8cc4f5"), ("#8cc4f5", "#1d2227"), ("#8cc4f5", "#1b2d3f"),
]  # fmt: skip
LINES = {"#dde2e7", "#e6eaee", "#343b43", "#1f6fb2", "#5aa2e0"}  # borders


def test_every_colour_can_be_read_on_what_is_behind_it():
    used = {colour for name in LETTERS for colour in re.findall(r"#[0-9a-f]{6}\b", render(name).html)}
    assert used == {colour for pair in PAIRS for colour in pair} | LINES
    assert [pair for pair in PAIRS if contrast(*pair) < 4.5] == []


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_screen_reader_hears_the_language_and_no_tables(name: str, language: str):
    html = render(name, language).html
    assert f'<html lang="{language}">' in html
    assert html.count("<table") == html.count('<table role="presentation"')
    assert '<meta name="color-scheme" content="light dark">' in html
