"""Periods that open by themselves: the schedule, and what the clock does with it (task T7)."""

from __future__ import annotations

from sqlalchemy import select

from ..dates import project_date
from ..jobs import promise
from ..queries.contracts import open_period
from ..rules.periods import Frequency, PeriodDates, Schedule, check_schedule, due_to_open, next_to_open
from ..tables import BillingPeriod, PeriodSchedule, Project
from .call import Call
from .periods import open_new, period_of


def set_schedule(call: Call, project_id: int, schedule: Schedule) -> PeriodDates | None:
    """Let billing periods open by themselves, or stop that (`never`). Returns the one that opens next.

    A period whose start day is over already is not made up for: that first one is made by hand.
    """
    call.authorise("T7", project_id)
    project = call.get(Project, project_id, "project")
    today = project_date(call.at, project.timezone)
    check_schedule(schedule, today)
    row = _row(call, project_id)
    before = {"frequency": row.frequency, "rule": row.rule} if row else None
    if row is None:
        row = PeriodSchedule(project_id=project_id)
        call.session.add(row)
    row.frequency, row.rule = schedule.frequency.value, dict(schedule.rule)
    row.set_at, row.set_by_id = call.at, call.actor_id
    after = {"frequency": row.frequency, "rule": row.rule}
    call.record("schedule_set", row, project_id=project_id, before=before, after=after)
    return next_to_open(schedule, today)


def open_due_period(call: Call, project_id: int) -> BillingPeriod | None:
    """Open the period whose day has come where the project is, and close the one before. Twice does nothing twice.

    A clock that was down opens the newest only. Nobody's own period is closed for one that started earlier.
    """
    row = _row(call, project_id)
    if row is None or row.frequency == Frequency.NEVER.value:
        return None
    zone = row.project.timezone
    dates = due_to_open(Schedule(Frequency(row.frequency), row.rule), project_date(call.at, zone))
    if dates is None or dates.starts_on < project_date(row.set_at, zone) or _overtaken(call, project_id, dates):
        return None
    period = open_new(call, project_id, dates)
    promise(call.session, "slack.notice", f"period:{period.id}", {"notice": "period", "id": period.id})
    return period


def _overtaken(call: Call, project_id: int, dates: PeriodDates) -> bool:
    """Is it there already, or a later one open?"""
    if period_of(call, project_id, dates) is not None:
        return True
    period = open_period(call.session, project_id)
    return period is not None and period.starts_on >= dates.starts_on


def _row(call: Call, project_id: int) -> PeriodSchedule | None:
    query = select(PeriodSchedule).where(PeriodSchedule.project_id == project_id)
    return call.session.scalar(query.with_for_update())
