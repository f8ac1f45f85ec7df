"""Several processes over one database: what one leaves behind the others finish, once, and nothing is lost unseen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from dbos import DBOSClient
from sqlalchemy import func, select, text

from payclerk_core.clock import system_clock
from payclerk_core.db import Database, database_now
from payclerk_core.errors import OutsideError
from payclerk_core.fleet import Heart, Pace, living, living_kinds, new_executor_id
from payclerk_core.jobs import Job, JobRunner, promise, retry_failed, waiting
from payclerk_core.migrate import upgrade
from payclerk_core.tables import Executor, FailedJob, JobTakeover
from postgres import PostgresServer
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKER = Path(__file__).parents[1] / "support" / "job_worker.py"
BEAT = timedelta(milliseconds=200)
JOBS = 150


def promise_all(database: Database, job: str, keys: list[str]) -> None:
    with database.transaction() as session:
        for key in keys:
            promise(session, job, key, {"n": key})


@contextmanager
def at_work(
    database: Database, handlers: dict[str, Callable[[Job], None]], pace: Pace | None = None
) -> Iterator[JobRunner]:
    runner = JobRunner(database, system_clock, executor_id=new_executor_id("test"), pace=pace or Pace(BEAT))
    for job, handler in handlers.items():
        runner.handle(job, handler)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def failed_jobs(database: Database) -> list[FailedJob]:
    with database.reading() as session:
        return list(session.scalars(select(FailedJob)))


def job_client(database: Database) -> DBOSClient:
    return DBOSClient(system_database_engine=database.engine, dbos_system_schema="dbos", lazy=True)


class Crew:
    """Workers over one database, of which some are killed."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self.notes = folder / "notes"
        self.notes.touch()
        self._living: dict[int, subprocess.Popen[bytes]] = {}
        self.killed: set[int] = set()

    def hire(self, count: int = 1) -> None:
        # Slow enough that a busy machine lets a living process beat in time.
        environment = {**os.environ, "BEAT_MS": "500", "TROUBLE": "1"}
        for _ in range(count):
            with (self._folder / "log").open("ab") as log:
                command = [sys.executable, str(WORKER), self._url, str(self.notes)]
                worker = subprocess.Popen(command, env=environment, stderr=log)
            self._living[worker.pid] = worker

    def kill_one(self) -> None:
        """One that has something in hand now."""
        pid = next(int(one) for _, _, one in reversed(self.runs()) if int(one) in self._living)
        self._end(pid, signal.SIGKILL)
        self.killed.add(pid)

    def runs(self) -> list[list[str]]:
        return [line.split() for line in self.notes.read_text().splitlines()]

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def end(self) -> None:
        for pid in list(self._living):
            self._end(pid, signal.SIGKILL)

    def _end(self, pid: int, how: signal.Signals) -> None:
        worker = self._living.pop(pid)
        worker.send_signal(how)
        worker.wait()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A cluster that may be stopped without disturbing other tests. What it has committed survives that."""
    server = PostgresServer()
    try:
        server.start()
        url = server.create("fleet")
        upgrade(url)
        database = Database(url)
        with database.engine.begin() as connection:
            connection.execute(text("ALTER ROLE payclerk SET synchronous_commit = on"))
        database.close()
        yield server
    finally:
        server.close()


@pytest.mark.timeout(300)
def test_killed_processes_and_a_database_that_goes_away_lose_double_and_leave_nothing(
    own_server: PostgresServer, tmp_path: Path
) -> None:
    """Every start has a new name, as in a fleet of containers."""
    database = Database(own_server.url("fleet"))
    crew = Crew(database.url, tmp_path)
    promise_all(database, "mail.send", [str(n) for n in range(JOBS)])
    try:
        crew.hire(3)
        for done in (20, 50):
            eventually(lambda done=done: len(crew.runs()) >= done, timeout=60)
            crew.kill_one()
            crew.hire()
        eventually(lambda: len(crew.runs()) >= 80, timeout=60)
        own_server.stop()
        eventually(lambda: "no_beat" in crew.log(), timeout=60)
        own_server.start()
        database.close()
        eventually(lambda: not waiting(database), timeout=120)
    finally:
        crew.end()

    assert failed_jobs(database) == []
    tries: dict[str, list[int]] = defaultdict(list)
    runners: dict[tuple[str, str], list[int]] = defaultdict(list)
    for job, attempt, pid in crew.runs():
        tries[job].append(int(attempt))
        runners[job, attempt].append(int(pid))
    assert {job: max(seen) for job, seen in tries.items()} == {str(n): 2 if n % 3 == 0 else 1 for n in range(JOBS)}
    again = [pids for pids in runners.values() if len(pids) > 1]
    assert all(set(pids[:-1]) <= crew.killed for pids in again)  # only what was in hand at a kill ran a second time
    assert len(again) <= 8 * len(crew.killed)
    with database.reading() as session:
        assert session.scalar(select(func.count(JobTakeover.workflow_id))) > 0
    database.close()


@pytest.mark.timeout(120)
def test_settling_waits_for_a_database_that_went_away_while_the_job_ran(own_server: PostgresServer) -> None:
    database = Database(own_server.url("fleet"))
    done: list[int] = []

    def goes_away_meanwhile(job: Job) -> None:
        done.append(job.attempt)
        if job.attempt == 1:
            own_server.stop()
            raise OutsideError("the server is away", permanent=False)

    promise_all(database, "mail.send", ["a"])
    with structlog.testing.capture_logs() as logs, at_work(database, {"mail.send": goes_away_meanwhile}):
        eventually(lambda: "job_waits_for_database" in [line["event"] for line in logs], timeout=30)
        own_server.start()
        eventually(lambda: done == [1, 2] and not waiting(database), timeout=60)
    assert failed_jobs(database) == []
    database.close()


def test_what_dbos_holds_as_ended_badly_is_shown_and_can_be_tried_again(database: Database) -> None:
    done: list[str] = []
    handlers = {"mail.send": lambda job: done.append(f"{job.key}:{job.attempt}"), "slack.trouble": lambda _job: None}
    promise_all(database, "mail.send", ["a", "b"])
    table = "workflow_status" if database.engine.dialect.name == "sqlite" else "dbos.workflow_status"
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET status = 'ERROR' WHERE workflow_uuid = 'mail.send:a'"))  # noqa: S608
    job_client(database).cancel_workflow("mail.send:b")

    with at_work(database, {"slack.trouble": lambda _job: None}):
        rows = eventually(lambda: rows if len(rows := failed_jobs(database)) == 2 else None)
    assert {(row.key, row.reason, row.payload["n"]) for row in rows} == {
        ("mail.send:a", "internal fault: the work ended without a result", "a"),
        ("mail.send:b", "It was cancelled by hand.", "b"),
    }

    with database.transaction() as session:
        for row in session.scalars(select(FailedJob)):
            retry_failed(session, row, at=system_clock(), by_id=None)
    with at_work(database, handlers):
        eventually(lambda: len(done) == 2 and not waiting(database))
    assert sorted(done) == ["a:2", "b:2"]
    assert {row.status for row in failed_jobs(database)} == {"retried"}


def test_a_kind_of_job_that_a_process_does_not_know_is_put_off_and_counts_as_no_try(database: Database) -> None:
    """As in a rolling upgrade: the new release promised it, a process of the old one takes it up."""
    client = job_client(database)
    options = {"workflow_name": "payclerk_job", "queue_name": "mail", "workflow_id": "mail.fly:7"}
    client.enqueue(options, "mail.fly", "7", {"n": "7"}, 1)
    promise_all(database, "mail.send", ["a"])
    done: list[str] = []
    with at_work(database, {"mail.send": lambda job: done.append(job.key)}):
        eventually(lambda: done and [row.job for row in waiting(database)] == ["mail.fly"])
        [later] = client.list_workflows(status="DELAYED")
    assert (later.workflow_id, later.queue_name, later.input["args"]) == (
        "mail.fly:7~1.1", "mail", ("mail.fly", "7", {"n": "7"}, 1),
    )  # fmt: skip
    assert failed_jobs(database) == []
    assert waiting(database)[0].troubled == 0


def test_a_job_that_five_processes_did_not_survive_is_put_before_a_person(database: Database) -> None:
    promise_all(database, "mail.send", ["a"])
    client = job_client(database)
    table = "workflow_status" if database.engine.dialect.name == "sqlite" else "dbos.workflow_status"

    def one_more_ends(number: int) -> None:
        gone = f"test@gone/{number}"
        change = f"UPDATE {table} SET status = 'PENDING', executor_id = :gone WHERE workflow_uuid = 'mail.send:a'"  # noqa: S608
        with database.transaction() as session:
            session.add(Executor(id=gone, kind="test", beats_at=database_now(session) - timedelta(hours=1)))
            session.connection().execute(text(change), {"gone": gone})
        with at_work(database, {}):
            eventually(lambda: client.list_workflows(workflow_ids=["mail.send:a"])[0].status != "PENDING", timeout=30)
            if number == 5:
                eventually(lambda: failed_jobs(database))

    for number in range(6):
        assert failed_jobs(database) == []
        one_more_ends(number)

    [row] = failed_jobs(database)
    assert row.reason == "Each of the 6 processes that worked on it ended before it was done."


def test_a_process_that_cannot_beat_begins_nothing_until_it_has(postgresql_url: str) -> None:
    """What others took over meanwhile it does not begin at all."""
    database = Database(postgresql_url)
    done: list[str] = []
    client = job_client(database)
    with at_work(database, {"mail.send": lambda job: done.append(job.key)}, Pace(timedelta(milliseconds=50))) as runner:
        with database.transaction() as session:
            mine = select(Executor).where(Executor.id == runner.executor_id)
            session.scalars(mine.with_for_update()).one()  # its beat waits for us
            eventually(lambda: not runner._heart.fresh)
            promise_all(database, "mail.send", ["ours", "taken"])
            eventually(lambda: len(client.list_workflows(status="PENDING")) == 2)
            client.resume_workflow("mail.send:taken", queue_name="elsewhere")
            assert done == []
        eventually(lambda: done)
        promise_all(database, "mail.send", ["last"])
        eventually(lambda: "last" in done)
    assert done == ["ours", "last"]
    assert [row.job for row in waiting(database)] == ["mail.send"]  # for whoever took it
    database.close()


def test_after_a_break_what_was_taken_up_before_is_looked_at_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [100]
    monkeypatch.setattr("payclerk_core.fleet._steady", lambda: seconds[0] * 10**9)
    heart = Heart(database, new_executor_id("test"), Pace(timedelta(seconds=10)), lambda _judge: None)
    heart.beat()
    assert heart.steady
    seconds[0] += 61  # the machine slept, for example
    assert not heart.steady
    heart.beat()
    assert (heart.fresh, heart.steady) == (True, False)
    for _ in range(7):
        seconds[0] += 10
        heart.beat()
    assert heart.steady


def test_a_process_is_seen_while_it_lives_and_gone_at_its_end(database: Database) -> None:
    pace = Pace(BEAT)
    with at_work(database, {"mail.send": lambda _job: None}) as runner, database.reading() as session:
        assert living(session, pace) == {runner.executor_id}
        assert living_kinds(session, pace) == {"test": 1}
    with database.reading() as session:
        assert living(session, pace) == set()


def test_the_age_of_the_oldest_job_counts_from_its_promise(database: Database) -> None:
    promise_all(database, "mail.send", ["a"])
    table = "workflow_status" if database.engine.dialect.name == "sqlite" else "dbos.workflow_status"
    with database.engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET created_at = created_at - 3600000, status = 'SUCCESS'"))  # noqa: S608
    with database.transaction() as session:
        promise(session, "mail.send", "a", {"n": "a"}, attempt=2, wait=60)
    [row] = waiting(database)
    assert (row.count, row.troubled) == (1, 1)
    assert timedelta(minutes=59) < row.age < timedelta(minutes=70)


def test_names_are_new_at_every_start() -> None:
    names = {new_executor_id("mail") for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("mail@") and len(name) <= 80 for name in names)
