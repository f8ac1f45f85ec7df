"""What payclerk words itself is said in the language of the letter; no English is left in a French or Spanish one."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letter_facts import FACTS
from payclerk_core.actions import forms
from payclerk_core.documents import amounts, form_reader
from payclerk_core.documents.letters import render_letter
from payclerk_core.documents.sentences import in_language
from payclerk_core.rules import tie_out
from payclerk_mailbox.reading.decision import Question, read_decision

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("fr", "es")


def sentences_of(module: Any) -> Iterator[str]:
    """Every sentence that a module may say, with something in each of its holes."""
    tree = ast.parse(inspect.getsource(module))
    docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if hasattr(node, "body") and isinstance(node.body, list) and not isinstance(node, (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.ExceptHandler))}  # fmt: skip
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            text = node.value
        else:
            continue
        if text[:1].isupper() and text.endswith((".", "?")) and " " in text and text not in docs:
            yield text


# The name of the cell is put in for the 7.
CHANGED = {"The scheduled value was changed.", "The amount billed before was changed."}
EVERY = sorted(
    CHANGED
    | {text for module in (form_reader, amounts, tie_out, forms) for text in sentences_of(module)}
    - {"The 7 was changed."}
)


def test_there_are_sentences_to_look_at():
    assert len(EVERY) > 40


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", EVERY)
def test_every_sentence_of_ours_is_known_in_every_language(text: str, language: str):
    said = in_language(text, language)
    assert said != text
    assert "{" not in said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    ["", "Who do I call?", "yes and no", "Hello there my friend", "Yes, if you pay first", "No, but $5,000 later", "x" * 4000, "Accept. Decline.", "decline if it rains"],
)  # fmt: skip
def test_why_an_answer_is_unclear_is_said_in_the_language_of_the_letter(text: str, language: str):
    why = read_decision(text, Question.INVITATION, language=language).why
    assert in_language(why, language) != why


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_sentences_are_both_said_and_a_mixture_stays_as_it_is(language: str):
    both = "The description was changed. Nothing is payable."
    assert in_language(both, language) == " ".join(in_language(f"{one}.", language) for one in both[:-1].split(". "))
    assert in_language("The description was changed. Says Bob.", language) == "The description was changed. Says Bob."


def test_a_french_letter_names_the_faults_in_french():
    faults = [{"where": "F12", "what": "'twelve' is not an amount.", "fix": "Write the amount itself."}]
    letter = render_letter("form_faults", "fr", FACTS | {"faults": faults})
    said = letter.text.replace("\u00a0", " ")
    assert "F12 : « twelve » n'est pas un montant. Écrivez le montant lui-même." in said


def test_somebodys_own_words_are_never_translated():
    letter = render_letter("claim_returned", "fr", FACTS | {"lines": [{"item": "1", "description": "x", "claimed": "$1", "reason": "Nothing is payable."}]})  # fmt: skip
    assert "Nothing is payable." in letter.text


@given(st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_no_text_breaks_it(text: str, language: str):
    assert isinstance(in_language(text, language), str)
