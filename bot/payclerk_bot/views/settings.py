"""The form of a project's settings that are changed in Slack; an import file sets them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from . import blocks as b

OWNER_ANSWERS: Final[Mapping[str, str]] = {
    "propose": "Wait for one click of ours",
    "act": "Act by itself when it is clear",
}
_OWNER_HINT: Final = (
    "Clear is an approval or a rejection without conditions, by somebody of the owner whom the mail was written to. "
    "Anything else always waits for a person."
)


@dataclass(frozen=True, slots=True)
class ProjectForm:
    """What is set now."""

    project_id: int
    project_name: str
    owner_answers: str


def settings_modal(form: ProjectForm) -> b.View:
    options = [b.option(text, value) for value, text in OWNER_ANSWERS.items()]
    chooser = b.select("owner_answers", "Choose", options, form.owner_answers)
    blocks = [
        b.section(f"*{b.esc(form.project_name, 200)}*"),
        b.field("owner_answers", "The owner's answer to a claim", chooser, hint=_OWNER_HINT),
        b.context("What is answered already stays as it is. Everything else is set by the project's import file."),
    ]
    return b.modal("settings", "Project settings", blocks, submit="Save", metadata=str(form.project_id))


def settings_saved(changed: bool) -> b.View:
    text = "✅ The settings are saved." if changed else "Nothing was changed."
    return b.note("Project settings", text, callback_id="settings_saved")
