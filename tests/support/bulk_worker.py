"""A process that works off bulk orders and imports, killed at one of its commits: see bulk_work.py."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

from bot_office import make_settings
from payclerk_bot.client import make_client
from payclerk_bot.outgoing.bulk import BulkWork
from payclerk_bot.outgoing.importing import ImportWork
from payclerk_core.clock import system_clock
from payclerk_core.db import Database
from payclerk_core.jobs import Job, JobRunner


class Killer:
    """Ends the process without a word at the commit that was asked for, counting those of our jobs alone."""

    def __init__(self, kill_at: int) -> None:
        self._kill_at, self._count, self._in_hand = kill_at, 0, threading.local()

    def at_commit(self, session: Session) -> None:
        # A savepoint's release is told as a commit too.
        if getattr(self._in_hand, "job", False) and not session.in_nested_transaction():
            self._count += 1
            if self._count == self._kill_at:
                os.kill(os.getpid(), 9)

    def watched(self, handler: Callable[[Job], None]) -> Callable[[Job], None]:
        def run(job: Job) -> None:
            self._in_hand.job = True
            try:
                handler(job)
            finally:
                self._in_hand.job = False

        return run


def main(url: str, kill_at: int, moment: str, slack: str) -> None:
    db, settings, killer = Database(url), make_settings(slack), Killer(kill_at)
    event.listen(Session, moment, killer.at_commit)
    runner = JobRunner(db, system_clock, executor_id="worker")
    runner.handle("bulk.run", killer.watched(BulkWork(settings, db, system_clock)))
    runner.handle("import.run", killer.watched(ImportWork(settings, db, system_clock, make_client(settings))))
    runner.start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
