"""The decision in an answer: no wrong one over a made-up corpus, and few clear ones left to a person (reference 5.6)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payclerk_mailbox.reading.decision import Decision, Question, read_decision

ANSWERS = tomllib.loads((Path(__file__).parent / "fixtures" / "answers.toml").read_text("utf-8"))
CAST = {"name": "Sam Ortiz", "company": "Ortiz Drywall", "mail": "sam@ortiz.example"}
NAMES = (CAST["name"], CAST["company"])
CLEAR = [
    (frame.format(core=core.format(**CAST), **CAST), decision, language)
    for language in ("en", "fr", "es")
    for decision in (Decision.ACCEPT, Decision.DECLINE)
    for core in ANSWERS[language][decision.value]
    for frame in ANSWERS[language]["frames"]
]
TRAP_FRAMES = ("{core}", "Hi Anna,\n\n{core}\n\nThanks,\nSam Ortiz\nOrtiz Drywall")


@pytest.mark.parametrize("names", [NAMES, ()], ids=["sender known", "sender unknown"])
def test_the_bars_of_the_corpus(names: tuple[str, ...]) -> None:
    readings = [
        (text, want, read_decision(text, Question.INVITATION, names=names, language=lang)) for text, want, lang in CLEAR
    ]
    wrong = [(text, reading.decision) for text, want, reading in readings if reading.decision not in {want, None}]
    to_person = [text for text, _, reading in readings if reading.decision is None]
    rate = len(to_person) / len(readings)
    print(f"\nclear answers {len(readings)}: wrong {len(wrong)}, to a person {len(to_person)} ({rate:.1%})")
    assert wrong == []
    assert rate <= 0.30


@pytest.mark.parametrize("names", [NAMES, ()], ids=["sender known", "sender unknown"])
def test_no_trap_decides(names: tuple[str, ...]) -> None:
    traps = [frame.format(core=core) for core in ANSWERS["traps"]["texts"] for frame in TRAP_FRAMES]
    decided = [
        (text, got.decision)
        for text in traps
        if (got := read_decision(text, Question.INVITATION, names=names)).decision
    ]
    print(f"\ntraps {len(ANSWERS['traps']['texts'])}, in frames {len(traps)}: decided {len(decided)}")
    assert len(ANSWERS["traps"]["texts"]) >= 150
    assert decided == []


def test_no_trap_decides_about_a_claim() -> None:
    traps = [frame.format(core=core) for core in ANSWERS["traps"]["owner_traps"] for frame in TRAP_FRAMES]
    decided = [(text, got.decision) for text in traps if (got := read_decision(text, Question.OWNER_CLAIM)).decision]
    assert decided == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("DECLINE - we have no work this month", "we have no work this month"),
        ("We decline this period, crew is on another job", "crew is on another job"),
        ("No, nothing to bill", "nothing to bill"),
        ("Decline because the steel has not arrived.", "the steel has not arrived"),
        (
            "DECLINE\n\nWe had no crew, and no steel.\nBack in March.\n\nThanks,\nSam",
            "We had no crew, and no steel\nBack in March",
        ),
        ("Je refuse : le chantier est arrêté", "le chantier est arrêté"),
        ("Rechazo porque no hubo obra", "no hubo obra"),
        ("We decline", ""),
    ],
)
def test_the_reason_of_a_decline_is_kept_as_written(text: str, reason: str) -> None:
    reading = read_decision(text, Question.INVITATION, names=NAMES)
    assert (reading.decision, reading.reason) == (Decision.DECLINE, reason)


@pytest.mark.parametrize(
    ("text", "decision", "reason"),
    [
        ("Approved", Decision.APPROVE, ""),
        ("We approve the claim as submitted.\n\nRegards,\nDana Wu", Decision.APPROVE, ""),
        ("Approved for payment", Decision.APPROVE, ""),
        ("Approuvé, merci", Decision.APPROVE, ""),
        ("Aprobado", Decision.APPROVE, ""),
        ("Approved as noted: line 3 only to 40 %", Decision.APPROVE_AS_NOTED, "line 3 only to 40 %"),
        (
            "Approved as noted.\nStored material is on site B.",
            Decision.APPROVE_AS_NOTED,
            "Stored material is on site B",
        ),
        ("Rejected - lien waivers are missing", Decision.REJECT, "lien waivers are missing"),
        ("Not approved", Decision.REJECT, ""),
    ],
)
def test_the_answer_of_an_owner(text: str, decision: Decision, reason: str) -> None:
    reading = read_decision(text, Question.OWNER_CLAIM)
    assert (reading.decision, reading.reason) == (decision, reason)


@pytest.mark.parametrize(("text", "language", "decision"), [
    ("si", "es", Decision.ACCEPT), ("Si.\n\nGracias", "es", Decision.ACCEPT), ("si, gracias", "es", None), ("si", "fr", None), ("si", "en", None),
    ("Sí", "en", Decision.ACCEPT), ("si aceptamos", "es", None), ("Sí aceptamos", "es", Decision.ACCEPT),
])  # fmt: skip
def test_si_is_yes_only_with_its_accent_or_alone_in_spanish(
    text: str, language: str, decision: Decision | None
) -> None:
    assert read_decision(text, Question.INVITATION, language=language).decision is decision


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("We accept.\nCan you check line 3?", "asks something"),
        ("Accept if paid", "condition"),
        ("Accept\nDecline", "both"),
        ("We decline, accept next month", "accept"),
        ("Let me look at it", "let me look at it"),
        ("", "no words"),
        ("yes " * 2000, "too long"),
    ],
)
def test_why_nothing_was_decided_is_said(text: str, why: str) -> None:
    reading = read_decision(text, Question.INVITATION)
    assert reading.decision is None
    assert why in reading.why


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert read_decision(text, Question.INVITATION, names=(text[:40],)).why


@given(
    st.sampled_from(CLEAR),
    st.sampled_from(["but", "except line 4", "if paid", "not", "?", "45,000", "unless", "mais", "pero", "tomorrow"]),
)
def test_one_more_word_never_turns_an_answer_round(clear: tuple[str, Decision, str], more: str) -> None:
    text, want, language = clear
    first, _, rest = text.partition("\n")
    for changed in (f"{first} {more}\n{rest}", f"{text} {more}"):
        assert read_decision(changed, Question.INVITATION, names=NAMES, language=language).decision in {want, None}
