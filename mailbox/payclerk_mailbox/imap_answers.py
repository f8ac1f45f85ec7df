"""What a mail server's refusal means, and what to do about it: Microsoft 365 and Gmail say it in words of their own.

Only what is known is said; the server's words may hold addresses and are not kept (reference 4.3, 3.1 #24).
"""

from __future__ import annotations

import re
from typing import Final

from payclerk_core.errors import OutsideError

LONGEST_WAIT: Final = 3600.0  # seconds; what a server asks for beyond it is asked again
_DEFAULT_WAIT: Final = 300.0

NOT_CONNECTED: Final = (
    "the mail server (IMAP) took the sign-in and does not open the mailbox ('authenticated but not connected'): too many "
    "connections to it, or no right to it. payclerk tries again; if it lasts, close other programs that read this mailbox, "
    "and see that IMAP is on for it and that this user or application may open it"
)
NO_FOLDER: Final = (
    "the mail server (IMAP) has no such folder; check PAYCLERK_IMAP_FOLDER (the folder of the mailbox in "
    "PAYCLERK_MAILBOXES_FILE), written as the server lists it"
)
THROTTLED: Final = (
    "the mail server (IMAP) has throttled this mailbox; payclerk waits {seconds:.0f} s as asked and then goes on. If it comes "
    "back, let other programs read this mailbox less"
)
TOO_MANY: Final = (
    "the mail server (IMAP) has too many connections to this mailbox; close other programs that read it. payclerk tries "
    "again by itself"
)
IMAP_OFF: Final = "the mail server (IMAP) says that IMAP is off for this mailbox; have its administrator switch it on"
NOT_NOW: Final = "the mail server (IMAP) says that it cannot do it now; payclerk tries again by itself"

_THROTTLED: Final = re.compile(
    r"throttl|\[overquota\]|\[limit\]|bandwidth limit|backoff time|rate limit|too many (?:requests|commands)"
)
_WAIT: Final = re.compile(
    r"(?:backoff time|wait|retry after|try again (?:in|after))\D{0,20}(?P<number>\d{1,9}) ?"
    r"(?P<unit>milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m)?\b"
)
_MEANINGS: Final = (
    (re.compile(r"authenticated but not connected"), NOT_CONNECTED),
    (re.compile(r"too many (?:simultaneous )?connections|maximum number of connections"), TOO_MANY),
    (
        re.compile(r"unknown mailbox|\[nonexistent\]|mailbox does(?:n't| not) exist|no such (?:mailbox|folder)"),
        NO_FOLDER,
    ),
    (re.compile(r"imap (?:access )?is (?:disabled|not enabled)|not enabled for imap"), IMAP_OFF),
    (re.compile(r"\[unavailable\]|\[inuse\]|temporary system problem|server unavailable"), NOT_NOW),
)


def meaning_of(error: Exception) -> OutsideError | None:
    """The refusal with its next step, and how long the server asks to be left alone; None for any other trouble."""
    words = str(error)[:2000].casefold()
    wait = _asked_wait(words)
    if wait is not None or _THROTTLED.search(words):
        seconds = min(wait if wait is not None else _DEFAULT_WAIT, LONGEST_WAIT)
        return OutsideError(THROTTLED.format(seconds=seconds), permanent=False, retry_after=seconds)
    said = next((meaning for pattern, meaning in _MEANINGS if pattern.search(words)), None)
    return OutsideError(said, permanent=False) if said else None


def _asked_wait(words: str) -> float | None:
    """In seconds; a bare number is one of seconds, as in Retry-After."""
    found = _WAIT.search(words)
    if found is None:
        return None
    unit = found["unit"] or "s"
    factor = 0.001 if unit.startswith(("milli", "ms")) else 60.0 if unit.startswith("m") else 1.0
    return int(found["number"]) * factor
