"""The e-mail door: a poller's thread for each mailbox, their watchdog, and the handler that sends what was promised."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, not_

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.jobs import JobRunner
from payclerk_core.mailboxes import mailboxes
from payclerk_core.settings import Settings
from payclerk_core.tables import InboxMail

from .older import OlderCheck
from .poller import Poller
from .sending import Sender
from .watch import Watch

STOP_SECONDS: Final = 20


class MailDoor:
    """Everything this package does, started and stopped together."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, runner: JobRunner) -> None:
        boxes = mailboxes(settings)
        # Before the first look as well: what another process sees of that must not hide that the database is older.
        older = OlderCheck(settings, db, clock)
        holder, lease = runner.executor_id, runner.pace.dead_after
        self._pollers = [
            Poller(
                box, db, clock, number=number, whose=whose, holder=holder, lease=lease,
                before_first=older if number == 1 else None,
            )
            for number, (box, whose) in enumerate(zip(boxes, _whose(boxes), strict=True), 1)
        ]  # fmt: skip
        by_account = {box.account: poller for box, poller in zip(boxes, self._pollers, strict=True)}
        self._watch = Watch(boxes, db, clock, trouble=lambda account: by_account[account].trouble)
        steps = [poller.run for poller in self._pollers] + [self._watch.run]
        self._threads = [threading.Thread(target=step, name=f"mail-{n}", daemon=True) for n, step in enumerate(steps)]
        runner.handle("mail.send", Sender(settings, db, clock, before_first=older).send)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the mails in hand and sign out."""
        self._watch.stop()
        for poller in self._pollers:
            poller.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_SECONDS)
        for poller in self._pollers:
            poller.close()

    def wake(self) -> None:
        """Look into the mailboxes now."""
        for poller in self._pollers:
            poller.wake()

    def poll_once(self) -> bool:
        """One look into each, from the caller's thread. False when another poller holds one of them."""
        looked = [poller.poll_once() for poller in self._pollers]
        return all(looked)


def _whose(boxes: Sequence[Settings]) -> list[ColumnElement[bool]]:
    """Which captured mail each poller handles. The main one also takes what is left of mailboxes no longer read."""
    further = [box.account for box in boxes[1:]]
    return [not_(InboxMail.account.in_(further)), *(InboxMail.account == account for account in further)]
