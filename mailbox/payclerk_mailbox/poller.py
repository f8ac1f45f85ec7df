"""One look into the mailbox, and the loop that looks again and again and never dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError
from payclerk_core.fleet import Pace, new_executor_id
from payclerk_core.settings import Settings

from .bell import Bell
from .capture import Capture
from .folders import Lease
from .handling import Handling
from .imap import ImapFolder, open_folder

log = structlog.get_logger()

# IDLE is renewed before servers and firewalls forget it (IMAPClient's docs say ten minutes).
LONGEST_IDLE: Final = 600
LONGEST_BACKOFF: Final = 60


class Poller:
    """Fetches, handles and flags the mail of one mailbox. `run` is for one thread."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        clock: Clock,
        *,
        number: int = 1,
        whose: ColumnElement[bool] | None = None,
        holder: str | None = None,
        lease: timedelta | None = None,
        before_first: Callable[[], None] | None = None,
    ) -> None:
        """`holder`: the process that holds the mailbox, whose beats renew its lease.

        `before_first` is called before the mailbox is read; while it raises OutsideError, it is not.
        """
        self._before_first = before_first or (lambda: None)
        self._settings, self._clock, self._number = settings, clock, number
        self._capture = Capture(settings, db, clock)
        self._handling = Handling(settings, db, clock, whose=whose)
        self._lease = Lease(db, settings.account, holder or new_executor_id("poller"), lease or Pace().dead_after)
        self._bell = Bell()
        self._stopping = threading.Event()
        self._trouble: str | None = None

    def wake(self) -> None:
        """Look now instead of at the next interval."""
        self._bell.ring()

    @property
    def trouble(self) -> str | None:
        """Why the mailbox cannot be read now, for people; None while it can."""
        return self._trouble

    def stop(self) -> None:
        self._stopping.set()
        self._bell.ring()

    def close(self) -> None:
        self._bell.close()

    def poll_once(self) -> bool:
        """Capture, handle and flag what is there now. False when another poller holds the mailbox."""
        if not self._lease.take():
            return False
        self._handling.run()  # what an earlier run captured waits for no server
        self._before_first()
        with open_folder(self._settings) as folder:
            self._look(folder)
        return True

    def run(self) -> None:
        """Poll until stopped. Whatever goes wrong, it waits a little longer each time and goes on."""
        structlog.contextvars.bind_contextvars(mailbox=self._number)
        failures = 0
        while not self._stopping.is_set():
            try:
                self._serve()
                failures = 0
            except Exception as error:  # noqa: BLE001  nothing may end this loop
                failures = 0 if self._trouble is None else failures + 1
                self._note_trouble(error)
                self._back_off(min(2**failures, LONGEST_BACKOFF), error)
        self._let_go()

    def _let_go(self) -> None:
        with suppress(SQLAlchemyError):  # it runs out by itself
            self._lease.release()

    def _serve(self) -> None:
        """Hold the lease and one connection, and poll over it, until something goes wrong or we are stopped."""
        if not self._lease.take():
            self._bell.wait(self._settings.poll_seconds)
            return
        self._handling.run()
        self._before_first()
        with open_folder(self._settings) as folder:
            while not self._stopping.is_set() and self._lease.take():
                self._look(folder)
                self._note_recovery()
                self._wait(folder)

    def _back_off(self, seconds: float, error: Exception) -> None:
        """Wait. What the server itself asks for is kept to the end, whatever rings: a look would only make it longer.

        Meanwhile another process may have a way to the server, unless it is the server that asks for the wait.
        """
        asked = (error.retry_after or 0.0) if isinstance(error, OutsideError) else 0.0
        if asked > seconds:
            self._stopping.wait(asked)
            return
        self._let_go()
        self._bell.wait(seconds)

    def _look(self, folder: ImapFolder) -> None:
        more = True
        while more and not self._stopping.is_set():
            more = self._capture.run(folder)
            self._handling.run()
            self._capture.flag(folder)
            more = more and self._lease.take()

    def _wait(self, folder: ImapFolder) -> None:
        """Until the interval is over, which is what counts, or IDLE or the bell says that a look is worth it now."""
        end = time.monotonic() + self._settings.poll_seconds
        while (left := end - time.monotonic()) > 0 and not self._stopping.is_set():
            if folder.wait(min(left, LONGEST_IDLE), self._bell):
                return

    def _note_trouble(self, error: Exception) -> None:
        reason = error.message if isinstance(error, OutsideError) else f"internal fault: {type(error).__name__}"
        if reason != self._trouble:  # once per change, not once per try
            log.warning("mail_poll_trouble", reason=reason, exc_info=not isinstance(error, OutsideError))
        self._trouble = reason

    def _note_recovery(self) -> None:
        if self._trouble is not None:
            log.info("mail_poll_recovered")
        self._trouble = None
