"""Payments in Slack: of the claim that was named, on a date that can be, changed and deleted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot_office import ADA, RITA
from payclerk_core.tables import Claim, Event, Payment
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office


def approved(m: Month) -> int:
    return m.claim(m.contracts[0], m.period(), "approved").id


def record(office: Office, amount: str = "1,000.00") -> None:
    office.billing(ADA, "pay SC-01 #1")
    form = office.modal(ADA, "payment")
    office.world.type_in(form, "number", "1001")
    office.world.type_in(form, "amount", amount)
    office.world.submit(ADA, form)
    office.modal_says(ADA, "*Payment recorded*")
    office.world.close(ADA)


def payments(office: Office) -> list[tuple[int, date]]:
    with office.database.reading() as session:
        return [(row.amount_cents, row.paid_on) for row in session.scalars(select(Payment).order_by(Payment.id))]


def events(office: Office) -> list[str]:
    with office.database.reading() as session:
        return list(session.scalars(select(Event.verb).where(Event.record == "payment").order_by(Event.id)))


def test_the_claim_that_was_named_is_opened(month: Callable[..., Any], office: Office) -> None:
    month(_two, contracts=1)
    office.billing(ADA, "pay SC-01 #1")
    assert "SC-01 Trade 001 &amp; Sons #1" in texts(office.modal(ADA, "payment"))
    office.world.close(ADA)
    office.billing(ADA, "pay SC-01")
    assert "SC-01 Trade 001 &amp; Sons #2" in texts(office.modal_says(ADA, "#2"))
    office.world.close(ADA)
    for words, told in (("SC-01 #3", "SC-01 has no claim #3; its latest is #2."), ("SC-01 first", "Name the claim by")):
        office.billing(ADA, f"pay {words}")
        office.message(told)


def _two(m: Month) -> None:
    period = m.period()
    m.claim(m.contracts[0], period, "approved").number = 2
    m.session.flush()
    m.claim(m.contracts[0], period, "approved")


def test_a_date_outside_the_projects_life_is_asked_about(month: Callable[..., Any], office: Office) -> None:
    month(approved, contracts=1)
    office.billing(ADA, "pay SC-01")
    form = office.modal(ADA, "payment")
    office.world.type_in(form, "number", "1001")
    for day, told in (("2020-11-10", "before the project's first billing period"), ("2035-11-10", "is after")):
        office.world.type_in(form, "paid_on", day)
        office.world.submit(ADA, form)
        assert told in form.errors["paid_on"]
        assert "tick that it is meant" in form.errors["paid_on"]
    assert payments(office) == []
    office.world.tick(form, "unusual_date", ["yes"])
    office.world.submit(ADA, form)
    office.modal_says(ADA, "*Payment recorded*")
    assert payments(office) == [(180_000, date(2035, 11, 10))]


def test_a_payment_is_changed_and_deleted_with_an_event(month: Callable[..., Any], office: Office) -> None:
    month(approved, contracts=1)
    record(office)
    office.billing(ADA, "pay SC-01 #1")
    shown = office.modal(ADA, "payment")
    assert "$800.00 left to pay" in texts(shown)
    office.world.click(ADA, shown, "payment.edit")
    form = office.modal(ADA, "payment_edit")
    office.world.type_in(form, "amount", "1,800.01")
    office.world.submit(ADA, form)
    assert form.errors == {"amount": "Only $1,800.00 of this claim is left to pay."}
    office.world.type_in(form, "amount", "1,800.00")
    office.world.submit(ADA, form)
    office.modal_says(ADA, "*Payment changed*")
    assert [cents for cents, _ in payments(office)] == [180_000]

    office.world.close(ADA)
    office.world.click(ADA, shown, "payment.delete")
    office.modal_says(ADA, "Payment 1001 has changed since you looked. Nothing was done")
    assert [cents for cents, _ in payments(office)] == [180_000]
    office.world.close(ADA)
    office.world.close(ADA)
    office.billing(ADA, "pay SC-01")
    shown = office.modal_says(ADA, "*$1,800.00* on")
    office.world.click(ADA, shown, "payment.delete")
    office.modal_says(ADA, "$1,800.00 left to pay")

    assert payments(office) == []
    assert events(office) == ["payment_recorded", "payment_corrected", "payment_deleted"]
    with office.database.reading() as session:
        gone = session.scalars(select(Event).where(Event.verb == "payment_deleted")).one()
        assert (gone.before or {})["cents"] == 180_000
        assert session.scalars(select(Claim)).one().status == "approved"


def test_who_may_not_record_payments_changes_none(month: Callable[..., Any], office: Office) -> None:
    month(approved, contracts=1)
    record(office)
    office.billing(ADA, "pay SC-01")
    shown = office.modal(ADA, "payment")
    office.world.click(RITA, shown, "payment.delete")
    office.modal_says(RITA, "You need 'Admin' permission")
    assert [cents for cents, _ in payments(office)] == [100_000]
