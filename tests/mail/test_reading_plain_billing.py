"""Billing in plain words: a closed list of sentences; what is printed is read, and nothing else is."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payclerk_mailbox.reading.amounts import read_amount, show_amount
from payclerk_mailbox.reading.plain_billing import Kind, Statement, read_billing, read_command, say
from payclerk_mailbox.reading.words import comparable

READ = {
    "Line 3: 40 %": ("3", "percent", "40"),
    "line 3 is 40% complete": ("3", "percent", "40"),
    "Line 03 - 37.5 percent": ("03", "percent", "37.5"),
    "bill 12,500.00 on 2": ("2", "work", "12500.00"),
    "Please bill $12,500 on line 2.": ("2", "work", "12500"),
    "Line 2: 12,500.00": ("2", "work", "12500.00"),
    "item 5 complete": ("5", "percent", "100"),
    "Line item A-5 is done": ("a-5", "percent", "100"),
    "stored 4,000 on line 2": ("2", "stored", "4000"),
    "Line 2: stored materials 4,000.50": ("2", "stored", "4000.50"),
    "ligne 3 : 40 %": ("3", "percent", "40"),
    "La ligne 3 est à 37,5 % à ce jour": ("3", "percent", "37.5"),
    "poste 5 terminé": ("5", "percent", "100"),
    "facturer 12 500,00 sur la ligne 2": ("2", "work", "12500.00"),
    "Facturer 12\u202f500,00 € sur 2": ("2", "work", "12500.00"),
    "entreposé 4 000 sur la ligne 2": ("2", "stored", "4000"),
    "línea 3: 40 %": ("3", "percent", "40"),
    "La partida 5 está terminada": ("5", "percent", "100"),
    "facturar 12.500,00 en la línea 2": ("2", "work", "12500.00"),
    "almacenado 4000 en la línea 2": ("2", "stored", "4000"),
}


@pytest.mark.parametrize("text", READ)
def test_a_sentence_of_the_list_is_read(text: str):
    said = read_billing(text)
    assert said is not None
    assert said.unread == ()
    [one] = said.statements
    assert (one.item, one.kind.value, str(one.number)) == READ[text]


NOT_READ = (
    "bill 1.234 on line 2",
    "facturer 4,000 sur la ligne 2",
    "facturer 4.000 sur la ligne 2",
    "facturar 4.000 en la línea 2",
    "bill 12,5 on line 2",
    "Line 3: 140 %",
)


@pytest.mark.parametrize("text", NOT_READ)
def test_a_number_that_can_be_read_in_two_ways_is_refused_and_not_guessed(text: str):
    said = read_billing(text)
    assert said is not None
    assert said.statements == ()
    assert len(said.unread) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Line 3: not 40 %",
        "Line 3 -500",
        "Line 3: -500",
        "bill 40 % on line 3",
        "Should line 3 be 40 %?",
        "Line 3 incomplete",
        "Line 3 is not complete",
        "about 40 % of line 3",
        "We accept",
        "40 %",
        "bill 500",
        "Line 3: 40 % or 50 %",
        "Line 3: 40 % if you agree",
    ],
)
def test_what_is_not_of_the_list_bills_nothing(text: str):
    said = read_billing(text)
    assert said is None or said.statements == ()


def test_a_whole_mail_is_read_with_its_greeting_and_signature():
    text = (
        "Hi Pat,\n\nHere is our billing for November:\n- Line 1: 40 %, line 2: complete\n- stored 4,000 on line 3\n\n"
        "Thanks,\nDana Ruiz\nHarbor Plumbing\n"
    )
    said = read_billing(text, names=("Dana Ruiz", "Harbor Plumbing"))
    assert said is not None
    assert said.unread == ()
    assert [(one.item, str(one.number)) for one in said.statements] == [("1", "40"), ("2", "100"), ("3", "4000")]


def test_one_line_more_is_named_and_the_rest_is_not_taken_alone():
    said = read_billing("Line 1: 40 %\nLine 2 as we discussed with Pat")
    assert said is not None
    assert [one.written for one in said.unread] == ["Line 2 as we discussed with Pat"]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("SUBMIT", "submit"),
        ("Submit.\n\nThanks,\nDana", "submit"),
        ("Soumettre", "submit"),
        ("ENVIAR", "submit"),
        ("cancel", "cancel"),
        ("ANNULER", "cancel"),
        ("Cancelar", "cancel"),
        ("please submit", None),
        ("SUBMIT but line 2 is 50 %", None),
        ("SUBMIT\nbut change line 2 to 50 %", None),
        ("Thanks\nSUBMIT", None),
        ("do not submit", None),
        ("SUBMIT?", None),
        ("SUBMIT\nACCEPT", None),
        ("", None),
    ],
)
def test_the_word_counts_alone_on_the_first_line(text: str, command: str | None):
    assert read_command(text, names=("Dana Ruiz",)) == command


items = st.from_regex(r"[0-9]{1,4}|[a-z]-?[0-9]{1,3}(?:\.[0-9]{1,2})?", fullmatch=True)
amounts = st.integers(0, 10**11).map(lambda cents: Decimal(cents) / 100)
percents = st.integers(0, 10_000).map(lambda hundredths: Decimal(hundredths) / 100)
statements = st.one_of(
    st.builds(Statement, items, st.just(Kind.PERCENT), percents, st.just("")),
    st.builds(Statement, items, st.sampled_from([Kind.WORK, Kind.STORED]), amounts, st.just("")),
)
languages = st.sampled_from(["en", "fr", "es"])


@given(st.lists(st.tuples(statements, languages), min_size=1, max_size=5))
@settings(max_examples=150)
def test_what_we_print_we_read(told: list[tuple[Statement, str]]):
    said = read_billing("\n".join(say(one, language) for one, language in told))
    assert said is not None
    assert said.unread == ()
    assert [(one.item, one.kind, one.number) for one in said.statements] == [
        (one.item, one.kind, one.number) for one, _ in told
    ]


WORDS = "line item bill stored complete on 3 40 % 12,500.00 1.234 not if or and , : - ? ligne linea sur en 5000 maybe $"


@given(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=9))
@settings(max_examples=300)
def test_of_any_words_nothing_is_read_but_what_our_own_words_say_too(words: list[str]):
    """What a mixture of our words bills must be all of it: each word of doubt keeps it from being read."""
    said = read_billing(" ".join(words))
    if said is not None and said.statements and not said.unread:
        assert not {"not", "if", "or", "?", "maybe", "1.234"} & set(words)
        numbers = {word for word in words if word[0].isdigit()}
        written = comparable(" ".join(one.written for one in said.statements))
        assert all(number in written for number in numbers)


@given(st.text(max_size=300))
def test_any_text_is_read_or_left(text: str):
    said = read_billing(text)
    assert said is None or said.statements or said.unread


@given(amounts, languages)
def test_an_amount_as_a_language_writes_it_is_read_in_that_language(amount: Decimal, language: str):
    assert read_amount(show_amount(amount, language), language) == amount


@given(st.integers(0, 10**11), languages, st.sampled_from([0, 2, 3]))
def test_so_it_is_in_a_currency_of_any_decimals(units: int, language: str, decimals: int):
    amount = Decimal(units).scaleb(-decimals)
    assert read_amount(show_amount(amount, language, decimals), language, decimals) == amount


@pytest.mark.parametrize(
    ("written", "language", "decimals", "read"),
    [
        ("1.234", "en", 3, "1.234"),
        ("1,234", "en", 3, None),  # a thousand to some
        ("1,234", "fr", 3, "1.234"),
        ("1.234", "fr", 3, None),
        ("1.234", "es", 3, None),
        ("1,234.500", "en", 3, "1234.500"),
        ("1234.567", "fr", 3, "1234.567"),
        ("1,234,567", "en", 3, "1234567"),
        ("1 234", "fr", 3, "1234"),
        ("1.2345", "en", 3, None),
        ("1,234", "en", 0, "1234"),
        ("1.234", "en", 0, None),
        ("12.50", "en", 0, None),
        ("1.234", "en", 2, None),
    ],
)
def test_how_many_decimals_a_currency_has_decides_what_can_be_read(
    written: str, language: str, decimals: int, read: str | None
):
    assert read_amount(written, language, decimals) == (None if read is None else Decimal(read))


@pytest.mark.parametrize("text", ["bill KWD 1.234 on line 2", "bill 1.234 kwd on line 2", "Line 2: 1.234 KWD"])
def test_the_code_of_any_currency_may_stand_beside_an_amount(text: str):
    said = read_billing(text, decimals=3)
    assert said is not None
    [one] = said.statements
    assert (one.number, one.sign) == (Decimal("1.234"), "KWD")


def test_a_long_answer_takes_little_time():
    began = time.process_time()
    read_billing("line 1 " + "1 " * 2400)
    read_billing("stored " + "1.1," * 1200)
    read_billing("line 3 is now " * 300)
    assert time.process_time() - began < 2


def test_every_sentence_and_word_of_the_page_for_subcontractors_is_read():
    page = (Path(__file__).parents[2] / "docs" / "mail-billing.md").read_text(encoding="utf-8")
    rows = [re.findall(r"`([^`]+)`", line) for line in page.splitlines() if line.startswith("| ")]
    told = [row for row in rows if len(row) == 3 and "$" not in row[0]]
    assert len(told) == 6
    for sentences in told[:4]:
        read = [read_billing(one) for one in sentences]
        assert [(len(one.statements), one.unread) for one in read if one] == [(1, ())] * 3
        assert len({(one.statements[0].kind, one.statements[0].number) for one in read if one}) == 1
    assert [[read_command(word) for word in row] for row in told[4:]] == [["submit"] * 3, ["cancel"] * 3]
