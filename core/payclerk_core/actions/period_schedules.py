"""Periods that open by themselves: the schedule, and what the clock does with it (task T7)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from ..dates import project_date
from ..rules.periods import Frequency, PeriodDates, Schedule, check_schedule, due_to_open, next_to_open
from ..tables import BillingPeriod, Event, PeriodSchedule, Project
from .call import Call
from .periods import open_new, take_turn


def set_schedule(call: Call, project_id: int, schedule: Schedule) -> PeriodDates | None:
    """Let billing periods open by themselves, or stop that (`never`). Returns the one that opens next.

    A period whose start day is over already is not made up for: that first one is made by hand.
    """
    call.authorise("T7", project_id)
    project = call.get(Project, project_id, "project")
    today = project_date(call.at, project.timezone)
    check_schedule(schedule, today)
    take_turn(call, project_id)
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


def schedule_of(call: Call, project_id: int) -> Schedule:
    """The schedule as it is set; `never` where nobody ever set one."""
    row = call.session.scalar(select(PeriodSchedule).where(PeriodSchedule.project_id == project_id))
    return Schedule(Frequency(row.frequency), row.rule) if row is not None else Schedule(Frequency.NEVER, {})


def upcoming_period(call: Call, project: Project) -> PeriodDates | None:
    """The period that opens by itself next, after today; None when none does."""
    return next_to_open(schedule_of(call, project.id), project_date(call.at, project.timezone))


def open_due_period(call: Call, project_id: int) -> BillingPeriod | None:
    """Open the period whose day has come where the project is, and close the one before. Twice does nothing twice.

    A clock that was down opens the newest only. Nobody's own period is closed for one that started earlier, and what a
    person does to the opened one (closes, edits or deletes it) is not undone.
    """
    call.authorise("T7", project_id)
    take_turn(call, project_id)
    row = _row(call, project_id)
    if row is None or row.frequency == Frequency.NEVER.value:
        return None
    zone = row.project.timezone
    dates = due_to_open(Schedule(Frequency(row.frequency), row.rule), project_date(call.at, zone))
    if dates is None or dates.starts_on < project_date(row.set_at, zone) or _overtaken(call, row, dates):
        return None
    period = open_new(call, project_id, dates)
    days = {"from": str(dates.starts_on), "to": str(dates.ends_on), "due": str(dates.due_on)}
    call.record("period_opened", row, project_id=project_id, after={"period": period.id, **days})
    return period


def _overtaken(call: Call, row: PeriodSchedule, dates: PeriodDates) -> bool:
    """Was it opened before, whatever became of it, or has a person made one that starts then or later?"""
    last = _start_last_opened(call, row)
    if last is not None and last >= dates.starts_on:
        return True
    made = BillingPeriod.project_id == row.project_id, BillingPeriod.starts_on >= dates.starts_on
    return call.session.scalar(select(BillingPeriod.id).where(*made).limit(1)) is not None


def _start_last_opened(call: Call, row: PeriodSchedule) -> date | None:
    """The start, as it was planned, of the newest period this schedule opened; only the event is sure to be there."""
    opened = select(Event).where(
        Event.record == row.__tablename__, Event.record_id == row.id, Event.verb == "period_opened"
    )
    event = call.session.scalar(opened.order_by(Event.id.desc()).limit(1))
    return date.fromisoformat(str((event.after or {})["from"])) if event is not None else None


def _row(call: Call, project_id: int) -> PeriodSchedule | None:
    query = select(PeriodSchedule).where(PeriodSchedule.project_id == project_id)
    return call.session.scalar(query.with_for_update())
