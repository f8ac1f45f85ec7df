"""The watchdog: a mailbox that has not been read for three intervals is put before people, once, and so is its return.

It counts by its own steady clock from the last good poll it saw: a computer that slept or a clock that was moved is no
silent mailbox. It runs in a thread of its own, so that it also notices a poller that hangs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.mailbox_silence import note_heard, note_silent
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.queries.mailboxes import INTERVALS, last_polled
from payclerk_core.settings import Settings

log = structlog.get_logger()


@dataclass(slots=True)
class _Seen:
    """The last good poll we know of, and when we learned of it."""

    polled_at: datetime | None
    at: float


class Watch:
    """Looks at the age of each mailbox's last good poll. `run` is for one thread."""

    def __init__(
        self,
        boxes: Sequence[Settings],
        db: Database,
        clock: Clock,
        *,
        steady: Callable[[], float] = time.monotonic,
        trouble: Callable[[str], str | None] = lambda _: None,
    ) -> None:
        self._trouble = trouble
        self._boxes, self._db, self._clock, self._steady = boxes, db, clock, steady
        self._since = clock()
        self._seen: dict[str, _Seen] = {}
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Look once an interval until stopped."""
        while not self._stopping.is_set():
            try:
                self.look()
            except SQLAlchemyError as error:  # it cannot be said now; the next look says it
                log.warning("mail_watch_trouble", reason=type(error).__name__)
            self._stopping.wait(min(box.poll_seconds for box in self._boxes))

    def look(self) -> None:
        """Promise what people should know by now."""
        for box in self._boxes:
            self._look_at(box)

    def _look_at(self, box: Settings) -> None:
        with self._db.reading() as session:
            polled_at = last_polled(session, box.account, box.imap_folder)
        seen = self._seen.get(box.account)
        if seen is None or seen.polled_at != polled_at:
            self._seen[box.account] = _Seen(polled_at, self._steady())
            if seen is not None or polled_at is not None:
                self._heard(box, polled_at)
        elif self._steady() - seen.at > INTERVALS * box.poll_seconds:
            with self._db.transaction() as session:
                note_silent(self._call(box, session), since=polled_at or self._since, reason=self._trouble(box.account))

    def _heard(self, box: Settings, polled_at: datetime | None) -> None:
        with self._db.transaction() as session:
            note_heard(self._call(box, session), polled_at)

    def _call(self, box: Settings, session: Session) -> Call:
        return Call(session, self._clock(), box, actor=None, door="mail")
