"""A claim's retainage in Slack: what is held and why, and the contract's own terms turned on again by who may."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, RITA, Month, Office
from payclerk_core.actions.call import Call
from payclerk_core.actions.claim_editing import LineEntry, correct_amounts
from payclerk_core.actions.retainage import set_rates
from payclerk_core.money import Money
from payclerk_core.queries.claims import summary_of
from payclerk_core.rules.retainage import Rates
from payclerk_core.tables import Claim, Event, Person, RetainageRule
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

TWENTY = Rates(Decimal(20), Decimal(20))
STEP = {"step_at": Decimal(1), "step_work_retainage": Decimal(5)}


def by_hand(status: str = "under_review", **terms: Decimal) -> Callable[[Month], int]:
    """A claim over 2,000.00 whose rate somebody set to 20 %, on a contract with these terms."""

    def fill(m: Month) -> int:
        for name, value in terms.items():
            setattr(m.contracts[0], name, value)
        claim = m.claim(m.contracts[0], m.period())
        set_rates(m.call(m.ada), claim.id, TWENTY)
        claim.status = status
        return claim.id

    return fill


def held(office: Office, claim_id: int) -> tuple[str, str]:
    with office.database.reading() as session:
        claim = session.get_one(Claim, claim_id)
        return str(summary_of(claim).retainage), str(claim.work_retainage)


def turned_on(office: Office) -> list[str | None]:
    """Who turned the contract's terms on again."""
    with office.database.reading() as session:
        query = select(Person.name).join(Event, Event.actor_id == Person.id)
        return list(session.scalars(query.where(Event.verb == "retainage_by_contract")))


def look(office: Office) -> Any:
    office.billing(ADA, "retainage SC-01")
    return office.modal(ADA, "retainage")


def test_a_step_that_a_rate_by_hand_ended_is_turned_on_again(month: Callable[..., Any], office: Office) -> None:
    claim_id = month(by_hand(**STEP), contracts=1)
    form = look(office)
    shown = texts(form)
    assert "A rate set by hand ended the step-down." in shown
    assert "10% until 1% complete, then 5% of the whole balance" in shown
    assert "*Rate now*\n20% of work, 20% of stored material" in shown
    assert "*Retainage now*\n$400.00" in shown
    assert "*Rate by the contract*\n5% of work, 5% of stored material" in shown
    assert "*Retainage by the contract*\n$100.00" in shown
    assert "counts from #1 on" in shown

    office.world.submit(ADA, form)

    assert "counts again from SC-01 Trade 001 &amp; Sons #1 on" in texts(office.modal(ADA, "retainage_resumed"))
    office.modal_says(ADA, "Retainage is $100.00 now, and $1,900.00 is due.")
    assert held(office, claim_id) == ("$100.00", "5")
    assert turned_on(office) == ["Ada Admin"]


def test_a_claim_corrected_since_the_look_is_left_alone(month: Callable[..., Any], office: Office) -> None:
    claim_id = month(by_hand(**STEP), contracts=1)
    form = look(office)
    with office.database.transaction() as session:
        otto = session.scalars(select(Person).where(Person.name == "Otto Other")).one()
        line = session.get_one(Claim, claim_id).lines[0]
        call = Call(session, office.now[0], office.settings, actor=otto, door="slack")
        correct_amounts(call, claim_id, {line.sov_line_id: LineEntry(work=Money(3_000_00))}, "Site visit")

    office.world.submit(ADA, form)

    office.modal_says(ADA, "It has changed since you looked.")
    assert (held(office, claim_id), turned_on(office)) == (("$800.00", "20"), [])


def test_a_contract_changed_since_the_look_is_left_alone(month: Callable[..., Any], office: Office) -> None:
    """The claim is the same, but what the contract would hold is not."""
    claim_id = month(by_hand(**STEP), contracts=1)
    form = look(office)
    with office.database.transaction() as session:
        session.get_one(Claim, claim_id).contract.step_work_retainage = Decimal(8)

    office.world.submit(ADA, form)

    office.modal_says(ADA, "Retainage by the contract was $100.00 and is $160.00 now.")
    assert (held(office, claim_id), turned_on(office)) == (("$400.00", "20"), [])


def test_a_scale_is_turned_on_again(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month) -> int:
        rule = RetainageRule(position=1, percent=Decimal(10), of="amount", until=Decimal(150))
        m.contracts[0].retainage_rules = [rule]
        return by_hand()(m)

    claim_id = month(fill, contracts=1)
    form = look(office)
    assert "10% until $150.00 is held" in texts(form)

    office.world.submit(ADA, form)

    office.modal_says(ADA, "The sliding scale counts again")
    assert held(office, claim_id)[0] == "$150.00"


@pytest.mark.parametrize(
    ("terms", "status", "why"),
    [
        ({}, "under_review", "no step down and no sliding scale"),
        (STEP, "approved", "It is Approved; set it to Under Review or Revise &amp; Resubmit first."),
    ],
)
def test_where_it_cannot_be_turned_on_it_says_why(
    month: Callable[..., Any], office: Office, terms: dict[str, Decimal], status: str, why: str
) -> None:
    month(by_hand(status, **terms), contracts=1)

    form = look(office)

    assert why in texts(form)
    assert "submit" not in form.body


def test_what_counts_already_is_not_turned_on(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month) -> None:
        m.contracts[0].step_at, m.contracts[0].step_work_retainage = Decimal(1), Decimal(5)
        m.claim(m.contracts[0], m.period())

    month(fill, contracts=1)

    form = look(office)

    assert "counts already" in texts(form)
    assert "submit" not in form.body


def test_who_may_not_set_retainage_is_told(month: Callable[..., Any], office: Office) -> None:
    month(by_hand(**STEP), contracts=1)

    office.billing(RITA, "retainage SC-01")

    office.message("Admin", user=RITA)


def test_the_review_says_that_the_step_has_ended(month: Callable[..., Any], office: Office) -> None:
    month(by_hand(**STEP), contracts=1)

    office.billing(ADA, "review SC-01")

    assert "A rate set by hand ended the step-down of SC-01; /billing retainage SC-01" in texts(
        office.modal(ADA, "review")
    )
