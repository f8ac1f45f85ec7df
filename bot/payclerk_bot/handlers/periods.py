"""Creating a billing period."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.periods import create_period, default_dates
from payclerk_core.jobs import promise
from payclerk_core.queries.contracts import open_period as find_open
from payclerk_core.rules.periods import PeriodDates

from ..desk import Turn
from ..projects import pick_project
from ..say import show_modal
from ..views import blocks as b
from ..views.period import Dates, period_modal, span


def open_form(turn: Turn) -> None:
    show_modal(turn, "New billing period", lambda: _form(turn))


def _form(turn: Turn) -> b.View:
    with turn.looking() as call:
        project = pick_project(turn, call)
        usual = default_dates(project, call.at)
        current = find_open(call.session, project.id)
        now = span(current.starts_on, current.ends_on) if current else None
        dates = Dates(usual.starts_on, usual.ends_on, usual.due_on)
        return period_modal(project.name, str(project.id), dates, now)


def submit(turn: Turn) -> dict[str, Any]:
    form = turn.form
    dates = PeriodDates(form.day("starts_on"), form.day("ends_on"), form.day("due_on"))
    with turn.call() as call:
        period = create_period(call, int(turn.metadata), dates)
        promise(call.session, "slack.notice", f"period:{period.id}", {"notice": "period", "id": period.id})
    return {"response_action": "clear"}
