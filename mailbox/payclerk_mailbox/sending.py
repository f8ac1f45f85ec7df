"""The job `mail.send`: copies of stored messages to their recipients. It bears being run twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import structlog
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.held_letters import hold_letters
from payclerk_core.actions.inbox import note_delivered, note_undeliverable
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import Job
from payclerk_core.queries.restoring import open_restoration
from payclerk_core.settings import Settings

from .mime import AddressError, ascii_address, build_mail
from .outgoing import Copy, copies_to_send
from .smtp import Line, PostponedError, UndeliverableError, open_line

log = structlog.get_logger()

# One transaction for each mail would take longer than the mail; a death may send so many once more.
NOTED_TOGETHER: Final = 10


class Sender:
    """Sends what actions have promised."""

    def __init__(
        self, settings: Settings, db: Database, clock: Clock, *, before_first: Callable[[], None] | None = None
    ) -> None:
        """`before_first` is called before anything is sent; while it raises OutsideError, nothing is."""
        self._settings, self._db, self._clock = settings, db, clock
        self._before_first = before_first or (lambda: None)

    def send(self, job: Job) -> None:
        """Send the copies of a job over one connection. What has been delivered or has bounced is done with.

        Nothing is locked in our tables while we talk to the server. Dying between its yes and our note sends a copy
        once more: the same bytes under the same Message-ID, which mail programs show once.
        """
        recipient_ids = [job.payload["recipient_id"], *job.payload.get("also", [])]
        self._before_first()
        self._hold(recipient_ids)
        # A copy may have several jobs: its first, and one for each time that a person released it. The later one finds
        # what the earlier has noted.
        with self._db.alone_with(*recipient_ids, of="copy", wait=True):
            self._send(recipient_ids)

    def _send(self, recipient_ids: Sequence[int]) -> None:
        with self._db.reading() as session:
            copies = copies_to_send(session, self._settings, recipient_ids)
        if not copies:
            return
        postponed: list[PostponedError] = []
        with open_line(self._settings) as line:
            for start in range(0, len(copies), NOTED_TOGETHER):
                postponed += self._send_some(line, copies[start : start + NOTED_TOGETHER])
        if postponed:  # the next try finds these alone
            raise OutsideError(postponed[0].message, permanent=False)

    def _hold(self, recipient_ids: Sequence[int]) -> None:
        """After a restore a letter may have gone out that the database does not know: it waits for a person."""
        with self._db.reading() as session:
            restored = open_restoration(session) is not None
        if restored:
            with self._db.transaction() as session:
                hold_letters(self._call(session), recipient_ids)

    def _send_some(self, line: Line, copies: Sequence[Copy]) -> list[PostponedError]:
        """Send these; what the server put off holds up no other. Whatever happens, what it took is noted."""
        taken, postponed = [], []
        try:
            for copy in copies:
                try:
                    line.hand_over(copy.mail.return_address, ascii_address(copy.email), build_mail(copy.mail))
                    taken.append(copy.recipient_id)
                except AddressError:
                    reason = "the address is not one mail can be sent to; correct it in the directory"
                    self._note_undeliverable(copy.recipient_id, reason)
                except UndeliverableError as outcome:
                    self._note_undeliverable(copy.recipient_id, outcome.reason)
                except PostponedError as not_now:
                    postponed.append(not_now)
        finally:
            self._note_delivered(taken)
        return postponed

    def _note_delivered(self, recipient_ids: Sequence[int]) -> None:
        if recipient_ids:
            with self._db.transaction() as session:
                note_delivered(self._call(session), *recipient_ids)
            log.info("mail_sent", copies=len(recipient_ids))

    def _note_undeliverable(self, recipient_id: int, reason: str) -> None:
        with self._db.transaction() as session:
            note_undeliverable(self._call(session), recipient_id, reason)
        log.warning("mail_undeliverable")

    def _call(self, session: Session) -> Call:
        return Call(session, self._clock(), self._settings, actor=None, door="mail")
