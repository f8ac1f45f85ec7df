"""Durable jobs on both databases: promised with the change, done once each, tried again, given up where people see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from payclerk_core.clock import system_clock
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError, UserError
from payclerk_core.jobs import MAX_ATTEMPTS, Job, JobRunner, promise, retry_failed, waiting
from payclerk_core.tables import FailedJob
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER = Path(__file__).parents[1] / "support" / "job_worker.py"


def run_jobs(database: Database, handler: Callable[[Job], None], until: Callable[[], object]) -> None:
    """Run mail.send and slack.trouble until a condition holds."""
    runner = JobRunner(database, system_clock, executor_id="test")
    runner.handle("mail.send", handler)
    runner.handle("slack.trouble", lambda _job: None)
    runner.start()
    try:
        eventually(until, timeout=30)
    finally:
        runner.stop()


def promise_all(database: Database, keys: list[str]) -> None:
    with database.transaction() as session:
        for key in keys:
            promise(session, "mail.send", key, {"n": key})


def test_a_promise_is_kept_once_however_often_it_is_made(database: Database) -> None:
    done: list[str] = []
    promise_all(database, ["a", "b", "a"])
    promise_all(database, ["b"])

    run_jobs(database, lambda job: done.append(job.key), lambda: len(done) >= 2 and not waiting(database))

    assert Counter(done) == {"a": 1, "b": 1}


def test_a_promise_rolls_back_with_its_change(database: Database) -> None:
    def promise_and_fail() -> None:
        with database.transaction() as session:
            promise(session, "mail.send", "never", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        promise_and_fail()

    assert waiting(database) == []


def test_trouble_is_tried_again_and_shown_as_waiting(database: Database) -> None:
    tries: list[int] = []
    seen = threading.Event()

    def sometimes(job: Job) -> None:
        tries.append(job.attempt)
        if job.attempt == 1:
            raise OutsideError("the server is away", permanent=False)
        seen.set()

    promise_all(database, ["a"])
    run_jobs(database, sometimes, lambda: seen.is_set() and not waiting(database))

    assert tries == [1, 2]


def test_what_cannot_succeed_is_shown_and_can_be_tried_again(database: Database) -> None:
    done: list[int] = []

    def refuse_first(job: Job) -> None:
        if job.attempt == 1:
            raise OutsideError("no such mailbox", permanent=True)
        done.append(job.attempt)

    def failed() -> FailedJob | None:
        with database.reading() as session:
            return session.query(FailedJob).one_or_none()

    promise_all(database, ["a"])
    run_jobs(database, refuse_first, failed)
    with database.transaction() as session:
        row = session.query(FailedJob).one()
        assert (row.status, row.reason, row.attempts) == ("failed", "no such mailbox", 1)
        retry_failed(session, row, at=system_clock(), by_id=None)

    run_jobs(database, refuse_first, lambda: done)

    assert done == [2]


def test_a_fault_of_our_own_is_given_up_after_a_few_tries(database: Database) -> None:
    def broken(job: Job) -> None:
        raise ZeroDivisionError

    def failed() -> FailedJob | None:
        with database.reading() as session:
            return session.query(FailedJob).one_or_none()

    promise_all(database, ["a"])
    run_jobs(database, broken, failed)

    row = failed()
    assert row is not None
    assert (row.reason, row.attempts) == ("internal fault: ZeroDivisionError", 3)


def test_after_a_retry_the_tries_are_counted_anew(database: Database) -> None:
    """And what the world refused counts as no fault of ours."""
    tries: list[tuple[str, int]] = []
    troubles = {
        ("world", MAX_ATTEMPTS + 1): OutsideError("greylisted", permanent=False),
        ("own", 10): ZeroDivisionError(),
    }

    def blip(job: Job) -> None:
        assert job.payload == {"n": job.key}
        tries.append((job.key, job.attempt))
        if trouble := troubles.get((job.key, job.attempt)):
            raise trouble

    with database.transaction() as session:
        failed = FailedJob(
            job="mail.send", key="mail.send:world", payload={"n": "world"}, attempts=MAX_ATTEMPTS, reason=""
        )
        failed.status, failed.status_at = "failed", system_clock()
        session.add(failed)
        session.flush()
        retry_failed(session, failed, at=system_clock(), by_id=None)
        promise(session, "mail.send", "own", {"n": "own"}, attempt=10)
    run_jobs(
        database, blip, lambda: len(tries) == 4 and not [one for one in waiting(database) if one.job == "mail.send"]
    )

    assert sorted(tries) == [("own", 10), ("own", 11), ("world", MAX_ATTEMPTS + 1), ("world", MAX_ATTEMPTS + 2)]
    with database.reading() as session:
        assert session.query(FailedJob).one().status == "retried"


def test_on_sqlite_a_second_process_takes_no_job_of_the_first(sqlite_url: str) -> None:
    database, other = Database(sqlite_url), Database(sqlite_url)
    begun, go_on = threading.Event(), threading.Event()

    def wait(_job: Job) -> None:
        begun.set()
        assert go_on.wait(60)

    def started_by_mistake() -> None:
        begun.wait(60)
        second = JobRunner(other, system_clock, executor_id="test@b/2")
        with pytest.raises(UserError, match="payclerk test runs already on this database") as told:
            second.start()
        assert told.value.code == "running"
        go_on.set()

    promise_all(database, ["a"])
    mistake = threading.Thread(target=started_by_mistake)
    mistake.start()
    run_jobs(database, wait, lambda: go_on.is_set() and not waiting(database))
    mistake.join()
    assert go_on.is_set()
    run_jobs(other, lambda _job: None, lambda: True)  # the first one is gone
    database.close()
    other.close()


def test_a_killed_worker_loses_nothing(database: Database, tmp_path: Path) -> None:
    """SIGKILL in the middle, again and again: every job is done, and only those in hand at a kill may run twice."""
    notes = tmp_path / "notes"
    jobs, kills = 40, (7, 5, 9)
    promise_all(database, [str(n) for n in range(jobs)])

    for kill_at in kills:
        worker = _worker(database, notes, kill_at)
        assert worker.wait(timeout=60) == -signal.SIGKILL
    last = _worker(database, notes, 0)
    try:
        eventually(lambda: not waiting(database), timeout=60)
    finally:
        last.kill()
        last.wait()

    runs = Counter(line.split()[0] for line in notes.read_text().splitlines())
    assert set(runs) == {str(n) for n in range(jobs)}
    in_hand = 8 * len(kills)  # the workers of the queue
    assert sum(runs.values()) <= jobs + in_hand


def _worker(database: Database, notes: Path, kill_at: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "KILL_AT": str(kill_at), "BEAT_MS": "500"}
    return subprocess.Popen([sys.executable, str(WORKER), database.url, str(notes)], env=environment)
