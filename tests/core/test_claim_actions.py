"""Claims made, corrected, certified, released and deleted, by those who may and not by others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from books import AFTER_DUE, Books
from payclerk_core import jobs
from payclerk_core.actions.batches import Order
from payclerk_core.actions.certificates import certify, withdraw_certificate
from payclerk_core.actions.claim_editing import (
    LineEntry,
    bill_on_behalf,
    correct_amounts,
    review_of_lines,
    save_amounts,
    submit_claim,
)
from payclerk_core.actions.claims import LineReview, load_claim, review_claim, set_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.owner import Prefill, make_owner_claim
from payclerk_core.actions.packages import compile_backup, package_parts
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.actions.retainage import (
    LineRetainage,
    Release,
    make_release_claim,
    release_retainage,
    set_line_retainage,
    set_rates,
)
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money
from payclerk_core.queries.claims import row_of, summary_of
from payclerk_core.queries.ties import findings_of
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.rules.retainage import Rates
from payclerk_core.tables import (
    BillingPeriod,
    Claim,
    Company,
    Event,
    Member,
    Package,
    Payment,
    Project,
    SovLine,
    StoredFile,
)
from printed import pieces

if TYPE_CHECKING:
    from payclerk_core.db import Database

TODAY = date(2026, 11, 20)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def lines_of(books: Books, claim_id: int) -> list[tuple[int, ...]]:
    """D, E, F, held and released of each line, in dollars."""
    return [
        tuple(
            cents // 100
            for cents in (
                line.previous_work_cents,
                line.work_cents,
                line.stored_cents,
                line.previous_work_held_cents + line.work_withheld_cents - line.work_released_cents
                + line.previous_stored_held_cents + line.stored_withheld_cents - line.stored_released_cents,
                line.work_released_cents + line.stored_released_cents,
            )
        )
        for line in books.shown(claim_id).lines
    ]  # fmt: skip


def code(refused: pytest.ExceptionInfo[UserError]) -> str:
    return refused.value.code


# --- making and submitting


def test_an_administrator_bills_on_behalf_even_after_the_due_date(books: Books) -> None:
    with books.call(at=AFTER_DUE) as call:
        claim = books.draft(call, 1000, 500, stored=200)
        findings = submit_claim(call, claim.id)

    assert lines_of(books, claim.id) == [(0, 1000, 200, 120, 0), (0, 500, 0, 50, 0)]
    assert (books.shown(claim.id).status, findings) == ("under_review", [])
    assert books.events("claim", claim.id)[-1] == "submitted"


def test_a_contact_starts_nothing_after_the_due_date_but_finishes_a_draft(books: Books) -> None:
    sov = {books.month.plumbing.lines[0].id: LineEntry(Money(100))}
    _level(books, "standard")
    with books.call() as call:
        claim = books.draft(call, 1000)
    with books.call(books.month.dana, AFTER_DUE) as call:
        save_amounts(call, claim.id, sov)
        submit_claim(call, claim.id)
    books.next_period()
    with pytest.raises(UserError) as refused, books.call(books.month.dana, AFTER_DUE.replace(month=12)) as call:
        bill_on_behalf(call, books.month.plumbing.id, sov)

    assert (books.shown(claim.id).status, code(refused)) == ("under_review", "past_due")


def _level(books: Books, level: str) -> None:
    with books.database.transaction() as session:
        member = session.scalars(select(Member).where(Member.person_id == books.month.dana.id)).one()
        member.commitments = level


def test_who_may_not_is_refused_and_nothing_is_stored(books: Books) -> None:
    with pytest.raises(NotAllowedError), books.call(books.month.sam) as call:
        books.draft(call, 1000)
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        books.draft(call, 1000)
    with books.database.transaction() as session:
        assert session.scalars(select(Claim)).all() == []


def test_one_claim_a_contract_and_period(books: Books) -> None:
    books.claim(1000)
    with pytest.raises(UserError) as refused, books.call() as call:
        books.draft(call, 1000)

    assert code(refused) == "already_made"


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("status", "draft", "contract"), ("status", "void", "contract"), ("ssov_enabled", True, "ssov_not_approved")],
)
def test_a_contract_that_is_not_ready_is_not_billed(books: Books, column: str, value: object, reason: str) -> None:
    books.change(**{column: value})
    with pytest.raises(UserError) as refused, books.call() as call:
        books.draft(call, 1000)

    assert code(refused) == reason


def test_a_claim_that_bills_nothing_is_not_submitted(books: Books) -> None:
    with books.call() as call:
        claim = books.draft(call)
    with pytest.raises(UserError) as refused, books.call() as call:
        submit_claim(call, claim.id)

    assert (code(refused), books.shown(claim.id).status) == ("nothing_billed", "draft")


def test_overbilling_is_warned_of_prevented_by_the_project_or_by_our_company(books: Books) -> None:
    with books.call() as call:
        claim = books.draft(call, 10_001)
    with books.call() as call:
        assert [found.code for found in findings_of(call.session, load_claim(call, claim.id))] == ["overbilled"]
    for table, column, value in ((Project, "overbilling", "prevent"), (Company, "prevent_overbilling", True)):
        with books.call() as call:
            row = call.session.scalars(select(table).where(table.name.in_(["Maple Street", "Builder Inc"]))).one()
            before = getattr(row, column)
            setattr(row, column, value)
        with pytest.raises(UserError, match="Line 001") as refused, books.call() as call:
            submit_claim(call, claim.id)
        assert code(refused) == "overbilled"
        with books.call() as call:
            setattr(call.session.get(table, row.id), column, before)


def test_the_next_claim_starts_where_the_last_one_ended(books: Books) -> None:
    books.approved(1000, 500, stored=200)
    books.next_period()

    second = books.approved(2000)

    # Column F goes on by itself, and never into D.
    assert lines_of(books, second) == [(1000, 2000, 200, 320, 0), (500, 0, 0, 50, 0)]
    assert books.shown(second).previous_certificates_cents == 170_000 - 17_000


def test_stored_material_moves_by_itself_where_the_project_wants_it(books: Books) -> None:
    with books.call() as call:
        call.get(Project, books.month.project.id, "project").stored_materials = "automatic"
    books.approved(1000, stored=200)
    books.next_period()
    second = books.approved(300)

    assert lines_of(books, second)[0] == (1200, 300, 0, 150, 0)
    with books.call() as call:
        assert findings_of(call.session, load_claim(call, second)) == []


def test_opening_balances_of_a_project_that_joins_midway(books: Books) -> None:
    with books.call() as call:
        line = call.get(SovLine, books.month.plumbing.lines[0].id, "line")
        line.opening_work_cents, line.opening_stored_cents, line.opening_retainage_cents = 300_000, 100_000, 35_000
    claim_id = books.approved(1000)

    claim = books.shown(claim_id)
    assert claim.previous_certificates_cents == 400_000 - 35_000
    assert lines_of(books, claim_id)[0] == (3000, 1000, 1000, 450, 0)
    assert summary_of(claim).due == Money(90_000)


def test_units_are_billed_by_quantity(books: Books) -> None:
    with books.call() as call:
        line = call.get(SovLine, books.month.plumbing.lines[0].id, "line")
        line.quantity, line.unit_price, line.scheduled_cents = Decimal(3), Decimal("33.3333"), 10_000
    works = []
    for _ in range(3):
        with books.call() as call:
            claim = bill_on_behalf(call, books.month.plumbing.id, {line.id: LineEntry(quantity=Decimal(1))})
            submit_claim(call, claim.id)
            works.append(claim.lines[0].work_cents)
            set_status(call, claim.id, ClaimStatus.APPROVED)
        books.next_period()

    assert works == [3333, 3334, 3333]


def test_how_complete_a_line_is_in_percent(books: Books) -> None:
    books.approved(1000)
    books.next_period()
    with books.call() as call:
        entry = LineEntry(percent=Decimal("62.5"), stored=Money(10_000))
        claim = bill_on_behalf(call, books.month.plumbing.id, {books.month.plumbing.lines[0].id: entry})

    assert lines_of(books, claim.id)[0][:3] == (1000, 5150, 100)


# --- reviewing


def test_a_correction_keeps_what_was_claimed(books: Books) -> None:
    claim_id = books.claim(1000, 500)
    line = books.month.plumbing.lines[0].id
    with books.call() as call:
        correct_amounts(call, claim_id, {line: LineEntry(Money(80_000))}, "Two fixtures are missing")

    first = books.shown(claim_id).lines[0]
    assert (first.work_cents, first.claimed_work_cents, first.review_reason) == (
        80_000,
        100_000,
        "Two fixtures are missing",
    )
    assert lines_of(books, claim_id)[0] == (0, 800, 0, 80, 0)
    assert books.events("claim", claim_id)[-1] == "amounts_corrected"


def test_revise_and_resubmit_is_the_next_revision(books: Books) -> None:
    claim_id = books.claim(1000, 500)
    with books.call() as call:
        first = load_claim(call, claim_id).lines[0]
        reviews = {first.id: LineReview("rejected", "Not in yet")}
        review_claim(call, claim_id, reviews, ClaimStatus.REVISE_AND_RESUBMIT)
    _level(books, "standard")
    with books.call(books.month.dana) as call:
        save_amounts(call, claim_id, {first.sov_line_id: LineEntry(Money(90_000))})
        submit_claim(call, claim_id)

    claim = books.shown(claim_id)
    assert (claim.revision, claim.status, claim.lines[0].review) == (2, "under_review", "no_action")
    with pytest.raises(UserError) as refused, books.call(books.month.dana) as call:
        save_amounts(call, claim_id, {first.sov_line_id: LineEntry(Money(90_000))})
    assert code(refused) == "not_editable"


def test_a_claim_that_does_not_tie_is_not_approved(books: Books) -> None:
    first = books.approved(1000)
    books.next_period()
    second = books.claim(1000)
    with books.call() as call:  # as a slip in the database would: the claim before is changed afterwards
        load_claim(call, first).lines[0].work_cents += 100
    with pytest.raises(UserError, match="the claim before left") as refused, books.call() as call:
        review_claim(call, second, {}, ClaimStatus.APPROVED)

    assert code(refused) in {"carry_forward", "previous_certificates"}


def test_contacts_see_what_became_of_their_lines(books: Books) -> None:
    claim_id = books.claim(1000, 500)
    with books.call() as call:
        line = books.month.plumbing.lines[0].id
        correct_amounts(call, claim_id, {line: LineEntry(Money(80_000))}, "Two fixtures are missing")
    with books.call(books.month.dana) as call:
        first, second = review_of_lines(call, claim_id)

    assert (first.claimed, first.stands, first.reason) == (Money(100_000), Money(80_000), "Two fixtures are missing")
    assert (second.claimed, second.verdict) == (second.stands, "no_action")
    with pytest.raises(NotAllowedError), books.call(books.month.sam) as call:
        review_of_lines(call, claim_id)


def test_what_does_not_tie_is_not_compiled(books: Books) -> None:
    first = books.approved(1000)
    order = Order("a-selection", books.month.project.id, None)
    with books.call() as call:
        load_claim(call, first).previous_certificates_cents = 1
    with pytest.raises(UserError, match="Claim 1 of SC-001 does not tie: Line 7 is"), books.call() as call:
        compile_backup(call, order, [first])
    with books.call() as call:
        load_claim(call, first).previous_certificates_cents = 0
        assert compile_backup(call, order, [first]).status == "promised"


def test_a_package_holds_the_papers_that_were_confirmed(books: Books) -> None:
    """Between the order and the compiling the claim is taken back and corrected."""
    claim_id = books.approved(1000)
    with books.call() as call:
        package_id = compile_backup(call, Order("a-selection", books.month.project.id, None), [claim_id]).id
        confirmed = call.get(StoredFile, load_claim(call, claim_id).pdf_id or 0, "file").content
    with books.call() as call:
        set_status(call, claim_id, ClaimStatus.UNDER_REVIEW)
        correct_amounts(call, claim_id, {books.month.plumbing.lines[0].id: LineEntry(Money(80_000))}, "Not in place")
    [job] = jobs._client(books.database.engine).list_workflows(workflow_ids=[f"package.compile:{package_id}"])

    with books.call() as call:
        _, [part] = package_parts(call, call.get(Package, package_id, "package"), job.input["args"][2]["pdfs"])
        present = call.get(StoredFile, load_claim(call, claim_id).pdf_id or 0, "file").content
    assert part.claim_pdf == confirmed
    assert confirmed != present


def test_a_private_contract_is_its_administrators_and_its_lists(books: Books) -> None:
    """A Standard user may release retainage (C17), but not of a private contract they are not listed on."""
    claim_id = books.claim(1000)
    with books.call() as call:
        set_status(call, claim_id, ClaimStatus.DRAFT)
    with books.database.transaction() as session:
        session.scalars(select(Member).where(Member.person_id == books.month.sam.id)).one().commitments = "standard"
    with books.call(books.month.sam) as call:
        release_retainage(call, claim_id, Release(percent=Decimal(10)))
    books.change(private=True)
    with pytest.raises(NotAllowedError, match="private"), books.call(books.month.sam) as call:
        release_retainage(call, claim_id, Release(percent=Decimal(20)))
    with pytest.raises(NotAllowedError, match="private"), books.call(books.month.sam) as call:
        call.authorise_reading(books.contract(call))
    with books.call(books.month.dana) as call:
        release_retainage(call, claim_id, Release(percent=Decimal(30)))


# --- where a claim may go


def test_what_money_hangs_on_cannot_be_taken_back(books: Books) -> None:
    claim_id = books.approved(1000)
    with books.call() as call:
        record_payment(call, claim_id, PaymentEntry("1", "check", Money(100), TODAY))
    with pytest.raises(UserError, match="A payment is recorded"), books.call() as call:
        set_status(call, claim_id, ClaimStatus.DRAFT)

    assert books.shown(claim_id).status == "approved"


def test_only_the_latest_is_opened_again(books: Books) -> None:
    first = books.approved(1000)
    books.next_period()
    books.approved(1000)
    with pytest.raises(UserError, match="A later claim"), books.call() as call:
        set_status(call, first, ClaimStatus.REVISE_AND_RESUBMIT)


def test_what_the_owner_was_billed_stays_approved(books: Books) -> None:
    claim_id = books.approved(1000)
    with books.call() as call:
        owner = make_owner_claim(call, books.month.project.id)
        set_status(call, owner.id, ClaimStatus.UNDER_REVIEW)
    with pytest.raises(UserError, match="claim to the owner"), books.call() as call:
        set_status(call, claim_id, ClaimStatus.UNDER_REVIEW)


def test_the_owners_claim_has_four_statuses(books: Books) -> None:
    books.approved(1000)
    with books.call() as call:
        owner = make_owner_claim(call, books.month.project.id)
    with pytest.raises(UserError, match="cannot be Approved as Noted"), books.call() as call:
        set_status(call, owner.id, ClaimStatus.APPROVED_AS_NOTED)


def test_setting_a_status_asks_for_the_permission(books: Books) -> None:
    claim_id = books.claim(1000)
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        set_status(call, claim_id, ClaimStatus.APPROVED)


def test_an_amount_and_a_percentage_of_a_line_have_to_agree(books: Books) -> None:
    with books.call() as call:
        first = books.contract(call).billed_lines[0]
        scheduled = first.scheduled_cents
    agreed = {first.id: LineEntry(Money(scheduled // 2), percent=Decimal(50))}
    with pytest.raises(UserError, match="make them agree") as refused, books.call() as call:
        bill_on_behalf(call, books.month.plumbing.id, {first.id: LineEntry(Money(1), percent=Decimal(50))})
    with books.call() as call:
        claim = bill_on_behalf(call, books.month.plumbing.id, agreed)
        assert claim.lines[0].work_cents == scheduled // 2

    assert code(refused) == "bad_input"


# --- retainage


def test_a_new_rate_counts_for_the_whole_balance_and_for_the_next_claim(books: Books) -> None:
    books.approved(1000)
    books.next_period()
    second = books.claim(1000)
    with books.call() as call:
        set_rates(call, second, Rates(Decimal(5), Decimal(5)))
        set_status(call, second, ClaimStatus.APPROVED)
    books.next_period()
    third = books.claim(1000)

    assert lines_of(books, second)[0] == (1000, 1000, 0, 100, 0)
    assert lines_of(books, third)[0] == (2000, 1000, 0, 150, 0)
    assert "retainage_set" in books.events("claim", second)


def test_lines_may_have_a_percentage_or_an_amount_of_their_own(books: Books) -> None:
    claim_id = books.claim(1000, 500, stored=200)
    first, second = (line.id for line in books.month.plumbing.lines)
    with books.call() as call:
        own = {
            first: LineRetainage(work_percent=Decimal(20), stored_percent=Decimal(0)),
            second: LineRetainage(work_amount=Money(100)),
        }
        set_line_retainage(call, claim_id, own)

    assert [line[3] for line in lines_of(books, claim_id)] == [200, 1]
    with books.call() as call:
        set_line_retainage(call, claim_id, {first: LineRetainage(), second: LineRetainage()})
    assert [line[3] for line in lines_of(books, claim_id)] == [120, 50]


def test_only_administrators_set_and_contacts_may_release(books: Books) -> None:
    with books.call() as call:
        claim = books.draft(call, 1000)
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        set_rates(call, claim.id, Rates(Decimal(0), Decimal(0)))
    with books.call(books.month.dana) as call:
        findings = release_retainage(call, claim.id, Release(percent=Decimal(50)))

    assert [found.code for found in findings] == ["retainage_released"]
    assert lines_of(books, claim.id)[0] == (0, 1000, 0, 50, 50)
    with pytest.raises(UserError, match="due date"), books.call(books.month.dana, AFTER_DUE) as call:
        release_retainage(call, claim.id, Release(percent=Decimal(50)))


def test_releases_by_amount_and_by_line_and_never_more_than_held(books: Books) -> None:
    claim_id = books.claim(1000, 500)
    first = books.month.plumbing.lines[0].id
    with books.call() as call:
        release_retainage(call, claim_id, Release(amount=Money(7500)))
    assert [line[4] for line in lines_of(books, claim_id)] == [50, 25]
    with books.call() as call:  # a release replaces the one before, it does not add to it
        release_retainage(call, claim_id, Release(lines={first: Money(10_000)}))
    assert [line[3:] for line in lines_of(books, claim_id)] == [(0, 100), (50, 0)]
    for release in (Release(amount=Money(15_001)), Release(lines={first: Money(10_001)})):
        with pytest.raises(UserError) as refused, books.call() as call:
            release_retainage(call, claim_id, release)
        assert code(refused) == "release_exceeds_held"
    assert [line[4] for line in lines_of(books, claim_id)] == [100, 0]


def test_the_claim_that_only_releases(books: Books) -> None:
    books.approved(10_000, 5000)
    books.next_period()
    with books.call() as call:
        claim = make_release_claim(call, books.month.plumbing.id)

    summary = summary_of(books.shown(claim.id))
    assert (summary.retainage, summary.earned, summary.due) == (Money(0), summary.completed, Money(150_000))
    assert (books.shown(claim.id).kind, books.shown(claim.id).status) == ("release", "under_review")


def test_retainage_is_released_when_every_line_is_complete(books: Books) -> None:
    books.approved(10_000, 4999)
    books.next_period()
    with pytest.raises(UserError, match=r"Line 002 is 99\.98 % complete") as refused, books.call() as call:
        make_release_claim(call, books.month.plumbing.id)

    assert code(refused) == "release_incomplete"


def test_approved_claims_are_not_changed(books: Books) -> None:
    claim_id = books.approved(1000)
    for change in (
        lambda call: set_rates(call, claim_id, Rates(Decimal(5), Decimal(5))),
        lambda call: release_retainage(call, claim_id, Release(percent=Decimal(100))),
        lambda call: correct_amounts(call, claim_id, {}),
        lambda call: submit_claim(call, claim_id),
    ):
        with pytest.raises(UserError) as refused, books.call() as call:
            change(call)
        assert code(refused) == "not_editable"


def test_a_draft_is_worked_out_once_more_when_it_is_submitted(books: Books) -> None:
    """Begun before the claim before it was certified, it follows the certificate all the same."""
    first = books.approved(1000)
    books.next_period()
    with books.call() as call:
        draft = books.draft(call, 1000).id
    with books.call() as call:
        delete_claim(call, draft)
        certify(call, first, Money(80_000), TODAY, "Two fixtures are missing")
        again = books.draft(call, 1000).id
        load_claim(call, again).previous_certificates_cents = 1
    with books.call() as call:
        submit_claim(call, again)

    assert books.shown(again).previous_certificates_cents == 80_000


def test_what_was_submitted_once_is_answered_by_the_next_revision(books: Books) -> None:
    claim_id = books.claim(1000)
    with books.call() as call:
        set_status(call, claim_id, ClaimStatus.DRAFT)
        submit_claim(call, claim_id)

    assert books.shown(claim_id).revision == 2


def test_an_amount_takes_the_place_of_units(books: Books) -> None:
    with books.call() as call:
        line = call.get(SovLine, books.month.plumbing.lines[0].id, "line")
        line.quantity, line.unit_price, line.scheduled_cents = Decimal(3), Decimal("33.3333"), 10_000
    with books.call() as call:
        claim = bill_on_behalf(call, books.month.plumbing.id, {line.id: LineEntry(quantity=Decimal(2))})
        save_amounts(call, claim.id, {line.id: LineEntry(Money(3333))})
        submit_claim(call, claim.id)
        set_status(call, claim.id, ClaimStatus.APPROVED)
    books.next_period()
    with books.call() as call:
        second = bill_on_behalf(call, books.month.plumbing.id, {line.id: LineEntry(quantity=Decimal(1))})

    assert (claim.lines[0].quantity, second.lines[0].work_cents) == (None, 3333)


# --- certificates


def test_the_next_line_7_follows_the_certificate(books: Books) -> None:
    claim_id = books.approved(1000)
    with books.call() as call:
        certify(call, claim_id, Money(80_000), TODAY, "Two fixtures are missing")
    books.next_period()
    second = books.shown(books.approved(1000))

    assert row_of(books.shown(claim_id)).due == Money(80_000)
    assert (second.previous_certificates_cents, summary_of(second).due) == (80_000, Money(100_000))
    with books.call() as call:
        assert [found.code for found in findings_of(call.session, load_claim(call, claim_id))] == ["certified_differs"]


def test_no_more_is_paid_than_was_certified(books: Books) -> None:
    claim_id = books.approved(1000)
    with books.call() as call:
        certify(call, claim_id, Money(80_000), TODAY, "Two fixtures are missing")
    with pytest.raises(UserError) as refused, books.call() as call:
        record_payment(call, claim_id, PaymentEntry("1", "check", Money(80_001), TODAY))
    with books.call() as call:
        record_payment(call, claim_id, PaymentEntry("1", "check", Money(80_000), TODAY))

    assert (code(refused), row_of(books.shown(claim_id)).payment.value) == ("too_much", "paid")
    with pytest.raises(UserError, match="a payment is recorded"), books.call() as call:
        withdraw_certificate(call, claim_id)


def test_a_certificate_needs_an_approved_latest_claim_and_a_reason(books: Books) -> None:
    claim_id = books.claim(1000)
    with pytest.raises(UserError) as refused, books.call() as call:
        certify(call, claim_id, Money(1), TODAY, "why")
    assert code(refused) == "not_approved"
    with books.call() as call:
        set_status(call, claim_id, ClaimStatus.APPROVED)
    with pytest.raises(UserError) as refused, books.call() as call:
        certify(call, claim_id, Money(1), TODAY, " ")
    assert code(refused) == "reason"
    with books.call() as call:
        certify(call, claim_id, Money(1), TODAY, "why")
    with pytest.raises(UserError) as refused, books.call() as call:
        certify(call, claim_id, Money(2), TODAY, "why")
    assert code(refused) == "already_certified"
    with books.call() as call:
        withdraw_certificate(call, claim_id)
    assert row_of(books.shown(claim_id)).due == Money(90_000)
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        certify(call, claim_id, Money(1), TODAY, "why")


def paper(books: Books, claim_id: int) -> list[str]:
    """The text of the claim's stored PDF."""
    with books.call() as call:
        return pieces(call.get(StoredFile, load_claim(call, claim_id).pdf_id, "file").content)


