"""Change orders: only an approved one counts, its lines join at the end, and what was approved is answered, not edited."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_desk import Desk
from payclerk_core.actions.change_orders import (
    Approval,
    ChangeFacts,
    approve_change_order,
    create_change_order,
    edit_change_order,
    reverse_change_order,
    submit_change_order,
    void_change_order,
)
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.money import Money, total
from payclerk_core.queries.contracts import contract_rows, contract_sum
from payclerk_core.rules.change_orders import (
    Billed,
    ChangeEntry,
    below_billed,
    check_entries,
    joining_lines,
    reversed_entries,
)
from payclerk_core.tables import BillingPeriod, ChangeOrder, ChangeOrderLine, Claim, Contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from payclerk_core.db import Database


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def line(item: str, dollars: int, cost: str = "22-000", kind: str = "S") -> ChangeEntry:
    return ChangeEntry(item, cost, kind, f"Change {item}", Money(dollars * 100))


def change(number: str, *lines: ChangeEntry, package: bool = False, title: str = "Extra sinks") -> ChangeFacts:
    return ChangeFacts(number, title, lines, package)


def asked(desk: Desk, facts: ChangeFacts, contract_id: int | None = None) -> int:
    """A pending change order."""
    order: ChangeOrder = desk.do(create_change_order, contract_id or desk.plumbing, facts)
    desk.do(submit_change_order, order.id)
    return order.id


def approved(desk: Desk, facts: ChangeFacts, contract_id: int | None = None) -> Approval:
    approval: Approval = desk.do(approve_change_order, asked(desk, facts, contract_id))
    return approval


def test_only_an_approved_one_counts_and_its_lines_stand_at_the_end(desk: Desk):
    facts = change("CO-1", line("CO-1.1", 1_200), line("CO-1.2", -300))
    order = desk.do(create_change_order, desk.plumbing, facts)
    assert desk.see(desk.plumbing, contract_sum) == Money(1_500_000)
    desk.do(submit_change_order, order.id)
    assert desk.see(desk.plumbing, contract_sum) == Money(1_500_000)
    approval = desk.do(approve_change_order, order.id, approved_on=date(2026, 11, 9))
    assert desk.items(desk.plumbing) == [
        (1, "001", 1_000_000),
        (2, "002", 500_000),
        (3, "CO-1.1", 120_000),
        (4, "CO-1.2", -30_000),
    ]
    assert desk.see(desk.plumbing, contract_sum) == Money(1_590_000)
    assert (approval.change.status, approval.change.approved_on, approval.warnings) == (
        "approved",
        date(2026, 11, 9),
        (),
    )
    numbers = desk.see(desk.plumbing, lambda c: [row.change_order and row.change_order.number for row in c.lines])
    assert numbers == [None, None, "CO-1", "CO-1"]


def test_each_step_leaves_its_event(desk: Desk):
    order = asked(desk, change("CO-1", line("CO-1.1", 100)))
    desk.do(approve_change_order, order)
    events = desk.events("change_order_created", "change_order_submitted", "change_order_approved")
    assert [(event.before, event.after.get("status")) for event in events] == [
        (None, None),
        ({"status": "draft"}, "pending"),
        ({"status": "pending"}, "approved"),
    ]
    assert {(event.record, event.record_id, event.actor_id) for event in events} == {
        ("change_order", order, desk.pat.id)
    }
    assert events[0].after["lines"] == [["CO-1.1", "22-000", "S", 10_000]]
    # The date is the project's own: noon UTC is the morning of the same day in Chicago.
    assert (events[2].after["cents"], events[2].after["approved_on"]) == (10_000, "2026-11-10")


@pytest.mark.parametrize("who", ["rita", "stan", "dana"])
def test_only_an_administrator_keeps_change_orders(desk: Desk, who: str):
    facts = change("CO-1", line("CO-1.1", 100))
    pending, done = asked(desk, facts), approved(desk, change("CO-2", line("CO-2.1", 1))).change.id
    tried = [
        (create_change_order, desk.plumbing, facts),
        (edit_change_order, pending, facts),
        (submit_change_order, pending),
        (approve_change_order, pending),
        (void_change_order, pending),
        (reverse_change_order, done, "CO-3"),
    ]
    for action, *args in tried:
        with pytest.raises(NotAllowedError, match="You need 'Admin' permission on this project's Commitments"):
            desk.do(action, *args, by=getattr(desk, who))


def test_the_owners_change_orders_ask_for_the_owners_tool(desk: Desk):
    desk.level(desk.stan, "admin")
    with pytest.raises(NotAllowedError, match="Client Contracts"):
        desk.do(create_change_order, desk.prime, change("OC-1", line("OC-1", 5)), by=desk.stan)
    assert approved(desk, change("OC-1", line("OC-1", 5)), desk.prime).change.status == "approved"


def test_a_package_joins_as_one_line(desk: Desk):
    approved(desk, change("CO-1", line("a", 1_200), line("b", -200), package=True))
    assert desk.items(desk.plumbing)[2:] == [(3, "CO-1", 100_000)]
    joined = desk.see(desk.plumbing, lambda c: c.lines[-1])
    assert (joined.description, joined.cost_code, joined.cost_type) == ("Extra sinks", "22-000", "S")
    with desk.db.reading() as session:  # what was asked for stays as it was asked for
        assert [row.amount_cents for row in session.query(ChangeOrderLine).order_by("position")] == [120_000, -20_000]


def test_a_package_of_several_costs_cannot_be_one_line(desk: Desk):
    mixed = change("CO-1", line("a", 1), line("b", 1, kind="M"), package=True)
    assert desk.refuses("several cost codes", create_change_order, desk.plumbing, mixed).code == "mixed_costs"


def test_a_unit_contract_gets_change_orders_too(desk: Desk):
    desk.change(desk.plumbing, accounting="unit")
    approved(desk, change("CO-1", line("CO-1.1", 100)))
    joined = desk.see(desk.plumbing, lambda c: c.lines[-1])
    assert (joined.scheduled_cents, joined.quantity, joined.unit_price) == (10_000, None, None)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (change(" ", line("a", 1)), "number of at most 40"),
        (change("CO-1", line("a", 1), title=""), "title of at most 200"),
        (change("CO-1"), "at least one line"),
        (change("CO-1", line("a", 1), line(" a", 2)), "Item a stands there twice"),
        (change("CO-1", line("001", 1)), "an item 001 on contract SC-001 already"),
        (change("001", line("a", 1), package=True), "an item 001 on contract SC-001 already"),
        (change("CO-1", line(" ", 1)), "the item is missing"),
        (change("CO-1", line("a", 1, cost="")), "the cost code is missing"),
        (change("CO-1", line("a" * 41, 1)), "item is longer than 40"),
        (change("CO-1", ChangeEntry("a", "1", "S", "x", Money(1, "CAD"))), "are in USD"),
    ],
)
def test_what_a_change_order_cannot_be(desk: Desk, facts: ChangeFacts, words: str):
    desk.refuses(words, create_change_order, desk.plumbing, facts)
    known = desk.do(create_change_order, desk.plumbing, change("CO-9", line("z", 1)))
    desk.refuses(words, edit_change_order, known.id, facts)


def test_a_number_is_given_once_a_contract(desk: Desk):
    desk.do(create_change_order, desk.plumbing, change("CO-1", line("a", 1)))
    second = desk.do(create_change_order, desk.steel, change("CO-1", line("a", 1)))
    error = desk.refuses(
        "a change order CO-1 on this contract already", create_change_order, desk.plumbing, change("CO-1", line("b", 1))
    )
    assert (error.code, error.field) == ("duplicate_number", "number")
    desk.do(edit_change_order, second.id, change("CO-1", line("a", 2)))


def test_it_is_edited_until_it_is_decided(desk: Desk):
    order = asked(desk, change("CO-1", line("a", 1), line("b", 2)))
    desk.do(edit_change_order, order, change("CO-1b", line("b", 5), title="Fewer sinks"))
    [event] = desk.events("change_order_edited")
    assert event.before["lines"] == [["a", "22-000", "S", 100], ["b", "22-000", "S", 200]]
    assert (event.after["number"], event.after["lines"]) == ("CO-1b", [["b", "22-000", "S", 500]])
    desk.do(approve_change_order, order)
    assert desk.items(desk.plumbing)[2:] == [(3, "b", 500)]
    for action, *args in [
        (edit_change_order, order, change("CO-1", line("c", 1))),
        (submit_change_order, order),
        (approve_change_order, order),
    ]:
        assert desk.refuses("CO-1b is approved", action, *args).code == "wrong_status"


def test_a_draft_is_submitted_before_it_is_approved(desk: Desk):
    order = desk.do(create_change_order, desk.plumbing, change("CO-1", line("a", 1)))
    desk.refuses("is draft; submit it first", approve_change_order, order.id)
    desk.refuses("no such change order", approve_change_order, 99_999)


def test_two_that_want_the_same_item_are_told_when_the_second_is_approved(desk: Desk):
    first, second = (asked(desk, change(number, line("a", 1))) for number in ("CO-1", "CO-2"))
    desk.do(approve_change_order, first)
    assert desk.refuses("an item a on contract", approve_change_order, second).code == "duplicate_item"


@pytest.mark.parametrize("status", ["terminated", "void"])
def test_a_contract_that_ended_does_not_change(desk: Desk, status: str):
    desk.change(desk.plumbing, status=status)
    desk.refuses("it cannot change any more", create_change_order, desk.plumbing, change("CO-1", line("a", 1)))


def test_it_is_approved_on_an_approved_contract_only(desk: Desk):
    order = asked(desk, change("CO-1", line("a", 1)))
    desk.change(desk.plumbing, status="out_for_signature")
    assert (
        desk.refuses("Out For Signature; a change order is approved on", approve_change_order, order).code
        == "not_approved"
    )


def test_it_waits_for_the_breakdown(desk: Desk):
    order = asked(desk, change("CO-1", line("a", 1)))
    desk.change(desk.plumbing, ssov_enabled=True, ssov_status="under_review")
    assert desk.refuses("approve it, or turn it off, first", approve_change_order, order).code == "ssov_open"
    desk.change(desk.plumbing, ssov_status="approved")
    assert desk.do(approve_change_order, order).change.status == "approved"


def at_once(*works: Callable[[], Any]) -> list[str]:
    """What came of each, started at the same moment: 'done', or the code of its refusal."""
    gate, outcomes = threading.Barrier(len(works)), []

    def run(work: Callable[[], Any]) -> None:
        gate.wait()
        try:
            work()
        except UserError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_approved_by_two_people_at_once_it_counts_once(desk: Desk):
    order = asked(desk, change("CO-1", line("a", 100)))
    outcomes = at_once(*[lambda: desk.do(approve_change_order, order)] * 3)
    assert outcomes == ["done", "wrong_status", "wrong_status"]
    assert desk.see(desk.plumbing, contract_sum) == Money(1_510_000)


def test_several_approved_at_once_each_get_a_place(desk: Desk):
    orders = [asked(desk, change(f"CO-{n}", line(f"a{n}", 100))) for n in range(4)]
    assert at_once(*[partial(desk.do, approve_change_order, order) for order in orders]) == ["done"] * 4
    assert [place for place, _, _ in desk.items(desk.plumbing)] == [1, 2, 3, 4, 5, 6]
    assert desk.see(desk.plumbing, contract_sum) == Money(1_540_000)


def test_approved_and_voided_at_once_is_one_of_the_two(desk: Desk):
    order = asked(desk, change("CO-1", line("a", 100)))
    outcomes = at_once(lambda: desk.do(approve_change_order, order), lambda: desk.do(void_change_order, order))
    # Void may come second and take back what was approved; it may not be approved once it is void.
    assert outcomes in (["done", "done"], ["done", "wrong_status"])
    assert desk.see(desk.plumbing, contract_sum) == Money(1_500_000)


# --- Taking one back


def test_an_approved_one_is_void_while_no_claim_lists_it(desk: Desk):
    order = approved(desk, change("CO-1", line("a", 100), line("b", 50))).change.id
    desk.do(void_change_order, order)
    assert desk.items(desk.plumbing) == [(1, "001", 1_000_000), (2, "002", 500_000)]
    [event] = desk.events("change_order_voided")
    assert (event.before, event.after) == ({"status": "approved"}, {"status": "void"})
    desk.refuses("is void; nothing more", void_change_order, order)


@pytest.mark.parametrize("submit", [True, False])
def test_one_that_is_not_decided_is_void_at_once(desk: Desk, submit: bool):
    order = desk.do(create_change_order, desk.plumbing, change("CO-1", line("a", 1)))
    if submit:
        desk.do(submit_change_order, order.id)
    assert desk.do(void_change_order, order.id).status == "void"


def test_once_a_claim_lists_it_only_another_one_takes_it_back(desk: Desk):
    order = approved(desk, change("CO-1", line("a", 100), line("b", -50))).change.id
    desk.bill(desk.plumbing)
    assert desk.refuses("is on a claim already", void_change_order, order).code == "billed"
    back = desk.do(reverse_change_order, order, "CO-2")
    assert (back.number, back.title, back.status) == ("CO-2", "Reversal of CO-1: Extra sinks", "draft")
    desk.do(submit_change_order, back.id)
    desk.do(approve_change_order, back.id)
    assert desk.items(desk.plumbing)[2:] == [
        (3, "a", 10_000),
        (4, "b", -5_000),
        (5, "CO-2/a", -10_000),
        (6, "CO-2/b", 5_000),
    ]
    assert desk.see(desk.plumbing, contract_sum) == Money(1_500_000)


def test_only_an_approved_one_is_reversed(desk: Desk):
    order = asked(desk, change("CO-1", line("a", 1)))
    desk.refuses("is pending; edit or void it instead", reverse_change_order, order, "CO-2")


def test_what_was_billed_before_payclerk_keeps_it(desk: Desk):
    order = approved(desk, change("CO-1", line("a", 100))).change.id
    with desk.db.transaction() as session:
        session.get_one(Contract, desk.plumbing).lines[-1].opening_work_cents = 1
    desk.refuses("is on a claim already", void_change_order, order)


def test_a_claim_keeps_what_it_was_made_on(desk: Desk):
    desk.bill(desk.plumbing, _001=100)
    approved(desk, change("CO-1", line("a", 100)))
    with desk.db.reading() as session:
        [claim] = session.query(Claim)
        assert [row.scheduled_cents for row in claim.lines] == [1_000_000, 500_000]
        [period] = session.query(BillingPeriod)
        row = next(r for r in contract_rows(session, desk.project_id, period.id) if r.contract.id == desk.plumbing)
        assert row.contract_sum == Money(1_510_000)


# --- Warnings


def test_a_deduction_below_what_is_billed_is_warned_of(desk: Desk):
    desk.bill(desk.plumbing, _001=900_000, _002=400_000)
    approval = approved(desk, change("CO-1", line("less", -2_500)))
    assert approval.warnings == (
        "22-000 S would be $12,500.00, below the $13,000.00 that is billed.",
        "The contract would be $12,500.00, below the $13,000.00 that is billed.",
    )
    assert desk.events("change_order_approved")[0].after["warnings"] == list(approval.warnings)


def test_what_was_billed_before_payclerk_counts_in_the_warning(desk: Desk):
    with desk.db.transaction() as session:
        session.get_one(Contract, desk.plumbing).lines[0].opening_work_cents = 1_000_000
    assert "below the $10,000.00 that is billed" in approved(desk, change("CO-1", line("less", -6_000))).warnings[0]


def test_a_deduction_that_leaves_enough_is_no_matter(desk: Desk):
    desk.bill(desk.plumbing, _001=900_000, _002=400_000)
    assert approved(desk, change("CO-1", line("less", -2_000))).warnings == ()


AMOUNTS = st.integers(-(10**7), 10**7)
ENTRIES = st.lists(st.tuples(AMOUNTS, st.sampled_from("AB")), min_size=1, max_size=6).map(
    lambda rows: [ChangeEntry(str(n), cost, "S", "x", Money(cents)) for n, (cents, cost) in enumerate(rows)]
)


@given(ENTRIES)
def test_a_reversal_takes_back_to_the_cent(entries: list[ChangeEntry]):
    back = reversed_entries(entries, "CO-2")
    assert not total((entry.amount for entry in [*entries, *back]), "USD")
    check_entries([*entries, *back], "USD")  # and the items are new


@given(ENTRIES)
def test_a_package_comes_to_the_sum_of_its_lines(entries: list[ChangeEntry]):
    if len({entry.cost for entry in entries}) > 1:
        with pytest.raises(UserError):
            joining_lines(entries, package=True, number="1", title="T")
        return
    [one] = joining_lines(entries, package=True, number="1", title="T")
    assert one.amount == total((entry.amount for entry in entries), "USD")
    assert joining_lines(entries, package=False, number="1", title="T") == entries


@given(ENTRIES, st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_warning_is_right(entries: list[ChangeEntry], scheduled: int, completed: int):
    keys: list[Any] = [("A", "S"), ("B", "S")]
    billed = Billed({key: Money(scheduled) for key in keys}, {key: Money(completed) for key in keys})
    warnings = below_billed(entries, billed, "USD")
    for code, kind in keys:
        mine = [entry.amount.cents for entry in entries if entry.cost == (code, kind)]
        below = any(cents < 0 for cents in mine) and scheduled + sum(mine) < completed
        assert any(text.startswith(f"{code} {kind} ") for text in warnings) == below
    whole = sum(entry.amount.cents for entry in entries)
    assert any(text.startswith("The contract") for text in warnings) == (
        whole < 0 and 2 * scheduled + whole < 2 * completed
    )


def test_the_ten_periods_sum_of_changes(desk: Desk):
    """Domain 3.6: +120,000 in period 3 and -30,000 in period 6 take 1,200,000 to 1,290,000."""
    with desk.db.transaction() as session:
        session.get_one(Contract, desk.plumbing).lines[0].scheduled_cents = 115_000_000
        session.get_one(Contract, desk.plumbing).lines[1].scheduled_cents = 5_000_000
    approved(desk, change("CO-1", line("CO-1", 120_000)))
    assert desk.see(desk.plumbing, contract_sum).plain() == "1320000.00"
    approved(desk, change("CO-2", line("CO-2", -30_000)))
    assert Decimal(desk.see(desk.plumbing, contract_sum).plain()) == Decimal("1290000.00")
