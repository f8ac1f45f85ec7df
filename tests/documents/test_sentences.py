"""What payclerk words itself is said in the language of the letter; no English is left in a French or Spanish one."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letter_facts import FACTS
from payclerk_core.actions import claim_making, forms, ssov_details, text_billing, text_drafts, text_revisions
from payclerk_core.documents import (
    amounts,
    delimited,
    file_kinds,
    form_copies,
    form_reader,
    form_table,
    sheets,
    ssov_reader,
)
from payclerk_core.documents.letters import render_letter
from payclerk_core.documents.sentences import in_language
from payclerk_core.rules import text_billing as text_rules
from payclerk_core.rules import tie_out
from payclerk_mailbox import contrary_words, files_alone, returned_breakdowns, returned_forms
from payclerk_mailbox import text_billing as text_mails
from payclerk_mailbox.reading import unsafe
from payclerk_mailbox.reading.decision import Question, read_decision
from payclerk_mailbox.reading.explain import NO_NOTES
from payclerk_mailbox.reading.newest_quotation import SOMEBODY_ELSES
from payclerk_mailbox.reading.words_between import BETWEEN

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
            text = re.sub(r"\{\w+\}", "7", node.value)  # filled later
        else:
            continue
        if text[:1].isupper() and text.endswith((".", "?")) and " " in text and text not in docs:
            yield text


# The name of the cell is put in for the 7.
CHANGED = {"The scheduled value was changed.", "The amount billed before was changed."}
# Whatever says why a form, a breakdown, a billing in words or a file was not taken: it is told to contacts by mail.
PRODUCERS = (
    amounts, claim_making, contrary_words, delimited, file_kinds, files_alone, form_copies, form_reader, form_table, forms, returned_breakdowns, returned_forms, sheets,
    ssov_details, ssov_reader, text_billing, text_drafts, text_mails, text_revisions, text_rules, tie_out, unsafe,
)  # fmt: skip
# Those that begin with a hole, or are made of two, or stand where the fault is.
PUT_TOGETHER = {
    "'7' is empty.",
    "'7' is a date or a truth value.",
    "'7' has 7 characters.",
    "7 goes against line 7, which is 7.",
    "7 % is less than what was billed before.",
    "Line 7: 7 of 7 remains to allocate.",
    "Line 7: the details come to 7, but the line to 7.",
    "Detail 7 (7) goes against line 7 (7).",
    "The breakdown is Under Review; wait for its review.",
    "Claims were made on this breakdown; it cannot change any more.",
    "7.pdf is behind a password; it is kept, but nobody here can open it.",
    "The archive holds a.b.exe. It is a program.",
    "The archive holds 7. It is a script, which runs when it is opened.",
    "The archive holds 7. It holds macros; save it as .xlsx or .docx without them.",
    "The archive holds 7. It is the image of a disk.",
    "The archive holds 7. It is a shortcut, which starts something else.",
    "Claim 7: A payment is recorded on it; delete the payment first.",
    "Claim 7: Another amount was certified of it; withdraw the certificate first.",
    "Claim 7: A claim to the owner includes it; send that one back first.",
    "Line 7",
    "row 7",
}
EVERY = sorted(
    (CHANGED | PUT_TOGETHER | {text for module in PRODUCERS for text in sentences_of(module)}) - {"The 7 was changed."}
)


def test_there_are_sentences_to_look_at():
    assert len(EVERY) > 140
    assert all(list(sentences_of(module)) for module in PRODUCERS)


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
@pytest.mark.parametrize("why", [*SOMEBODY_ELSES, NO_NOTES, BETWEEN.format(words="call me first")])
def test_so_is_why_an_answer_may_be_to_something_else(why: str, language: str):
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


def test_a_file_that_is_not_kept_is_named_as_it_is_and_the_reason_said_in_french():
    refused = [{"name": "It is a program.", "why": "The archive holds run.me.exe. It is a program."}]
    said = render_letter("files_refused", "fr", FACTS | {"refused": refused}).text.replace("\u00a0", " ")
    assert "It is a program. : L'archive contient run.me.exe. C'est un programme." in said


def test_somebodys_own_words_are_never_translated():
    letter = render_letter("claim_returned", "fr", FACTS | {"lines": [{"item": "1", "description": "x", "claimed": "$1", "reason": "Nothing is payable."}]})  # fmt: skip
    assert "Nothing is payable." in letter.text


@given(st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_no_text_breaks_it(text: str, language: str):
    assert isinstance(in_language(text, language), str)
