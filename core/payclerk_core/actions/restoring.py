"""A restore from a backup, from its first look to the moment when outgoing mail goes out as usual again."""

from __future__ import annotations

from datetime import datetime

from ..errors import UserError
from ..queries.restoring import last_known, open_restoration, standing_of_restore
from ..rules.restoring import obstacle
from ..tables import Restoration
from .call import Call
from .held_letters import hold_letters, tell_restoration


def begin_restoration(call: Call, since: datetime | None) -> Restoration:
    """Hold outgoing mail from now on, because the database was restored. One that is open already goes on.

    `since` is the moment of the backup; None: the last one the database knows of. UserError where it knows none.
    """
    restoration = open_restoration(call.session)
    if restoration is not None:
        return restoration
    since = since or last_known(call.session, call.at)
    if since is None:
        text = "This database knows of no moment, so there is nothing to read again. If it is the restored one, say when it was backed up with --since."
        raise UserError(text, code="empty")
    if since > call.at:
        raise UserError("The backup cannot be of a moment to come; correct --since.", code="bad_input")
    restoration = Restoration(since=since, began_at=call.at, open=True, **call.stamp("settling"))
    call.session.add(restoration)
    call.record("restore_begun", restoration, project_id=None, after={"since": since.isoformat()})
    hold_letters(call)
    return restoration


def settle_restoration(call: Call) -> Restoration:
    """Let outgoing mail go out as usual again. UserError with what has to be done before."""
    restoration = open_restoration(call.session)
    if restoration is None:
        raise UserError("No restore is being settled.", code="already_decided")
    hold_letters(call)
    why = obstacle(standing_of_restore(call.session, restoration), call.at)
    if why is not None:
        raise UserError(why, code="not_settled")
    restoration.open = None
    call.move(restoration, "settled")
    call.record("restore_settled", restoration, project_id=None)
    tell_restoration(call, restoration, "settled")
    return restoration
