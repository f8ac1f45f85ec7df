"""The form of a project's settings that are changed in Slack; an import file sets them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from payclerk_core.rules.trust import stricter

from . import blocks as b

OWNER_ANSWERS: Final[Mapping[str, str]] = {
    "propose": "Wait for one click of ours",
    "act": "Act by itself when it is clear",
}
_OWNER_HINT: Final = (
    "Clear is an approval or a rejection without conditions, by somebody of the owner whom the mail was written to. "
    "Anything else always waits for a person."
)


TRUST: Final[Mapping[str, str]] = {
    "trust_invitation": "Accepting or declining an invitation by mail",
    "trust_billing": "Billing by mail",
    "trust_owner": "The owner's decision by mail",
}
_TRUSTS: Final[Mapping[str, str]] = {
    "verified": "The sender is vouched for",
    "confirm": "Besides, the code on the confirm page",
    "address": "The invited address alone",
}
_AS_SET_UP: Final = "usual"


@dataclass(frozen=True, slots=True)
class ProjectForm:
    """What is set now."""

    project_id: int
    project_name: str
    owner_answers: str
    trust: Mapping[str, str | None]  # by kind of decision; None: as payclerk is set up
    usual: Mapping[str, str]


def settings_modal(form: ProjectForm) -> b.View:
    options = [b.option(text, value) for value, text in OWNER_ANSWERS.items()]
    chooser = b.select("owner_answers", "Choose", options, form.owner_answers)
    blocks = [
        b.section(f"*{b.esc(form.project_name, 200)}*"),
        b.field("owner_answers", "The owner's answer to a claim", chooser, hint=_OWNER_HINT),
        *[_trust(form, name) for name in TRUST],
        b.context("What is answered already stays as it is. Everything else is set by the project's import file."),
    ]
    return b.modal("settings", "Project settings", blocks, submit="Save", metadata=str(form.project_id))


def _trust(form: ProjectForm, name: str) -> b.Block:
    usual = _TRUSTS[form.usual[name]]
    options = [b.option(f"As payclerk is set up: {usual[:1].lower()}{usual[1:]}", _AS_SET_UP)]
    offered = [value for value in ("verified", "confirm") if stricter(form.usual[name], value) == value]
    options += [b.option(_TRUSTS[value], value) for value in offered]
    own = form.trust[name]
    return b.field(name, TRUST[name], b.select(name, "Choose", options, own if own in offered else _AS_SET_UP))


def chosen_trust(option: str) -> str:
    """Empty for what payclerk is set up with."""
    return "" if option == _AS_SET_UP else option


def settings_saved(changed: bool) -> b.View:
    text = "✅ The settings are saved." if changed else "Nothing was changed."
    return b.note("Project settings", text, callback_id="settings_saved")
