"""The workers of envelopes on a real database and the local DocuSign: the owner signs, an envelope is voided."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pikepdf
import pypdf
import pytest
from sqlalchemy import select

from books import Books
from mail_month import NOON, make_settings, promised
from payclerk_core.actions.batches import Order
from payclerk_core.actions.certificates import certify
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.actions.signing import send_owner_claim_to_sign, send_to_docusign, void_envelope
from payclerk_core.actions.signing_outage import note_outage
from payclerk_core.clock import system_clock
from payclerk_core.documents.layout import PAPERS, SIGN_TOKEN
from payclerk_core.documents.page_text import fragments
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import Job
from payclerk_core.money import Money
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import Claim, Contract, Envelope, Event, SigningOutage, StoredFile
from payclerk_playground.docusign import papers
from payclerk_scheduler.heavy import HeavyWork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payclerk_core.db import Database
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


def text_of(pdf: bytes, *, page: int) -> str:
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[page].extract_text()


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


# --- the poll


POLL = Job("docusign.poll", "now", {}, 1)


def out_for_signature(books: Books, work: HeavyWork, world: DocusignWorld) -> list[tuple[int, str]]:
    """Two payable claims out for signature: our row and DocuSign's id of each."""
    claims = [books.approved(1000, contract=contract) for contract in (books.month.plumbing, books.month.steel)]
    with books.call() as call:
        send_to_docusign(call, Order("all", books.month.project.id, None), claims)
    with books.database.reading() as session:
        rows = list(session.scalars(select(Envelope.id).order_by(Envelope.id)))
    for row in rows:
        work.send_envelope(job("docusign.send", row))
    with books.database.reading() as session:
        return [(row, str(session.get_one(Envelope, row).envelope_id)) for row in rows]


def sign_all(world: DocusignWorld, envelope_id: str) -> None:
    for signer in world.envelope(envelope_id).signers:
        world.sign(envelope_id, signer.email)


@pytest.mark.parametrize("fault", ["locked", "purged"])
def test_one_that_cannot_be_fetched_holds_up_no_other(
    books: Books, work: HeavyWork, world: DocusignWorld, fault: str
) -> None:
    (first, bad), (second, good) = out_for_signature(books, work, world)
    sign_all(world, bad)
    sign_all(world, good)
    if fault == "locked":
        world.faults.locked_documents.add(bad)
    else:
        world.purge(bad)

    for _ in range(3):  # three quarters of an hour
        work.poll_envelopes(POLL)

    assert (status(books, first), status(books, second)) == ("sent", "completed")
    (only,) = promised(books.database, "docusign.fetch")
    with pytest.raises(OutsideError) as trouble:
        work.fetch_envelope(job(only, first))
    assert trouble.value.permanent  # one failed job, which people see once
    if fault == "locked":
        world.faults.locked_documents.clear()
        work.fetch_envelope(job(only, first))
        assert status(books, first) == "completed"


def test_a_poll_while_docusign_is_away_is_no_failed_job(
    books: Books, work: HeavyWork, world: DocusignWorld, row: int
) -> None:
    work.send_envelope(job("docusign.send", row))
    world.faults.server_errors = 1

    work.poll_envelopes(POLL)

    assert status(books, row) == "sent"
    assert outages(books) == [
        ("DocuSign answered SERVICE_UNAVAILABLE: The service is temporarily unavailable.", False, True)
    ]
    assert promised(books.database, "slack.notice")[-1:] != ["slack.notice:docusign:1"]
    work.poll_envelopes(POLL)
    assert [open_ for *_, open_ in outages(books)] == [False]


def outages(books: Books) -> list[tuple[str, bool, bool]]:
    """Reason, whether people were told, whether it is still so."""
    with books.database.reading() as session:
        rows = session.scalars(select(SigningOutage).order_by(SigningOutage.id))
        return [(row.reason, row.noticed_at is not None, row.over_at is None) for row in rows]


def docusign_notices(books: Books) -> list[str]:
    return [one for one in promised(books.database, "slack.notice") if ":docusign:" in one]


def test_a_fault_of_the_installation_is_told_once_and_fails_no_envelope(
    books: Books, work: HeavyWork, world: DocusignWorld, row: int
) -> None:
    world.faults.consent_required = True
    for _ in range(3):
        with pytest.raises(OutsideError) as trouble:
            work.send_envelope(job("docusign.send", row))
    work.poll_envelopes(POLL)
    assert trouble.value.installation
    assert status(books, row) == "promised"
    assert [(told, open_) for _, told, open_ in outages(books)] == [(True, True)]
    assert len(docusign_notices(books)) == 1

    world.faults.consent_required = False
    work.send_envelope(job("docusign.send", row))

    assert status(books, row) == "sent"
    assert [(told, open_) for _, told, open_ in outages(books)] == [(True, False)]
    assert len(docusign_notices(books)) == 2  # the same message, brought up to date