def test_a_certificate_is_printed_on_the_claim(books: Books) -> None:
    claim_id = books.approved(1000)
    issued = paper(books, claim_id)
    with books.call() as call:
        certify(call, claim_id, Money(80_000), TODAY, "Two fixtures are missing")
    printed = paper(books, claim_id)

    assert printed[printed.index("Amount certified") + 1] == "800.00"
    assert printed[printed.index("Less than line 8 by") + 1] == "100.00"
    assert printed[printed.index("Certified by") + 1].startswith(books.month.pat.name)
    assert "Two fixtures are missing" in printed
    assert printed[printed.index("Retainage on completed work") + 1] == "10%"
    with books.call() as call:
        withdraw_certificate(call, claim_id)
    assert paper(books, claim_id) == issued


def test_the_owners_certificate_is_the_owners_and_recorded_by_one_of_ours(books: Books) -> None:
    books.approved(1000)
    with books.call() as call:
        claim_id = make_owner_claim(call, books.month.project.id).id
        set_status(call, claim_id, ClaimStatus.APPROVED)
        certify(call, claim_id, Money(80_000), TODAY, "Less of line 1")
        owner = load_claim(call, claim_id).contract.company.name
    printed = paper(books, claim_id)

    who = printed[printed.index("Certified by") + 1 :][:2]
    assert f"{owner} (recorded by {books.month.pat.name})" in " ".join(who)


