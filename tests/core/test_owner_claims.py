"""The claim to the owner takes what is approved below and not billed above, whatever its period, and nothing twice."""

from __future__ import annotations

import importlib
import json
import shutil
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from books import Books
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts, save_amounts, submit_claim
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.owner import Prefill, make_owner_claim, preview_owner_claim
from payclerk_core.actions.retainage import make_release_claim
from payclerk_core.db import Database
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money
from payclerk_core.queries.approved import approved_below, completed_below
from payclerk_core.queries.claims import summary_of
from payclerk_core.queries.owner_costs import claims_billed_on, owner_tie
from payclerk_core.rules.lifecycle import ClaimStatus as S
from payclerk_core.rules.owner_costs import LineBelow, attributable
from payclerk_core.tables import BilledClaim, BilledCost, Contract, Project, SovLine

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_work_of_our_own_hides_nothing_that_is_left_off_later(books: Books) -> None:
    books.approved(1000)
    first = owner(books)
    line = first_line(books, first)
    with books.call() as call:
        save_amounts(call, first, {line: LineEntry(Money(130_000))})
    books.next_period()
    books.approved(500)
    second = owner(books)
    with books.call() as call:
        save_amounts(call, second, {line: LineEntry(Money(30_000))})
    assert ties(books) == [("owner", 200), ("owner", -300)]
    books.next_period()
    books.approved(10)
    third = owner(books)

    assert bills(books, third) == Money(181_000)
    assert ties(books) == [("owner", -300)]


def test_material_billed_as_work_is_no_work_of_our_own(books: Books) -> None:
    """The owner's line bills it as work a month before the subcontractor installs it; the month after it is cut."""
    books.approved(0, stored=200)
    first = owner(books)
    line = first_line(books, first)
    with books.call() as call:
        save_amounts(call, first, {line: LineEntry(Money(20_000), stored=Money(0))})
    assert ties(books) == []
    books.next_period()
    books.approved(250, stored=0)
    second = owner(books)
    with books.call() as call:
        save_amounts(call, second, {line: LineEntry(Money(5_000))})
    assert ties(books) == []
    books.next_period()
    books.approved(10)

    assert bills(books, owner(books)) == Money(26_000)


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


@pytest.mark.parametrize(("mode", "installs"), [("manual", 200), ("automatic", 10)])
def test_what_an_unapproved_claim_installed_stays_billed(books: Books, mode: str, installs: int) -> None:
    """It was approved as stored: that a claim under review moves it into work takes nothing off."""
    if mode == "automatic":
        automatic(books)
    steel = books.month.steel
    books.approved(0, contract=steel, stored=200)
    first = owner(books)
    status(books, first, S.UNDER_REVIEW)
    books.next_period()
    between = books.claim(installs, contract=steel, stored=0)
    books.next_period()
    books.approved(0, 100, contract=steel)
    assert ties(books) == [("SC-002", 100)]

    assert bills(books, owner(books)) == Money(30_000)
    assert ties(books) == []
    status(books, between, S.APPROVED)
    assert ties(books) == ([("SC-002", 10)] if mode == "automatic" else [])


def test_store_of_an_unapproved_claim_is_not_billed(books: Books) -> None:
    """The approved claim after it carries the balance in its column F, and did not put it there."""
    steel = books.month.steel
    books.approved(100, contract=steel)
    books.next_period()
    between = books.claim(0, contract=steel, stored=500)
    books.next_period()
    books.approved(0, 50, contract=steel)

    assert bills(books, owner(books)) == Money(15_000)
    assert ties(books) == []
    status(books, between, S.APPROVED)
    books.next_period()
    assert bills(books, owner(books)) == Money(65_000)


Step = tuple[int, int, bool, bool]  # work and F in dollars, approved, a claim to the owner after it
STEPS = st.tuples(st.integers(1, 900), st.sampled_from([0, 0, 200, 500]), st.booleans(), st.booleans())


def approved_alone(history: list[Step], mode: str) -> int:
    """What the approved claims of a history changed, from what was entered alone; never less than nothing."""
    stored = [0, *(step[1] for step in history)]
    changes = [
        work + now - (before if mode == "manual" else 0)
        for (work, *_), (before, now) in zip(history, pairwise(stored), strict=True)
    ]
    return max(sum(change for change, step in zip(changes, history, strict=True) if step[2]), 0)


@pytest.fixture(scope="module")
def new_books(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Books]:
    """Books of their own for each example."""
    folder, numbers = tmp_path_factory.mktemp("histories"), count()

    def build() -> Books:
        path = folder / f"{next(numbers)}.sqlite3"
        shutil.copyfile(migrated_sqlite, path)
        return Books(Database(f"sqlite:///{path}"))

    return build


