"""What may be done with a database that was restored from a backup: it does not know what went out after that.

Nobody can take a letter back, so whatever would go out waits until a person has said of it that it may, or that it went
out before. Only what a person has written since the restore is surely no second copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# Mail that came shortly before the backup may not have been read by then; and servers' clocks differ.
MARGIN: Final = timedelta(days=1)
# Within a day of the clock's start every reminder has been written that is due: each project has had its morning.
CLOCK_ROUND: Final = timedelta(days=1)
_ANSWER: Final = re.compile(r"^(?:\s*(?:re|aw|rv|tr|fw|fwd|wg)\s*:)+", re.IGNORECASE)
WRITTEN_BY_A_PERSON: Final = frozenset({"composed"})


def backup_moment(known: Iterable[datetime | None], now: datetime) -> datetime | None:
    """The last moment the database knows of, which is when it was backed up at the latest; None where it knows none.

    A moment in the future was written by a clock that was wrong.
    """
    return max((moment for moment in known if moment is not None and moment <= now), default=None)


def restored_again(handled_at: datetime, known: datetime | None) -> bool:
    """Whether something happened since a restore that is open was last dealt with, so that another backup may have come.

    It may also be that payclerk ran meanwhile. Nobody can tell the two apart, and to hold once more harms nobody.
    """
    return known is not None and known > handled_at


def reread_from(backup: datetime, last_look: datetime | None) -> datetime:
    """From when on a mailbox is read again, whose last good look was that: also what waited in it at the backup."""
    return min(backup, last_look or backup) - MARGIN


def is_held(kind: str, written_at: datetime, began_at: datetime) -> bool:
    """Whether a letter that goes out while a restore is being settled has to wait for a person."""
    return kind not in WRITTEN_BY_A_PERSON or written_at < began_at


def same_matter(subject: str, other: str) -> bool:
    """Whether two subjects are of one letter, or of a letter and an answer to it.

    >>> same_matter("Maple: claim 1 received", "RE: Maple:  claim 1 received"), same_matter("Maple", "")
    (True, False)
    """
    return bool(_plain(subject)) and _plain(subject) == _plain(other)


def _plain(subject: str) -> str:
    return " ".join(_ANSWER.sub("", subject).split()).casefold()


def outcome_of(copies: Iterable[str]) -> str | None:
    """What a letter has come to, whose copies are waiting, delivered, bounced or discarded; None: it is as it was.

    >>> outcome_of(["discarded", "delivered"]), outcome_of(["discarded"]), outcome_of(["discarded", "waiting"])
    ('sent', 'discarded', None)
    """
    found = set(copies)
    if "waiting" in found or not found:
        return None
    if "delivered" in found:
        return "sent"
    return "discarded" if found == {"discarded"} else None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a restore is settled."""

    held: int  # letters that wait for a person
    unread: int  # mails that are stored and not dealt with
    first_tick: datetime | None  # of the clock, since the restore


def obstacle(standing: Standing, now: datetime) -> str | None:
    """Why outgoing mail has to be held on, with what to do; None when it may go out as usual again."""
    if standing.unread:
        return f"{standing.unread} mails are not dealt with yet. Start payclerk, and wait until they are."
    if standing.held:
        return f"{standing.held} letters are held. Send or discard each of them first."
    if standing.first_tick is None:
        return "The clock has not run since the restore. Start payclerk; end the hold when it has run for a day."
    if now < standing.first_tick + CLOCK_ROUND:
        until = f"{standing.first_tick + CLOCK_ROUND:%d %b %H:%M} UTC"
        return f"Reminders that are due today may not be written yet, and some may have gone out before. End the hold after {until}."
    return None
