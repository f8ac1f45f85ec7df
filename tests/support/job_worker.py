"""A process that runs jobs and notes each run as a line in a file; tests kill it in the middle."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from payclerk_core.clock import system_clock
from payclerk_core.db import Database
from payclerk_core.jobs import Job, JobRunner


def main(url: str, notes: Path) -> None:
    db = Database(url)
    runner = JobRunner(db, system_clock, executor_id="worker")
    kill_at = int(os.environ.get("KILL_AT", "0"))
    lock = threading.Lock()
    count = 0

    def note(job: Job) -> None:
        nonlocal count
        with lock, notes.open("a") as file:
            file.write(f"{job.payload['n']}\n")
            file.flush()
            os.fsync(file.fileno())
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), 9)

    runner.handle("mail.send", note)
    runner.start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
