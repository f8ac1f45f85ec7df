"""Billing periods: creating one, the list of them, changing and deleting one."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.call import Call
from payclerk_core.actions.period_schedules import upcoming_period
from payclerk_core.actions.periods import (
    close_period,
    create_period,
    default_dates,
    delete_period,
    edit_period,
    reopen_period,
)
from payclerk_core.queries.contracts import open_period as find_open
from payclerk_core.queries.periods import is_billed, is_used, periods_of
from payclerk_core.rules.periods import PeriodDates
from payclerk_core.tables import BillingPeriod

from ..desk import Turn
from ..form import Form
from ..projects import pick_project
from ..say import show_modal, update_modal
from ..views import blocks as b
from ..views.period import Dates, period_modal, span
from ..views.periods import PeriodRow, Periods, edit_modal, periods_modal


def open_form(turn: Turn) -> None:
    show_modal(turn, "New billing period", lambda: _form(turn))


def _form(turn: Turn) -> b.View:
    with turn.looking() as call:
        project = pick_project(turn, call)
        current = find_open(call.session, project.id)
        now = span(current.starts_on, current.ends_on) if current else None
        return period_modal(project.name, str(project.id), shown_dates(default_dates(project, call.at)), now)


def shown_dates(dates: PeriodDates) -> Dates:
    return Dates(dates.starts_on, dates.ends_on, dates.due_on)


def submit(turn: Turn) -> dict[str, Any]:
    with turn.call() as call:
        create_period(call, int(turn.metadata), _chosen(turn.form))
    return {"response_action": "clear"}


def _chosen(form: Form) -> PeriodDates:
    return PeriodDates(form.day("starts_on"), form.day("ends_on"), form.day("due_on"))


def open_list(turn: Turn) -> None:
    show_modal(turn, "Billing periods", lambda: _list(turn))


def _list(turn: Turn) -> b.View:
    with turn.looking() as call:
        project = pick_project(turn, call)
        rows = [_row(period) for period in periods_of(call.session, project.id)]
        upcoming = upcoming_period(call, project)
        return periods_modal(Periods(project.id, project.name, rows, shown_dates(upcoming) if upcoming else None))


def _row(period: BillingPeriod) -> PeriodRow:
    return PeriodRow(period.id, Dates(period.starts_on, period.ends_on, period.due_on), period.status)


def open_edit(turn: Turn) -> None:
    show_modal(turn, "Change billing period", lambda: _edit(turn, int(turn.value)))


def _edit(turn: Turn, period_id: int) -> b.View:
    with turn.looking() as call:
        period = call.get(BillingPeriod, period_id, "billing period")
        call.authorise("T12", period.project_id)
        billed, used = is_billed(call.session, period.id), is_used(call.session, period.id)
        return edit_modal(_row(period), billed=billed, used=used)


def submit_edit(turn: Turn) -> dict[str, Any]:
    period_id, dates, status = int(turn.metadata), _chosen(turn.form), turn.form.option("status")
    with turn.call() as call:
        _set_status(call, edit_period(call, period_id, dates), status)
    return {"response_action": "clear"}


def _set_status(call: Call, period: BillingPeriod, status: str) -> None:
    if status == period.status:
        return
    change = reopen_period if status == "open" else close_period
    change(call, period.id)


def delete(turn: Turn) -> None:
    with turn.call() as call:
        delete_period(call, int(turn.value))
    update_modal(turn.client, turn.view["id"], b.note("Deleted", "The billing period is deleted."))
