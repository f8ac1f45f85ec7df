"""Billing periods: one open per project, unique ranges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from ..dates import day_of_month, project_date
from ..errors import UserError
from ..queries.contracts import open_period
from ..rules.lifecycle import PeriodStatus
from ..tables import BillingPeriod, Project
from .call import Call


@dataclass(frozen=True, slots=True)
class PeriodDates:
    starts_on: date
    ends_on: date
    due_on: date


def default_dates(project: Project, at: datetime) -> PeriodDates:
    """The project's usual days (1st, last, due the 25th) in the month it is there now."""
    today = project_date(at, project.timezone)
    days = (project.period_start_day, project.period_end_day, project.period_due_day)
    start, end, due = (day_of_month(today.year, today.month, day) for day in days)
    return PeriodDates(start, end, due)


def create_period(call: Call, project_id: int, dates: PeriodDates) -> BillingPeriod:
    """Create a billing period and open it; the one open before closes (task T8)."""
    call.authorise("T8", project_id)
    project = call.get(Project, project_id, "project")
    _check(call, project, dates)
    previous = open_period(call.session, project_id)
    if previous is not None:
        call.move(previous, PeriodStatus.CLOSED.value)
        call.record(
            "period_closed", previous, project_id=project_id, before={"status": "open"}, after={"status": "closed"}
        )
    period = BillingPeriod(
        project_id=project_id,
        starts_on=dates.starts_on,
        ends_on=dates.ends_on,
        due_on=dates.due_on,
        **call.stamp(PeriodStatus.OPEN.value),
    )
    call.session.add(period)
    after = {"from": str(dates.starts_on), "to": str(dates.ends_on), "due": str(dates.due_on)}
    call.record("period_created", period, project_id=project_id, after=after)
    return period


def _check(call: Call, project: Project, dates: PeriodDates) -> None:
    if dates.ends_on < dates.starts_on:
        raise UserError("The period ends before it starts; put To on or after From.", field="ends_on")
    if dates.due_on < dates.starts_on:
        raise UserError("The due date is before the period starts; put it on or after From.", field="due_on")
    same = select(BillingPeriod).where(
        BillingPeriod.project_id == project.id,
        BillingPeriod.starts_on == dates.starts_on,
        BillingPeriod.ends_on == dates.ends_on,
    )
    if call.session.scalar(same) is not None:
        text = f"There is a billing period {dates.starts_on} to {dates.ends_on} already; choose other dates."
        raise UserError(text, code="duplicate_period", field="starts_on")
