"""Settling a restore from a backup: sending or discarding what is held, then letting e-mail go out as usual."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.held_letters import discard_letters, release_letters
from payclerk_core.actions.restoring import settle_restoration
from payclerk_core.errors import UserError
from payclerk_core.tables import Restoration

from ..desk import Turn
from ..projects import pick_allowed
from ..restored import letters_for, lost_letters, restored_facts
from ..say import show_modal, update_modal
from ..views import blocks as b
from ..views.restored import restored_modal


def open_page(turn: Turn) -> None:
    show_modal(turn, "Restored", lambda: _page(turn))


def _page(turn: Turn) -> b.View:
    with turn.looking() as call:
        pick_allowed(turn, call, "T6")
        newest = select(Restoration).order_by(Restoration.id.desc()).limit(1)
        restoration = call.session.scalar(newest)
        if restoration is None:
            raise UserError("payclerk was never restored from a backup.", code="not_found")
        facts = restored_facts(call.session, restoration)
        shown = replace(facts, letters=letters_for(call), unknown=lost_letters(call.session, restoration))
        return restored_modal(shown)


def send(turn: Turn) -> None:
    _with_shown(turn, release_letters)


def discard(turn: Turn) -> None:
    _with_shown(turn, discard_letters)


def _with_shown(turn: Turn, act: Callable[[Call, Collection[int]], int]) -> None:
    with turn.call() as call:
        pick_allowed(turn, call, "T6")
        if not act(call, [int(number) for number in turn.value.split()]):
            raise UserError("Somebody has settled this already.", code="already_decided")
    _show(turn)


def settle(turn: Turn) -> None:
    with turn.call() as call:
        pick_allowed(turn, call, "T6")
        settle_restoration(call)
    _show(turn)


def _show(turn: Turn) -> None:
    update_modal(turn.client, turn.view["id"], _page(turn))
