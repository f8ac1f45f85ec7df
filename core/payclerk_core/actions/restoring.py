"""A restore from a backup, from its first look to the moment when outgoing mail goes out as usual again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from ..errors import UserError
from ..queries.restoring import last_known, may_be_restored_again, open_restoration, standing_of_restore
from ..rules.restoring import obstacle
from ..tables import HeldLetter, LostLetter, Restoration
from .call import Call
from .held_letters import hold_letters, tell_restoration


def begin_restoration(call: Call, since: datetime | None, *, stopped: bool = False) -> Restoration:
    """Hold outgoing mail from now on, because the database was restored. One that is open already goes on.

    `since` is the moment of the backup; None: the last one the database knows of. UserError where it knows none, where
    it is to come, and where it is later than that of the open one.

    `stopped`: payclerk is not at work in the database. What it knows to have happened since the open restore was last
    dealt with may then have come with another backup: that is a restore of its own, and takes the other's place.
    """
    if since is not None and since > call.at:
        raise UserError("The backup cannot be of a moment to come; correct --since.", code="bad_input")
    before = open_restoration(call.session)
    if before is not None and not (stopped and may_be_restored_again(call.session, before, call.at)):
        return _go_on(call, before, since)
    since = since or last_known(call.session, call.at)
    if before is None:
        return _begin(call, since)
    _supersede(call, before)
    # What was not read to the end then has to be read now.
    restoration = _begin(call, since if before.read_at or since is None else min(since, before.since))
    _hand_over(call, before, restoration)
    tell_restoration(call, restoration, "begun")  # also where nothing new is held
    return restoration


def _begin(call: Call, since: datetime | None) -> Restoration:
    if since is None:
        text = "This database knows of no moment, so there is nothing to read again. If it is the restored one, say when it was backed up with --since."
        raise UserError(text, code="empty")
    restoration = Restoration(
        since=since, began_at=call.at, handled_at=call.at, read_at=None, open=True, **call.stamp("settling")
    )
    call.session.add(restoration)
    call.record("restore_begun", restoration, project_id=None, after={"since": since.isoformat()})
    hold_letters(call)
    return restoration


def _go_on(call: Call, restoration: Restoration, since: datetime | None) -> Restoration:
    """With an earlier moment, if one is said: then the mailboxes are read from there."""
    if since is None or since == restoration.since:
        return restoration
    if since > restoration.since:
        text = (
            f"All mail after {restoration.since:%d %b %Y %H:%M} UTC is read again already, which is earlier than --since: leave it out. "
            "If another backup was restored since, stop payclerk, wait a minute, and run this again."
        )
        raise UserError(text, code="bad_input")
    before = {"since": restoration.since.isoformat()}
    restoration.since, restoration.read_at = since, None
    call.record("restore_moved", restoration, project_id=None, before=before, after={"since": since.isoformat()})
    tell_restoration(call, restoration, f"since:{since.isoformat()}")
    return restoration


def _supersede(call: Call, restoration: Restoration) -> None:
    restoration.open = None
    call.move(restoration, "superseded")
    call.record("restore_superseded", restoration, project_id=None)
    tell_restoration(call, restoration, "superseded")
    call.session.flush()  # before another one is open


def _hand_over(call: Call, before: Restoration, after: Restoration) -> None:
    """What waits for a person, and what is known of lost letters, is of the restore that is being settled."""
    of_before = HeldLetter.restoration_id == before.id, HeldLetter.status == "held"
    call.session.execute(update(HeldLetter).where(*of_before).values(restoration_id=after.id))
    lost = LostLetter.restoration_id == before.id
    call.session.execute(update(LostLetter).where(lost).values(restoration_id=after.id))


def note_handled(call: Call) -> None:
    """All that the database knows of up to now is the work of `payclerk restore`: payclerk is stopped."""
    restoration = open_restoration(call.session)
    if restoration is not None:
        restoration.handled_at = call.at


def note_read(call: Call) -> None:
    """All mailboxes have been read again since the moment of the backup."""
    restoration = open_restoration(call.session)
    if restoration is not None:
        restoration.read_at = call.at


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
