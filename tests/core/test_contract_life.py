"""One contract's life, in any order that people can bring about, against what must always hold.

The one stateful machine of the suite: it acts through the actions, on a database, and looks at everything after
each step. What cannot be done is refused with a reason, and leaves all as it was.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from books import Books
from payclerk_core.actions.call import Call
from payclerk_core.actions.certificates import certify, withdraw_certificate
from payclerk_core.actions.change_orders import (
    ChangeFacts,
    approve_change_order,
    create_change_order,
    submit_change_order,
    void_change_order,
)
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts, save_amounts, submit_claim
from payclerk_core.actions.claims import LineReview, load_claim, review_claim, set_status
from payclerk_core.actions.deletion import delete_claim
from payclerk_core.actions.payments import PaymentEntry, record_payment
from payclerk_core.actions.retainage import Release, make_release_claim, release_retainage, set_rates
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.money import Money
from payclerk_core.queries.claims import certified_cents, lines_of, row_of, summary_of, with_pages
from payclerk_core.queries.ties import findings_of
from payclerk_core.rules.change_orders import ChangeEntry
from payclerk_core.rules.findings import Severity
from payclerk_core.rules.lifecycle import SIGNABLE, ClaimStatus
from payclerk_core.rules.retainage import Rates
from payclerk_core.tables import ChangeOrder, Claim, Event, StoredFile

TODAY = date(2026, 11, 20)
dollars = st.integers(0, 6000)


class ContractLife(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "life.sqlite3"
        shutil.copyfile(self.template, path)
        self.database = Database(f"sqlite:///{path}")
        self.issued: dict[int, str] = {}
        self.changes = 0

    @initialize(
        rates=st.sampled_from([(10, 5), (10, 10), (0, 0), (7.5, 0)]), stored=st.sampled_from(["manual", "automatic"])
    )
    def a_project_begins(self, rates: tuple[float, float], stored: str) -> None:
        self.books = Books(self.database)
        work, material = rates
        self.books.change(work_retainage=Decimal(str(work)), stored_retainage=Decimal(str(material)))
        with self.books.call() as call:
            self.books.contract(call).project.stored_materials = stored

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    def act(self, action: Callable[[Call], object]) -> bool:
        """Whether it was done; a refusal must say something and change nothing."""
        try:
            with self.books.call() as call:
                action(call)
        except UserError as refused:
            assert refused.message.strip()
            return False
        return True

    def claims(self, call: Call) -> list[Claim]:
        query = with_pages(
            select(Claim).where(Claim.contract_id == self.books.month.plumbing.id).order_by(Claim.number)
        )
        return list(call.session.scalars(query).unique())

    def latest(self, call: Call) -> int:
        claims = self.claims(call)
        return claims[-1].id if claims else 0

    # --- what people do

    @rule(first=dollars, second=dollars, stored=st.none() | dollars)
    def bill(self, first: int, second: int, stored: int | None) -> None:
        self.act(lambda call: self.books.draft(call, first, second, stored=stored))

    @rule()
    def submit(self) -> None:
        self.act(lambda call: submit_claim(call, self.latest(call)))

    @rule(work=dollars)
    def change_a_draft(self, work: int) -> None:
        entry = {self.books.month.plumbing.lines[0].id: LineEntry(Money(work * 100))}
        self.act(lambda call: save_amounts(call, self.latest(call), entry))

    @rule(work=st.integers(-500, 6000))
    def correct(self, work: int) -> None:
        entry = {self.books.month.plumbing.lines[1].id: LineEntry(Money(work * 100 + 33))}
        self.act(lambda call: correct_amounts(call, self.latest(call), entry, "Measured"))

    @rule()
    def send_back(self) -> None:
        def reject(call: Call) -> None:
            claim = load_claim(call, self.latest(call))
            review_claim(
                call, claim.id, {claim.lines[0].id: LineReview("rejected", "No")}, ClaimStatus.REVISE_AND_RESUBMIT
            )

        self.act(reject)

    @rule()
    def approve(self) -> None:
        self.act(lambda call: review_claim(call, self.latest(call), {}, ClaimStatus.APPROVED))

    @rule(status=st.sampled_from(ClaimStatus), place=st.integers(0, 5))
    def set_any_status(self, status: ClaimStatus, place: int) -> None:
        def move(call: Call) -> None:
            claims = self.claims(call)
            set_status(call, claims[place % len(claims)].id if claims else 0, status)

        self.act(move)

    @rule(share=st.integers(50, 110))
    def certify(self, share: int) -> None:
        def some(call: Call) -> None:
            claim = load_claim(call, self.latest(call))
            certify(call, claim.id, summary_of(claim).due.percent(Decimal(min(share, 100))), TODAY, "As measured")

        self.act(some)

    @rule()
    def withdraw(self) -> None:
        self.act(lambda call: withdraw_certificate(call, self.latest(call)))

    @rule(cents=st.integers(1, 500_000), number=st.integers(1, 3))
    def pay(self, cents: int, number: int) -> None:
        self.act(
            lambda call: record_payment(
                call, self.latest(call), PaymentEntry(str(number), "check", Money(cents), TODAY)
            )
        )

    @rule(amount=st.integers(-3000, 3000).filter(bool), package=st.booleans(), approve=st.booleans())
    def change_order(self, amount: int, package: bool, approve: bool) -> None:
        self.changes += 1
        number = f"CO-{self.changes}"
        lines = (ChangeEntry(f"{number}.1", "22-000", "S", "More or less", Money(amount * 100)),)

        def ask(call: Call) -> None:
            change = create_change_order(
                call, self.books.month.plumbing.id, ChangeFacts(number, "A change", lines, package)
            )
            submit_change_order(call, change.id)
            if approve:
                approve_change_order(call, change.id)

        self.act(ask)

    @rule()
    def void_a_change_order(self) -> None:
        def void(call: Call) -> None:
            change = call.session.scalars(select(ChangeOrder).order_by(ChangeOrder.id.desc())).first()
            void_change_order(call, change.id if change else 0)

        self.act(void)

    @rule(percent=st.integers(0, 100))
    def release(self, percent: int) -> None:
        self.act(lambda call: release_retainage(call, self.latest(call), Release(percent=Decimal(percent))))

    @rule(rate=st.sampled_from([0, 5, 10, 20]))
    def set_retainage(self, rate: int) -> None:
        self.act(lambda call: set_rates(call, self.latest(call), Rates(Decimal(rate), Decimal(rate))))

    @rule()
    def release_all(self) -> None:
        self.act(lambda call: make_release_claim(call, self.books.month.plumbing.id))

    @rule()
    def delete(self) -> None:
        self.act(lambda call: delete_claim(call, self.latest(call)))

    @rule()
    def a_month_goes_by(self) -> None:
        self.books.next_period()

    # --- what always holds

    @invariant()
    def all_holds(self) -> None:
        with self.books.call() as call:
            claims = self.claims(call)
            to_date_is_the_sum_of_the_periods(claims)
            the_header_is_the_sum_of_the_lines(claims)
            held_is_never_negative_nor_more_than_billed(claims)
            what_is_approved_ties_and_is_paid_no_more_than_due(call, claims)
            the_events_replay_to_the_same_state(call, claims)
            self.nothing_issued_ever_changes(call)

    def nothing_issued_ever_changes(self, call: Call) -> None:
        now = {row.id: row.sha256 for row in call.session.execute(select(StoredFile.id, StoredFile.sha256))}
        assert now.items() >= self.issued.items()
        self.issued = now


def to_date_is_the_sum_of_the_periods(claims: list[Claim]) -> None:
    sums: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in (row for claim in claims for row in claim.lines):
        work, held = sums[row.sov_line_id]
        assert row.previous_work_cents == work + row.moved_cents
        assert row.previous_work_held_cents + row.previous_stored_held_cents == held
        held += row.work_withheld_cents + row.stored_withheld_cents
        held -= row.work_released_cents + row.stored_released_cents
        sums[row.sov_line_id] = (row.previous_work_cents + row.work_cents, held)


def the_header_is_the_sum_of_the_lines(claims: list[Claim]) -> None:
    certified = 0
    for claim in claims:
        lines, summary = lines_of(claim), summary_of(claim)
        assert summary.completed.cents == sum(line.completed.cents for line in lines)
        assert summary.retainage.cents == sum(line.retainage.cents for line in lines)
        assert summary.previous_certificates.cents == certified
        certified += certified_cents(claim)


def held_is_never_negative_nor_more_than_billed(claims: list[Claim]) -> None:
    for line in (line for claim in claims for line in lines_of(claim)):
        low, high = sorted((0, line.completed_cents))
        assert low <= line.held <= high


def what_is_approved_ties_and_is_paid_no_more_than_due(call: Call, claims: list[Claim]) -> None:
    for claim in claims:
        row = row_of(claim)
        assert row.paid <= row.due or not claim.payments
        if ClaimStatus(claim.status) in SIGNABLE and claim.submitted_at is not None:
            assert [f for f in findings_of(call.session, claim) if f.severity is Severity.ERROR] == []


def the_events_replay_to_the_same_state(call: Call, claims: list[Claim]) -> None:
    told = replayed(list(call.session.scalars(select(Event).order_by(Event.id))))
    assert told == {claim.id: state_of(claim) for claim in claims}


def state_of(claim: Claim) -> dict[str, object]:
    """What the events must be able to tell of a claim."""
    return {
        "status": claim.status,
        "revision": claim.revision,
        "lines": {
            line.item: [line.work_cents, line.stored_cents, line.held, line.released] for line in lines_of(claim)
        },
        "certified": claim.certificate.amount_cents if claim.certificate else None,
        "paid": sum(payment.amount_cents for payment in claim.payments),
    }


def replayed(events: list[Event]) -> dict[int, dict[str, object]]:
    """The claims as their events tell them."""
    claims: dict[int, dict[str, Any]] = {}
    for event in events:
        after: dict[str, Any] = event.after or {}
        if event.record == "claim" and event.verb == "claim_created":
            claims[event.record_id] = {"status": "draft", "revision": 1, "certified": None, "paid": 0}
        if event.record == "claim" and event.verb == "claim_deleted":
            del claims[event.record_id]
        elif event.record == "claim":
            known = {key: after[key] for key in ("status", "revision", "lines") if key in after}
            claims[event.record_id].update(known)
        elif event.verb in {"certified", "certificate_withdrawn"}:
            claims[after["claim"]]["certified"] = after.get("certified_cents")
        elif event.verb == "payment_recorded":
            claims[after["claim"]]["paid"] += after["cents"]
    return claims


@pytest.mark.timeout(400)  # a dozen lives; a busy machine takes its time
def test_a_contracts_life(migrated_sqlite: Path) -> None:
    ContractLife.template = migrated_sqlite
    run_state_machine_as_test(
        ContractLife,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
