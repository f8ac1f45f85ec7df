"""A claim answered by a payment schedule: what is refused, what is stored, and what the contacts get (task T10)."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from books import Books
from mail_month import promised
from payclerk_bot.outgoing.notices import NOTICES
from payclerk_core.actions.certificates import certify
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts, save_amounts, submit_claim
from payclerk_core.actions.claims import LineReview, review_claim, set_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.payment_schedules import issue_payment_schedule, schedule_of
from payclerk_core.documents.payment_schedule import read_schedule
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.rules.payment_schedules import ScheduledLine, require_answered
from payclerk_core.tables import (
    Attachment,
    Claim,
    Event,
    InvoiceContact,
    Member,
    Message,
    MessageRecipient,
    PaymentSchedule,
    Project,
    RetainageRule,
    StoredFile,
)

if TYPE_CHECKING:
    from payclerk_core.db import Database

RECEIVED = date(2026, 11, 10)
IN_TIME = datetime(2026, 11, 24, 12, tzinfo=UTC)  # the tenth business day
LATE = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def books(database: Database) -> Books:
    found = Books(database)
    setting(found, jurisdiction="au-nsw", timezone="Australia/Sydney", currency="AUD", pdf_footer="ABN 00 000 000 000")
    return found


def setting(books: Books, **values: object) -> None:
    with books.database.transaction() as session:
        project = session.get(Project, books.month.project.id)
        for name, value in values.items():
            setattr(project, name, value)


def correct(books: Books, claim_id: int, item: int, dollars: int, reason: str = "Level 2 is not closed") -> None:
    """The reviewer lets so much stand of a line."""
    with books.call() as call:
        line = call.get(Claim, claim_id, "claim").lines[item]
        correct_amounts(call, claim_id, {line.sov_line_id: LineEntry(Money(dollars * 100, "AUD"))}, reason)


def reject(books: Books, claim_id: int, item: int, status: ClaimStatus) -> None:
    with books.call() as call:
        line = call.get(Claim, claim_id, "claim").lines[item]
        review_claim(call, claim_id, {line.id: LineReview("rejected", "No docket")}, status)


def issue(books: Books, claim_id: int, received_on: date = RECEIVED, at: datetime = IN_TIME) -> PaymentSchedule:
    with books.call(at=at) as call:
        return issue_payment_schedule(call, claim_id, received_on)


def refusal(books: Books, claim_id: int, received_on: date = RECEIVED) -> UserError:
    with pytest.raises(UserError) as refused:
        issue(books, claim_id, received_on)
    return refused.value


def printed(books: Books, schedule: PaymentSchedule) -> bytes:
    with books.database.transaction() as session:
        return session.get(StoredFile, schedule.pdf_id).content


def text_of(books: Books, schedule: PaymentSchedule) -> str:
    pages = pypdf.PdfReader(io.BytesIO(printed(books, schedule))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def letters(books: Books) -> list[Message]:
    with books.database.transaction() as session:
        query = select(Message).where(Message.kind == "payment_schedule").order_by(Message.id)
        return list(session.scalars(query))


def test_what_was_claimed_and_what_stands_is_answered_line_by_line(books: Books):
    claim_id = books.claim(4_000, 1_000, stored=500)
    correct(books, claim_id, 0, 3_200)
    schedule = issue(books, claim_id)
    assert (schedule.revision, schedule.claimed_cents, schedule.scheduled_cents) == (1, 495_000, 423_000)
    assert (schedule.received_on, schedule.answer_due_on, schedule.issued_on) == (
        RECEIVED,
        date(2026, 11, 24),
        date(2026, 11, 24),
    )
    assert (schedule.issued_by_id, schedule.issued_at) == (books.month.pat.id, IN_TIME)
    found = read_schedule(printed(books, schedule))
    assert found.rows == ((4_500, 3_700, -800), (1_000, 1_000, 0), (-550, -470, 80))
    assert found.sums == (4_950, 4_230, -720)
    assert found.totals == {"claimed": 4_950, "scheduled": 4_230, "difference": -720, "payable": 4_230}


def test_the_page_identifies_the_claim_and_says_why_and_when(books: Books):
    claim_id = books.claim(4_000)
    correct(books, claim_id, 0, 3_200)
    text = text_of(books, issue(books, claim_id))
    for said in (
        "Payment schedule",
        "SC-001, claim 1, revision 1",
        "No. 1, revision 1;",
        "Harbor Plumbing",
        "Builder Inc",
        "10 Nov 2026",
        "24 Nov 2026 (10 business days: New South Wales, security of payment)",
        "Reason: Level 2 is not closed",
        "ABN 00 000 000 000",
    ):
        assert said in text
    assert "Fixtures" not in text  # nothing was claimed of it


def test_the_event_holds_what_was_answered(books: Books):
    claim_id = books.claim(4_000)
    correct(books, claim_id, 0, 3_200)
    schedule = issue(books, claim_id, at=LATE)
    with books.database.transaction() as session:
        query = select(Event).where(Event.record == "payment_schedule", Event.record_id == schedule.id)
        event = session.scalars(query).one()
    assert (event.verb, event.actor_id, event.project_id) == (
        "payment_schedule_issued",
        books.month.pat.id,
        books.month.project.id,
    )
    assert event.after == {
        "claim": claim_id,
        "revision": 1,
        "claimed_cents": 360_000,
        "scheduled_cents": 288_000,
        "received_on": "2026-11-10",
        "answer_due_on": "2026-11-24",
        "in_time": False,
    }


def test_each_contact_gets_it_with_the_page_attached(books: Books):
    claim_id = books.claim(4_000)
    correct(books, claim_id, 0, 3_200)
    before = promised(books.database, "mail.send")
    schedule = issue(books, claim_id)
    to_dana, to_eli = letters(books)
    assert len(promised(books.database, "mail.send")) == len(before) + 2
    with books.database.transaction() as session:
        people = [
            session.scalars(select(MessageRecipient.person_id).where(MessageRecipient.message_id == mail.id)).one()
            for mail in (to_dana, to_eli)
        ]
        attached = session.scalars(select(Attachment).where(Attachment.message_id == to_eli.id)).one()
        assert (attached.name, attached.file_id) == ("SC-001 claim 1 rev 1 payment schedule.pdf", schedule.pdf_id)
    assert people == [books.month.dana.id, books.month.eli.id]
    assert to_dana.subject == "Maple Street: payment schedule for progress claim #1 on contract SC-001"
    assert "You claimed $3,600.00; $2,880.00 is scheduled." in to_dana.text
    assert "- 001 Rough-in: you claimed $4,000.00, $3,200.00 is scheduled\n  Reason: Level 2 is not closed" in (
        to_dana.text
    )
    assert "$2,880.00 is payable on this claim." in to_dana.text  # 10 % is held
    assert "To be answered by: November 24, 2026" in to_dana.text


def test_a_claim_that_stands_in_full_needs_no_reason(books: Books):
    schedule = issue(books, books.approved(4_000, 1_000))
    assert schedule.claimed_cents == schedule.scheduled_cents == 450_000
    assert "Every line is scheduled as you claimed it." in letters(books)[0].text


def test_a_certified_amount_is_what_is_payable(books: Books):
    claim_id = books.approved(4_000)
    with books.call() as call:
        certify(call, claim_id, Money(300_000, "AUD"), RECEIVED, "Set-off agreed")
    assert read_schedule(printed(books, issue(books, claim_id))).totals["payable"] == 3_000


def test_a_certificate_below_stands_on_the_schedule_with_its_reason(books: Books):
    """Case core_C: 5,400 net claimed, 3,000 scheduled."""
    claim_id = books.approved(5_000, 1_000)
    with books.call() as call:
        certify(call, claim_id, Money(300_000, "AUD"), RECEIVED, "Set-off agreed")
    schedule = issue(books, claim_id)
    found = read_schedule(printed(books, schedule))
    assert found.rows == ((5_000, 5_000, 0), (1_000, 1_000, 0), (-600, -600, 0), (0, -2_400, -2_400))
    assert found.totals == {"claimed": 5_400, "scheduled": 3_000, "difference": -2_400, "payable": 3_000}
    assert "Reason: Set-off agreed" in text_of(books, schedule)
    assert "Set-off agreed" in letters(books)[0].text


def test_a_certificate_whose_reason_is_gone_is_not_served(books: Books):
    claim_id = books.approved(5_000, 1_000)
    with books.call() as call:
        certify(call, claim_id, Money(300_000, "AUD"), RECEIVED, "Set-off agreed").reason = ""
    assert refusal(books, claim_id).code == "reason_missing"


@pytest.mark.parametrize(
    ("at", "issued", "late"),
    [
        (IN_TIME, date(2026, 11, 24), False),
        # Noon in UTC of the 24th is still the 24th in Sydney, 14:00 is the 25th.
        (datetime(2026, 11, 24, 14, tzinfo=UTC), date(2026, 11, 25), True),
        (LATE, date(2026, 11, 25), True),
    ],
)
def test_whether_the_day_was_kept_is_told_by_the_project_s_own_date(books: Books, at, issued, late):
    schedule = issue(books, books.approved(4_000), at=at)
    assert schedule.issued_on == issued
    assert "Issued after" not in text_of(books, schedule)  # the paper is served; the day goes to the person in Slack
    notices = promised(books.database, "slack.notice")
    assert [one for one in notices if "schedule_late" in one] == [f"slack.notice:schedule_late:{schedule.id}"] * late


def test_who_issued_it_late_is_told_by_when_it_was_due(books: Books):
    schedule = issue(books, books.approved(4_000), at=LATE)
    with books.database.reading() as session:
        _, post = NOTICES["schedule_late"](session, schedule.id)
    assert "SC-001" in post.text
    assert "was issued after the day by which it was due" in post.text
    assert "November 24, 2026" in str(post.blocks)


def test_the_retention_of_what_was_claimed_follows_a_sliding_scale(books: Books):
    """10 % until 350.00 are held: of the 4,000.00 claimed 350.00, of the 3,200.00 that stand 320.00."""
    with books.database.transaction() as session:
        facts = {"position": 1, "percent": Decimal(10), "of": "amount", "until": Decimal(350)}
        session.add(RetainageRule(contract_id=books.month.plumbing.id, **facts))
    claim_id = books.claim(4_000)
    correct(books, claim_id, 0, 3_200)
    found = read_schedule(printed(books, issue(books, claim_id)))
    assert found.totals == {"claimed": 3_650, "scheduled": 2_880, "difference": -770, "payable": 2_880}


@pytest.mark.parametrize(
    ("place", "due"),
    [("au-nsw", date(2026, 11, 24)), ("AU-VIC", date(2026, 11, 24)), ("au-qld", date(2026, 12, 1))],
)
def test_each_state_has_its_days(books: Books, place: str, due: date):
    setting(books, jurisdiction=place)
    assert issue(books, books.approved(4_000)).answer_due_on == due


# What is refused, and what to do then


@pytest.mark.parametrize("place", [None, "us-ca", "nz"])
def test_only_where_the_law_asks_for_one(books: Books, place: str | None):
    setting(books, jurisdiction=place)
    refused = refusal(books, books.approved(4_000))
    assert refused.code == "no_payment_schedule"
    assert "set the project's jurisdiction to one of au-nsw, au-vic, au-qld." in refused.message


def test_only_where_what_is_claimed_is_shown(books: Books):
    setting(books, show_claimed=False)
    refused = refusal(books, books.approved(4_000))
    assert refused.code == "show_claimed"
    assert "Show Amounts Subcontractors Claim" in refused.message


def test_not_for_the_claim_to_the_owner(books: Books):
    assert refusal(books, books.claim(1_000, contract=books.month.prime)).code == "not_payable"


def test_not_for_a_draft(books: Books):
    with books.call() as call:
        claim_id = books.draft(call, 1_000).id
    assert refusal(books, claim_id).message.endswith("was never submitted; there is nothing to answer yet.")


def test_not_for_what_was_sent_back(books: Books):
    claim_id = books.claim(1_000)
    reject(books, claim_id, 0, ClaimStatus.REVISE_AND_RESUBMIT)
    refused = refusal(books, claim_id)
    assert refused.code == "not_submitted"
    assert "Revise & Resubmit" in refused.message


def test_not_before_it_was_received(books: Books):
    assert refusal(books, books.approved(1_000), date(2026, 11, 25)).field == "received_on"


def test_not_without_a_reason_for_each_difference(books: Books):
    claim_id = books.claim(4_000, 1_000)
    correct(books, claim_id, 0, 3_000, reason="")
    correct(books, claim_id, 1, 1_200, reason="")
    refused = refusal(books, claim_id)
    assert (refused.code, refused.field) == ("reason_missing", "lines.001")
    assert refused.message.startswith("Line 001, 002 differs from what was claimed, but no reason is given;")
    correct(books, claim_id, 0, 3_000)
    assert refusal(books, claim_id).message.startswith("Line 002 differs")


def test_not_with_a_rejected_line_that_stands_in_full(books: Books):
    claim_id = books.claim(4_000, 1_000)
    reject(books, claim_id, 1, ClaimStatus.UNDER_REVIEW)
    refused = refusal(books, claim_id)
    assert refused.code == "rejected_lines"
    assert refused.message.startswith("Line 002 is rejected, but its amount still stands in full;")
    correct(books, claim_id, 1, 0, reason="No docket")
    schedule = issue(books, claim_id)
    assert read_schedule(printed(books, schedule)).rows == ((4_000, 4_000, 0), (1_000, 0, -1_000), (-500, -400, 100))


def test_not_without_anybody_to_send_it_to(books: Books):
    claim_id = books.approved(1_000)
    with books.database.transaction() as session:
        for contact in session.scalars(select(InvoiceContact)):
            session.delete(contact)
    assert refusal(books, claim_id).code == "no_contacts"


@pytest.mark.parametrize("level", ["none", "read_only", "standard"])
def test_only_an_administrator_may(books: Books, level: str):
    claim_id = books.approved(1_000)
    with books.database.transaction() as session:
        session.scalars(select(Member).where(Member.person_id == books.month.dana.id)).one().commitments = level
    with books.call(books.month.dana, IN_TIME) as call, pytest.raises(NotAllowedError):
        issue_payment_schedule(call, claim_id, RECEIVED)
    assert letters(books) == []


def test_nothing_is_left_behind_by_a_refusal(books: Books):
    claim_id = books.claim(4_000)
    correct(books, claim_id, 0, 3_000, reason="")
    refusal(books, claim_id)
    with books.database.transaction() as session:
        assert session.scalars(select(PaymentSchedule)).all() == []
    assert letters(books) == []


# Once a revision


def test_the_same_revision_is_answered_once(books: Books):
    claim_id = books.approved(4_000)
    schedule = issue(books, claim_id)
    before = printed(books, schedule)
    refused = refusal(books, claim_id)
    assert refused.code == "already_issued"
    assert "revision 1 was answered on 2026-11-24" in refused.message
    assert printed(books, schedule) == before
    assert len(letters(books)) == 2


def test_a_new_revision_gets_a_schedule_of_its_own(books: Books):
    claim_id = books.claim(4_000)
    correct(books, claim_id, 0, 3_000)
    first = issue(books, claim_id)
    reject(books, claim_id, 0, ClaimStatus.REVISE_AND_RESUBMIT)
    with books.call() as call:
        line = call.get(Claim, claim_id, "claim").lines[0]
        save_amounts(call, claim_id, {line.sov_line_id: LineEntry(Money(350_000, "AUD"))})
        submit_claim(call, claim_id)
    with books.call() as call:
        assert schedule_of(call, call.get(Claim, claim_id, "claim")) is None
        set_status(call, claim_id, ClaimStatus.APPROVED)
    second = issue(books, claim_id, date(2026, 11, 12))
    assert (second.revision, second.claimed_cents, second.scheduled_cents) == (2, 315_000, 315_000)
    assert second.answer_due_on == date(2026, 11, 26)
    with books.database.transaction() as session:
        kept = session.get(PaymentSchedule, first.id)
        assert (kept.revision, kept.claimed_cents, kept.scheduled_cents) == (1, 360_000, 270_000)


def test_a_claim_that_was_answered_is_kept(books: Books):
    claim_id = books.claim(4_000)
    issue(books, claim_id)
    with books.call() as call, pytest.raises(UserError, match="payment schedule answers it"):
        delete_claim(call, claim_id)


# The rule


cents = st.integers(-(10**9), 10**9)
some_lines = st.lists(
    st.builds(
        lambda item, claimed, scheduled, reason, rejected: ScheduledLine(
            str(item), "Work", Money(claimed, "AUD"), Money(scheduled, "AUD"), reason, rejected
        ),
        st.integers(1, 999),
        st.sampled_from([0, 100, 200]),
        st.sampled_from([0, 100, 200]),
        st.sampled_from(["", "Not done"]),
        st.booleans(),
    ),
    max_size=5,
)


@given(some_lines)
def test_a_schedule_is_complete_or_refused_with_the_lines_named(lines: list[ScheduledLine]):
    silent = [line.item for line in lines if line.claimed != line.scheduled and not line.reason]
    standing = [line.item for line in lines if line.rejected and line.claimed == line.scheduled and line.scheduled]
    if not silent and not standing:
        require_answered(lines)
        return
    with pytest.raises(UserError) as refused:
        require_answered(lines)
    assert refused.value.message.startswith(f"Line {', '.join(silent or standing)} ")


@given(cents, cents)
def test_scheduled_is_claimed_and_the_difference(claimed: int, scheduled: int):
    line = ScheduledLine("1", "Work", Money(claimed, "AUD"), Money(scheduled, "AUD"))
    assert line.claimed + line.difference == line.scheduled
