"""A contract that joins midway: its first number, what was billed of its change orders, and the box that shows them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from books import Books
from import_files import Draft
from mail_month import NOON, make_settings
from payclerk_core.actions.call import Call
from payclerk_core.actions.claim_pages import claim_page
from payclerk_core.actions.claims import load_claim
from payclerk_core.actions.importing import import_project
from payclerk_core.actions.retainage import resume_terms, set_rates
from payclerk_core.documents.workbook import WorkbookFaults, read_workbook
from payclerk_core.errors import UserError
from payclerk_core.queries.basis import basis_of
from payclerk_core.queries.claims import summary_of
from payclerk_core.rules.billing import change_box
from payclerk_core.rules.retainage import Rates
from payclerk_core.tables import ChangeOrder, Contract, SovLine

if TYPE_CHECKING:
    from payclerk_core.db import Database


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def set_contract(books: Books, **columns: object) -> None:
    with books.call() as call:
        for name, value in columns.items():
            setattr(books.contract(call), name, value)


def add_order(books: Books, number: str, cents: int, approved_on: date, opening: int = 0) -> None:
    with books.call() as call:
        contract = books.contract(call)
        order = ChangeOrder(
            contract_id=contract.id, number=number, title=number, status="approved", status_at=NOON, approved_on=approved_on
        )  # fmt: skip
        first = contract.lines[0]
        place = max(line.position for line in contract.lines) + 1
        contract.lines.append(
            SovLine(
                position=place, item=number, cost_code=first.cost_code, cost_type=first.cost_type, description=number,
                scheduled_cents=cents, change_order=order, opening_work_cents=opening,
                opening_retainage_cents=opening // 10,
            )
        )  # fmt: skip


def box_of(books: Books, claim_id: int) -> list[int]:
    """Earlier additions and deductions, then this period's, in cents."""
    with books.call() as call:
        page = claim_page(call, load_claim(call, claim_id))
    box = change_box(page.lines, page.counted_before, page.summary.due.currency)
    return [money.cents for money in (box.previous_additions, box.previous_deductions, box.additions, box.deductions)]


def test_the_first_claim_has_the_number_that_the_contract_says(books: Books) -> None:
    set_contract(books, first_number=7)

    first = books.approved(1000)
    books.next_period()
    second = books.approved(1000)

    assert [books.shown(claim).number for claim in (first, second)] == [7, 8]


def test_orders_from_before_are_earlier_ones_and_what_was_billed_of_them_is_line_7(books: Books) -> None:
    set_contract(books, first_number=7)
    add_order(books, "CO-1", 20_000_00, date(2026, 3, 2), opening=10_000_00)
    add_order(books, "CO-2", 5_000_00, date(2026, 10, 30))
    add_order(books, "CO-3", 3_000_00, date(2026, 11, 5))

    claim = books.claim(1000)

    assert summary_of(books.shown(claim)).previous_certificates.cents == 9_000_00
    assert box_of(books, claim) == [25_000_00, 0, 3_000_00, 0]


def test_an_order_billed_before_is_an_earlier_one_whatever_the_number(books: Books) -> None:
    add_order(books, "CO-1", 20_000_00, date(2026, 11, 2), opening=10_000_00)
    add_order(books, "CO-2", 5_000_00, date(2026, 10, 30))

    assert box_of(books, books.claim(1000)) == [20_000_00, 0, 5_000_00, 0]


def test_a_rate_set_by_hand_ends_the_step_until_it_is_turned_on_again(books: Books) -> None:
    ten = Rates(Decimal(10), Decimal(10))
    set_contract(books, work_retainage=Decimal(10), stored_retainage=Decimal(10), step_at=Decimal(1), step_work_retainage=Decimal(5))  # fmt: skip
    first = books.approved(2000)
    books.next_period()
    second = books.claim(2000)
    with books.call() as call:
        set_rates(call, second, ten)
    books.next_period()
    third = books.claim(1000)
    by_hand = [summary_of(books.shown(claim)).retainage.cents for claim in (first, second, third)]
    with books.call() as call:
        resume_terms(call, third)

    assert by_hand == [100_00, 400_00, 500_00]
    assert summary_of(books.shown(third)).retainage.cents == 250_00
    assert "retainage_by_contract" in books.events("claim", third)


def test_there_has_to_be_something_to_turn_on_again(books: Books) -> None:
    claim = books.claim(1000)

    with pytest.raises(UserError, match="no step down and no sliding scale"), books.call() as call:
        resume_terms(call, claim)


def test_a_deduction_billed_before_is_not_charged_again(books: Books) -> None:
    add_order(books, "CO-1", -20_000_00, date(2026, 10, 30), opening=-5_000_00)

    claim = books.claim(100)

    found = summary_of(books.shown(claim))
    assert (found.previous_certificates.cents, found.due.cents) == (-4_500_00, 90_00)


def load(database: Database, draft: Draft) -> None:
    with database.transaction() as session:
        import_project(Call(session, NOON, make_settings(), actor=None, door="cli"), read_workbook(draft.xlsx()))


def joining(**more: object) -> Draft:
    draft = Draft().put("Contracts", 2, "First claim number", 7).put("Contracts", 3, "Step counts stored", "yes")
    draft.put("Change orders", 2, "Opening work", 1000).put("Change orders", 2, "Opening retainage", 100)
    for column, value in more.items():
        draft.put("Change orders", 3, column.replace("_", " "), value)
    return draft


def test_a_file_says_the_number_and_what_was_billed_of_change_orders(database: Database) -> None:
    load(database, joining())

    with database.reading() as session:
        contracts = {row.number: row for row in session.scalars(select(Contract))}
        line = session.scalars(select(SovLine).where(SovLine.item == "900")).one()
        assert (contracts["SC-01"].first_number, contracts["SC-02"].first_number) == (7, 1)
        assert (contracts["SC-01"].step_counts_stored, contracts["SC-02"].step_counts_stored) == (False, True)
        assert (line.opening_work_cents, line.opening_stored_cents, line.opening_retainage_cents) == (
            1000_00,
            0,
            100_00,
        )
        basis = basis_of(session, contracts["SC-01"])
        assert (basis.number, basis.before[line.id].work) == (7, 1000_00)


def test_of_an_order_that_is_not_approved_nothing_was_billed(database: Database) -> None:
    with pytest.raises(WorkbookFaults) as refused:
        load(database, joining(Opening_work=5))

    assert [fault.what for fault in refused.value.faults] == ["CO-2 is pending, so nothing of it was billed."]


def test_a_packages_openings_stand_on_its_one_line(database: Database) -> None:
    draft = joining()
    draft.put("Change orders", 2, "Package", "yes")
    load(database, draft)

    with database.reading() as session:
        number = session.scalars(select(ChangeOrder.number).where(ChangeOrder.package)).one()
        line = session.scalars(select(SovLine).where(SovLine.item == number)).one()
        assert (line.opening_work_cents, line.opening_retainage_cents) == (1000_00, 100_00)
