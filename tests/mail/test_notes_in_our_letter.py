"""Notes that stand nowhere, or between the lines of our letter: a person reads them, with the text in view."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from inbox_forms import form_of_dana
from mail_inbox import QUOTE, Inbox
from mail_month import call_of
from owner_mail import Owner
from payclerk_core.actions.claims import set_status
from payclerk_core.db import Database
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, Message, ReplyToken

NOTE = "we poured only the east half"
BLOCK = "\n\n________________________________\nFrom: Maple Street Billing <billing@reply.maple.example>\nSent: Tuesday, November 10, 2026\nTo: You\nSubject: Claim\n\n"


@pytest.mark.parametrize(
    "text",
    ["APPROVED AS NOTED", "Approved as noted.", "APPROUVÉ AVEC ANNOTATIONS", "Approved as noted\n\nRegards,\nOlga"],
)
def test_as_noted_without_notes_is_for_a_person(database: Database, text: str):
    owner = Owner(database)
    message = owner.says(text)
    assert message.decision is None
    assert "no notes" in (message.decision_why or "")
    assert owner.notices("owner_reply") == [f"owner_reply:{message.id}"]
    assert message.text.startswith(text[:8])
    assert owner.says("Approved as noted.\n\nMind the roof.").decision == "approve_as_noted"


def written_into(letter: str, before: str, *, mark: str) -> str:
    """Our letter as quoted, with the note in front of the line that begins so."""
    lines = letter.strip().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(before))
    return "\n".join(
        [*(f"{mark}{line}".rstrip() for line in lines[:at]), NOTE, *(f"{mark}{line}" for line in lines[at:])]
    )


@pytest.mark.parametrize("said", ["APPROVED AS NOTED", "Approved.", "Rejected."])
@pytest.mark.parametrize(("head", "mark"), [(QUOTE.rstrip("> "), "> "), (BLOCK, "")], ids=["marked", "unmarked"])
def test_the_owners_notes_between_our_lines_go_to_a_person(database: Database, head: str, mark: str, said: str):
    owner = Owner(database)
    olga, inbox = owner.inbox.month.olga, owner.inbox
    quoted = written_into(inbox.sent_text(olga).replace("REPLY-REFERENCE", owner.token(olga)), "Summary", mark=mark)
    sender = f"{olga.name} <{olga.email}>"
    inbox.take(inbox.mail(sender, said + head + quoted, to=inbox.to(owner.token(olga))))
    message = inbox.log()[-1]
    assert message.decision is None
    assert NOTE in message.text
    assert f"owner_reply:{message.id}" in inbox.notices()


@pytest.mark.parametrize("above", ["", "See below"])
@pytest.mark.parametrize(("head", "mark"), [(QUOTE.rstrip("> "), "> "), (BLOCK, "")], ids=["marked", "unmarked"])
def test_notes_between_the_lines_of_a_returned_claim_go_to_a_person(inbox: Inbox, head: str, mark: str, above: str):
    month = inbox.month
    inbox.take(inbox.answer(month.dana, "", files=[("form.xlsx", form_of_dana(inbox))]))
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, session.merge(month.pat))
        set_status(call, session.scalars(select(Claim.id)).one(), ClaimStatus.REVISE_AND_RESUBMIT)
    with inbox.db.reading() as session:
        returned = session.scalars(select(Message).where(Message.kind == "claim_returned"))
        letter = next(one for one in returned if one.recipients[0].person_id == month.dana.id)
        token = session.get_one(ReplyToken, letter.recipients[0].token_id).token
        text = letter.text.replace("REPLY-REFERENCE", token)
    quoted = written_into(text, "A new billing form", mark=mark)
    inbox.take(inbox.mail(f"{month.dana.name} <{month.dana.email}>", above + head + quoted, to=inbox.to(token)))
    message = inbox.log()[-1]
    assert NOTE in message.text
    assert f"unclear:{message.id}" in inbox.notices()
