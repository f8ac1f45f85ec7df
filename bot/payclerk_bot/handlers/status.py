"""What waits and what failed, and trying it again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.held_mail import HELD, fetch_held
from payclerk_core.actions.inbox import read_again
from payclerk_core.errors import UserError
from payclerk_core.fleet import Pace, living_kinds
from payclerk_core.jobs import retry_failed, waiting
from payclerk_core.queries.restoring import open_restoration
from payclerk_core.tables import FailedJob, InboxMail

from ..desk import Turn
from ..held import held_mail
from ..polled import polled
from ..projects import pick_allowed
from ..restored import restored_facts
from ..say import reply, show_modal, update_modal
from ..views import blocks as b
from ..views.notices import HeldMail
from ..views.restored import Restored
from ..views.status import Failed, Health, status_modal


def open_status(turn: Turn) -> None:
    show_modal(turn, "What waits", lambda: _status(turn))


def _status(turn: Turn) -> b.View:
    rows = waiting(turn.desk.db)
    with turn.looking() as call:
        running = living_kinds(call.session, Pace(timedelta(seconds=call.settings.beat_seconds)))
        return status_modal(Health(rows, _failed(call), _quarantined(call), polled(call), running, _restored(call)))


def _restored(call: Call) -> Restored | None:
    restoration = open_restoration(call.session)
    return restored_facts(call.session, restoration) if restoration is not None else None


def _failed(call: Call) -> list[Failed]:
    query = select(FailedJob).where(FailedJob.status == "failed").order_by(FailedJob.id.desc())
    return [Failed(row.id, row.job, row.reason, row.attempts) for row in call.session.scalars(query)]


def _quarantined(call: Call) -> list[HeldMail]:
    query = select(InboxMail).where(InboxMail.status.in_(HELD)).order_by(InboxMail.id.desc())
    return [held_mail(mail) for mail in call.session.scalars(query)]


def retry_job(turn: Turn) -> None:
    with turn.call() as call:
        # What failed may concern any of our work: whoever may set payclerk up may try it again.
        pick_allowed(turn, call, "T6")
        row = call.session.scalar(select(FailedJob).where(FailedJob.id == int(turn.value)).with_for_update())
        if row is None or row.status != "failed":
            raise UserError("This is being tried again already.", code="already_decided")
        retry_failed(call.session, row, at=call.at, by_id=call.actor_id)
    _show(turn, "It is being tried again.")


def retry_mail(turn: Turn) -> None:
    with turn.call() as call:
        pick_allowed(turn, call, "T6")
        read_again(call, int(turn.value))
    _show(turn, "The mail will be read again.")


def send_raw(turn: Turn) -> None:
    """Once for a click: another click is another wish."""
    with turn.call() as call:
        fetch_held(call, int(turn.value), pick_allowed(turn, call, "T6").id)
    said = f"Mail {int(turn.value)} comes to you as a direct message from payclerk in a moment."
    if turn.in_modal:
        show_modal(turn, "On its way", lambda: b.note("On its way", said))
    else:
        reply(turn, said)


def _show(turn: Turn, said: str) -> None:
    if turn.in_modal:
        update_modal(turn.client, turn.view["id"], _status(turn))
    else:
        reply(turn, said)