# --- deleting


def test_the_latest_claim_is_deleted_and_recorded(books: Books) -> None:
    first = books.approved(1000)
    books.next_period()
    second = books.claim(2000)
    with pytest.raises(UserError, match="Only the latest"), books.call() as call:
        delete_claim(call, first)
    with books.call() as call:
        delete_claim(call, second)

    with books.database.transaction() as session:
        assert session.get(Claim, second) is None
        event = session.scalars(select(Event).where(Event.record == "contract", Event.verb == "claim_deleted")).one()
        assert event.before is not None
        assert event.before["lines"]["001"][0] == 200_000
    with books.call() as call:
        assert books.draft(call, 1).number == 2


def test_a_claim_with_a_payment_is_kept(books: Books) -> None:
    claim_id = books.approved(1000)
    with books.call() as call:
        record_payment(call, claim_id, PaymentEntry("1", "check", Money(100), TODAY))
    with pytest.raises(UserError, match="A payment is recorded"), books.call() as call:
        delete_claim(call, claim_id)
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        delete_claim(call, claim_id)
    with books.database.transaction() as session:
        assert session.scalars(select(Payment)).one().amount_cents == 100


# --- the owner's claim


def test_the_owners_claim_takes_over_work_and_if_asked_retainage(books: Books) -> None:
    books.approved(1000, 500, stored=200)
    books.approved(300, contract=books.month.steel)
    with books.call() as call:
        plain = make_owner_claim(call, books.month.project.id)
    assert lines_of(books, plain.id) == [(0, 1800, 200, 200, 0), (0, 0, 0, 0, 0)]
    with books.call() as call:
        delete_claim(call, plain.id)
        prime = books.contract(call, books.month.prime)
        prime.work_retainage = Decimal(5)
    with books.call() as call:
        as_held = make_owner_claim(call, books.month.project.id, Prefill(retainage=True, backup=True))

    assert lines_of(books, as_held.id)[0] == (0, 1800, 200, 200, 0)
    assert as_held.with_backup


def test_the_owners_claim_may_be_made_without_costs(books: Books) -> None:
    with books.call() as call:
        empty = make_owner_claim(call, books.month.project.id, Prefill(costs=False))

    assert summary_of(books.shown(empty.id)).completed == Money(0)


def test_retainage_of_the_owners_claim_is_set_and_released_for_all_lines(books: Books) -> None:
    books.approved(1000, 500)
    with books.call() as call:
        owner = make_owner_claim(call, books.month.project.id)
        set_rates(call, owner.id, Rates(Decimal(20), Decimal(20)))
    assert lines_of(books, owner.id)[0][3] == 300
    with books.call() as call:
        release_retainage(call, owner.id, Release(percent=Decimal(50)))
    assert lines_of(books, owner.id)[0][3:] == (150, 150)
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        set_rates(call, owner.id, Rates(Decimal(0), Decimal(0)))


def test_a_period_is_needed(books: Books) -> None:
    with books.database.transaction() as session:
        session.get(BillingPeriod, books.period_id).status = "closed"
    for act in (lambda call: books.draft(call, 1), lambda call: make_release_claim(call, books.month.plumbing.id)):
        with pytest.raises(UserError) as refused, books.call() as call:
            act(call)
        assert code(refused) == "no_period"
