"""The list of claims: searched, filtered, grouped, with subtotals that add up; and its PDF."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from books import Books
from mail_month import promised
from payclerk_core.actions.certificates import certify
from payclerk_core.actions.claim_lists import export_list, list_claims
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.errors import NotAllowedError
from payclerk_core.money import Money
from payclerk_core.queries.claim_groups import ClaimGroups, GroupBy, ListFilter
from payclerk_core.queries.claims import ClaimFilter
from payclerk_core.rules.lifecycle import ClaimStatus, PaymentStatus
from payclerk_core.tables import Claim, Contract, Event, Member
from printed import text_of

if TYPE_CHECKING:
    from payclerk_core.db import Database

TODAY = date(2026, 11, 20)


@pytest.fixture
def books(database: Database) -> Books:
    """Two companies over two periods: of plumbing 900 (paid 400) and 450, of steel 1800 (paid) and 90 in review."""
    books = Books(database)
    plumbing, steel = books.approved(1000), books.approved(2000, contract=books.month.steel)
    pay(books, plumbing, 400)
    pay(books, steel, 1800)
    books.next_period()
    books.approved(500)
    books.claim(100, contract=books.month.steel)
    return books


def pay(books: Books, claim_id: int, dollars: int) -> None:
    with books.call() as call:
        record_payment(call, claim_id, PaymentEntry("1", "check", Money(dollars * 100), TODAY))


def shown(books: Books, wanted: ListFilter | None = None, group_by: GroupBy | None = None) -> ClaimGroups:
    with books.call() as call:
        return list_claims(call, books.month.project.id, wanted or ListFilter(), group_by)


def sums(groups: ClaimGroups) -> list[tuple[str, int, int, int]]:
    """Name, count, dollars due and paid of each group."""
    return [
        (group.name, group.subtotal.count, group.subtotal.due.cents // 100, group.subtotal.paid.cents // 100)
        for group in groups.groups
    ]


def labels(groups: ClaimGroups) -> list[str]:
    return [row.label for group in groups.groups for row in group.rows]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (None, [("", 4, 3240, 2200)]),
        (GroupBy.COMPANY, [("Harbor Plumbing", 2, 1350, 400), ("Northside Steel", 2, 1890, 1800)]),
        (GroupBy.STATUS, [("Under Review", 1, 90, 0), ("Approved", 3, 3150, 2200)]),
        (GroupBy.PAYMENT, [("Unpaid", 2, 540, 0), ("Partially Paid", 1, 900, 400), ("Paid", 1, 1800, 1800)]),
        (GroupBy.PERIOD, [("2026-11-01 to 2026-11-30", 2, 2700, 2200), ("2026-12-01 to 2026-12-31", 2, 540, 0)]),
    ],
)
def test_groups_come_in_order_and_add_up(
    books: Books, by: GroupBy | None, expected: list[tuple[str, int, int, int]]
) -> None:
    groups = shown(books, group_by=by)
    assert sums(groups) == expected
    total = groups.total
    assert [sum(row[place] for row in expected) for place in (1, 2, 3)] == [
        total.count, total.due.cents // 100, total.paid.cents // 100,
    ]  # fmt: skip
    assert sorted(labels(groups)) == sorted(labels(shown(books)))


def test_a_certificate_is_what_is_due(books: Books) -> None:
    latest = max(row.claim.id for row in shown(books).groups[0].rows if row.status is ClaimStatus.APPROVED)
    with books.call() as call:
        certify(call, latest, Money(400_00), TODAY, "Agreed")
    assert sums(shown(books, group_by=GroupBy.COMPANY))[0] == ("Harbor Plumbing", 2, 1300, 400)


def test_each_filter_narrows_and_they_add_up(books: Books) -> None:
    steel = books.month.steel
    with books.database.transaction() as session:
        session.get_one(Contract, steel.id).kind = "purchase_order"
    assert labels(shown(books, ListFilter(company_id=steel.company_id))) == [
        "SC-002 Northside Steel #1", "SC-002 Northside Steel #2",
    ]  # fmt: skip
    assert labels(shown(books, ListFilter(payment=PaymentStatus.PARTLY_PAID))) == ["SC-001 Harbor Plumbing #1"]
    assert labels(shown(books, ListFilter(contract_kind="purchase_order"))) == labels(
        shown(books, ListFilter(company_id=steel.company_id))
    )
    both = ListFilter(ClaimFilter(ClaimStatus.APPROVED, books.period_id), payment=PaymentStatus.UNPAID)
    assert labels(shown(books, both)) == ["SC-001 Harbor Plumbing #2"]
    nothing = shown(books, ListFilter(company_id=steel.company_id, payment=PaymentStatus.PARTLY_PAID), GroupBy.STATUS)
    assert (nothing.groups, nothing.total.count, nothing.total.due) == ((), 0, Money(0))


@pytest.mark.parametrize("search", ["INV-77", "inv-77 harbor", "sc-001 #1", "  RETURNED   pipes ", "harbor work #1"])
def test_the_search_looks_where_the_source_product_does(books: Books, search: str) -> None:
    with books.database.transaction() as session:
        claim = session.scalars(select(Claim).order_by(Claim.id)).first()
        claim.invoice_number, claim.comment = "INV-77", "Returned pipes credited"
    assert labels(shown(books, ListFilter(ClaimFilter(search=search)))) == ["SC-001 Harbor Plumbing #1"]


def test_a_word_that_is_nowhere_finds_nothing(books: Books) -> None:
    assert shown(books, ListFilter(ClaimFilter(search="harbor steel"))).total.count == 0


def test_only_an_administrator_lists_and_exports(books: Books) -> None:
    with books.database.transaction() as session:
        member = session.scalars(select(Member).where(Member.person_id == books.month.dana.id)).one()
        member.commitments = "standard"
    for act in (list_claims, export_list):
        with pytest.raises(NotAllowedError, match="Admin"), books.call(books.month.dana) as call:
            act(call, books.month.project.id, ListFilter())


def test_the_export_follows_filter_search_and_group(books: Books) -> None:
    wanted = ListFilter(ClaimFilter(ClaimStatus.APPROVED, search="harbor"), payment=PaymentStatus.UNPAID)
    before = promised(books.database)

    with books.call() as call:
        file = export_list(call, books.month.project.id, wanted, GroupBy.PERIOD)

    assert file.name == "Subcontractor invoices - Maple Street - 2026-11-10.pdf"
    words = text_of(file.content)
    for expected in ("Approved", "Unpaid", "harbor", "Billing period", "2026-12-01 to 2026-12-31, 1 claim", "450.00"):
        assert expected in words
    assert "SC-002" not in words
    assert "Total, 1 claim" in words
    with books.database.reading() as session:
        event = session.scalars(select(Event).where(Event.verb == "list_exported")).one()
    assert event.after["claims"] == 1
    assert event.after["due_cents"] == 450_00
    assert event.after["Search"] == "harbor"
    assert promised(books.database) == before