@settings(max_examples=6)
@given(st.lists(STEPS, min_size=2, max_size=4), st.sampled_from(["manual", "automatic"]))
@example([(1, 200, True, True), (200, 0, False, False), (100, 0, True, True)], "manual")
@example([(9, 500, False, True), (1, 0, True, True), (5, 200, False, False), (7, 200, True, True)], "automatic")
def test_the_owner_is_billed_what_approved_claims_put_there(
    new_books: Callable[[], Books], history: list[Step], mode: str
) -> None:
    """While some are not approved nothing of theirs is billed; when all are, the two sides are equal."""
    books, made, claims = new_books(), [0], []
    if mode == "automatic":
        automatic(books)
    for at, (work, stored, approved, bill) in enumerate(history):
        chosen = S.APPROVED if approved else None
        claims.append(books.claim(work, status=chosen, stored=stored, contract=books.month.steel))
        agree(books)
        if bill:
            made.append(owner_or_none(books) or made[-1])
            assert billed(books, made[-1]) == approved_alone(history[: at + 1], mode)
        books.next_period()
    for claim_id, step in zip(claims, history, strict=True):
        if not step[2]:
            status(books, claim_id, S.APPROVED)
    made.append(owner_or_none(books) or made[-1])

    agree(books)
    assert ties(books) == []
    assert bills(books, made[-1]) == bills(books, claims[-1])


def owner_or_none(books: Books) -> int | None:
    try:
        return owner(books)
    except UserError as refused:
        assert refused.code == "nothing_to_bill"
        return None


def billed(books: Books, owner_id: int) -> int:
    return bills(books, owner_id).cents // 100 if owner_id else 0


def agree(books: Books) -> None:
    """What is billed and what the tie-out compares with come from different columns and are the same."""
    with books.database.reading() as session:
        project = books.month.project.id
        below = {place: one.work + one.stored for place, one in approved_below(session, project).items()}
        assert completed_below(session, project) == below


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 500), st.booleans())), st.integers(0, 300))
def test_a_line_over_any_history(history: list[tuple[int, int, bool]], opening: int) -> None:
    stored = [opening, *(now for _, now, _ in history)]
    moves = [
        (work + now - before, now - before, approved)
        for (work, now, approved), before in zip(history, stored, strict=False)
    ]
    balances = [now for _, now, approved in history if approved]
    line = LineBelow(
        10_000,
        opening_stored=opening,
        changed=sum(change for change, _, _ in moves),
        approved=sum(change for change, _, approved in moves if approved),
        approved_stored=sum(move for _, move, approved in moves if approved),
        in_store=balances[-1] if balances else opening,
    )
    work, store = attributable(line)

    assert 0 <= store <= line.in_store
    assert work + store == max(opening + line.approved, min(opening + line.changed, 0))
    if all(approved for _, _, approved in history):
        assert (work, store) == (sum(work for work, _, _ in history), stored[-1])


@pytest.mark.parametrize(("scheduled", "sign"), [(1000, 1), (-1000, -1)])
def test_an_approval_of_less_takes_nothing_off_that_was_never_billed(scheduled: int, sign: int) -> None:
    """Of a line that adds and of a deduction alike: the claim that billed 500 is not approved, its correction is."""
    assert attributable(LineBelow(scheduled, changed=0, approved=-500 * sign)) == (0, 0)
    opened = LineBelow(scheduled, opening_work=800 * sign, changed=-500 * sign, approved=-500 * sign)
    assert attributable(opened) == (-500 * sign, 0)


def as_held_below(books: Books) -> int:
    with books.call() as call:
        return make_owner_claim(call, books.month.project.id, Prefill(retainage=True)).id


def held(books: Books, claim_id: int) -> tuple[int, int]:
    """Of work and of stored material, in dollars."""
    summary = summary_of(books.shown(claim_id))
    return summary.work_retainage.cents // 100, summary.stored_retainage.cents // 100


@pytest.mark.parametrize(("mode", "then"), [("manual", (10, 20)), ("automatic", (30, 0))])
def test_what_is_held_of_a_store_stays_held_of_the_owners(books: Books, mode: str, then: tuple[int, int]) -> None:
    """Also in a month in which that contract bills nothing. The automatic mode counts the store as installed."""
    if mode == "automatic":
        automatic(books)
    books.approved(0, contract=books.month.steel, stored=200)
    assert held(books, as_held_below(books)) == (0, 20)
    books.next_period()
    books.approved(100)

    assert held(books, as_held_below(books)) == then


def test_what_was_held_of_a_corrected_claim_is_held_as_corrected(books: Books) -> None:
    plumber = books.approved(1000)
    assert held(books, as_held_below(books)) == (100, 0)
    status(books, plumber, S.UNDER_REVIEW)
    correct(books, plumber, 500)
    status(books, plumber, S.APPROVED)
    books.next_period()
    books.approved(100, contract=books.month.steel)

    assert held(books, as_held_below(books)) == (60, 0)


def test_what_is_released_below_is_released_by_the_owner_once(books: Books) -> None:
    with books.call() as call:
        works = [line.scheduled_cents // 100 for line in books.contract(call).billed_lines]
    books.approved(*works)
    first = as_held_below(books)
    books.next_period()
    with books.call() as call:
        release = make_release_claim(call, books.month.plumbing.id).id
    status(books, release, S.APPROVED)
    second = as_held_below(books)
    books.next_period()
    books.approved(100, contract=books.month.steel)
    third = as_held_below(books)

    assert held(books, first)[0] == sum(works) // 10
    assert held(books, second) == (0, 0)
    assert sum(line.work_released_cents for line in books.shown(second).lines) == sum(works) * 10
    assert held(books, third) == (10, 0)
    assert sum(line.work_released_cents for line in books.shown(third).lines) == 0


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
