"""The settings of a project."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.project_settings import change_settings
from payclerk_core.tables import Project

from ..desk import Turn
from ..projects import pick_project
from ..say import show_modal
from ..views import blocks as b
from ..views.settings import ProjectForm, settings_modal, settings_saved


def open_form(turn: Turn) -> None:
    show_modal(turn, "Project settings", lambda: _form(turn))


def _form(turn: Turn) -> b.View:
    with turn.looking() as call:
        project = pick_project(turn, call)
        return settings_modal(ProjectForm(project.id, project.name, project.owner_answers))


def submit(turn: Turn) -> dict[str, Any]:
    project_id, wanted = int(turn.metadata), {"owner_answers": turn.form.option("owner_answers")}
    with turn.call() as call:
        before = call.get(Project, project_id, "project").owner_answers
        changed = change_settings(call, project_id, wanted).owner_answers != before
    return {"response_action": "update", "view": settings_saved(changed)}
