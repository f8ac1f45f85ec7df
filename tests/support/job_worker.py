"""A process that runs jobs and notes each run as a line in a file; tests kill it in the middle.

A note is the job, its try and who ran it. KILL_AT: the run at which it kills itself; BEAT_MS: how often it beats;
every third job meets trouble at its first try where TROUBLE is set.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

import structlog

from payclerk_core.clock import system_clock
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError
from payclerk_core.fleet import Pace, new_executor_id
from payclerk_core.jobs import Job, JobRunner


def main(url: str, notes: Path) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    db = Database(url)
    pace = Pace(timedelta(milliseconds=int(os.environ.get("BEAT_MS", "10000"))))
    runner = JobRunner(db, system_clock, executor_id=new_executor_id("worker"), pace=pace)
    kill_at = int(os.environ.get("KILL_AT", "0"))
    trouble = bool(os.environ.get("TROUBLE"))
    lock = threading.Lock()
    count = 0

    def note(job: Job) -> None:
        nonlocal count
        with lock, notes.open("a") as file:
            file.write(f"{job.payload['n']} {job.attempt} {os.getpid()}\n")
            file.flush()
            os.fsync(file.fileno())
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), 9)
        if trouble:
            threading.Event().wait(0.1)  # so that something is in hand at any moment
            if job.attempt == 1 and int(job.payload["n"]) % 3 == 0:
                raise OutsideError("the server is away", permanent=False)

    runner.handle("mail.send", note)
    runner.start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
