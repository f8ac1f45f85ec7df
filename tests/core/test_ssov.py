"""The subcontractor's schedule of values: asked for, broken down to the cent, reviewed, and billed in its details."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_desk import Desk, entry
from mail_month import NOON
from payclerk_bot.outgoing.notices import NOTICES
from payclerk_core.actions.batches import Order
from payclerk_core.actions.change_orders import (
    ChangeFacts,
    approve_change_order,
    create_change_order,
    submit_change_order,
)
from payclerk_core.actions.claim_editing import LineEntry, bill_on_behalf
from payclerk_core.actions.invitations import invite
from payclerk_core.actions.sov_lines import add_sov_line, edit_sov_line, remove_sov_line
from payclerk_core.actions.ssov import (
    approve_ssov,
    disable_ssov,
    enable_ssov,
    invite_to_break_down,
    return_ssov,
    set_ssov_status,
    submit_ssov,
)
from payclerk_core.actions.ssov_details import broken_lines, put_details
from payclerk_core.actions.ssov_letters import ssov_sheet
from payclerk_core.documents.ssov_file import read_ssov_file
from payclerk_core.errors import NotAllowedError
from payclerk_core.money import Money
from payclerk_core.queries.claims import summary_of
from payclerk_core.queries.contracts import contract_rows, contract_sum
from payclerk_core.rules.change_orders import ChangeEntry
from payclerk_core.rules.invitations import Standing, readiness
from payclerk_core.rules.lifecycle import ContractStatus
from payclerk_core.rules.ssov import (
    Broken,
    Detail,
    SsovStatus,
    detail_faults,
    editing_obstacle,
    remaining,
    repeated_items,
    status_obstacle,
    unallocated,
)
from payclerk_core.tables import ChangeOrder, Claim, Project, Thread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from payclerk_core.db import Database

S = SsovStatus


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def detail(item: str, dollars: int, description: str = "Rough-in, east") -> Detail:
    return Detail(item, description, Money(dollars * 100))


WHOLE: Mapping[str, Sequence[Detail]] = {
    "001": [detail("001.1", 6_000), detail("001.2", 4_000)],
    "002": [detail("002.1", 5_000)],
}


def submitted(desk: Desk) -> None:
    """The breakdown is turned on, filled by Dana, and waits for its review."""
    desk.do(enable_ssov, desk.plumbing)
    desk.do(put_details, desk.plumbing, WHOLE, by=desk.dana)
    desk.do(submit_ssov, desk.plumbing, by=desk.dana)


def state(desk: Desk) -> tuple[bool, str, str | None]:
    return desk.see(desk.plumbing, lambda c: (c.ssov_enabled, c.ssov_status, c.ssov_reason))


# --- Turning it on and off


def test_turning_it_on_invites_the_contacts_with_the_file(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    assert state(desk) == (True, "draft", None)
    first, second = desk.letters("ssov_invitation")
    assert (first[0], second[0]) == ("dana@harbor.example", "eli@harbor.example")
    assert first[1] == "Pat Clerk invites you to break down your Schedule of Values for this commitment."
    [(name, content)] = first[2]
    assert name == "Schedule of values SC-001.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    assert [row[:3] for row in book["Contract lines"].iter_rows(min_row=2, max_row=3, values_only=True)] == [
        ("001", "Rough-in", 10_000),
        ("002", "Fixtures", 5_000),
    ]
    assert [event.verb for event in desk.events()] == ["ssov_enabled", "ssov_invited"]
    assert desk.events("ssov_invited")[0].after == {"contacts": [desk.dana.id, desk.eli.id]}


def test_turned_on_again_it_says_nothing_again(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    desk.do(enable_ssov, desk.plumbing)
    assert len(desk.letters("ssov_invitation")) == 2
    assert len(desk.events("ssov_enabled")) == 1


def test_contacts_are_asked_once_more_in_the_same_thread(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    desk.do(invite_to_break_down, desk.plumbing)
    assert len(desk.letters("ssov_invitation")) == 4
    with desk.db.reading() as session:
        assert [thread.subject for thread in session.query(Thread)] == [
            "Maple Street: schedule of values of contract SC-001"
        ]


def test_without_a_contact_there_is_nobody_to_ask(desk: Desk):
    with desk.db.transaction() as session:
        for contact in session.get_one(type(desk.month.steel), desk.steel).contacts:
            session.delete(contact)
    desk.do(enable_ssov, desk.steel)
    assert desk.mails() == 0
    assert desk.refuses("no invoice contact", invite_to_break_down, desk.steel).code == "no_contact"


@pytest.mark.parametrize("who", ["rita", "stan", "dana"])
def test_only_an_administrator_turns_it_and_decides(desk: Desk, who: str):
    tried: list[tuple[Any, ...]] = [
        (enable_ssov, desk.plumbing),
        (disable_ssov, desk.plumbing),
        (invite_to_break_down, desk.plumbing),
        (approve_ssov, desk.plumbing),
        (return_ssov, desk.plumbing, "no"),
        (set_ssov_status, desk.plumbing, S.DRAFT),
    ]
    for action, *args in tried:
        with pytest.raises(NotAllowedError, match="You need 'Admin' permission"):
            desk.do(action, *args, by=getattr(desk, who))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"kind": "prime"}, "Only subcontracts and purchase orders"),
        ({"accounting": "unit"}, "kept by unit cannot be broken down"),
        ({"status": "void"}, "is Void; there is nothing to break down"),
    ],
)
def test_what_is_not_broken_down(desk: Desk, columns: dict[str, str], words: str):
    desk.change(desk.plumbing, **columns)
    desk.refuses(words, enable_ssov, desk.plumbing)


def approve_change(desk: Desk) -> None:
    with desk.db.transaction() as session:
        facts = {"number": "CO-1", "title": "More", "status": "approved", "status_at": NOON}
        session.add(ChangeOrder(contract_id=desk.plumbing, **facts))


def test_it_is_too_late_once_billed_or_changed(desk: Desk):
    approve_change(desk)
    assert desk.refuses("approved change orders; it is too late", enable_ssov, desk.plumbing).code == "no_ssov"
    desk.bill(desk.steel)
    desk.refuses("Claims were made on this contract; it is too late", enable_ssov, desk.steel)


def test_turning_it_off_takes_the_details_away(desk: Desk):
    submitted(desk)
    desk.do(disable_ssov, desk.plumbing)
    assert desk.items(desk.plumbing) == [(1, "001", 1_000_000), (2, "002", 500_000)]
    assert state(desk) == (False, "draft", None)
    [event] = desk.events("ssov_disabled")
    assert event.before["details"]["001"] == [
        ["001.1", "Rough-in, east", 600_000],
        ["001.2", "Rough-in, east", 400_000],
    ]
    desk.do(disable_ssov, desk.plumbing)
    assert len(desk.events("ssov_disabled")) == 1


# --- Filling it


def test_details_stand_under_their_line_and_are_counted_once(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    desk.do(put_details, desk.plumbing, WHOLE, by=desk.dana)
    assert desk.items(desk.plumbing) == [
        (1, "001", 1_000_000),
        (2, "002", 500_000),
        (3, "001.1", 600_000),
        (4, "001.2", 400_000),
        (5, "002.1", 500_000),
    ]
    assert desk.see(desk.plumbing, contract_sum) == Money(1_500_000)
    assert desk.see(desk.plumbing, lambda c: [row.item for row in c.billed_lines]) == ["001.1", "001.2", "002.1"]
    assert desk.see(desk.plumbing, lambda c: {(row.cost_code, row.cost_type) for row in c.lines}) == {("22-000", "S")}
    [event] = desk.events("ssov_filled")
    assert (event.actor_id, event.before) == (desk.dana.id, {"details": {"001": [], "002": []}})
    assert event.after["details"]["002"] == [["002.1", "Rough-in, east", 500_000]]


def test_only_the_lines_named_are_replaced(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    desk.do(put_details, desk.plumbing, WHOLE, by=desk.dana)
    desk.do(put_details, desk.plumbing, {"001": [detail(" 001.2 ", 9_000), detail("001.1", 1_000)]}, by=desk.dana)
    details = {row.item: [part.item for part in row.details] for row in desk.see(desk.plumbing, broken_lines)}
    assert details == {"001": ["001.2", "001.1"], "002": ["002.1"]}
    places = [place for place, _, _ in desk.items(desk.plumbing)]
    assert len(places) == len(set(places))
    desk.do(put_details, desk.plumbing, {"002": []}, by=desk.dana)
    assert [item for _, item, _ in desk.items(desk.plumbing)] == ["001", "002", "001.2", "001.1"]


def test_the_same_details_again_leave_no_event(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    for _ in range(2):
        desk.do(put_details, desk.plumbing, WHOLE, by=desk.dana)
    assert len(desk.events("ssov_filled")) == 1


def test_an_administrator_fills_it_for_them_without_a_mail(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    before = desk.mails()
    desk.do(put_details, desk.plumbing, WHOLE)
    desk.do(submit_ssov, desk.plumbing)
    desk.do(put_details, desk.plumbing, {"002": [detail("002.a", 5_000)]})  # and corrects what waits for the review
    assert desk.mails() == before
    assert state(desk)[1] == "under_review"


@pytest.mark.parametrize("who", ["rita", "stan", "sam"])
def test_nobody_else_fills_it(desk: Desk, who: str):
    desk.do(enable_ssov, desk.plumbing)
    for action, *args in [(put_details, desk.plumbing, WHOLE), (submit_ssov, desk.plumbing)]:
        with pytest.raises(NotAllowedError, match="You need 'Admin' permission"):
            desk.do(action, *args, by=getattr(desk, who))


@pytest.mark.parametrize(
    ("level", "allowed"), [("none", False), ("read_only", True), ("standard", True), ("admin", True)]
)
def test_a_contact_needs_a_level_too(desk: Desk, level: str, allowed: bool):
    desk.do(enable_ssov, desk.plumbing)
    desk.level(desk.eli, level)
    if allowed:
        desk.do(put_details, desk.plumbing, WHOLE, by=desk.eli)
    else:
        with pytest.raises(NotAllowedError, match="'Read Only'"):
            desk.do(put_details, desk.plumbing, WHOLE, by=desk.eli)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"003": [detail("3.1", 1)]}, "has no line 003 to break down"),
        ({"001": [detail("", 1)]}, "Detail '' needs an item"),
        ({"001": [detail("x" * 41, 1)]}, "item of at most 40"),
        ({"001": [detail("1.1", 1, " ")]}, "Detail 1.1 needs a description"),
        ({"001": [detail("1.1", 1), detail("1.1", 2)]}, "Item 1.1 is used twice on SC-001"),
        ({"001": [detail("1.1", 1)], "002": [detail("1.1", 2)]}, "Item 1.1 is used twice"),
        ({"001": [detail("002", 1)]}, "Item 002 is used twice"),
        (
            {"001": [detail("1.1", 11_000), detail("1.2", -1_000)]},
            r"1.2 \(-\$1,000.00\) goes against line 001 \(\$10,000",
        ),
        ({"001": [Detail("1.1", "x", Money(1, "CAD"))]}, "are in USD"),
    ],
)
def test_what_a_breakdown_cannot_hold(desk: Desk, details: Mapping[str, Sequence[Detail]], words: str):
    desk.do(enable_ssov, desk.plumbing)
    desk.refuses(words, put_details, desk.plumbing, details, by=desk.dana)
    assert [item for _, item, _ in desk.items(desk.plumbing)] == ["001", "002"]


def test_all_that_is_wrong_is_said_at_once(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    wrong = {"001": [detail("a", -1), detail("a", 2), detail("b", 1, "")]}
    error = desk.refuses("goes against", put_details, desk.plumbing, wrong, by=desk.dana)
    assert "Detail b needs a description" in error.message
    assert "Item a is used twice" in error.message


def test_a_line_of_a_change_order_is_not_broken_down(desk: Desk):
    submitted(desk)
    desk.do(approve_ssov, desk.plumbing)
    approve_change(desk)
    with desk.db.transaction() as session:
        contract = session.get_one(type(desk.month.plumbing), desk.plumbing)
        contract.lines[-1].parent_id = None
        contract.lines[-1].change_order_id = session.query(ChangeOrder).one().id
    assert [row.item for row in desk.see(desk.plumbing, broken_lines)] == ["001", "002"]


def test_where_none_is_asked_for_none_is_filled(desk: Desk):
    for action, *args in [
        (put_details, desk.plumbing, WHOLE),
        (submit_ssov, desk.plumbing),
        (approve_ssov, desk.plumbing),
    ]:
        assert desk.refuses("asks for no breakdown", action, *args).code == "ssov_off"


# --- Submitting and reviewing


def test_it_is_submitted_to_the_cent(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    error = desk.refuses("is not complete", submit_ssov, desk.plumbing, by=desk.dana)
    assert error.code == "not_allocated"
    almost = {**WHOLE, "001": [detail("001.1", 6_000), Detail("001.2", "x", Money(399_999))]}
    desk.do(put_details, desk.plumbing, almost, by=desk.dana)
    desk.refuses(r"Line 001: \$0.01 of \$10,000.00 remains to allocate", submit_ssov, desk.plumbing, by=desk.dana)
    over = {"001": [detail("001.1", 10_001)]}
    desk.do(put_details, desk.plumbing, over, by=desk.dana)
    desk.refuses(r"details come to \$10,001.00, but the line to \$10,000", submit_ssov, desk.plumbing, by=desk.dana)
    assert desk.notices() == []


def test_submitted_the_administrators_are_told_in_slack(desk: Desk):
    submitted(desk)
    assert state(desk) == (True, "under_review", None)
    assert desk.see(desk.plumbing, lambda c: (c.ssov_status_by_id, c.ssov_status_at)) == (desk.dana.id, NOON)
    [event] = desk.events("ssov_submitted")
    assert (event.before, event.after["ssov"]) == ({"ssov": "draft"}, "under_review")
    [notice] = desk.notices()
    assert notice.startswith(f"slack.notice:ssov:{desk.plumbing}:")
    with desk.db.transaction() as session:
        session.get_one(Project, desk.project_id).slack_channel = "maple"
    with desk.db.reading() as session:
        targets, post = NOTICES["ssov"](session, desk.plumbing)
    assert targets[0] == "maple"
    assert "Schedule of values of SC-001 Harbor Plumbing: Under Review" in post.text
    assert "2 lines into 3 details" in str(post.blocks)
    assert "Dana Ruiz" in str(post.blocks)


def test_under_review_it_is_not_the_contacts_any_more(desk: Desk):
    submitted(desk)
    for action, *args in [(put_details, desk.plumbing, WHOLE), (submit_ssov, desk.plumbing)]:
        assert desk.refuses("is Under Review; wait for its review", action, *args, by=desk.dana).code == "locked"


def test_returned_the_contacts_get_the_reason_and_their_own_details(desk: Desk):
    submitted(desk)
    desk.refuses("Say what has to change", return_ssov, desk.plumbing, "  ")
    desk.do(return_ssov, desk.plumbing, " Split the fixtures by floor. ")
    assert state(desk) == (True, "revise_and_resubmit", "Split the fixtures by floor.")
    first, second = desk.letters("ssov_returned")
    assert (first[0], second[0]) == ("dana@harbor.example", "eli@harbor.example")
    assert first[1] == "Maple Street: please revise your schedule of values for contract SC-001"
    details = read_ssov_file(first[2][0][1], desk.see(desk.plumbing, ssov_sheet))
    assert {item: list(rows) for item, rows in details.items()} == WHOLE
    [event] = desk.events("ssov_status_changed")
    assert event.after["reason"] == "Split the fixtures by floor."


def test_it_goes_to_and_fro_until_it_is_approved(desk: Desk):
    submitted(desk)
    desk.do(return_ssov, desk.plumbing, "By floor.")
    by_floor = {"002": [detail("002.1", 2_000), detail("002.2", 3_000)]}
    later = NOON + timedelta(hours=1)
    desk.do(put_details, desk.plumbing, by_floor, by=desk.dana, at=later)
    desk.do(submit_ssov, desk.plumbing, by=desk.dana, at=later)
    mails = desk.mails()
    desk.do(approve_ssov, desk.plumbing)
    desk.do(approve_ssov, desk.plumbing)
    assert state(desk) == (True, "approved", None)
    assert desk.mails() == mails  # N5: none for an approval
    assert len(desk.notices()) == 2
    assert [event.after["ssov"] for event in desk.events("ssov_submitted", "ssov_status_changed")] == [
        "under_review",
        "revise_and_resubmit",
        "under_review",
        "approved",
    ]


def test_set_under_review_by_an_administrator_it_is_told_and_not_mailed(desk: Desk):
    submitted(desk)
    for status in (S.APPROVED, S.DRAFT, S.UNDER_REVIEW):
        desk.do(set_ssov_status, desk.plumbing, status, at=NOON + timedelta(minutes=len(desk.events())))
    assert len(desk.notices()) == 2
    assert desk.letters("ssov_returned") == []


def test_what_is_not_complete_is_not_approved(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    for status in (S.APPROVED, S.UNDER_REVIEW):
        desk.refuses("is not complete", set_ssov_status, desk.plumbing, status)


def test_a_contract_without_lines_has_nothing_to_approve(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    with desk.db.transaction() as session:
        for line in session.get_one(type(desk.month.plumbing), desk.plumbing).lines:
            session.delete(line)
    assert desk.refuses("no lines to break down", approve_ssov, desk.plumbing).code == "no_lines"


def test_once_billed_it_is_what_it_is(desk: Desk):
    submitted(desk)
    desk.do(approve_ssov, desk.plumbing)
    desk.bill(desk.plumbing, **{"_001.1": 100})
    desk.refuses("status of its breakdown cannot change", set_ssov_status, desk.plumbing, S.DRAFT)
    desk.refuses("Claims were made on this breakdown", put_details, desk.plumbing, WHOLE)
    assert desk.refuses("cannot be turned off", disable_ssov, desk.plumbing).code == "billed"


def test_with_an_approved_change_order_its_status_stays(desk: Desk):
    submitted(desk)
    desk.do(approve_ssov, desk.plumbing)
    approve_change(desk)
    desk.refuses("approved change orders; the status", return_ssov, desk.plumbing, "Again")


def test_the_contracts_own_lines_wait_for_the_breakdown(desk: Desk):
    submitted(desk)
    desk.change(desk.plumbing, status="draft")
    assert desk.refuses("set it back to Draft", add_sov_line, desk.plumbing, entry("003")).code == "broken_down"
    desk.do(set_ssov_status, desk.plumbing, S.DRAFT)
    line, part = desk.line(desk.plumbing, "001"), desk.line(desk.plumbing, "001.1")
    desk.refuses("is broken down; take its details away", edit_sov_line, line, entry("001", 5))
    desk.refuses("is broken down", remove_sov_line, line)
    desk.refuses("is the subcontractor's detail", remove_sov_line, part)
    desk.do(edit_sov_line, line, entry("001", 10_000, description="Rough-in, all"))
    desk.do(put_details, desk.plumbing, {"001": []})
    desk.do(remove_sov_line, line)


# --- What it holds back


def test_it_has_to_be_approved_before_an_invitation_and_a_claim(desk: Desk):
    desk.do(enable_ssov, desk.plumbing)
    period = desk.open_period()
    with desk.db.reading() as session:
        row = next(r for r in contract_rows(session, desk.project_id, period) if r.contract.id == desk.plumbing)
    assert (row.readiness.standing, row.readiness.standing.label) == (Standing.SSOV_NOT_APPROVED, "SSOVs Not Approved")
    assert row.contract_sum == Money(1_500_000)
    batch = desk.do(invite, Order("k1", desk.project_id, None), [desk.plumbing])
    assert "is not approved; approve it first" in batch.items[0].reason
    desk.refuses("is not approved yet", bill_on_behalf, desk.plumbing, {})
    desk.do(put_details, desk.plumbing, WHOLE)
    desk.do(submit_ssov, desk.plumbing)
    desk.do(approve_ssov, desk.plumbing)
    batch = desk.do(invite, Order("k2", desk.project_id, None), [desk.plumbing])
    assert [(item.outcome, item.reason) for item in batch.items] == [("waiting", None)]


def test_its_details_are_billed_beside_the_lines_of_change_orders(desk: Desk):
    submitted(desk)
    desk.do(approve_ssov, desk.plumbing)
    more = ChangeEntry("CO-1", "22-000", "S", "Sinks", Money(100_000))
    order = desk.do(create_change_order, desk.plumbing, ChangeFacts("CO-1", "Sinks", (more,)))
    desk.do(submit_change_order, order.id)
    desk.do(approve_change_order, order.id)
    desk.open_period()
    half = {desk.line(desk.plumbing, "001.1"): LineEntry(work=Money(300_000))}
    claim = desk.do(bill_on_behalf, desk.plumbing, half)
    with desk.db.reading() as session:
        lines = session.get_one(Claim, claim.id).lines
        assert [(row.sov_line.item, row.scheduled_cents, row.work_cents) for row in lines] == [
            ("001.1", 600_000, 300_000),
            ("001.2", 400_000, 0),
            ("002.1", 500_000, 0),
            ("CO-1", 100_000, 0),
        ]
        page = summary_of(session.get_one(Claim, claim.id))
        assert (page.contract_sum, page.completed) == (Money(1_600_000), Money(300_000))
    assert desk.see(desk.plumbing, contract_sum) == Money(1_600_000)
    for action, *args in [(set_ssov_status, S.DRAFT), (put_details, WHOLE), (disable_ssov,)]:
        desk.refuses("Claims were made", action, desk.plumbing, *args)


@pytest.mark.parametrize(
    ("status", "contacts", "ssov_approved", "standing"),
    [
        (ContractStatus.DRAFT, 0, False, Standing.NOT_APPROVED),
        (ContractStatus.APPROVED, 0, False, Standing.NO_INVOICE_CONTACTS),
        (ContractStatus.APPROVED, 1, False, Standing.SSOV_NOT_APPROVED),
        (ContractStatus.APPROVED, 1, True, Standing.NOT_INVITED),
    ],
)
def test_the_order_of_what_is_missing(status: ContractStatus, contacts: int, ssov_approved: bool, standing: Standing):
    found = readiness(status=status, contacts=contacts, invitation=None, has_claim=False, ssov_approved=ssov_approved)
    assert found.standing is standing


# --- The rules


@pytest.mark.parametrize(
    ("status", "by_contact", "open_"),
    [
        (S.DRAFT, True, True),
        (S.REVISE_AND_RESUBMIT, True, True),
        (S.UNDER_REVIEW, True, False),
        (S.APPROVED, True, False),
        (S.DRAFT, False, True),
        (S.UNDER_REVIEW, False, True),
        (S.APPROVED, False, False),
    ],
)
def test_whose_turn_it_is(status: SsovStatus, by_contact: bool, open_: bool):
    assert (editing_obstacle(status, by_contact=by_contact, has_claims=False) is None) == open_
    assert editing_obstacle(status, by_contact=by_contact, has_claims=True) is not None


def test_an_administrator_sets_any_status_while_nothing_is_built_on_it():
    assert status_obstacle(has_claims=False, has_changes=False) is None
    assert status_obstacle(has_claims=True, has_changes=False) is not None
    assert status_obstacle(has_claims=False, has_changes=True) is not None


CENTS = st.integers(-(10**10), 10**10)


@given(CENTS, st.lists(CENTS, max_size=8))
def test_what_remains_and_what_is_allocated_come_to_the_line(scheduled: int, parts: list[int]):
    details = tuple(Detail(str(n), "x", Money(cents)) for n, cents in enumerate(parts))
    line = Broken("1", Money(scheduled), details)
    assert line.remaining + Money(sum(parts)) == Money(scheduled)
    assert line.remaining == remaining(Money(scheduled), [Money(cents) for cents in parts])
    assert (unallocated([line]) == []) == (sum(parts) == scheduled)


@given(CENTS, st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_shares_of_a_line_are_a_breakdown_of_it(scheduled: int, weights: list[int]):
    shares = Money(scheduled).share(weights)
    line = Broken("1", Money(scheduled), tuple(Detail(str(n), "x", share) for n, share in enumerate(shares)))
    assert unallocated([line]) == []
    assert list(detail_faults(line)) == []
    # No detail of a complete breakdown without faults is more than its line: it cannot bill ahead.
    assert all(abs(share.cents) <= abs(scheduled) for share in shares)


@given(st.lists(st.text("ab", min_size=1, max_size=2)), st.sets(st.text("ab", min_size=1, max_size=2)))
def test_repeated_items_are_each_named_once(items: list[str], taken: set[str]):
    found = repeated_items([Detail(item, "x", Money(1)) for item in items], taken)
    assert set(found) == {item for item in items if items.count(item) > 1 or item in taken}
    assert len(found) == len(set(found))
