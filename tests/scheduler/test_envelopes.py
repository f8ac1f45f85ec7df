"""The workers of envelopes on a real database and the local DocuSign: the owner signs, an envelope is voided."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pikepdf
import pytest
from sqlalchemy import select

from books import Books
from mail_month import make_settings, promised
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.actions.signing import send_owner_claim_to_sign, void_envelope
from payclerk_core.clock import system_clock
from payclerk_core.documents.layout import PAPERS, SIGN_TOKEN
from payclerk_core.documents.page_text import fragments
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import Job
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, Envelope, StoredFile
from payclerk_scheduler.heavy import HeavyWork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payclerk_core.db import Database
    from payclerk_core.tables import Contract
    from payclerk_playground.docusign import DocusignWorld

OLGA = "olga@owner.example"


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def work(books: Books, world: DocusignWorld) -> Iterator[HeavyWork]:
    values = {name.removeprefix("PAYCLERK_").lower(): value for name, value in world.settings().items()}
    work = HeavyWork(make_settings(**values), books.database, system_clock)
    yield work
    work.close()


@pytest.fixture
def claim_id(books: Books) -> int:
    books.approved(1000)
    with books.call() as call:
        claim_id = make_owner_claim(call, books.month.project.id).id
        set_status(call, claim_id, ClaimStatus.APPROVED)
    return claim_id


@pytest.fixture
def row(books: Books, claim_id: int) -> int:
    """The envelope of the owner's claim, promised."""
    return promise_one(books, claim_id)


def promise_one(books: Books, claim_id: int) -> int:
    with books.call() as call:
        return send_owner_claim_to_sign(call, claim_id).id


def job(name: str, row: int) -> Job:
    return Job(name, str(row), {"envelope_row": row}, 1)


def ask_to_void(books: Books, row: int) -> None:
    with books.call() as call:
        void_envelope(call, row, "The amount changed")


def status(books: Books, row: int) -> str:
    with books.database.reading() as session:
        return session.get_one(Envelope, row).status


def statuses(world: DocusignWorld) -> list[str]:
    return [envelope.status for envelope in world.envelopes()]


def test_the_owner_signs_the_certificate(books: Books, work: HeavyWork, world: DocusignWorld, row: int) -> None:
    work.send_envelope(job("docusign.send", row))
    (sent,) = world.envelopes()
    assert [signer.email for signer in sent.signers] == [OLGA]
    world.sign(sent.id, OLGA)

    work.poll_envelopes(Job("docusign.poll", "now", {}, 1))

    assert status(books, row) == "completed"
    with books.database.reading() as session:
        signed = session.get_one(StoredFile, session.get_one(Envelope, row).signed_pdf_id).content
    assert signed.startswith(b"%PDF")


@pytest.mark.usefixtures("claim_id")
def test_the_anchor_stands_in_the_box_of_who_signs(books: Books) -> None:
    half = PAPERS["us-letter"].width / 2
    assert anchor_x(pdf_of(books, books.month.plumbing)) < half < anchor_x(pdf_of(books, books.month.prime))


def pdf_of(books: Books, contract: Contract) -> bytes:
    """Of the claim on this contract."""
    with books.database.reading() as session:
        claim = session.scalars(select(Claim).where(Claim.contract_id == contract.id)).one()
        return session.get_one(StoredFile, claim.pdf_id).content


def anchor_x(pdf: bytes) -> float:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return float(next(piece.x for piece in fragments(opened.pages[0]) if piece.text == SIGN_TOKEN))


def test_an_envelope_is_voided_there_and_the_next_goes_out(
    books: Books, work: HeavyWork, world: DocusignWorld, claim_id: int, row: int
) -> None:
    work.send_envelope(job("docusign.send", row))
    ask_to_void(books, row)

    work.void_envelope(job("docusign.void", row))

    assert status(books, row) == "voided"
    assert world.envelopes()[0].voided_reason == "The amount changed"
    second = promise_one(books, claim_id)
    work.send_envelope(job("docusign.send", second))
    assert sorted(statuses(world)) == ["sent", "voided"]
    assert status(books, second) == "sent"


def test_a_repeat_after_a_lost_answer_finds_it_voided(
    books: Books, work: HeavyWork, world: DocusignWorld, row: int
) -> None:
    work.send_envelope(job("docusign.send", row))
    ask_to_void(books, row)
    work.void_envelope(job("docusign.void", row))
    before = books.events("envelope", row)

    work.void_envelope(job("docusign.void", row))

    assert statuses(world) == ["voided"]
    assert books.events("envelope", row) == before


def test_a_signature_that_was_quicker_stands(books: Books, work: HeavyWork, world: DocusignWorld, row: int) -> None:
    work.send_envelope(job("docusign.send", row))
    ask_to_void(books, row)
    world.sign(world.envelopes()[0].id, OLGA)

    work.void_envelope(job("docusign.void", row))

    assert status(books, row) == "completed"
    with books.database.reading() as session:
        assert session.get_one(Envelope, row).signed_pdf_id is not None


def test_one_voided_before_it_left_never_leaves(books: Books, work: HeavyWork, world: DocusignWorld, row: int) -> None:
    ask_to_void(books, row)
    work.void_envelope(job("docusign.void", row))
    work.send_envelope(job("docusign.send", row))

    assert world.envelopes() == []
    assert status(books, row) == "voided"


def test_one_whose_answer_was_lost_before_the_void_is_found_and_voided(
    books: Books, work: HeavyWork, world: DocusignWorld, row: int
) -> None:
    world.faults.lost_replies = 1
    with pytest.raises(OutsideError):
        work.send_envelope(job("docusign.send", row))
    ask_to_void(books, row)

    work.send_envelope(job("docusign.send", row))  # its next try
    assert promised(books.database, "docusign.void")[-1] == f"docusign.void:{row}:left"
    work.void_envelope(job("docusign.void", row))

    assert statuses(world) == ["voided"]


def test_one_that_was_signed_after_it_was_voided_here_is_put_before_a_person(
    books: Books, work: HeavyWork, world: DocusignWorld, row: int
) -> None:
    world.faults.lost_replies = 1
    with pytest.raises(OutsideError):
        work.send_envelope(job("docusign.send", row))
    ask_to_void(books, row)
    world.sign(world.envelopes()[0].id, OLGA)

    with pytest.raises(OutsideError, match="signed before it could be voided") as trouble:
        work.void_envelope(job("docusign.void", row))
    assert trouble.value.permanent


@pytest.mark.parametrize("fault", ["server_errors", "limits"])
def test_trouble_that_passes_is_tried_again(
    books: Books, work: HeavyWork, world: DocusignWorld, row: int, fault: str
) -> None:
    work.send_envelope(job("docusign.send", row))
    ask_to_void(books, row)
    setattr(world.faults, fault, 1)

    with pytest.raises(OutsideError) as trouble:
        work.void_envelope(job("docusign.void", row))
    assert not trouble.value.permanent
    assert status(books, row) == "sent"

    work.void_envelope(job("docusign.void", row))
    assert status(books, row) == "voided"
