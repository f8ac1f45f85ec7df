"""The buttons under a mail that needs a person. The first click decides; a second one is told what was decided."""

from __future__ import annotations

from payclerk_core.actions.answer_handling import handle_answer

from ..desk import Turn


def accept(turn: Turn) -> None:
    _handle(turn, "accepted")


def decline(turn: Turn) -> None:
    _handle(turn, "declined")


def leave(turn: Turn) -> None:
    _handle(turn, "left")


def owner_approve(turn: Turn) -> None:
    _handle(turn, "approved")


def owner_revise(turn: Turn) -> None:
    _handle(turn, "revise_and_resubmit")


def owner_log(turn: Turn) -> None:
    _handle(turn, "logged")


def _handle(turn: Turn, as_: str) -> None:
    with turn.call() as call:
        handle_answer(call, int(turn.value), as_)
