"""The owner's claim sent out for signature, and envelopes taken back: who may, when, and what is promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from books import Books
from mail_month import NOON, promised
from payclerk_core.actions.batches import Order
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.actions.signing import (
    note_envelope_failed,
    note_envelope_sent,
    note_envelope_status,
    send_owner_claim_to_sign,
    send_to_docusign,
    void_envelope,
    void_what_left,
)
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Contract, Envelope, Member

if TYPE_CHECKING:
    from payclerk_core.db import Database


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def owner_claim(books: Books) -> int:
    """An approved claim to the owner."""
    books.approved(1000)
    with books.call() as call:
        claim_id = make_owner_claim(call, books.month.project.id).id
        set_status(call, claim_id, ClaimStatus.APPROVED)
    return claim_id


def send(books: Books, claim_id: int) -> int:
    with books.call() as call:
        return send_owner_claim_to_sign(call, claim_id).id


def bulk_send(books: Books, claim_id: int) -> list[str]:
    """What became of it, by row."""
    with books.call() as call:
        batch = send_to_docusign(call, Order(f"key{claim_id}", books.month.project.id, None), [claim_id])
        return [f"{item.outcome}: {item.reason}" for item in batch.items]


def void(books: Books, envelope_id: int, reason: str = "The amount changed") -> None:
    with books.call() as call:
        void_envelope(call, envelope_id, reason)


def left(books: Books, envelope_id: int, status: str = "sent") -> None:
    """It has reached DocuSign, and stands there with this status."""
    with books.call() as call:
        note_envelope_sent(call, envelope_id, f"docusign-{envelope_id}")
        note_envelope_status(call, envelope_id, status)


def envelope(books: Books, envelope_id: int) -> Envelope:
    with books.database.reading() as session:
        return session.get_one(Envelope, envelope_id)


def refuse(books: Books, claim_id: int) -> str:
    with pytest.raises(UserError) as refused:
        send(books, claim_id)
    return refused.value.message


def level(books: Books, **levels: str) -> None:
    with books.database.transaction() as session:
        member = session.scalars(select(Member).where(Member.person_id == books.month.dana.id)).one()
        for tool, name in levels.items():
            setattr(member, tool, name)


# --- sending the owner's claim


def test_an_approved_claim_to_the_owner_is_promised_once(books: Books, owner_claim: int) -> None:
    envelope_id = send(books, owner_claim)

    row = envelope(books, envelope_id)
    assert (row.status, row.revision, row.batch_item_id) == ("promised", 1, None)
    assert promised(books.database, "docusign.send") == [f"docusign.send:{envelope_id}"]
    assert books.events("envelope", envelope_id) == ["envelope_promised"]
    assert "out for signature" in refuse(books, owner_claim)


@pytest.mark.parametrize("status", [ClaimStatus.UNDER_REVIEW, ClaimStatus.REVISE_AND_RESUBMIT, ClaimStatus.DRAFT])
def test_only_an_approved_one_is_sent(books: Books, owner_claim: int, status: ClaimStatus) -> None:
    with books.call() as call:
        set_status(call, owner_claim, status)
    assert refuse(books, owner_claim).endswith(f"It is {status.label}; only Approved can be signed.")
    assert promised(books.database, "docusign.send") == []


def test_without_an_invoice_contact_nobody_can_sign(books: Books, owner_claim: int) -> None:
    with books.database.transaction() as session:
        for contact in session.get_one(Contract, books.month.prime.id).contacts:
            session.delete(contact)
    assert "no invoice contact" in refuse(books, owner_claim)


def test_a_payable_claim_is_sent_from_its_list(books: Books) -> None:
    assert "no claim to the owner" in refuse(books, books.approved(1000))


def test_the_bulk_action_leaves_the_owners_claim_out(books: Books, owner_claim: int) -> None:
    assert bulk_send(books, owner_claim) == ["skipped: It is the claim to the owner; change it on its own."]


def test_the_owners_side_follows_client_contracts(books: Books, owner_claim: int) -> None:
    level(books, commitments="admin", client_contracts="standard")
    with pytest.raises(NotAllowedError, match="Client Contracts"), books.call(books.month.dana) as call:
        send_owner_claim_to_sign(call, owner_claim)
    envelope_id = send(books, owner_claim)
    with pytest.raises(NotAllowedError, match="Client Contracts"), books.call(books.month.dana) as call:
        void_envelope(call, envelope_id, "No")


# --- taking an envelope back


def test_one_that_has_not_left_is_void_at_once_and_looked_for(books: Books, owner_claim: int) -> None:
    first = send(books, owner_claim)

    void(books, first)

    row = envelope(books, first)
    assert (row.status, row.reason) == ("voided", "The amount changed")
    assert promised(books.database, "docusign.void") == [f"docusign.void:{first}:asked"]
    assert books.events("envelope", first) == ["envelope_promised", "envelope_void_requested", "envelope_voided"]
    assert envelope(books, send(books, owner_claim)).transaction_id != row.transaction_id


@pytest.mark.parametrize("status", ["sent", "delivered"])
def test_of_one_that_has_left_docusign_decides(books: Books, owner_claim: int, status: str) -> None:
    envelope_id = send(books, owner_claim)
    left(books, envelope_id, status)

    void(books, envelope_id)

    assert envelope(books, envelope_id).status == status
    assert "out for signature" in refuse(books, owner_claim)
    with pytest.raises(UserError, match="being voided already"):
        void(books, envelope_id)

    with books.call() as call:
        note_envelope_status(call, envelope_id, "voided")
    assert envelope(books, send(books, owner_claim)).revision == 2


@pytest.mark.parametrize("status", ["completed", "declined", "voided"])
def test_a_finished_one_stays(books: Books, owner_claim: int, status: str) -> None:
    envelope_id = send(books, owner_claim)
    left(books, envelope_id, status)
    with pytest.raises(UserError, match=f"is {status}") as refused:
        void(books, envelope_id)
    assert refused.value.code == "not_voidable"
    assert promised(books.database, "docusign.void") == []


def test_a_void_says_why(books: Books, owner_claim: int) -> None:
    envelope_id = send(books, owner_claim)
    with pytest.raises(UserError, match="Say why") as refused:
        void(books, envelope_id, " \n ")
    assert refused.value.field == "reason"
    void(books, envelope_id, "x" * 500)
    assert envelope(books, envelope_id).reason == "x" * 200  # what DocuSign takes


def test_a_payable_one_is_voided_with_t4_and_its_row_says_so(books: Books) -> None:
    claim_id = books.approved(1000)
    assert bulk_send(books, claim_id) == ["waiting: None"]
    with books.database.reading() as session:
        envelope_id = session.scalars(select(Envelope.id)).one()
    level(books, commitments="standard", client_contracts="admin")
    with pytest.raises(NotAllowedError, match="Commitments"), books.call(books.month.dana) as call:
        void_envelope(call, envelope_id, "No")

    void(books, envelope_id)

    assert envelope(books, envelope_id).status == "voided"
    with books.call() as call:  # now the approval can be taken back
        set_status(call, claim_id, ClaimStatus.UNDER_REVIEW)


def test_one_that_left_while_it_was_voided_is_voided_there_too(books: Books, owner_claim: int) -> None:
    envelope_id = send(books, owner_claim)
    void(books, envelope_id)

    with books.call() as call:
        note_envelope_sent(call, envelope_id, "docusign-1")
        void_what_left(call, envelope_id)

    assert envelope(books, envelope_id).status == "voided"
    assert promised(books.database, "docusign.void") == [
        f"docusign.void:{envelope_id}:asked", f"docusign.void:{envelope_id}:left",
    ]  # fmt: skip


def test_a_late_failure_does_not_undo_a_void(books: Books, owner_claim: int) -> None:
    envelope_id = send(books, owner_claim)
    void(books, envelope_id)
    with books.call(at=NOON) as call:
        note_envelope_failed(call, envelope_id, "refused")
    assert (envelope(books, envelope_id).status, envelope(books, envelope_id).reason) == (
        "voided",
        "The amount changed",
    )
