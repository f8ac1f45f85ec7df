"""Billing periods as an administrator handles them in Slack, over a real socket."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot_office import ADA, NOON, RITA
from payclerk_core.tables import BillingPeriod, PeriodSchedule
from payclerk_playground.slack.control import texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot_office import Month, Office


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The actions are tried on both databases in tests/core."""
    return sqlite_url


def with_october(m: Month) -> None:
    """October is closed, November open."""
    october = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 10, 31), "due_on": date(2026, 10, 25)}
    m.keep(BillingPeriod(project_id=m.project.id, **october, status="closed", status_at=NOON))
    m.period()


def periods(office: Office) -> list[str]:
    with office.database.reading() as session:
        rows = session.scalars(select(BillingPeriod).order_by(BillingPeriod.starts_on))
        return [f"{row.starts_on} {row.ends_on} {row.due_on} {row.status}" for row in rows]


def change(office: Office, place: int) -> Any:
    """Open the form of a period; they are numbered as they were made."""
    office.billing(ADA, "periods")
    listed = office.modal(ADA, "periods")
    office.world.click(ADA, listed, "period.edit", value=str(place))
    return office.modal(ADA, "period_edit")


def test_a_period_is_changed_and_its_message_follows(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(with_october)
    form = change(office, 2)
    office.world.pick_date(form, "due_on", "2026-11-28")
    assert office.world.submit(ADA, form).error is None
    office.message("Billing period Nov 1, 2026 to Nov 30, 2026 is open")
    office.message("due Nov 28, 2026")
    assert periods(office)[1] == "2026-11-01 2026-11-30 2026-11-28 open"


def test_reopening_october_closes_november_and_closing_leaves_none(
    month: Callable[..., Any], busy_office: Office
) -> None:
    office = busy_office
    month(with_october)
    form = change(office, 1)
    office.world.select(form, "status", "open")
    assert office.world.submit(ADA, form).error is None
    closed = office.message("Nov 1, 2026 to Nov 30, 2026 of Maple Street &lt;Medical&gt; &amp; Office is closed")
    assert "Closed by Ada Admin" in texts(closed)
    assert [line.split()[-1] for line in periods(office)] == ["open", "closed"]

    form = change(office, 1)
    office.world.select(form, "status", "closed")
    assert office.world.submit(ADA, form).error is None
    office.message("Oct 1, 2026 to Oct 31, 2026 of Maple Street &lt;Medical&gt; &amp; Office is closed")
    assert [line.split()[-1] for line in periods(office)] == ["closed", "closed"]


def test_dates_that_cannot_be_are_refused_at_their_field(month: Callable[..., Any], office: Office) -> None:
    month(with_october)
    form = change(office, 2)
    office.world.pick_date(form, "starts_on", "2026-10-01")
    office.world.pick_date(form, "ends_on", "2026-10-31")
    office.world.submit(ADA, form)
    assert "already; choose other dates" in form.errors["starts_on"]
    assert periods(office)[1] == "2026-11-01 2026-11-30 2026-11-25 open"


def test_a_billed_period_keeps_its_range_and_cannot_be_deleted(month: Callable[..., Any], office: Office) -> None:
    def fill(m: Month) -> None:
        m.claim(m.contracts[0], m.period(), pdf=False)

    month(fill, contracts=1)
    form = change(office, 1)
    assert "only the due date can change" in texts(form)
    assert "Delete" not in texts(form)
    office.world.pick_date(form, "ends_on", "2026-11-29")
    office.world.submit(ADA, form)
    assert "printed on them" in form.errors["starts_on"]


def test_a_period_nobody_used_is_deleted(month: Callable[..., Any], busy_office: Office) -> None:
    office = busy_office
    month(with_october)
    form = change(office, 1)
    office.world.click(ADA, form, "period.delete", value="1")
    office.modal_says(ADA, "The billing period is deleted.")
    office.message("Oct 1, 2026 to Oct 31, 2026 of Maple Street &lt;Medical&gt; &amp; Office is deleted")
    assert periods(office) == ["2026-11-01 2026-11-30 2026-11-25 open"]


def schedule(office: Office) -> Any:
    office.billing(ADA, "periods")
    listed = office.modal(ADA, "periods")
    office.world.click(ADA, listed, "schedule.open", value="1")
    return office.modal(ADA, "schedule")


def stored(office: Office) -> tuple[str, dict[str, int]]:
    with office.database.reading() as session:
        row = session.scalars(select(PeriodSchedule)).one()
        return row.frequency, row.rule


def test_periods_are_made_to_open_by_themselves_and_cancelled(month: Callable[..., Any], office: Office) -> None:
    month(with_october)
    form = schedule(office)
    office.world.click(ADA, form, "schedule.frequency", value="monthly_by_date")
    form = office.modal_says(ADA, "31 (the last day of the month)")
    office.world.select(form, "due", "20")
    assert office.world.submit(ADA, form).error is None
    office.modal_says(ADA, "on Dec 1, 2026: Dec 1, 2026 to Dec 31, 2026, due Dec 20, 2026.")
    assert stored(office) == (
        "monthly_by_date", {"start": 1, "end": 31, "end_months": 0, "due": 20, "due_months": 0},
    )  # fmt: skip

    form = schedule(office)
    assert "Which month is it due in?" in texts(form)  # it opens with what is set
    office.world.click(ADA, form, "schedule.frequency", value="never")
    form = office.modal_says(ADA, "the open one stays open")
    assert office.world.submit(ADA, form).error is None
    office.modal_says(ADA, "No billing period opens by itself any more.")
    assert stored(office) == ("never", {})


def test_a_schedule_that_cannot_be_kept_is_refused_at_its_field(month: Callable[..., Any], office: Office) -> None:
    month(with_october)
    form = schedule(office)
    office.world.click(ADA, form, "schedule.frequency", value="weekly")
    form = office.modal_says(ADA, "Which week does it end in?")
    office.world.select(form, "start", "5")
    office.world.select(form, "end", "1")
    office.world.submit(ADA, form)
    assert "before it starts" in form.errors["end:weekly"]


def test_a_reader_is_told_what_is_missing(month: Callable[..., Any], office: Office) -> None:
    month(with_october)
    office.billing(RITA, "periods")
    told = office.message("'Admin' permission", user=RITA)
    assert "Commitments" in texts(told)
