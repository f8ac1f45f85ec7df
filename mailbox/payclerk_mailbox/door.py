"""The e-mail door: the poller's thread, and the handler that sends what actions have promised."""

from __future__ import annotations

import threading
from typing import Final

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.jobs import JobRunner
from payclerk_core.settings import Settings

from .poller import Poller
from .sending import Sender

STOP_SECONDS: Final = 20


class MailDoor:
    """Everything this package does, started and stopped together."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, runner: JobRunner) -> None:
        self._poller = Poller(settings, db, clock)
        self._thread = threading.Thread(target=self._poller.run, name="mail-poller", daemon=True)
        runner.handle("mail.send", Sender(settings, db, clock).send)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the mail in hand and sign out."""
        self._poller.stop()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._poller.close()

    def wake(self) -> None:
        """Look into the mailbox now."""
        self._poller.wake()

    def poll_once(self) -> bool:
        """One look, from the caller's thread. False when another poller holds the mailbox."""
        return self._poller.poll_once()
