"""Billing periods: one open per project, unique ranges."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from ..dates import end_of_day, project_date
from ..errors import UserError
from ..jobs import promise
from ..queries.contracts import open_period
from ..queries.periods import is_billed, is_used
from ..rules.lifecycle import PeriodStatus
from ..rules.periods import PeriodDates, usual_dates
from ..tables import BillingPeriod, Invitation, Project, ReplyToken
from .call import Call


def default_dates(project: Project, at: datetime) -> PeriodDates:
    """The project's usual days (1st, last, due the 25th) in the month it is there now."""
    today = project_date(at, project.timezone)
    return usual_dates(today, project.period_start_day, project.period_end_day, project.period_due_day)


def create_period(call: Call, project_id: int, dates: PeriodDates) -> BillingPeriod:
    """Create a billing period and open it; the one open before closes (task T8)."""
    call.authorise("T8", project_id)
    call.get(Project, project_id, "project")
    return open_new(call, project_id, dates)


def open_new(call: Call, project_id: int, dates: PeriodDates) -> BillingPeriod:
    """Open a period with these dates and close the one before; whoever calls this has authorised."""
    take_turn(call, project_id)
    check_dates(call, project_id, dates)
    _close_open(call, project_id)
    period = BillingPeriod(
        project_id=project_id,
        starts_on=dates.starts_on,
        ends_on=dates.ends_on,
        due_on=dates.due_on,
        **call.stamp(PeriodStatus.OPEN.value),
    )
    call.session.add(period)
    call.record("period_created", period, project_id=project_id, after=_shown(period))
    promise(call.session, "slack.notice", f"period:{period.id}", {"notice": "period", "id": period.id})
    return period


def edit_period(call: Call, period_id: int, dates: PeriodDates) -> BillingPeriod:
    """Change a period's days (task T12).

    Once a claim of it was submitted its From and To stay, for they are printed on the claim; the due date may move, and
    with it the moment until which its invitations can be answered.
    """
    period = _to_change(call, period_id)
    if dates == PeriodDates(period.starts_on, period.ends_on, period.due_on):
        return period
    check_dates(call, period.project_id, dates, known=period)
    moved = (period.starts_on, period.ends_on) != (dates.starts_on, dates.ends_on)
    if moved and is_billed(call.session, period.id):
        text = (
            "Claims were submitted for this period; its From and To are printed on them. Only the due date can change."
        )
        raise UserError(text, code="period_in_use", field="starts_on")
    before = _shown(period)
    period.starts_on, period.ends_on = dates.starts_on, dates.ends_on
    if period.due_on != dates.due_on:
        period.due_on = dates.due_on
        _move_deadlines(call, period)
    call.record("period_edited", period, project_id=period.project_id, before=before, after=_shown(period))
    _announce(call, period, "edited")
    return period


def close_period(call: Call, period_id: int) -> BillingPeriod:
    """Close a period; nothing can be billed until another one opens (task T12)."""
    period = _to_change(call, period_id)
    if period.status == PeriodStatus.CLOSED.value:
        raise UserError("The period is closed already.", code="wrong_status")
    _close(call, period)
    return period


def reopen_period(call: Call, period_id: int) -> BillingPeriod:
    """Open a closed period again; the one that is open closes (task T12)."""
    period = _to_change(call, period_id)
    if period.status == PeriodStatus.OPEN.value:
        raise UserError("The period is open already.", code="wrong_status")
    _close_open(call, period.project_id)
    call.move(period, PeriodStatus.OPEN.value)
    after = {"status": period.status}
    call.record("period_reopened", period, project_id=period.project_id, before={"status": "closed"}, after=after)
    _announce(call, period, "reopened")
    return period


def delete_period(call: Call, period_id: int) -> None:
    """Delete a period that nothing was billed or invited for (task T12)."""
    period = _to_change(call, period_id)
    if is_used(call.session, period.id):
        text = "Invitations or claims belong to this period; it is kept. Close it, or correct its days."
        raise UserError(text, code="period_in_use")
    call.record("period_deleted", period, project_id=period.project_id, before=_shown(period))
    _announce(call, period, "deleted")
    call.session.delete(period)
    call.session.flush()


def _to_change(call: Call, period_id: int) -> BillingPeriod:
    period = call.get(BillingPeriod, period_id, "billing period")
    call.authorise("T12", period.project_id)
    take_turn(call, period.project_id)
    call.session.refresh(period)
    return period


def take_turn(call: Call, project_id: int) -> None:
    """Two who open and close periods of a project at once take turns: the second one sees what is open then."""
    # Without the key: whoever only writes what belongs to the project need not wait.
    held = select(Project.id).where(Project.id == project_id).with_for_update(key_share=True)
    call.session.execute(held)


def _close_open(call: Call, project_id: int) -> None:
    if (period := open_period(call.session, project_id)) is not None:
        _close(call, period)


def _close(call: Call, period: BillingPeriod) -> None:
    call.move(period, PeriodStatus.CLOSED.value)
    after = {"status": "closed"}
    call.record("period_closed", period, project_id=period.project_id, before={"status": "open"}, after=after)
    _announce(call, period, "closed")


def _announce(call: Call, period: BillingPeriod, change: str) -> None:
    """Bring the period's message in Slack up to date; the moment is in the key, for it may change the same way again."""
    key = f"period_{change}:{period.id}:{call.at.isoformat()}"
    promise(call.session, "slack.notice", key, {"notice": "period", "id": period.id})


def _move_deadlines(call: Call, period: BillingPeriod) -> None:
    deadline = end_of_day(period.due_on, period.project.timezone)
    asked = select(Invitation.id).where(Invitation.period_id == period.id)
    change = update(ReplyToken).where(ReplyToken.invitation_id.in_(asked), ReplyToken.decision_expires_at.is_not(None))
    call.session.execute(change.values(decision_expires_at=deadline))


def _shown(period: BillingPeriod) -> dict[str, object]:
    return {
        "from": str(period.starts_on),
        "to": str(period.ends_on),
        "due": str(period.due_on),
        "status": period.status,
    }


def check_dates(call: Call, project_id: int, dates: PeriodDates, *, known: BillingPeriod | None = None) -> None:
    """Raise UserError for days that cannot be, or that another period has."""
    if dates.ends_on < dates.starts_on:
        raise UserError("The period ends before it starts; put To on or after From.", field="ends_on")
    if dates.due_on < dates.starts_on:
        raise UserError("The due date is before the period starts; put it on or after From.", field="due_on")
    if (same := _period_of(call, project_id, dates)) is not None and same is not known:
        text = f"There is a billing period {dates.starts_on} to {dates.ends_on} already; choose other dates."
        raise UserError(text, code="duplicate_period", field="starts_on")


def _period_of(call: Call, project_id: int, dates: PeriodDates) -> BillingPeriod | None:
    """The project's period with exactly this From and To."""
    query = select(BillingPeriod).where(
        BillingPeriod.project_id == project_id,
        BillingPeriod.starts_on == dates.starts_on,
        BillingPeriod.ends_on == dates.ends_on,
    )
    return call.session.scalar(query)
