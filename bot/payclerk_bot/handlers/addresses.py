"""Correcting a person's address from the message that says a mail came back."""

from __future__ import annotations

from typing import Any

from payclerk_core.actions.addresses import change_address, member_of

from ..desk import Turn
from ..say import show_modal
from ..views import blocks as b
from ..views.address import address_modal


def open_form(turn: Turn) -> None:
    show_modal(turn, "Correct the address", lambda: _form(turn))


def _form(turn: Turn) -> b.View:
    project_id, person_id = _ids(turn.value)
    with turn.call() as call:
        call.authorise_administrator(project_id, prime=False)
        person = member_of(call, project_id, person_id)
        return address_modal(person.name, person.email, turn.value)


def submit(turn: Turn) -> dict[str, Any]:
    project_id, person_id = _ids(turn.metadata)
    with turn.call() as call:
        person = change_address(call, project_id, person_id, turn.form.text("email"))
        said = f"{person.name}'s address is {person.email} now. Send again what came back, for example with /billing invite."
    return {"response_action": "update", "view": b.note("Saved", b.esc(said))}


def _ids(text: str) -> tuple[int, int]:
    project_id, _, person_id = text.partition(":")
    return int(project_id), int(person_id)
