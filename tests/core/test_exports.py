"""A claim exported as PDF, CSV, ZIP and one PDF with attachments; previewed; refused."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from books import Books
from mail_month import NOON
from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.exports import ExportForm, export_claim, preview_claim, zip_name
from payclerk_core.actions.mailing import store_file
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.documents.claim_csv import claim_csv, defused
from payclerk_core.documents.footing import check_footing, read_back
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money
from payclerk_core.queries.claims import summary_of
from payclerk_core.rules.billing import Line, summarize
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import (
    Attachment,
    ClaimLine,
    Contract,
    Envelope,
    Event,
    Member,
    Message,
    PrivateListEntry,
    Project,
    SovLine,
    StoredFile,
)
from printed import pages_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payclerk_core.actions.exports import ExportedFile
    from payclerk_core.db import Database


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def attach(books: Books, claim_id: int, *files: tuple[str, bytes, str]) -> list[int]:
    """Files that came with a mail about the claim and are its backup now; their ids."""
    with books.call() as call:
        claim = load_claim(call, claim_id)
        message = Message(
            thread_id=claim.thread_id, direction="in", kind="reply", message_id=f"<{claim_id}@x>", sender="d@x.example",
            subject="Backup", text="", status="done", status_at=NOON, written_at=NOON,
        )  # fmt: skip
        call.session.add(message)
        call.session.flush()
        rows = [
            Attachment(message_id=message.id, file_id=store_file(call, *rest).id, name=name, claim_id=claim_id)
            for name, *rest in files
        ]
        call.session.add_all(rows)
        call.session.flush()
        return [row.id for row in rows]


def export(books: Books, claim_id: int, form: ExportForm, wanted: Sequence[int] | None = None) -> ExportedFile:
    with books.call() as call:
        return export_claim(call, claim_id, form, wanted)


def a_pdf(text: str) -> bytes:
    return typst.compile(text.encode(), format="pdf")


def level(books: Books, commitments: str) -> None:
    with books.database.transaction() as session:
        member = session.scalars(select(Member).where(Member.person_id == books.month.dana.id)).one()
        member.commitments = commitments


# --- as PDF


def test_the_pdf_is_the_one_that_was_issued_and_an_event_stays(books: Books) -> None:
    claim_id = books.claim(1000, 500)

    file = export(books, claim_id, ExportForm.PDF)

    with books.database.reading() as session:
        assert file.content == session.get_one(StoredFile, books.shown(claim_id).pdf_id).content
        event = session.scalars(select(Event).where(Event.verb == "exported")).one()
    assert (file.name, file.content_type) == ("SC-001 claim 1 rev 1.pdf", "application/pdf")
    assert event.after == {"form": "pdf", "name": file.name, "revision": 1}
    assert (event.record_id, event.actor_id) == (claim_id, books.month.pat.id)


def test_a_draft_is_exported_with_its_numbers_of_now(books: Books) -> None:
    with books.call() as call:
        claim_id = books.draft(call, 1000).id

    file = export(books, claim_id, ExportForm.PDF)

    assert read_back(file.content).summary["completed"] == 1000
    assert books.shown(claim_id).pdf_id is None


def test_the_signed_copy_takes_the_place_of_the_plain_one(books: Books) -> None:
    claim_id, signed = books.approved(1000), a_pdf("Signed")
    with books.call() as call:
        kept = store_file(call, signed, "application/pdf")
        call.session.add(
            Envelope(
                claim_id=claim_id,
                revision=1,
                transaction_id="t",
                status="completed",
                status_at=NOON,
                signed_pdf_id=kept.id,
            )
        )
    assert export(books, claim_id, ExportForm.PDF).content == signed


def test_it_is_printed_in_the_words_of_the_project(books: Books) -> None:
    with books.database.transaction() as session:
        session.get_one(Project, books.month.project.id).dictionary = "uk"
    claim_id = books.claim(1000)

    text = text_of(export(books, claim_id, ExportForm.PDF).content)

    assert "Subcontractor payment application" in text
    assert "Retention" in text


def test_a_claim_that_does_not_tie_is_refused_and_leaves_no_event(books: Books) -> None:
    claim_id = books.claim(1000, 500)
    with books.database.transaction() as session:
        line = session.scalars(select(ClaimLine).where(ClaimLine.claim_id == claim_id)).first()
        line.previous_work_cents = 100

    for form in ExportForm:
        with pytest.raises(UserError, match="001"):
            export(books, claim_id, form)

    assert "exported" not in books.events("claim", claim_id)


# --- who may


def test_only_an_administrator_exports(books: Books) -> None:
    claim_id = books.claim(1000)
    for commitments in ("none", "read_only", "standard"):
        level(books, commitments)
        with pytest.raises(NotAllowedError, match="Admin"), books.call(books.month.dana) as call:
            export_claim(call, claim_id, ExportForm.CSV)


def test_the_owners_claim_follows_client_contracts(books: Books) -> None:
    books.approved(1000)
    with books.call() as call:
        claim_id = make_owner_claim(call, books.month.project.id).id
    level(books, "admin")

    with pytest.raises(NotAllowedError, match="Client Contracts"), books.call(books.month.dana) as call:
        export_claim(call, claim_id, ExportForm.PDF)

    assert "Owner invoice" in text_of(export(books, claim_id, ExportForm.PDF).content)


# --- as CSV


def rows_of(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_csv_holds_columns_a_to_i_their_total_and_the_summary(books: Books) -> None:
    claim_id = books.claim(1000, 500, stored=200)

    rows = rows_of(export(books, claim_id, ExportForm.CSV).content)

    assert [head.partition(" ")[0] for head in rows[0][:10]] == ["A", "B", "C", "D", "E", "F", "G", "G/C", "H", "I"]
    first = ["001", "Rough-in", "10000.00", "0.00", "1000.00", "200.00", "1200.00", "12.00", "8800.00", "120.00", ""]
    assert rows[1] == first
    assert rows[3][1:10] == [
        "Grand total", "15000.00", "0.00", "1500.00", "200.00", "1700.00", "11.33", "13300.00", "170.00",
    ]  # fmt: skip
    summary = {row[0]: row[2] for row in rows[6:]}
    assert summary["8"] == summary_of(books.shown(claim_id)).due.plain() == "1530.00"
    assert list(summary) == ["1", "2", "3", "4", "5a", "5b", "5", "6", "7", "8", "9"]


def test_a_formula_in_a_description_stays_text(books: Books) -> None:
    with books.database.transaction() as session:
        line = session.scalars(select(SovLine).where(SovLine.contract_id == books.month.plumbing.id)).first()
        line.description, line.item = '=HYPERLINK("http://x")', "@1"
    rows = rows_of(export(books, books.claim(1000), ExportForm.CSV).content)
    assert rows[1][:2] == ["'@1", '\'=HYPERLINK("http://x")']


@given(st.text(max_size=30))
def test_no_cell_is_ever_a_formula(text: str) -> None:
    cell = defused(text)
    assert cell in (text, "'" + text)
    if cell.strip(" \u00a0")[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        Decimal(cell)  # what still begins so is a number


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("-12.50", "-12.50"), ("+3", "+3"), ("-", "'-"), ("-1-2", "'-1-2"), (" =A1", "' =A1"), ("=1", "'=1"),
        ("+49 30 123", "'+49 30 123"), ("\t=1", "'\t=1"), ("a=b", "a=b"), ("", ""), ("-1e5", "'-1e5"),
        ("\uff1dA1", "'\uff1dA1"),
    ],
)  # fmt: skip
def test_numbers_stay_numbers(cell: str, shown: str) -> None:
    assert defused(cell) == shown


amounts = st.integers(-(10**9), 10**9)


@given(st.lists(st.tuples(st.text(max_size=20), amounts, amounts, amounts, amounts), max_size=6))
def test_what_is_written_is_read_back_and_adds_up(drawn: list[tuple[str, int, int, int, int]]) -> None:
    lines = [Line(f"{n:03}", text, *cents) for n, (text, *cents) in enumerate(drawn)]
    rows = rows_of(claim_csv(lines, summarize(lines, previous_certificates=Money(0))))
    body, bottom = rows[1 : len(lines) + 1], rows[len(lines) + 1]
    for column in (2, 3, 4, 5, 6, 8, 9):
        assert sum(Decimal(row[column]) for row in body) == Decimal(bottom[column])
    assert [row[1].removeprefix("'") for row in body] == [text.removeprefix("'") for text, *_ in drawn]


def test_without_lines_there_is_still_a_total() -> None:
    rows = rows_of(claim_csv([], summarize([], previous_certificates=Money(0))))
    assert rows[1][1:4] == ["Grand total", "0.00", "0.00"]


# --- with attachments

PHOTO = ("../photo.jpg", b"\xff\xd8 a photo", "image/jpeg")


def test_the_zip_holds_the_pdf_and_the_attachments_in_order(books: Books) -> None:
    claim_id = books.claim(1000)
    attach(books, claim_id, ("Backup.pdf", a_pdf("one"), "application/pdf"), PHOTO, ("backup.PDF", b"two", "x/y"))

    file = export(books, claim_id, ExportForm.ZIP)

    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "01 SC-001 claim 1 rev 1.pdf", "02 Backup.pdf", "03 _photo.jpg", "04 backup.PDF",
        ]  # fmt: skip
        assert archive.read("04 backup.PDF") == b"two"
        assert check_footing(read_back(archive.read("01 SC-001 claim 1 rev 1.pdf"))) == []
    assert export(books, claim_id, ExportForm.ZIP).content == file.content


def test_attachments_are_chosen_and_ordered(books: Books) -> None:
    claim_id = books.claim(1000)
    ids = attach(books, claim_id, ("a.txt", b"a", "text/plain"), ("b.txt", b"b", "text/plain"), PHOTO)

    file = export(books, claim_id, ExportForm.ZIP, [ids[1], ids[0], ids[1]])

    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert archive.namelist()[1:] == ["02 b.txt", "03 a.txt"]
    with books.database.reading() as session:
        event = session.scalars(select(Event).where(Event.verb == "exported")).one()
    assert event.after["attachments"] == ["b.txt", "a.txt"]


def test_another_claims_attachment_is_not_handed_out(books: Books) -> None:
    claim_id, other = books.claim(1000), books.claim(1000, contract=books.month.steel)
    (foreign,) = attach(books, other, PHOTO)
    with pytest.raises(UserError) as refused:
        export(books, claim_id, ExportForm.ZIP, [foreign])
    assert refused.value.code == "not_found"


def test_one_pdf_has_all_pages_and_names_what_is_none(books: Books) -> None:
    claim_id = books.claim(1000)
    attach(books, claim_id, ("Backup.pdf", a_pdf("one #pagebreak() two"), "application/pdf"), PHOTO)

    file = export(books, claim_id, ExportForm.COMBINED)

    alone = pages_of(export(books, claim_id, ExportForm.PDF).content)
    assert pages_of(file.content) == 1 + alone + 2
    text = text_of(file.content)
    assert "Subcontractor invoice with attachments" in text
    assert "photo.jpg" in text


@given(st.text(max_size=400), st.integers(1, 99))
def test_a_name_in_the_archive_is_one_plain_file(name: str, place: int) -> None:
    safe = zip_name(place, name)
    assert safe.startswith(f"{place:02d} ")
    assert len(safe) > 3
    assert len(safe) <= 125
    assert not set(safe) & set('/\\:*?"<>|\n\r\x00\u202e')
    assert not safe.endswith((" ", "."))


# --- preview


def test_a_preview_shows_any_status_and_stores_nothing(books: Books) -> None:
    with books.call() as call:
        claim_id = books.draft(call, 1000, 250).id
    before = books.events("claim", claim_id)
    level(books, "read_only")

    with books.call(books.month.dana) as call:
        pdf = preview_claim(call, claim_id)
        assert call.session.scalars(select(StoredFile)).all() == []

    assert read_back(pdf).summary["completed"] == 1250
    assert "Status: Draft" in text_of(pdf)
    assert books.events("claim", claim_id) == before


@pytest.mark.parametrize("status", [ClaimStatus.REVISE_AND_RESUBMIT, ClaimStatus.APPROVED])
def test_a_preview_names_the_status(books: Books, status: ClaimStatus) -> None:
    claim_id = books.claim(1000, status=status)
    with books.call() as call:
        assert f"Status: {status.label}" in text_of(preview_claim(call, claim_id))


def test_a_preview_needs_a_level_and_a_private_contract_its_list(books: Books) -> None:
    claim_id = books.claim(1000, contract=books.month.steel)
    with pytest.raises(NotAllowedError, match="Read Only"), books.call(books.month.dana) as call:
        preview_claim(call, claim_id)
    level(books, "standard")
    with books.database.transaction() as session:
        session.get_one(Contract, books.month.steel.id).private = True
    with pytest.raises(NotAllowedError, match="private"), books.call(books.month.dana) as call:
        preview_claim(call, claim_id)
    with books.database.transaction() as session:
        session.add(PrivateListEntry(contract_id=books.month.steel.id, person_id=books.month.dana.id))
    with books.call(books.month.dana) as call:
        assert preview_claim(call, claim_id).startswith(b"%PDF")
