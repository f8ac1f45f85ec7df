"""Billing periods: one open per project, unique ranges; made by hand or by a schedule (tasks T7, T8, T12)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from ..dates import end_of_day, project_date
from ..errors import UserError
from ..jobs import promise
from ..queries.contracts import open_period
from ..queries.periods import issued_claim, schedule_of, start_last_opened, uses_of
from ..rules.lifecycle import InvitationStatus, PeriodStatus
from ..rules.periods import PeriodDates, Schedule, check_dates, planned, read_schedule, rule_of, usual_dates
from ..tables import BillingPeriod, Invitation, PeriodSchedule, Project, ReplyToken
from .call import Call


def default_dates(project: Project, at: datetime) -> PeriodDates:
    """The project's usual days (1st, last, due the 25th) from the month it is there now."""
    today = project_date(at, project.timezone)
    return usual_dates(today, project.period_start_day, project.period_end_day, project.period_due_day)


def create_period(call: Call, project_id: int, dates: PeriodDates) -> BillingPeriod:
    """Create a billing period and open it; the one open before closes (task T8)."""
    call.authorise("T8", project_id)
    _take_turn(call, project_id)
    _check(call, project_id, dates)
    return _open_new(call, project_id, dates)


def set_schedule(call: Call, project_id: int, schedule: Schedule) -> PeriodSchedule:
    """Let periods open by themselves on the schedule's start dates; `never` cancels (task T7).

    A start date that has passed already is a person's to make: the clock opens none from before the schedule was set.
    """
    call.authorise("T7", project_id)
    checked = read_schedule(schedule.frequency.value, rule_of(schedule))
    _take_turn(call, project_id)
    row = schedule_of(call.session, project_id)
    before = _kept_schedule(row) if row is not None else None
    if row is None:
        row = PeriodSchedule(project_id=project_id)
        call.session.add(row)
    row.frequency, row.rule = checked.frequency.value, rule_of(checked)
    row.set_at, row.set_by_id = call.at, call.actor_id
    call.record("schedule_set", row, project_id=project_id, before=before, after=_kept_schedule(row))
    return row


def open_due_period(call: Call, project_id: int) -> BillingPeriod | None:
    """Open the period whose start date has come where the project is; the clock asks as often as it likes (task T7).

    After a standstill only the newest is opened. None when there is nothing to do: no schedule, the start came before
    the schedule was set, it was opened before (whatever has been done to it since), or a person was quicker.
    """
    call.authorise("T7", project_id)
    _take_turn(call, project_id)
    row = schedule_of(call.session, project_id)
    dates = _due_dates(call, row) if row is not None else None
    if row is None or dates is None:
        return None
    period = _open_new(call, project_id, dates)
    call.record("period_opened", row, project_id=project_id, after=_kept_dates(dates))
    _announce(call, period)
    return period


def _due_dates(call: Call, row: PeriodSchedule) -> PeriodDates | None:
    zone = row.project.timezone
    dates = planned(read_schedule(row.frequency, row.rule), project_date(call.at, zone))
    if dates is None or dates.starts_on < project_date(row.set_at, zone):
        return None
    last = start_last_opened(call.session, row)
    if last is not None and last >= dates.starts_on:
        return None
    # What starts then or later was made by a person, for this range or a better one.
    made = select(BillingPeriod.id).where(
        BillingPeriod.project_id == row.project_id, BillingPeriod.starts_on >= dates.starts_on
    )
    return dates if call.session.scalar(made.limit(1)) is None else None


def edit_period(call: Call, period_id: int, dates: PeriodDates, status: PeriodStatus | None = None) -> BillingPeriod:
    """Change From, To, the due date and the status of a period (task T12).

    From and To stay once a claim of the period was submitted: they are printed on its paper. The due date may always move,
    and the open invitations' answers then count until the new one.
    """
    period = _period_to_change(call, period_id)
    if dates != _dates(period):
        _change_dates(call, period, dates)
    if status is PeriodStatus.OPEN and period.status != status.value:
        _reopen(call, period)
    elif status is PeriodStatus.CLOSED and period.status != status.value:
        _close(call, period)
    return period


def close_period(call: Call, period_id: int) -> BillingPeriod:
    """Close the open period; then none is open until one is created or reopened (task T12)."""
    period = _period_to_change(call, period_id)
    if period.status == PeriodStatus.CLOSED.value:
        raise UserError(f"The billing period {_span(period)} is closed already.", code="already_closed")
    _close(call, period)
    return period


def reopen_period(call: Call, period_id: int) -> BillingPeriod:
    """Open a closed period again; the one that is open closes (task T12)."""
    period = _period_to_change(call, period_id)
    if period.status == PeriodStatus.OPEN.value:
        raise UserError(f"The billing period {_span(period)} is open already.", code="already_open")
    _reopen(call, period)
    return period


def delete_period(call: Call, period_id: int) -> None:
    """Delete a period that nothing was billed or invited for (task T12)."""
    period = _period_to_change(call, period_id)
    if uses := uses_of(call.session, period.id):
        text = f"The billing period {_span(period)} has {uses}; it can be closed but not deleted."
        raise UserError(text, code="period_used")
    before = {**_kept_dates(_dates(period)), "status": period.status}
    call.record("period_deleted", period, project_id=period.project_id, before=before)
    _announce(call, period, "deleted")
    call.session.delete(period)


