"""The month-end as people live it in Slack, over a real socket, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot_office import ADA
from payclerk_core.tables import Batch, BillingPeriod, Invitation
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office


def test_period_modal_creates_and_refuses_the_same_twice(month: Callable[..., Any], office: Office) -> None:
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


def test_invite_all_that_can_be_and_confirm_twice(month: Callable[..., Any], office: Office) -> None:
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
    office.message("Invitations: 12 waiting")
    with office.database.reading() as session:
        assert len(session.scalars(select(Batch)).all()) == 1
        assert len(session.scalars(select(Invitation)).all()) == 12
