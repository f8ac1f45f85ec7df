"""Who may mail a claim: T18 or C12 for a payable one, T14 for the owner's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from books import Books
from mail_month import promised
from payclerk_core.actions.emails import Draft, compose_email
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.tables import Member, Message, PrivateListEntry

if TYPE_CHECKING:
    from payclerk_core.db import Database
    from payclerk_core.tables import Person


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def level(books: Books, person: Person, **levels: str) -> None:
    with books.database.transaction() as session:
        member = session.scalars(select(Member).where(Member.person_id == person.id)).one()
        for tool, name in levels.items():
            setattr(member, tool, name)


def forward(books: Books, claim_id: int, person: Person) -> Message:
    draft = Draft([books.month.olga.id], [], [], "The claim", "Please see the claim attached.")
    with books.call(person) as call:
        message = compose_email(call, claim_id, draft)
        assert [row.email for row in message.recipients] == ["olga@owner.example"]
        return message


@pytest.mark.parametrize("commitments", ["standard", "admin"])
def test_standard_and_admin_forward_any_claim(books: Books, commitments: str) -> None:
    claim_id = books.claim(1000)
    level(books, books.month.sam, commitments=commitments)  # an invoice contact of another contract

    message = forward(books, claim_id, books.month.sam)

    assert len(promised(books.database, "mail.send")) == 1
    assert books.events("message", message.id) == ["communication_created"]


def test_an_invoice_contact_forwards_their_own_and_no_other(books: Books) -> None:
    own, other = books.claim(1000), books.claim(1000, contract=books.month.steel)
    assert forward(books, own, books.month.dana).subject == "The claim"
    with pytest.raises(NotAllowedError, match="'Standard'"):
        forward(books, other, books.month.dana)


@pytest.mark.parametrize("commitments", ["none", "read_only"])
def test_less_than_standard_forwards_nothing(books: Books, commitments: str) -> None:
    claim_id = books.claim(1000)
    level(books, books.month.sam, commitments=commitments)
    before = promised(books.database, "mail.send")

    with pytest.raises(NotAllowedError, match="invoice contact"):
        forward(books, claim_id, books.month.sam)

    assert promised(books.database, "mail.send") == before


def test_the_owners_claim_still_takes_admin_on_client_contracts(books: Books) -> None:
    books.approved(1000)
    with books.call() as call:
        claim_id = make_owner_claim(call, books.month.project.id).id
    level(books, books.month.sam, commitments="admin", client_contracts="standard")

    with pytest.raises(NotAllowedError, match="Client Contracts"):
        forward(books, claim_id, books.month.sam)
    level(books, books.month.sam, client_contracts="admin")
    assert forward(books, claim_id, books.month.sam).kind == "owner_claim"


def test_a_private_contract_is_forwarded_by_those_who_see_it(books: Books) -> None:
    claim_id, sam = books.claim(1000), books.month.sam
    level(books, sam, commitments="standard")  # may forward, but this contract is none of theirs to see
    books.change(private=True)
    with pytest.raises(NotAllowedError, match="SC-001 is private"):
        forward(books, claim_id, sam)
    assert promised(books.database, "mail.send") == []

    with books.database.transaction() as session:
        session.add(PrivateListEntry(contract_id=books.month.plumbing.id, person_id=sam.id))
    for person in (sam, books.month.dana, books.month.pat):  # listed, invoice contact, administrator
        assert forward(books, claim_id, person).id


def test_a_claim_without_its_pdf_is_not_sent_as_if_it_had_one(books: Books) -> None:
    with books.call() as call:
        claim_id = books.draft(call, 1000).id
    with pytest.raises(UserError) as refused:
        forward(books, claim_id, books.month.pat)
    assert (refused.value.code, promised(books.database, "mail.send")) == ("no_pdf", [])

    without = Draft([books.month.olga.id], [], [], "The claim", "It follows.", attach_claim=False)
    with books.call() as call:
        assert compose_email(call, claim_id, without).attachments == []