def _period_to_change(call: Call, period_id: int) -> BillingPeriod:
    period = call.get(BillingPeriod, period_id, "billing period")
    call.authorise("T12", period.project_id)
    _take_turn(call, period.project_id)
    call.session.refresh(period)
    return period


def _take_turn(call: Call, project_id: int) -> None:
    """Two who open, close or edit periods of a project at once take turns: there is one open period."""
    call.get(Project, project_id, "project")
    call.session.execute(select(Project.id).where(Project.id == project_id).with_for_update(key_share=True))


def _open_new(call: Call, project_id: int, dates: PeriodDates) -> BillingPeriod:
    _close_open(call, project_id)
    period = BillingPeriod(
        project_id=project_id,
        starts_on=dates.starts_on,
        ends_on=dates.ends_on,
        due_on=dates.due_on,
        **call.stamp(PeriodStatus.OPEN.value),
    )
    call.session.add(period)
    call.record("period_created", period, project_id=project_id, after=_kept_dates(dates))
    return period


def _close_open(call: Call, project_id: int) -> None:
    previous = open_period(call.session, project_id)
    if previous is not None:
        _close(call, previous)


def _close(call: Call, period: BillingPeriod) -> None:
    before = {"status": period.status}
    call.move(period, PeriodStatus.CLOSED.value)
    call.record("period_closed", period, project_id=period.project_id, before=before, after={"status": period.status})
    _announce(call, period)


def _reopen(call: Call, period: BillingPeriod) -> None:
    _close_open(call, period.project_id)
    before = {"status": period.status}
    call.move(period, PeriodStatus.OPEN.value)
    call.record("period_reopened", period, project_id=period.project_id, before=before, after={"status": period.status})
    _announce(call, period)


def _change_dates(call: Call, period: BillingPeriod, dates: PeriodDates) -> None:
    before = _dates(period)
    if (dates.starts_on, dates.ends_on) != (before.starts_on, before.ends_on):
        _refuse_if_billed(call, period)
    _check(call, period.project_id, dates, period)
    period.starts_on, period.ends_on, period.due_on = dates.starts_on, dates.ends_on, dates.due_on
    if dates.due_on != before.due_on:
        _move_deadline(call, period)
    kept, changed = _kept_dates(before), _kept_dates(dates)
    call.record("period_edited", period, project_id=period.project_id, before=kept, after=changed)
    _announce(call, period)


def _refuse_if_billed(call: Call, period: BillingPeriod) -> None:
    claim = issued_claim(call.session, period.id)
    if claim is not None:
        text = (
            f"Claim {claim.number} of {claim.contract.number} bills {_span(period)}, and these dates stand on its "
            "paper: only the due date can change. Create another period for other dates."
        )
        raise UserError(text, code="period_billed", field="starts_on")


def _move_deadline(call: Call, period: BillingPeriod) -> None:
    """A decision that was asked for until the old due date may now be taken until the new one."""
    still_open = select(Invitation.id).where(
        Invitation.period_id == period.id, Invitation.status == InvitationStatus.INVITED.value
    )
    deadline = end_of_day(period.due_on, period.project.timezone)
    asked = ReplyToken.decision_expires_at.is_not(None) & ReplyToken.invitation_id.in_(still_open)
    call.session.execute(update(ReplyToken).where(asked).values(decision_expires_at=deadline))


def _check(call: Call, project_id: int, dates: PeriodDates, itself: BillingPeriod | None = None) -> None:
    """Dates that make a period, and a range that no other has. Ranges may overlap (task T8 asks for unique ones only)."""
    check_dates(dates)
    same = select(BillingPeriod).where(
        BillingPeriod.project_id == project_id,
        BillingPeriod.starts_on == dates.starts_on,
        BillingPeriod.ends_on == dates.ends_on,
    )
    if itself is not None:
        same = same.where(BillingPeriod.id != itself.id)
    if call.session.scalar(same) is not None:
        text = f"There is a billing period {dates.starts_on} to {dates.ends_on} already; choose other dates."
        raise UserError(text, code="duplicate_period", field="starts_on")


def _announce(call: Call, period: BillingPeriod, change: str = "") -> None:
    """Promise to bring the period's message in Slack up to date."""
    call.session.flush()
    key = f"period:{period.id}:{change or period.status}:{period.due_on}:{call.at.isoformat()}"
    promise(call.session, "slack.notice", key, {"notice": "period", "id": period.id})


def _dates(period: BillingPeriod) -> PeriodDates:
    return PeriodDates(period.starts_on, period.ends_on, period.due_on)


def _kept_dates(dates: PeriodDates) -> dict[str, object]:
    return {"from": str(dates.starts_on), "to": str(dates.ends_on), "due": str(dates.due_on)}


def _kept_schedule(row: PeriodSchedule) -> dict[str, object]:
    return {"frequency": row.frequency, **row.rule}


def _span(period: BillingPeriod) -> str:
    return f"{period.starts_on} to {period.ends_on}"
