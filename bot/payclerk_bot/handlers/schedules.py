"""Setting when billing periods open by themselves."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.period_schedules import schedule_of, set_schedule
from payclerk_core.rules.periods import Frequency, Schedule, numbers_of

from ..desk import Turn
from ..say import show_modal, update_modal
from ..views import blocks as b
from ..views.schedule import USUAL, ScheduleForm, schedule_modal, schedule_saved
from .periods import shown_dates


def open_form(turn: Turn) -> None:
    show_modal(turn, "Automatic periods", lambda: _form(turn, int(turn.value)))


def _form(turn: Turn, project_id: int, frequency: Frequency | None = None) -> b.View:
    with turn.looking() as call:
        call.authorise("T7", project_id)
        now = schedule_of(call, project_id)
    chosen = frequency or now.frequency
    rule = now.rule if now.frequency is chosen else USUAL[chosen]
    return schedule_modal(ScheduleForm(project_id, chosen, rule))


def choose_frequency(turn: Turn) -> None:
    """Another frequency asks for other days."""
    project_id = int(turn.metadata.partition(":")[0])
    update_modal(turn.client, turn.view["id"], _form(turn, project_id, Frequency(turn.value)))


def submit(turn: Turn) -> dict[str, Any]:
    project_id, _, name = turn.metadata.partition(":")
    frequency = Frequency(name)
    rule = {number: int(turn.form.option(number)) for number in numbers_of(frequency)}
    with turn.call() as call:
        upcoming = set_schedule(call, int(project_id), Schedule(frequency, rule))
    view = schedule_saved(shown_dates(upcoming) if upcoming else None)
    return {"response_action": "update", "view": view}
