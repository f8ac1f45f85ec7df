"""The owner answers a claim by mail: what is proposed, what acts by itself, and what is only flagged."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from mail_month import NOON, call_of, make_person
from owner_mail import Owner
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.correspondence import reply_email
from payclerk_core.actions.emails import Draft
from payclerk_core.db import Database
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, Event, Member


@pytest.fixture
def owner(database: Database) -> Owner:
    return Owner(database)


def test_an_approval_waits_for_the_person_in_charge(owner: Owner):
    message = owner.says("Approved.")
    assert message.decision == "approve"
    assert owner.status == "under_review"
    assert owner.notices("owner_reply") == [f"owner_reply:{message.id}"]
    assert owner.confirmations() == []


@pytest.mark.parametrize(
    ("text", "status", "label"),
    [
        ("Approved.", ClaimStatus.APPROVED, "Approved"),
        ("Approved as noted.\n\nPlease send the waiver.", ClaimStatus.APPROVED, "Approved"),
        ("Rejected.\n\nThe roof is not done.", ClaimStatus.REVISE_AND_RESUBMIT, "Revise & Resubmit"),
    ],
)
def test_the_click_decides_names_the_mail_and_tells_the_owner_how_to_undo(
    owner: Owner, text: str, status: ClaimStatus, label: str
):
    message = owner.says(text)
    owner.click(message, status)
    assert owner.status == status.value
    [told] = owner.confirmations()
    assert f"is now {label}" in told.text
    assert "answer this mail" in told.text
    assert told.in_reply_to == message.message_id
    with owner.inbox.db.reading() as session:
        event = session.scalars(select(Event).where(Event.verb == "owner_answered")).one()
    assert event.record_id == owner.claim_id
    assert event.after is not None
    assert (event.after["message"], event.after["read_as"]) == (message.id, message.decision)


def test_a_second_click_says_so(owner: Owner):
    message = owner.says("Approved.")
    owner.click(message, ClaimStatus.APPROVED)
    with pytest.raises(UserError, match="is Approved already"):
        owner.click(message, ClaimStatus.APPROVED)
    assert len(owner.confirmations()) == 1


def test_a_claim_that_changed_since_is_not_what_the_owner_approved(owner: Owner):
    message = owner.says("Approved.")
    with owner.inbox.db.transaction() as session:
        call = call_of(session, owner.inbox.settings, session.merge(owner.inbox.month.pat))
        set_status(call, owner.claim_id, ClaimStatus.REVISE_AND_RESUBMIT)
        claim = session.get_one(Claim, owner.claim_id)
        correct_amounts(
            call, claim.id, {claim.lines[0].sov_line.id: LineEntry(work=Money(200_000, "USD"))}, "typing error"
        )
        set_status(call, owner.claim_id, ClaimStatus.UNDER_REVIEW)
    with pytest.raises(UserError, match="has changed since the owner got it"):
        owner.click(message, ClaimStatus.APPROVED)
    assert owner.status == "under_review"
    with owner.inbox.db.transaction() as session:
        owner.send(call_of(session, owner.inbox.settings, session.merge(owner.inbox.month.pat)))
    owner.click(owner.says("Approved."), ClaimStatus.APPROVED)
    assert owner.status == "approved"


def test_only_who_may_mail_the_owner_may_confirm(owner: Owner):
    message = owner.says("Approved.")
    with pytest.raises(NotAllowedError):
        owner.click(message, ClaimStatus.APPROVED, owner.inbox.month.dana)
    assert owner.status == "under_review"


def test_a_later_contrary_answer_is_flagged_and_changes_nothing_until_a_person_says(owner: Owner):
    owner.click(owner.says("Approved."), ClaimStatus.APPROVED)
    again = owner.says("Approved. Thanks!")
    assert owner.notices("contrary") == []
    turned = owner.says("Rejected.")
    assert owner.notices("contrary") == [f"contrary:{turned.id}"]
    assert f"owner_reply:{again.id}" not in owner.inbox.notices()
    assert owner.status == "approved"
    owner.click(turned, ClaimStatus.REVISE_AND_RESUBMIT)
    assert owner.status == "revise_and_resubmit"
    assert len(owner.confirmations()) == 2


def test_an_answer_to_the_confirmation_is_read_by_a_person(owner: Owner):
    owner.click(owner.says("Approved."), ClaimStatus.APPROVED)
    wrong = owner.says("That is not what I meant, please call me.")
    assert owner.notices("owner_reply")[-1] == f"owner_reply:{wrong.id}"
    assert owner.status == "approved"
    assert len(owner.confirmations()) == 1


def test_where_the_project_wants_it_a_clear_answer_acts_and_is_confirmed_in_their_language(database: Database):
    owner = Owner(database, owner_answers="act")
    with database.transaction() as session:
        session.merge(owner.inbox.month.olga).language = "fr"
    message = owner.says("Approved.")
    assert owner.status == "approved"
    [told] = owner.confirmations()
    assert "a maintenant le statut «\u00a0Approuvée\u00a0»" in told.text
    assert owner.notices("owner_reply") == [f"owner_reply:{message.id}"]
    with database.reading() as session:
        claim = session.get_one(Claim, owner.claim_id)
        assert claim.status_by_id == owner.inbox.month.olga.id
        handled = session.scalars(select(Event).where(Event.verb == "answer_handled")).one()
        assert (handled.after, handled.door) == ({"as": "approved"}, "mail")
    turned = owner.says("Rejected.")
    assert owner.status == "approved"
    assert owner.notices("contrary") == [f"contrary:{turned.id}"]


@pytest.mark.parametrize(
    "text", ["Approved as noted.\n\nMind the roof.", "Yes", "Approved?", "Approved if you send it"]
)
def test_even_then_notes_and_doubts_are_for_a_person(database: Database, text: str):
    owner = Owner(database, owner_answers="act")
    message = owner.says(text)
    assert owner.status == "under_review"
    assert owner.notices("owner_reply") == [f"owner_reply:{message.id}"]


def test_even_then_a_copy_decides_nothing_and_neither_does_another_company(database: Database):
    owner = Owner(database, owner_answers="act")
    owner.says("Approved.", owner.inbox.month.pat, token=owner.token(owner.inbox.month.pat))
    assert owner.status == "under_review"
    owner.says("Approved.", From="Olga Own <olga@evil.example>")
    assert owner.status == "under_review"


def test_even_then_a_changed_claim_is_for_a_person(database: Database):
    owner = Owner(database, owner_answers="act")
    with database.transaction() as session:
        call = call_of(
            session, owner.inbox.settings, session.merge(owner.inbox.month.pat), at=NOON + timedelta(hours=1)
        )
        set_status(call, owner.claim_id, ClaimStatus.REVISE_AND_RESUBMIT)
    message = owner.says("Approved.")
    assert owner.status == "revise_and_resubmit"
    assert owner.notices("owner_reply") == [f"owner_reply:{message.id}"]


def test_somebody_of_the_owner_who_was_not_asked_only_proposes(database: Database):
    owner = Owner(database, owner_answers="act")
    with database.transaction() as session:
        prime = session.merge(owner.inbox.month.prime)
        other = make_person(session, prime.company, "Oscar Own")
        session.add(
            Member(
                project_id=prime.project_id, person_id=other.id, role="", commitments="none", client_contracts="none"
            )
        )
        from payclerk_core.tables import InvoiceContact

        prime.contacts.append(InvoiceContact(person=other))
    message = owner.says("Approved.", other)
    assert message.sender_verified
    assert owner.status == "under_review"


def test_a_word_of_ours_in_between_does_not_make_another_amount_what_the_owner_approved(database: Database):
    owner = Owner(database, owner_answers="act")
    month = owner.inbox.month
    asked = owner.says("Can you check the roof?")
    with database.transaction() as session:
        call = call_of(session, owner.inbox.settings, session.merge(month.pat))
        claim = session.get_one(Claim, owner.claim_id)
        set_status(call, claim.id, ClaimStatus.REVISE_AND_RESUBMIT)
        line = claim.lines[0].sov_line.id
        correct_amounts(call, claim.id, {line: LineEntry(work=Money(200_000, "USD"))}, "the roof")
        set_status(call, claim.id, ClaimStatus.UNDER_REVIEW)
        reply_email(call, asked.id, Draft([month.olga.id], [], [], "Claim 1", "We have checked it."))
    message = owner.says("Approved.")
    assert message.decision == "approve"
    assert owner.status == "under_review"
    with pytest.raises(UserError, match="has changed since the owner got it"):
        owner.click(message, ClaimStatus.APPROVED)


def test_an_approval_with_a_workbook_beside_it_is_an_approval(sqlite_url: str):
    owner = Owner(Database(sqlite_url))
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("content.xml", "<a/>")
    message = owner.says("Approved.", files=[("Billing form SC-001 claim 1.ods", book.getvalue())])
    assert message.decision == "approve"
    assert owner.notices("owner_reply") == [f"owner_reply:{message.id}"]


@pytest.mark.parametrize("line", ["Upon Inspection", "Crane Removed", "Cap 900"])
def test_even_then_a_line_below_the_name_that_is_no_signature_is_for_a_person(database: Database, line: str):
    owner = Owner(database, owner_answers="act")
    message = owner.says(f"Approved\n\nOlga Own\nSenior Project Manager\n{line}\n")
    assert (message.decision, owner.status) == (None, "under_review")
    assert line.casefold() in (message.decision_why or "")
    assert owner.notices("owner_reply") == [f"owner_reply:{message.id}"]


def test_a_signature_below_a_clear_answer_does_not_hold_it_up(database: Database):
    owner = Owner(database, owner_answers="act")
    owner.says("Approved\n\nOlga Own, P.E.\nSenior Project Manager\n1200 Niagara St., Suite 400\nBuffalo, NY 14213\n")
    assert owner.status == "approved"