def test_what_passes_is_told_after_an_hour(books: Books, work: HeavyWork, world: DocusignWorld, row: int) -> None:
    work.send_envelope(job("docusign.send", row))
    trouble = OutsideError("DocuSign cannot be reached", permanent=False)
    for minutes, told in ((0, 0), (59, 0), (60, 1), (75, 1)):
        with books.call(at=NOON + timedelta(minutes=minutes)) as call:
            note_outage(call, trouble)
        assert len(docusign_notices(books)) == told


# --- what the signers said


def test_a_decline_is_announced_with_its_reason(
    books: Books, work: HeavyWork, world: DocusignWorld, claim_id: int, row: int
) -> None:
    work.send_envelope(job("docusign.send", row))
    world.decline(world.envelopes()[0].id, OLGA, "Line 3 is not done")

    work.poll_envelopes(POLL)

    assert status(books, row) == "declined"
    with books.database.reading() as session:
        assert session.get_one(Envelope, row).reason == "Line 3 is not done"
    assert f"slack.notice:signature:{row}:declined" in promised(books.database, "slack.notice")
    assert promise_one(books, claim_id) != row  # it can be sent anew


def test_one_voided_at_docusign_is_announced(books: Books, work: HeavyWork, world: DocusignWorld, row: int) -> None:
    work.send_envelope(job("docusign.send", row))
    world.void(world.envelopes()[0].id, "Sent to the wrong person")

    work.poll_envelopes(POLL)

    with books.database.reading() as session:
        envelope = session.get_one(Envelope, row)
        assert (envelope.status, envelope.reason) == ("voided", "Sent to the wrong person")
    assert f"slack.notice:signature:{row}:voided" in promised(books.database, "slack.notice")


def test_an_amount_that_was_certified_is_printed_and_not_asked_for(
    books: Books, work: HeavyWork, world: DocusignWorld, claim_id: int
) -> None:
    with books.call() as call:
        certify(call, claim_id, Money(80_000), NOON.date(), "Less of line 1")
    work.send_envelope(job("docusign.send", promise_one(books, claim_id)))

    (sent,) = world.envelopes()
    assert sent.signers[0].texts() == {}


def test_the_owner_certifies_an_amount_in_the_form(
    books: Books, work: HeavyWork, world: DocusignWorld, row: int
) -> None:
    work.send_envelope(job("docusign.send", row))
    (sent,) = world.envelopes()
    assert sent.signers[0].texts() == {"amount_certified": "900.00"}
    world.sign(sent.id, OLGA, amount_certified="850.00")

    work.poll_envelopes(POLL)

    with books.database.reading() as session:
        query = select(Event).where(Event.record == "envelope", Event.verb == "envelope_completed")
        assert (session.scalars(query).one().after or {})["certified"] == "850.00"
        signed = session.get_one(StoredFile, session.get_one(Envelope, row).signed_pdf_id).content
    assert "850.00" in text_of(signed, page=0)
    assert f"slack.notice:signature:{row}:completed" in promised(books.database, "slack.notice")


def test_two_contacts_sign_in_places_of_their_own(books: Books, work: HeavyWork, world: DocusignWorld) -> None:
    (_, envelope_id), _ = out_for_signature(books, work, world)
    signers = world.envelope(envelope_id).signers
    assert len(signers) == 2
    for signer in signers:
        assert [tab.kind for tab in signer.tabs] == ["sign", "date", "name", "title"]
    anchors = [{tab.anchor for tab in signer.tabs} for signer in signers]
    assert anchors == [{"/pc_sign_1/"}, {"/pc_sign_2/"}]

    (document,) = world.envelope(envelope_id).documents
    with pikepdf.open(io.BytesIO(document.content)) as opened:
        pages = [[piece for piece in fragments(page) if "/pc_sign_" in piece.text] for page in opened.pages]
    assert [[piece.text for piece in page] for page in pages if page] == [["/pc_sign_1/"], ["/pc_sign_2/"]]
    sign_all(world, envelope_id)
    signed = pypdf.PdfReader(io.BytesIO(papers.combined(world.envelope(envelope_id))))
    assert "Signed by" in signed.pages[0].extract_text()
    assert signed.pages[-1].extract_text().count("Signed by") == 1


def test_who_signs_what_is_fixed_when_it_is_promised(
    books: Books, work: HeavyWork, world: DocusignWorld, row: int
) -> None:
    with books.database.transaction() as session:
        for contact in session.get_one(Contract, books.month.prime.id).contacts:
            session.delete(contact)
    work.send_envelope(job("docusign.send", row))
    assert [signer.email for signer in world.envelopes()[0].signers] == [OLGA]


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
