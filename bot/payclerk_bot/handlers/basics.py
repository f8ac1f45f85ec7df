"""Help, and what needs no form: the digest."""

from __future__ import annotations

from payclerk_core.errors import UserError
from payclerk_core.queries.digest import digest_of

from ..desk import Turn
from ..projects import pick_project
from ..say import reply
from ..views.digest import digest_message
from ..views.help import help_blocks


def show_help(turn: Turn) -> None:
    reply(turn, "What I can do", help_blocks(turn.desk.registry.commands))


def show_digest(turn: Turn) -> None:
    with turn.looking() as call:
        digest = digest_of(call.session, pick_project(turn, call), turn.who.person_id)
        if digest is None:
            raise UserError("There is no open billing period; create one with /billing period first.", code="no_period")
        text, blocks = digest_message(digest)
    reply(turn, text, blocks)
