"""The month-end as people live it in Slack, over a real socket, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot_office import ADA, RITA
from payclerk_core.actions.inbox import ask_administrator
from payclerk_core.jobs import waiting
from payclerk_core.tables import (
    Batch,
    BillingPeriod,
    Claim,
    ClaimLine,
    Contract,
    FailedJob,
    Invitation,
    Message,
    Thread,
)
from payclerk_playground.slack.control import texts
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office


def test_period_modal_creates_and_refuses_the_same_twice(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(lambda _: None)
    assert office.billing(ADA, "period").acked
    form = office.modal(ADA, "period")
    assert office.world.submit(ADA, form).error is None
    office.message("Billing period Nov 1, 2026 to Nov 30, 2026 is open")

    office.billing(ADA, "period")
    again = office.modal(ADA, "period")
    office.world.submit(ADA, again)
    assert "already" in again.errors["starts_on"]
    with office.database.reading() as session:
        assert len(session.scalars(select(BillingPeriod)).all()) == 1


def test_invite_all_that_can_be_and_confirm_twice(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month) -> None:
        m.period()
        m.session.delete(m.contracts[-2].contacts[0])
        m.contracts[-1].status = "draft"

    month(fill)
    office.billing(ADA, "invite")
    bench = office.modal(ADA, "bench")
    assert "No invoice contact; add one to the contract first." in texts(bench)
    assert "The contract is draft; approve it first." in texts(bench)
    office.world.click(ADA, bench, "bench.all")
    bench = office.modal_says(ADA, "*12 chosen*")
    office.world.submit(ADA, bench)
    last_look = office.modal(ADA, "bench.confirm")
    assert "*12* will be invited to bill · total *$1,977,600.00*" in texts(last_look)
    first = office.world.submit(ADA, last_look)
    second = office.world.submit(ADA, last_look)
    assert (first.error, second.error) == (None, None)
    office.bulk_done()
    office.message("Invitations: 12 waiting")
    with office.database.reading() as session:
        assert len(session.scalars(select(Batch)).all()) == 1
        assert len(session.scalars(select(Invitation)).all()) == 12


def in_period(fill: Callable[[Month, BillingPeriod], Any]) -> Callable[[Month], Any]:
    return lambda m: fill(m, m.period())


def test_a_late_click_on_an_old_page_changes_nothing(month: Callable[..., Any], office: Office) -> None:
    month(in_period(lambda _m, _p: None), contracts=45)
    office.billing(ADA, "invite")
    bench = office.modal(ADA, "bench")
    office.world.tick(bench, "rows", ["1", "2"], block_id="rows:1:0:0")
    office.world.click(ADA, bench, "bench.next")
    second = office.modal_says(ADA, "page 2 of 3")
    assert "*2 chosen*" in texts(second)
    office.world.tick(second, "rows", ["21"], block_id="rows:2:1:0")
    office.world.click(ADA, second, "bench.prev")
    first = office.modal_says(ADA, "*3 chosen*")
    ticked = first.blocks[2]["element"]["initial_options"]
    assert [option["value"] for option in ticked] == ["1", "2"]
    office.world.submit(ADA, first)
    office.modal_says(ADA, "*3* will be invited")


def test_nothing_chosen_is_said_at_the_rows(month: Callable[..., Any], office: Office) -> None:
    month(in_period(lambda _m, _p: None), contracts=2)
    office.billing(ADA, "invite")
    bench = office.modal(ADA, "bench")
    office.world.submit(ADA, bench)
    assert list(bench.errors.values()) == ["Choose at least one row."]


def test_review_rejects_a_line_with_a_reason(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month, period: BillingPeriod) -> list[int]:
        contract = m.contract("SC-60", "subcontract", m.ours, [m.rita], lines=40)
        return [line.id for line in m.claim(contract, period).lines]

    lines = month(in_period(fill))
    office.billing(ADA, "review sc-60")
    form = office.modal(ADA, "review")
    office.world.click(ADA, form, "review.next")
    form = office.modal_says(ADA, "Page 2 of 3")
    office.world.select(form, "verdict", "rejected", block_id=f"verdict:{lines[20]}:2")
    office.world.select(form, "status", "revise_and_resubmit", block_id="status:2")
    office.world.submit(ADA, form)
    assert form.errors == {f"reason:{lines[20]}:2": "Line 021: say why it is rejected."}
    office.world.type_in(form, "reason", "Not on site <yet>", block_id=f"reason:{lines[20]}:2")
    assert office.world.submit(ADA, form).error is None
    assert office.world.view_of(ADA) is None
    said = office.message("Revise &amp; Resubmit")
    assert "SC-60 Maple Builders #1" in texts(said)
    with office.database.reading() as session:
        line = session.get_one(ClaimLine, lines[20])
        assert (line.review, line.review_reason) == ("rejected", "Not on site <yet>")
        assert session.get_one(Claim, line.claim_id).status == "revise_and_resubmit"


def test_claims_are_filtered_and_approved_in_bulk(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month, period: BillingPeriod) -> None:
        for contract in m.contracts[:4]:
            m.claim(contract, period)
        m.claim(m.contracts[4], period, "approved")

    month(in_period(fill), contracts=6)
    office.billing(ADA, "claims under review trade")
    bench = office.modal(ADA, "bench")
    assert "*4 claims*" in texts(bench)
    office.world.click(ADA, bench, "bench.status", value="any")
    bench = office.modal_says(ADA, "*5 claims*")
    office.world.click(ADA, bench, "bench.all")
    bench = office.modal_says(ADA, "*5 chosen*")
    office.world.submit(ADA, bench)
    last_look = office.modal(ADA, "bench.confirm")
    assert "Already Approved." in texts(last_look)
    assert office.world.submit(ADA, last_look).error is None
    office.message("Claims set to Approved: 4 done, 1 left out")
    office.settle()
    # One message for the batch, one for each claim that changed.
    assert len([m for m in office.in_channel() if "Claims set to Approved" in m.text]) == 1
    assert len([m for m in office.in_channel() if m.text.startswith("Claim SC-")]) == 4


def test_one_claim_can_be_reviewed_from_the_list(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month, period: BillingPeriod) -> None:
        for contract in m.contracts:
            m.claim(contract, period, pdf=False)

    month(in_period(fill), contracts=3)
    office.billing(ADA, "claims")
    bench = office.modal_says(ADA, "*3 claims*")
    groups = [block["element"] for block in bench.blocks if str(block["block_id"]).startswith("rows:")]
    second = next(o["value"] for o in groups[0]["options"] if o["text"]["text"].startswith("SC-02"))
    office.world.tick(bench, "rows", [second])
    office.world.select(bench, "act", "review")
    office.world.submit(ADA, bench)
    assert "SC-02 Trade 002 &amp; Sons #1" in texts(office.modal(ADA, "review"))


def test_compose_to_people_found_by_typing(month: Callable[..., Any], office: Office) -> None:
    month(in_period(lambda m, period: m.claim(m.prime, period, "draft")))
    office.billing(ADA, "email PR-01")
    form = office.modal(ADA, "compose")
    found = office.world.search(ADA, form, "people", "olg")
    assert [option["text"]["text"] for option in found] == ["Olga Own (Owner LLC)"]
    office.world.submit(ADA, form)
    assert list(form.errors) == ["to"]
    office.world.tick(form, "people", [found[0]["value"]], block_id="to")
    office.world.tick(form, "private", ["yes"])
    assert office.world.submit(ADA, form).error is None
    assert "Olga Own, Ada Admin" in texts(office.modal_says(ADA, "*Communication created*"))
    with office.database.reading() as session:
        thread = session.scalars(select(Thread).where(Thread.private)).one()
        assert "PR-01 progress claim #1" in thread.subject
        assert [(r.field, r.name) for r in thread.messages[0].recipients] == [("to", "Olga Own"), ("cc", "Ada Admin")]

    office.world.close(ADA)
    office.billing(ADA, "emails PR-01")
    assert "🔒 Private" in texts(office.modal(ADA, "emails"))
    office.billing("U0OTTO", "emails PR-01")
    assert "0 messages" in texts(office.modal("U0OTTO", "emails"))


def test_payment_issued_and_too_much(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(in_period(lambda m, period: m.claim(m.contracts[0], period, "approved")), contracts=1)
    office.billing(ADA, "pay SC-01")
    form = office.modal(ADA, "payment")
    office.world.type_in(form, "number", "1001")
    office.world.type_in(form, "amount", "1.800,00")
    office.world.submit(ADA, form)
    assert "is not an amount" in form.errors["amount"]
    office.world.type_in(form, "amount", "9,999.00")
    office.world.submit(ADA, form)
    assert form.errors["amount"] == "Only $1,800.00 of this claim is left to pay."
    office.world.type_in(form, "amount", "1,800.00")
    office.world.submit(ADA, form)
    office.modal_says(ADA, "The claim is paid.")
    assert "*Payment*\npaid" in texts(office.message("SC-01 Trade 001 &amp; Sons #1"))


def test_the_owners_claim_is_looked_at_then_made_then_deleted(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month, period: BillingPeriod) -> int:
        m.claim(m.contracts[0], period, "approved")
        return m.claim(m.contracts[1], period).id

    slow = month(in_period(fill), contracts=2)
    office.billing(ADA, "owner")
    look = office.modal(ADA, "owner")
    assert "SC-01 Trade 001 &amp; Sons #1: Approved, $1,800.00 due" in texts(look)
    assert "22-000 S: $2,000.00" in texts(look)
    assert "*Not approved, so not in it*\n• SC-02 Trade 002 &amp; Sons #1: Under Review" in texts(look)
    with office.database.reading() as session:
        assert session.scalar(select(Claim.id).join(Claim.contract).where(Contract.kind == "prime")) is None
    with office.database.transaction() as session:
        session.get_one(Claim, slow).status = "approved"
    office.world.submit(ADA, look)
    office.modal_says(ADA, "SC-02 #1 is new: Approved")
    office.world.close(ADA)
    office.world.close(ADA)

    office.billing(ADA, "owner")
    look = office.modal(ADA, "owner")
    office.world.submit(ADA, look)
    office.modal_says(ADA, "Claim 1 to the owner is made.")
    office.world.close(ADA)
    said = office.message("PR-01 Owner LLC #1")
    assert "$3,600.00" in texts(said)
    office.world.click(ADA, said, "claim.email")
    assert "PR-01 Owner LLC #1" in texts(office.modal(ADA, "compose"))
    office.world.close(ADA)
    office.billing(ADA, "owner")
    there = office.modal(ADA, "owner_exists")
    assert "made already: Draft, $3,600.00 due" in texts(there)
    office.world.click(ADA, there, "owner.delete")
    office.modal_says(ADA, "The claim to the owner is deleted")
    assert office.message("is deleted").ts == said.ts


def test_over_nothing_the_owners_claim_asks_first(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(in_period(lambda m, period: m.claim(m.contracts[0], period)), contracts=1)
    office.billing(ADA, "owner")
    look = office.modal(ADA, "owner")
    assert "It would add 0.00" in texts(look)
    assert look.body["submit"]["text"] == "Make it over 0.00"
    office.world.submit(ADA, look)
    office.modal_says(ADA, "Claim 1 to the owner is made.")


def test_status_home_digest_and_help(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month, period: BillingPeriod) -> None:
        m.claim(m.contracts[0], period, pdf=False)
        facts: dict[str, Any] = {"job": "slack.notice", "payload": {"notice": "gone", "id": 1}, "attempts": 3}
        m.keep(FailedJob(key="slack.notice:x", reason="no <channel>", status="failed", status_at=m.call().at, **facts))

    month(in_period(fill), contracts=2)
    office.billing(ADA, "status")
    waits = office.modal(ADA, "status")
    assert "no &lt;channel&gt; (3 tries)" in texts(waits)
    assert "never" in texts(waits)
    office.world.click(ADA, waits, "job.retry")
    office.modal_says(ADA, "*Could not be done*: 0")
    office.world.close(ADA)
    office.billing(ADA, "digest")
    assert "1 open claim, 1 without" not in texts(office.message("Open claims"))
    office.billing(ADA, "")
    office.message("/billing review SC-03")
    office.world.open_home(ADA)
    home = office.world.wait_for(lambda: office.world.home_of(ADA))
    assert "Contracts: 1 billed, 1 not invited" in texts(home)
    office.world.click(ADA, home, "open.claims")
    office.modal(ADA, "bench")


def test_an_unclear_answer_is_decided_by_the_first_click(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month, period: BillingPeriod) -> int:
        contract = m.contracts[0]
        thread = m.thread(contract)
        facts: dict[str, Any] = {"status": "invited", "status_at": m.call().at, "invited_at": m.call().at}
        m.keep(Invitation(contract=contract, period=period, thread_id=thread.id, **facts))
        mail: dict[str, Any] = {"status": "received", "status_at": m.call().at, "kind": "person", "message_id": "<a@b>"}
        mail["written_at"] = m.call().at
        texts_: dict[str, Any] = {"sender": "Contact001", "subject": "Re", "text": "Well...", "decision_why": "no word"}
        message = m.keep(Message(thread_id=thread.id, direction="in", **mail, **texts_))
        ask_administrator(m.call(), message, "unclear")
        return contract.id

    month(in_period(fill), contracts=1)
    said = office.message("Unclear answer")
    assert "Why it is unclear: no word" in texts(said)
    office.world.click(RITA, said, "unclear.accept")
    office.message("You need 'Admin' permission", RITA)
    office.world.click(ADA, said, "unclear.accept")
    office.message("Ada Admin: accepted for them")
    office.message("SC-01 Trade 001 &amp; Sons accepted the invitation to bill")
    office.settle()
    said = office.message("Unclear answer")
    assert "Decline for them" not in texts(said)
    with office.database.reading() as session:
        assert session.scalars(select(Invitation)).one().status == "accepted"


def test_two_hundred_claims_at_once(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month, period: BillingPeriod) -> None:
        for contract in m.contracts:
            m.claim(contract, period, pdf=False)

    month(in_period(fill), contracts=200)
    office.billing(ADA, "claims")
    bench = office.modal_says(ADA, "*200 claims*")
    office.world.click(ADA, bench, "bench.all")
    bench = office.modal_says(ADA, "*200 chosen* ($360,000.00)")
    office.world.select(bench, "act", "pending_owner_approval")
    sent = office.world.submit(ADA, bench)
    assert (sent.acked, sent.error, bench.errors) == (True, None, {}), sent
    last_look = office.modal(ADA, "bench.confirm")
    assert office.world.submit(ADA, last_look).acked
    office.modal_says(ADA, "200 rows are in work")
    office.bulk_done()
    office.message("Claims set to Pending Owner Approval: 200 done")


def test_slack_goes_away_and_comes_back_and_the_work_goes_on(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(in_period(lambda _m, _p: None), contracts=1)
    office.billing(ADA, "invite")
    bench = office.modal(ADA, "bench")
    office.world.click(ADA, bench, "bench.all")
    office.world.submit(ADA, office.modal_says(ADA, "*1 chosen*"))
    office.slack.state.fail["chat.postMessage"] = ["500", "500", "429"]
    office.world.submit(ADA, office.modal(ADA, "bench.confirm"))
    eventually(lambda: any(row.troubled for row in waiting(office.database)))
    office.message("Invitations: 1 waiting")
    office.slack.down()
    eventually(lambda: not office.door.is_up)
    office.slack.up()
    eventually(lambda: office.slack.link.connected and office.billing(ADA, "help").acked, timeout=30)
    office.message("What I can do")
