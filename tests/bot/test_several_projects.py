"""Somebody on several projects: every button knows its project; and an address corrected from Slack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot_office import ADA, NOON
from payclerk_core.jobs import promise
from payclerk_core.tables import Event, FailedJob, Member, MessageRecipient, Person, Project
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office


def second_project(m: Month) -> None:
    """Ada is on another project, too, whose channel nobody is in at the moment."""
    m.project.slack_channel = "elsewhere"
    other = m.keep(
        Project(number="25-001", name="Oak Yard", timezone="America/Chicago", currency="USD", dictionary="us_gc")
    )
    m.keep(Member(project_id=other.id, person_id=m.ada.id, role="", commitments="admin", client_contracts="admin"))


def test_buttons_of_home_and_periods_never_ask_which_project(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month) -> tuple[int, int]:
        m.period()
        second_project(m)
        other = m.session.scalars(select(Project).where(Project.number == "25-001")).one()
        return m.project.id, other.id

    first, second = month(fill, contracts=1)
    office.world.open_home(ADA)
    home = office.world.wait_for(lambda: office.world.home_of(ADA))
    for action, modal in (("open.invite", "bench"), ("open.claims", "bench"), ("open.period", "period")):
        office.world.click(ADA, home, action, value=f"project={first}")
        assert "Maple" in texts(office.modal(ADA, modal)) or modal == "bench"
        office.world.close(ADA)
    office.world.click(ADA, home, "open.period", value=f"project={second}")
    assert "Oak Yard" in texts(office.modal(ADA, "period"))
    office.world.close(ADA)

    office.billing(ADA, "periods project:25-001")
    periods = office.modal(ADA, "periods")
    office.world.click(ADA, periods, "open.period")
    assert "Oak Yard" in texts(office.modal(ADA, "period"))


def test_status_retries_whatever_project_it_was(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office

    def fill(m: Month) -> None:
        second_project(m)
        facts: dict[str, Any] = {"job": "slack.notice", "payload": {"notice": "gone", "id": 1}, "attempts": 3}
        m.keep(FailedJob(key="slack.notice:x", reason="gone", status="failed", status_at=NOON, **facts))

    month(fill, contracts=1)
    office.billing(ADA, "status")
    waits = office.modal(ADA, "status")
    office.world.click(ADA, waits, "job.retry")
    office.modal_says(ADA, "*Could not be done*: 0")


def test_an_address_that_bounced_is_corrected_and_invited_again(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(lambda m: m.period(), contracts=1)
    office.billing(ADA, "invite")
    bench = office.modal(ADA, "bench")
    office.world.click(ADA, bench, "bench.all")
    office.world.submit(ADA, office.modal_says(ADA, "*1 chosen*"))
    office.world.submit(ADA, office.modal(ADA, "bench.confirm"))
    office.bulk_done()
    with office.database.transaction() as session:
        recipient = session.scalars(select(MessageRecipient)).one()
        recipient.bounced_at, recipient.failure = NOON, "550 no such user"
        promise(session, "slack.notice", f"bounced:{recipient.id}", {"notice": "bounced", "id": recipient.id})
    said = office.message("did not reach Contact001 Person")
    office.world.click(ADA, said, "person.address")
    form = office.modal(ADA, "address")
    office.world.type_in(form, "email", "nonsense")
    office.world.submit(ADA, form)
    assert "is not an e-mail address" in form.errors["email"]
    office.world.type_in(form, "email", "right@trade.example")
    office.world.submit(ADA, form)
    office.modal_says(ADA, "right@trade.example now")
    office.world.close(ADA)

    office.billing(ADA, "invite")
    bench = office.modal(ADA, "bench")
    office.world.click(ADA, bench, "bench.all")
    office.world.submit(ADA, office.modal_says(ADA, "*1 chosen*"))
    office.world.submit(ADA, office.modal(ADA, "bench.confirm"))
    office.bulk_done()
    office.settle()
    with office.database.reading() as session:
        sent = session.scalars(select(MessageRecipient.email).order_by(MessageRecipient.id)).all()
        person = session.scalars(select(Person).where(Person.name == "Contact001 Person")).one()
        event = session.scalars(select(Event).where(Event.verb == "address_changed")).one()
    assert sent == ["contact001@trade.example", "right@trade.example"]
    assert person.email_key == "right@trade.example"
    assert event.before == {"email": "contact001@trade.example"}
