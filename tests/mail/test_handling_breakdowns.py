"""The subcontractor's schedule of values by mail: the sheet goes out, comes back filled, and goes under review."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import openpyxl
import pytest
from sqlalchemy import select, update

from form_files import saved
from mail_inbox import Inbox
from mail_month import call_of
from other_kinds import OTHER_KINDS
from payclerk_core.actions.ssov import enable_ssov, return_ssov
from payclerk_core.tables import Attachment, Contract, Member, MessageRecipient, Person, ReplyToken, SovLine, StoredFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from payclerk_core.db import Database
    from payclerk_core.tables import Message

HEAD_ROW = 9
WHOLE = (
    ("001", "1.1", "Rough-in, level 1", 4000),
    ("001", "1.2", "Rough-in, level 2", "6,000.00"),
    ("002", "2.1", "Fixtures", 5000),
)


@pytest.fixture
def inbox(database: Database) -> Inbox:
    """The plumbing contract asks for a breakdown; its contact has the level that the task needs."""
    inbox = Inbox(database)
    with database.transaction() as session:
        here = Member.person_id.in_([inbox.month.dana.id])
        session.execute(update(Member).where(here).values(commitments="read_only"))
        enable_ssov(call_of(session, inbox.settings, session.get(Person, inbox.month.pat.id)), inbox.month.plumbing.id)
    return inbox


def token(inbox: Inbox, letter: Message) -> str:
    query = select(ReplyToken.token).join(MessageRecipient, MessageRecipient.token_id == ReplyToken.id)
    with inbox.db.reading() as session:
        return session.scalars(query.where(MessageRecipient.message_id == letter.id)).one()


def sheet_of(inbox: Inbox, letter: Message) -> bytes:
    query = select(StoredFile.content).join(Attachment, Attachment.file_id == StoredFile.id)
    with inbox.db.reading() as session:
        return session.scalars(query.where(Attachment.message_id == letter.id)).one()


def filled(sheet: bytes, rows: Sequence[Sequence[object]] = WHOLE) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(sheet))
    for number, row in enumerate(rows, HEAD_ROW + 1):
        for column, value in enumerate(row, 1):
            book["Breakdown"].cell(number, column).value = value
    return saved(book)


def as_csv(rows: Sequence[Sequence[object]] = WHOLE) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([("Contract line", "Item", "Description", "Amount"), *rows])
    return out.getvalue().encode("cp1252")


def send(inbox: Inbox, *files: tuple[str, bytes], kind: str = "ssov_invitation", text: str = "") -> None:
    letter = inbox.letters(kind)[0]  # Dana's; a second one went to Eli
    inbox.take(inbox.answer(inbox.month.dana, text, token=token(inbox, letter), files=files))


def state(inbox: Inbox) -> tuple[str, list[str]]:
    with inbox.db.reading() as session:
        contract = session.get_one(Contract, inbox.month.plumbing.id)
        query = select(SovLine.item).where(SovLine.contract_id == contract.id, SovLine.parent_id.is_not(None))
        return contract.ssov_status, list(session.scalars(query.order_by(SovLine.position)))


def test_the_sheet_of_the_invitation_comes_back_filled_and_goes_under_review(inbox: Inbox):
    send(inbox, ("breakdown (1).xlsx", filled(sheet_of(inbox, inbox.letters("ssov_invitation")[0]))))
    assert state(inbox) == ("under_review", ["1.1", "1.2", "2.1"])
    [letter] = inbox.letters("ssov_received")
    assert "2 lines of the contract in 3 details" in letter.text
    assert [one for one in inbox.notices() if one.startswith("ssov:")]
    assert [one for one in inbox.notices() if one.startswith("unclear")] == []


def test_a_csv_is_taken_too(inbox: Inbox):
    send(inbox, ("breakdown.csv", as_csv()))
    assert state(inbox) == ("under_review", ["1.1", "1.2", "2.1"])


def test_what_does_not_add_up_is_answered_by_row_with_the_sheet_and_nothing_is_stored(inbox: Inbox):
    rows = [("001", "1.1", "Rough-in", 4000), ("009", "1.2", "More", 6000), ("002", "", "Fixtures", "many")]
    send(inbox, ("breakdown.csv", as_csv(rows)))
    assert state(inbox) == ("draft", [])
    [letter] = inbox.letters("ssov_faults")
    assert [place in letter.text for place in ("A3", "D4")] == [True, True]
    assert openpyxl.load_workbook(io.BytesIO(sheet_of(inbox, letter)))["Breakdown"].cell(HEAD_ROW, 1).value
    send(inbox, ("breakdown.csv", as_csv()), kind="ssov_faults")
    assert state(inbox) == ("under_review", ["1.1", "1.2", "2.1"])


def test_sent_back_it_comes_again_and_under_review_it_cannot_be_changed(inbox: Inbox):
    send(inbox, ("breakdown.csv", as_csv()))
    send(inbox, ("breakdown.csv", as_csv([("001", "1", "All", 10000), ("002", "2", "All", 5000)])))
    assert state(inbox)[1] == ["1.1", "1.2", "2.1"]
    assert len(inbox.letters("ssov_faults")) == 1
    with inbox.db.transaction() as session:
        call = call_of(session, inbox.settings, session.get(Person, inbox.month.pat.id))
        return_ssov(call, inbox.month.plumbing.id, "Split the fixtures")
    send(
        inbox,
        ("b.csv", as_csv([*WHOLE[:2], ("002", "2.1", "A", 2000), ("002", "2.2", "B", 3000)])),
        kind="ssov_returned",
    )
    assert state(inbox) == ("under_review", ["1.1", "1.2", "2.1", "2.2"])


def test_two_different_breakdowns_are_refused_and_the_same_one_twice_is_taken_once(inbox: Inbox):
    other = as_csv([("001", "1", "All", 10000), ("002", "2", "All", 5000)])
    send(inbox, ("a.csv", as_csv()), ("b.csv", other))
    assert state(inbox) == ("draft", [])
    assert "2 breakdowns" in inbox.letters("ssov_faults")[0].text
    send(inbox, ("a.csv", as_csv()), ("copy of a.csv", as_csv()))
    assert state(inbox) == ("under_review", ["1.1", "1.2", "2.1"])


def test_a_table_that_is_none_of_ours_and_words_alone_break_nothing_down(inbox: Inbox):
    send(inbox, ("list.csv", b"Name,Phone\r\nDana,1\r\n"))
    assert "column" in inbox.letters("ssov_faults")[0].text
    send(inbox, text="What do you mean by details?")
    assert state(inbox) == ("draft", [])
    assert [one for one in inbox.notices() if one.startswith("unclear")]


def test_a_contact_without_the_level_is_told_and_so_is_the_administrator(inbox: Inbox):
    with inbox.db.transaction() as session:
        here = Member.person_id == inbox.month.dana.id
        session.execute(update(Member).where(here).values(commitments="none"))
    send(inbox, ("breakdown.csv", as_csv()))
    assert state(inbox) == ("draft", [])
    assert "Read Only" in inbox.letters("ssov_faults")[0].text
    assert [one for one in inbox.notices() if one.startswith("unclear")]


@pytest.mark.parametrize("kind", ["xlsb", "strict", "fods", "web page of Excel", "Numbers"])
def test_a_breakdown_saved_in_a_kind_that_is_not_read_is_answered_with_what_to_save(inbox: Inbox, kind: str):
    save, told = OTHER_KINDS[kind]
    sheet = save(filled(sheet_of(inbox, inbox.letters("ssov_invitation")[0])))
    name = "breakdown.numbers" if kind == "Numbers" else "breakdown"
    send(inbox, (name, sheet), text="Here it is.")
    [letter] = inbox.letters("ssov_faults")
    assert told in " ".join(letter.text.split())
    assert state(inbox)[1] == []
