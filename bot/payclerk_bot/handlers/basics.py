"""Help, and what needs no form: the owner's claim and the digest."""

from __future__ import annotations

from payclerk_core.actions.owner import make_owner_claim
from payclerk_core.errors import UserError
from payclerk_core.jobs import promise
from payclerk_core.queries.digest import digest_of

from ..desk import Turn
from ..projects import pick_project
from ..say import reply
from ..views.digest import digest_message
from ..views.help import help_blocks


def show_help(turn: Turn) -> None:
    reply(turn, "What I can do", help_blocks(turn.desk.registry.commands))


def make_owner(turn: Turn) -> None:
    with turn.call() as call:
        claim = make_owner_claim(call, pick_project(turn, call).id)
        number, contract = claim.number, claim.contract.number
        promise(call.session, "slack.notice", f"made:{claim.id}", {"notice": "submitted", "id": claim.id})
    reply(turn, f"Claim {number} to the owner is made. Send it with /billing email {contract}.")


def show_digest(turn: Turn) -> None:
    with turn.looking() as call:
        digest = digest_of(call.session, pick_project(turn, call))
        if digest is None:
            raise UserError("There is no open billing period; create one with /billing period first.", code="no_period")
        text, blocks = digest_message(digest)
    reply(turn, text, blocks)
