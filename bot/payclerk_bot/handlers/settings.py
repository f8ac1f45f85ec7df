"""The settings of a project."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.project_settings import change_settings
from payclerk_core.tables import Project

from ..desk import Turn
from ..projects import pick_project
from ..say import show_modal
from ..views import blocks as b
from ..views.settings import TRUST, ProjectForm, chosen_trust, settings_modal, settings_saved


def open_form(turn: Turn) -> None:
    show_modal(turn, "Project settings", lambda: _form(turn))


def _form(turn: Turn) -> b.View:
    with turn.looking() as call:
        project = pick_project(turn, call)
        trust = {name: getattr(project, name) for name in TRUST}
        usual = {name: getattr(call.settings, f"mail_{name}") for name in TRUST}
        return settings_modal(ProjectForm(project.id, project.name, project.owner_answers, trust, usual))


def submit(turn: Turn) -> dict[str, Any]:
    wanted = {"owner_answers": turn.form.option("owner_answers")}
    wanted |= {name: chosen_trust(turn.form.option(name)) for name in TRUST}
    with turn.call() as call:
        project = call.get(Project, int(turn.metadata), "project")
        before = [getattr(project, name) for name in wanted]
        change_settings(call, project.id, wanted)
        changed = before != [getattr(project, name) for name in wanted]
    return {"response_action": "update", "view": settings_saved(changed)}
