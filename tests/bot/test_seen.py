"""What is confirmed in Slack is what was seen: lists, buttons of old messages, reviews, and second orders."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, OTTO
from payclerk_core.actions.call import Call
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts
from payclerk_core.actions.claims import set_status
from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.db import Database
from payclerk_core.jobs import promise
from payclerk_core.money import Money
from payclerk_core.rules.lifecycle import ClaimStatus
from payclerk_core.tables import (
    Batch,
    BillingPeriod,
    Claim,
    ClaimLine,
    Contract,
    Envelope,
    Invitation,
    InvoiceContact,
    Message,
    Package,
    Person,
    Selection,
)
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office


def under_review(count: int) -> Callable[[Month], list[int]]:
    def fill(m: Month) -> list[int]:
        period: BillingPeriod = m.period()
        return [m.claim(contract, period).id for contract in m.contracts[:count]]

    return fill


def correct(office: Office, claim_id: int, dollars: int) -> None:
    """Otto lets another amount stand on the claim's first line."""
    with office.database.transaction() as session:
        otto = session.scalars(select(Person).where(Person.name == "Otto Other")).one()
        line = session.get_one(Claim, claim_id).lines[0]
        call = Call(session, office.now[0], office.settings, actor=otto, door="slack")
        correct_amounts(call, claim_id, {line.sov_line_id: LineEntry(work=Money(dollars * 100, "USD"))}, "Site visit")


def statuses(office: Office) -> dict[int, str]:
    with office.database.reading() as session:
        return {row.id: row.status for row in session.scalars(select(Claim))}


def last_look(office: Office, act: str = "approved", user: str = ADA, count: int = 1) -> Any:
    office.billing(user, "claims")
    bench = office.modal(user, "bench")
    office.world.click(user, bench, "bench.all")
    bench = office.modal_says(user, f"*{count} chosen*")
    office.world.select(bench, "act", act)
    office.world.submit(user, bench)
    return office.modal(user, "bench.confirm")


