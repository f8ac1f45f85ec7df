"""The claim to the owner takes what is approved below and not billed above, whatever its period, and nothing twice."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from books import Books
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts, save_amounts, submit_claim
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.owner import make_owner_claim, preview_owner_claim
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money
from payclerk_core.queries.claims import summary_of
from payclerk_core.queries.owner_costs import claims_billed_on, owner_tie
from payclerk_core.rules.lifecycle import ClaimStatus as S
from payclerk_core.tables import BilledClaim, BilledCost, Contract, Project, SovLine

if TYPE_CHECKING:
    from payclerk_core.db import Database

CASES = Path(__file__).parents[1] / "cases" / "engine"
COST = ("22-000", "S")


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def owner(books: Books) -> int:
    with books.call() as call:
        return make_owner_claim(call, books.month.project.id).id


def bills(books: Books, claim_id: int) -> Money:
    return summary_of(books.shown(claim_id)).completed


def status(books: Books, claim_id: int, status: S) -> None:
    with books.call() as call:
        set_status(call, claim_id, status)


def ties(books: Books) -> list[tuple[str, int]]:
    """Contract and what is open of it, in dollars; less than zero is billed above and not approved below."""
    with books.database.reading() as session:
        found = owner_tie(session, books.month.project.id)
        return [(row.contract.number if row.contract else "owner", row.gap.open // 100) for row in found]


def billed_on(books: Books, owner_id: int) -> list[str]:
    shown = books.shown(owner_id)
    with books.call() as call:
        claims = claims_billed_on(call.session, shown)
        return [f"{claim.contract.number} #{claim.number}" for claim in claims]


def first_line(books: Books, claim_id: int) -> int:
    return books.shown(claim_id).lines[0].sov_line_id


def correct(books: Books, claim_id: int, dollars: int) -> None:
    line = first_line(books, claim_id)
    with books.call() as call:
        correct_amounts(call, claim_id, {line: LineEntry(Money(dollars * 100))})


def late(books: Books) -> tuple[int, int]:
    """The case's November: the plumber's 1,000 approved, the steel's 2,000 late; the owner's claim and the late one."""
    books.approved(1000)
    slow = books.claim(2000, contract=books.month.steel)
    first = owner(books)
    for to in (S.UNDER_REVIEW, S.APPROVED):
        status(books, first, to)
    return first, slow


def test_a_late_approval_reaches_the_owner(books: Books) -> None:
    expected = json.loads((CASES / "core_A_late_approval_is_lost_to_the_owner.json").read_text("utf-8"))["expect"]
    first, slow = late(books)
    assert bills(books, first) == Money(100_000)
    status(books, slow, S.APPROVED)
    assert ties(books) == [("SC-002", 2000)]
    books.next_period()
    books.approved(500)
    books.approved(300, contract=books.month.steel)
    second = owner(books)

    assert str(bills(books, second)).removeprefix("$") in expected
    assert bills(books, second) == Money(380_000)
    assert billed_on(books, second) == ["SC-001 #2", "SC-002 #1", "SC-002 #2"]
    assert ties(books) == []


def test_a_late_approval_alone_makes_a_claim(books: Books) -> None:
    _, slow = late(books)
    status(books, slow, S.APPROVED_AS_NOTED)
    books.next_period()

    assert bills(books, owner(books)) == Money(300_000)


def test_what_is_on_a_claim_to_the_owner_stays_approved_whatever_its_period(books: Books) -> None:
    _, slow = late(books)
    status(books, slow, S.APPROVED)
    books.next_period()
    second = owner(books)
    status(books, second, S.UNDER_REVIEW)

    with pytest.raises(UserError, match="A claim to the owner includes it"):
        status(books, slow, S.UNDER_REVIEW)


def test_a_late_one_of_a_billed_period_is_free_until_it_is_billed(books: Books) -> None:
    _, slow = late(books)
    status(books, slow, S.APPROVED)
    status(books, slow, S.UNDER_REVIEW)
    assert books.shown(slow).status == "under_review"


def test_a_deleted_claim_to_the_owner_frees_what_it_billed(books: Books) -> None:
    books.approved(1000)
    books.approved(700, contract=books.month.steel)
    first = owner(books)
    with books.call() as call:
        delete_claim(call, first)
    assert ties(books) == [("SC-001", 1000), ("SC-002", 700)]

    again = owner(books)
    assert bills(books, again) == Money(170_000)
    assert billed_on(books, again) == ["SC-001 #1", "SC-002 #1"]


def test_what_was_corrected_below_after_it_was_billed_is_billed_by_its_difference(books: Books) -> None:
    plumber = books.approved(1000)
    first = owner(books)
    status(books, plumber, S.UNDER_REVIEW)  # the owner's claim is a draft still
    assert ties(books) == [("SC-001", -1000)]
    correct(books, plumber, 900)
    status(books, plumber, S.APPROVED)
    assert ties(books) == [("SC-001", -100)]
    books.next_period()
    second = owner(books)

    assert bills(books, first) == Money(100_000)
    assert bills(books, second) == Money(90_000)
    assert ties(books) == []


def test_a_billed_claim_that_is_deleted_is_taken_off_again(books: Books) -> None:
    plumber = books.approved(1000)
    books.approved(700, contract=books.month.steel)
    owner(books)
    with books.call() as call:
        delete_claim(call, plumber)
    assert ties(books) == [("SC-001", -1000)]
    books.next_period()

    assert bills(books, owner(books)) == Money(70_000)


def test_what_was_left_off_the_owners_claim_by_hand_is_billed_again(books: Books) -> None:
    books.approved(1000)
    first = owner(books)
    line = first_line(books, first)
    with books.call() as call:
        save_amounts(call, first, {line: LineEntry(Money(40_000))})
    assert ties(books) == [("owner", 600)]
    books.next_period()
    books.approved(500)
    second = owner(books)

    assert bills(books, second) == Money(150_000)
    assert ties(books) == []


def test_work_of_our_own_on_the_owners_claim_is_billed_once(books: Books) -> None:
    books.approved(1000)
    first = owner(books)
    line = first_line(books, first)
    with books.call() as call:
        save_amounts(call, first, {line: LineEntry(Money(130_000))})
    assert ties(books) == [("owner", -300)]
    books.next_period()
    books.approved(500)

    assert bills(books, owner(books)) == Money(180_000)


def automatic(books: Books) -> None:
    with books.database.transaction() as session:
        session.get_one(Project, books.month.project.id).stored_materials = "automatic"


@pytest.mark.parametrize("mode", ["manual", "automatic"])
def test_stored_material_of_a_late_claim_counts_once(books: Books, mode: str) -> None:
    if mode == "automatic":
        automatic(books)
    books.approved(1000)
    slow = books.claim(0, contract=books.month.steel, stored=200)
    first = owner(books)
    status(books, first, S.UNDER_REVIEW)
    status(books, slow, S.APPROVED)
    books.next_period()
    books.approved(0, 100, contract=books.month.steel, stored=50 if mode == "automatic" else 200)
    second = owner(books)

    assert bills(books, first) == Money(100_000)
    assert bills(books, second) == Money(135_000 if mode == "automatic" else 130_000)
    assert ties(books) == []
    books.next_period()
    books.approved(10, contract=books.month.steel, stored=0)
    third = owner(books)
    assert bills(books, third) == Money(136_000 if mode == "automatic" else 111_000)
    assert ties(books) == []


@pytest.mark.parametrize("mode", ["manual", "automatic"])
def test_what_was_stored_before_payclerk_is_not_billed_as_new_work(books: Books, mode: str) -> None:
    if mode == "automatic":
        automatic(books)
    with books.database.transaction() as session:
        for contract in (books.month.steel, books.month.prime):
            query = select(SovLine).where(SovLine.contract_id == contract.id).order_by(SovLine.position).limit(1)
            session.scalars(query).one().opening_stored_cents = 10_000
    assert ties(books) == []
    books.approved(1000)
    assert bills(books, owner(books)) == Money(110_000)
    books.next_period()
    books.approved(50, contract=books.month.steel, stored=20)

    assert bills(books, owner(books)) == Money(117_000 if mode == "automatic" else 107_000)
    assert ties(books) == []


def test_the_preview_makes_nothing_and_names_what_is_missing(books: Books) -> None:
    books.approved(1000)
    books.claim(2000, contract=books.month.steel)
    with books.call() as call:
        preview = preview_owner_claim(call, books.month.project.id)
        assert [claim.contract.number for claim in preview.claims] == ["SC-001"]
        assert [claim.contract.number for claim in preview.not_approved] == ["SC-002"]
        assert dict(preview.costs) == {COST: (100_000, 0)}
        assert preview.existing is None
        call.session.rollback()
    with pytest.raises(NotAllowedError), books.call(books.month.dana) as call:
        preview_owner_claim(call, books.month.project.id)


def test_what_changed_since_the_preview_is_said_and_nothing_is_made(books: Books) -> None:
    books.approved(1000)
    slow = books.claim(2000, contract=books.month.steel)
    with books.call() as call:
        seen = preview_owner_claim(call, books.month.project.id).seen()
    status(books, slow, S.APPROVED)

    with pytest.raises(UserError, match=r"changed since you looked; nothing was done") as refused, books.call() as call:
        make_owner_claim(call, books.month.project.id, seen=seen)
    assert refused.value.code == "changed_since"
    assert "SC-002 #1 is new: Approved, revision 1, $2,000.00 completed" in refused.value.message
    assert "Cost 22-000 S was $1,000.00 work" in refused.value.message
    with books.call() as call:
        seen = preview_owner_claim(call, books.month.project.id).seen()
        made = make_owner_claim(call, books.month.project.id, seen=seen).id
    assert bills(books, made) == Money(300_000)


def test_over_nothing_no_claim_is_made(books: Books) -> None:
    books.claim(1000)
    with pytest.raises(UserError, match="not billed to the owner yet") as refused:
        owner(books)
    assert refused.value.code == "nothing_to_bill"


def test_a_claim_that_is_billed_is_not_billed_again_in_the_next_period(books: Books) -> None:
    books.approved(1000)
    owner(books)
    books.next_period()
    with pytest.raises(UserError, match="not billed to the owner yet"):
        owner(books)


def test_databases_from_before_know_what_was_billed(books: Books) -> None:
    """The migration reads from the events which claims each claim to the owner took, at the amounts of that moment."""
    plumber = books.approved(1000, stored=200)
    slow = books.claim(2000, contract=books.month.steel)
    first = owner(books)
    status(books, slow, S.APPROVED)
    status(books, plumber, S.UNDER_REVIEW)
    correct(books, plumber, 900)
    status(books, plumber, S.APPROVED)

    def rows() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        with books.database.reading() as session:
            claims = session.execute(select(BilledClaim.claim_id, BilledClaim.owner_claim_id)).all()
            costs = session.execute(
                select(BilledCost.contract_id, BilledCost.cost_code, BilledCost.work_cents, BilledCost.stored_cents)
                .where(BilledCost.owner_claim_id == first)
                .order_by(BilledCost.contract_id)
            ).all()
            return [tuple(row) for row in claims], [tuple(row) for row in costs]

    kept = rows()
    with books.database.transaction() as session:
        session.execute(delete(BilledClaim))
        session.execute(delete(BilledCost))
        importlib.import_module("payclerk_core.migrations.versions.0008_owner_costs")._fill(session.connection())
    assert rows() == kept
    assert ties(books) == [("SC-001", -100), ("SC-002", 2000)]


def test_a_private_contract_is_billed_like_any_other(books: Books) -> None:
    with books.database.transaction() as session:
        session.get_one(Contract, books.month.steel.id).private = True
    books.approved(700, contract=books.month.steel)
    assert bills(books, owner(books)) == Money(70_000)


def test_a_resubmitted_claim_is_billed_as_it_was_approved(books: Books) -> None:
    slow = books.claim(2000, contract=books.month.steel)
    with books.call() as call:
        set_status(call, slow, S.DRAFT)
    line = first_line(books, slow)
    with books.call() as call:
        save_amounts(call, slow, {line: LineEntry(Money(150_000))})
        submit_claim(call, slow)
    status(books, slow, S.APPROVED)
    assert bills(books, owner(books)) == Money(150_000)