def test_a_correction_between_look_and_confirm_is_not_approved(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    changed, same = month(under_review(2), contracts=2)
    look = last_look(office, count=2)
    assert "$1,800.00" in texts(look)
    correct(office, changed, 80_000)

    assert office.world.submit(ADA, look).error is None

    said = texts(office.message("Claims set to Approved: 1 done, 1 left out"))
    assert "It has changed since you looked. It was $1,800.00 due and is $72,900.00." in said
    assert "Last changed by Otto Other." in said
    assert statuses(office) == {changed: "under_review", same: "approved"}


def corrected_and_approved_again(office: Office, claim_id: int, dollars: int) -> None:
    """What was approved is taken back, corrected and approved at another amount, all by somebody else."""
    for status in (ClaimStatus.UNDER_REVIEW, ClaimStatus.APPROVED):
        with office.database.transaction() as session:
            otto = session.scalars(select(Person).where(Person.name == "Otto Other")).one()
            call = Call(session, office.now[0], office.settings, actor=otto, door="slack")
            set_status(call, claim_id, status)
        if status is ClaimStatus.UNDER_REVIEW:
            correct(office, claim_id, dollars)


def approved(count: int) -> Callable[[Month], list[int]]:
    def fill(m: Month) -> list[int]:
        period: BillingPeriod = m.period()
        return [m.claim(contract, period, "approved").id for contract in m.contracts[:count]]

    return fill


def confirmed_though_one_was_corrected(
    month: Callable[..., Any], office: Office, act: str, words: str
) -> tuple[str, int]:
    """Two approved claims are looked at, one is corrected, the look is confirmed: the message with these words, and the
    claim that did not change."""
    changed, same = month(approved(2), contracts=2)
    look = last_look(office, act, count=2)
    corrected_and_approved_again(office, changed, 80_000)
    office.world.submit(ADA, look)
    said = texts(office.message(words))
    assert "It has changed since you looked. It was $1,800.00 due and is $72,900.00." in said
    return said, same


def test_a_claim_corrected_between_look_and_confirm_is_not_sent_for_signature(
    month: Callable[..., Any], busy_office: Office
) -> None:
    office = busy_office
    said, same = confirmed_though_one_was_corrected(month, office, "docusign", "DocuSign: 1 waiting, 1 left out")
    assert "Last changed by Otto Other." in said
    with office.database.reading() as session:
        assert [row.claim_id for row in session.scalars(select(Envelope))] == [same]


def test_a_claim_corrected_between_look_and_confirm_is_not_compiled(
    month: Callable[..., Any], busy_office: Office
) -> None:
    office = busy_office
    _, same = confirmed_though_one_was_corrected(month, office, "backup", "1 done, 1 left out")
    with office.database.reading() as session:
        [package] = session.scalars(select(Package))
        assert [row.claim_id for row in package.claims] == [same]


def test_of_what_all_has_changed_nothing_is_compiled(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    (changed,) = month(approved(1), contracts=1)
    look = last_look(office, "backup")
    corrected_and_approved_again(office, changed, 80_000)

    office.world.submit(ADA, look)

    assert "It has changed since you looked." in texts(office.message("compiled: 1 left out"))
    with office.database.reading() as session:
        assert session.scalars(select(Package)).all() == []


@pytest.mark.parametrize("what", ["contacts", "sum", "due date"])
def test_what_an_invitation_says_has_changed_between_look_and_confirm(
    month: Callable[..., Any], busy_office: Office, what: str
) -> None:
    office = busy_office
    month(lambda m: m.period(), contracts=2)
    office.billing(ADA, "invite")
    bench = office.modal(ADA, "bench")
    office.world.click(ADA, bench, "bench.all")
    office.world.submit(ADA, office.modal_says(ADA, "*2 chosen*"))
    look = office.modal(ADA, "bench.confirm")
    with office.database.transaction() as session:
        contract = session.scalars(select(Contract).where(Contract.number == "SC-01")).one()
        if what == "contacts":
            rita = session.scalars(select(Person).where(Person.name == "Rita Reader")).one()
            contract.contacts.append(InvoiceContact(person=rita))
        elif what == "sum":
            contract.lines[0].scheduled_cents += 100
        else:
            session.scalars(select(BillingPeriod)).one().due_on = date(2026, 11, 27)

    office.world.submit(ADA, look)

    left_out = 2 if what == "due date" else 1
    said = texts(office.message(f"{left_out} left out"))
    assert "SC-01 Trade 001 &amp; Sons: It has changed since you looked: the period, its dates, the sum" in said
    with office.database.reading() as session:
        assert len(session.scalars(select(Invitation)).all()) == 2 - left_out
        assert len(session.scalars(select(Message).where(Message.kind == "invitation")).all()) == 2 - left_out


def test_the_button_of_an_old_message_approves_what_the_message_shows(
    month: Callable[..., Any], busy_office: Office
) -> None:
    office = busy_office

    def fill(m: Month) -> int:
        claim = m.claim(m.contracts[0], m.period())
        promise(m.session, "slack.notice", "first", {"notice": "submitted", "id": claim.id})
        return claim.id

    claim_id = month(fill, contracts=1)
    old = office.message("Claim SC-01")
    correct(office, claim_id, 80_000)

    office.world.click(ADA, old, "claim.approve")

    told = texts(office.message("It has changed since you looked. It was $1,800.00 due and is $72,900.00."))
    assert "Last changed by Otto Other. Nothing was done; open it again." in told
    assert statuses(office) == {claim_id: "under_review"}


def test_the_second_reviewer_is_told_what_the_first_did_and_erases_nothing(
    month: Callable[..., Any], office: Office
) -> None:
    (claim_id,) = month(under_review(1), contracts=1)
    for user in (ADA, OTTO):
        office.billing(user, "review SC-01")
    first, second = office.modal(ADA, "review"), office.modal(OTTO, "review")
    with office.database.reading() as session:
        line = session.get_one(Claim, claim_id).lines[1].id
    office.world.select(first, "verdict", "rejected", block_id=f"verdict:{line}:1")
    office.world.type_in(first, "reason", "Not on site", block_id=f"reason:{line}:1")
    office.world.select(first, "status", "revise_and_resubmit", block_id="status:1")
    assert office.world.submit(ADA, first).error is None
    assert not first.errors

    office.world.submit(OTTO, second)

    (told,) = second.errors.values()
    assert "Its status was Under Review and is Revise & Resubmit. The review of its lines is different." in told
    assert "Line 002 is rejected: Not on site. Last changed by Ada Admin." in told
    with office.database.reading() as session:
        kept = session.get_one(ClaimLine, line)
        assert (kept.review, kept.review_reason) == ("rejected", "Not on site")
    assert statuses(office) == {claim_id: "revise_and_resubmit"}


def test_a_second_act_from_the_same_list_is_another_order(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    (claim_id,) = month(under_review(1), contracts=1)
    look = last_look(office, "pending_owner_approval")
    office.world.submit(ADA, look)
    office.message("Claims set to Pending Owner Approval: 1 done")
    office.modal_says(ADA, "1 row is in work")
    office.world.close(ADA)
    bench = office.modal(ADA, "bench")
    office.world.select(bench, "act", "approved")
    office.world.submit(ADA, bench)

    office.world.submit(ADA, office.modal(ADA, "bench.confirm"))

    office.message("Claims set to Approved: 1 done")
    assert statuses(office) == {claim_id: "approved"}
    with office.database.reading() as session:
        assert len(session.scalars(select(Batch)).all()) == 2


def test_opening_a_list_or_a_review_waits_for_nobody_who_writes(
    month: Callable[..., Any], office: Office, database: Database
) -> None:
    month(under_review(1), contracts=1)
    office.billing(ADA, "help")  # the first time Slack's user is linked to the directory's person
    office.message("What I can do")
    with database.transaction() as session:
        session.scalars(select(Claim).with_for_update()).all()
        office.billing(ADA, "claims")
        assert "*1 claim*" in texts(office.modal(ADA, "bench"))
        office.world.close(ADA)
        office.billing(ADA, "review SC-01")
        assert "SC-01" in texts(office.modal(ADA, "review"))
        assert session.scalars(select(Selection)).all() == []


def test_a_claim_is_named_by_its_number(month: Callable[..., Any], office: Office) -> None:
    month(under_review(1), contracts=1)
    office.billing(ADA, "review SC-01 #1")
    assert "SC-01 Trade 001 &amp; Sons #1" in texts(office.modal(ADA, "review"))
    office.world.close(ADA)
    office.billing(ADA, "review SC-01 #7")
    office.message("SC-01 has no claim #7; its latest is #1.")


def on_the_owners_claim(m: Month) -> int:
    m.claim(m.contracts[0], m.period(), "approved")
    return make_owner_claim(m.call(m.ada), m.project.id).id


@pytest.mark.parametrize("to", [ClaimStatus.UNDER_REVIEW, ClaimStatus.APPROVED])
def test_a_claim_to_the_owner_that_changed_since_is_not_deleted(
    month: Callable[..., Any], office: Office, to: ClaimStatus
) -> None:
    claim_id = month(on_the_owners_claim, contracts=1)
    office.billing(ADA, "owner")
    there = office.modal(ADA, "owner_exists")
    assert "made already: Draft" in texts(there)
    with office.database.transaction() as session:
        otto = session.scalars(select(Person).where(Person.name == "Otto Other")).one()
        set_status(Call(session, office.now[0], office.settings, actor=otto, door="slack"), claim_id, to)

    office.world.click(ADA, there, "owner.delete")

    office.modal_says(ADA, f"Its status was Draft and is {to.label}.")
    assert statuses(office)[claim_id] == to.value
