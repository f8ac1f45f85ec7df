"""The one door to durable jobs (DBOS): promise one in your transaction, or run those of some queues.

A promise is a row in the caller's own transaction: it commits or rolls back with the change that made it. Its id is
made of the job's name and key, so the same promise made twice is kept once. A job runs at least once: a process killed
in the middle runs it again, so every handler must bear being run twice.

Trouble of the world is tried again with growing waits; what cannot succeed becomes a FailedJob row, which people see
in Slack and can try again. A process that ends leaves its jobs to the others (`fleet.py`, `job_care.py`).
"""

from __future__ import annotations

import itertools
import logging
import sys
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy import Engine, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from .clock import Clock
from .db import Database, database_now, is_away
from .errors import OutsideError, UserError
from .fleet import Heart, Pace, kind_of
from .job_care import JobCare, moment_of
from .job_ids import JobId
from .job_tries import Tries
from .only_process import OnlyProcess
from .tables import FailedJob

log = structlog.get_logger()

# The queue says which process runs a job: the door that can reach what the job needs.
QUEUES: Final[Mapping[str, str]] = {
    "mail.send": "mail",
    "slack.batch": "slack",
    "slack.notice": "slack",
    "slack.package": "slack",
    "slack.file": "slack",
    "slack.digest": "slack",
    "slack.trouble": "slack",
    "package.compile": "heavy",
    "docusign.send": "heavy",
    "docusign.void": "heavy",
    "docusign.fetch": "heavy",
    "docusign.poll": "heavy",
    "bulk.run": "bulk",
    "import.run": "bulk",
    "clock.reminders": "heavy",
    "clock.digest": "heavy",
    "clock.periods": "heavy",
}
WORKERS: Final[Mapping[str, int]] = {"mail": 8, "slack": 8, "heavy": 2, "bulk": 2}
# Seconds before the next try; the last one repeats. About three days in all.
WAITS: Final[tuple[int, ...]] = (1, 2, 5, 15, 60, 300, 900)
MAX_ATTEMPTS: Final = 300
# A fault of our own is not healed by waiting: few tries, then a person sees it.
MAX_ATTEMPTS_OWN_FAULT: Final = 3
# A kind of job this process does not know waits for one that does: a release is being rolled out.
PUT_OFF_SECONDS: Final = 60

_WORKFLOW: Final = "payclerk_job"
_SCHEMA: Final = "dbos"
# One constant version: a restart on new code must still recover the jobs of the old.
_APPLICATION: Final = {"name": "payclerk", "application_version": "1"}
_clients: weakref.WeakKeyDictionary[Engine, DBOSClient] = weakref.WeakKeyDictionary()


def promise(
    session: Session, job: str, key: str, payload: Mapping[str, Any] | None = None, *, attempt: int = 1, wait: float = 0
) -> None:
    """Promise a job in this transaction. The same (job, key) again changes nothing, finished or not."""
    _enqueue(session, JobId(job, key, attempt), QUEUES[job], payload or {}, wait)


def _enqueue(session: Session, one: JobId, queue: str, payload: Mapping[str, Any], wait: float) -> None:
    options: EnqueueOptions = {"workflow_name": _WORKFLOW, "queue_name": queue, "workflow_id": str(one)}
    if wait:
        options["delay_seconds"] = wait
    client = _client(session.connection().engine)
    client.enqueue_in_transaction(session, options, one.job, one.key, dict(payload), one.attempt)


def _client(engine: Engine) -> DBOSClient:
    if engine not in _clients:
        _quiet()
        _clients[engine] = DBOSClient(system_database_engine=engine, dbos_system_schema=_SCHEMA, lazy=True)
    return _clients[engine]


def prepare_job_tables(url: str) -> None:
    """Make or migrate the tables the jobs live in. Called by migrate."""
    _quiet()
    DBOS.migrate(_plain_url(url), schema=_SCHEMA)


def _plain_url(url: str) -> str:
    return make_url(url).render_as_string(hide_password=False)


def _quiet() -> None:
    logging.getLogger("dbos").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a job, as its handler sees it."""

    name: str
    key: str
    payload: Mapping[str, Any]
    attempt: int


Handler = Callable[[Job], None]


class TakenOverError(Exception):
    """Another process has this job by now: ours must not begin it."""


class JobRunner:
    """Runs the jobs of the queues it is given, until stopped. One per process.

    `executor_id` names this process and this start of it alone: see `fleet.new_executor_id`.
    """

    def __init__(self, db: Database, clock: Clock, *, executor_id: str, pace: Pace | None = None) -> None:
        self._db = db
        self._clock = clock
        self.executor_id = executor_id
        self.pace = pace or Pace()
        self._handlers: dict[str, Handler] = {}
        self._care = JobCare(
            db, executor_id, self.pace, client=_client(db.engine), workflow=_WORKFLOW, give_up=self._tell
        )
        self._heart = Heart(db, executor_id, self.pace, self._care.look)
        self._only = OnlyProcess(db.engine, kind_of(executor_id))
        # What this process works on, each with a mark of its run: taken over by itself, the earlier run gives way.
        self._in_hand: dict[str, object] = {}

    def handle(self, job: str, handler: Handler) -> None:
        """Use `handler` for a job. It raises OutsideError when the world does not do its part."""
        if job not in QUEUES:
            raise KeyError(f"{job} is not in the list of jobs")
        self._handlers[job] = handler

    def start(self) -> None:
        """Begin to work. Raises UserError when a process of this kind works on the same SQLite file."""
        _quiet()
        self._only.hold()
        self._heart.start()
        self._care.begin()
        config: DBOSConfig = {
            "name": _APPLICATION["name"],
            "application_version": _APPLICATION["application_version"],
            "executor_id": self.executor_id,
            "system_database_url": _plain_url(self._db.url),
            "dbos_system_schema": _SCHEMA,
            "log_level": "ERROR",
            "use_listen_notify": False,
            "run_migrations": False,
            "max_executor_threads": 16,
        }
        DBOS(config=config)
        DBOS.workflow(name=_WORKFLOW)(self._workflow())
        queues = sorted({QUEUES[job] for job in self._handlers})
        DBOS.listen_queues(queues)
        DBOS.launch()
        for queue in queues:
            DBOS.register_queue(queue, worker_concurrency=WORKERS[queue], polling_interval_sec=0.1)

    def stop(self) -> bool:
        """Finish what is running (up to ten seconds) and stop. False when something runs on: others take it over."""
        # DBOS would wait a whole second even where nothing runs. What is taken up at this moment is taken over, too.
        DBOS.destroy(workflow_completion_timeout_sec=0 if self._comes_to_rest() else 10, destroy_registry=True)
        self._heart.stop()
        if self._in_hand:
            return False
        with suppress(SQLAlchemyError):  # our row goes stale instead
            if self._heart.fresh and not self._pending():
                self._heart.leave()
        self._only.let_go()
        return True

    def _comes_to_rest(self) -> bool:
        """Whether a moment without a running job comes soon, as it does unless there is much to do."""
        pause = threading.Event()
        for _ in range(20):
            # While the database is away DBOS would not answer before it is back.
            if not self._in_hand and not (self._heart.fresh and self._pending()):
                return True
            pause.wait(0.05)
        return False

    def _pending(self) -> bool:
        rows = _client(self._db.engine).list_workflows(
            status="PENDING", executor_id=self.executor_id, limit=1, load_input=False, load_output=False
        )
        return bool(rows)

    def _workflow(self) -> Callable[[str, str, dict[str, Any], int], None]:
        @DBOS.step(name="run")
        def step(name: str, key: str, payload: dict[str, Any], attempt: int) -> None:
            self._run(name, key, payload, attempt)

        def payclerk_job(name: str, key: str, payload: dict[str, Any], attempt: int) -> None:
            workflow_id, mark = str(DBOS.workflow_id), object()
            self._in_hand[workflow_id] = mark
            try:
                self._wait_for_beat(workflow_id, mark)
                step(name, key, payload, attempt)
            finally:
                if self._in_hand.get(workflow_id) is mark:
                    del self._in_hand[workflow_id]

        return payclerk_job

    def _wait_for_beat(self, workflow_id: str, mark: object) -> None:
        """Begin nothing while the others may take us for dead; and nothing that they have taken over since."""
        if self._heart.steady:
            return
        if not self._heart.wait_until_fresh():
            self._care.hand_back(workflow_id)
            raise TakenOverError  # DBOS keeps the outcome of who has the job alone, so this is kept nowhere
        if not self._care.still_ours(workflow_id) or self._in_hand.get(workflow_id) is not mark:
            raise TakenOverError

    def _run(self, name: str, key: str, payload: dict[str, Any], attempt: int) -> None:
        tries, bare = Tries.of(payload)
        job = Job(name, key, bare, attempt)
        with structlog.contextvars.bound_contextvars(job=name, key=key, attempt=attempt):
            handler = self._handlers.get(name)
            if handler is None:
                self._put_off(job, tries)
                return
            try:
                handler(job)
            except OutsideError as error:
                most = sys.maxsize if error.installation else MAX_ATTEMPTS
                self._settle(
                    job, tries, error.message, tries.used(attempt), 0 if error.permanent else most, error.retry_after
                )
            except UserError as error:
                self._settle(job, tries, error.message, tries.used(attempt), most=0)
            except Exception as error:
                if is_away(error):  # no fault of the job's: the database's
                    self._settle(job, tries, "The database cannot be used.", tries.used(attempt), MAX_ATTEMPTS)
                    return
                log.exception("job_fault")
                tries = tries.with_own_fault
                reason = f"internal fault: {type(error).__name__}"
                self._settle(job, tries, reason, tries.own_faults, MAX_ATTEMPTS_OWN_FAULT)

    def _put_off(self, job: Job, tries: Tries) -> None:
        """Leave a job of a kind we do not know to a process that does. It counts as no try."""
        log.warning("job_put_off", seconds=PUT_OFF_SECONDS)
        workflow_id = str(DBOS.workflow_id)
        queue = self._care.queue_of(workflow_id)
        later = JobId.of(workflow_id).later
        self._keep(lambda session: _enqueue(session, later, queue, tries.with_payload(job.payload), PUT_OFF_SECONDS))

    def _settle(
        self, job: Job, tries: Tries, reason: str, used: int, most: int, retry_after: float | None = None
    ) -> None:
        """Promise the next try, or give up where people see it: when so many tries of that kind are used."""
        if used >= most:
            one = JobId(job.name, job.key, job.attempt)
            self._keep(lambda session: self._tell(session, one, dict(job.payload), reason))
            return
        wait = max(retry_after or 0, WAITS[min(used, len(WAITS)) - 1])
        log.warning("job_waits", reason=reason, seconds=wait)
        attempt, payload = job.attempt + 1, tries.with_payload(job.payload)
        self._keep(lambda session: promise(session, job.name, job.key, payload, attempt=attempt, wait=wait))

    def _keep(self, change: Callable[[Session], None]) -> None:
        """Store what becomes of a job, however long the database is away: without it the job would be lost."""
        pause = threading.Event()
        for wait in itertools.chain(WAITS[:3], itertools.repeat(WAITS[3])):
            try:
                with self._db.transaction() as session:
                    change(session)
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("job_waits_for_database", seconds=wait)
                pause.wait(wait)
            else:
                return

    def _tell(self, session: Session, one: JobId, payload: dict[str, Any], reason: str) -> None:
        log.error("job_failed", failed=one.job, reason=reason)
        key = str(one.first)
        payload = dict(Tries.of(payload)[1])
        row = session.scalar(select(FailedJob).where(FailedJob.key == key))
        if row is None:
            row = FailedJob(job=one.job, key=key, payload=payload, status_by_id=None)
            session.add(row)
        row.status, row.status_at = "failed", self._clock()
        row.attempts, row.reason = one.attempt, reason[:500]
        session.flush()
        if one.job != "slack.trouble":  # a notice that cannot be posted must not ask for another notice
            promise(session, "slack.trouble", f"{row.id}:{one.attempt}", {"failed_job_id": row.id})


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs of one name that have not finished: how many in all, how many of them met trouble before, the oldest's age."""

    job: str
    count: int
    troubled: int
    age: timedelta = timedelta(0)  # since it was first promised, by the database's clock


def waiting(db: Database) -> Sequence[Waiting]:
    """What still waits to be done, by job, for people to see."""
    rows = _client(db.engine).list_workflows(
        name=_WORKFLOW, status=["ENQUEUED", "PENDING", "DELAYED"], load_input=False, load_output=False
    )
    found: dict[str, list[tuple[JobId, int]]] = {}
    since = _first_promised(db, [JobId.of(row.workflow_id) for row in rows])
    for row in rows:
        one = JobId.of(row.workflow_id)
        found.setdefault(one.job, []).append((one, since.get(str(one.first), row.created_at or 0)))
    if not found:
        return []
    with db.reading() as session:
        now = database_now(session)
    return [
        Waiting(
            name,
            len(jobs),
            sum(one.attempt > 1 for one, _ in jobs),
            max(now - moment_of(min(at for _, at in jobs)), timedelta(0)),
        )
        for name, jobs in sorted(found.items())
    ]


def _first_promised(db: Database, ids: Sequence[JobId]) -> Mapping[str, int]:
    """When those that were tried or put off before were promised, in DBOS's milliseconds."""
    firsts = sorted({str(one.first) for one in ids if one.first != one})
    found: dict[str, int] = {}
    for start in range(0, len(firsts), 500):
        chosen = firsts[start : start + 500]
        rows = _client(db.engine).list_workflows(workflow_ids=chosen, load_input=False, load_output=False)
        found |= {row.workflow_id: row.created_at or 0 for row in rows}
    return found


def retry_failed(session: Session, failed: FailedJob, *, at: Any, by_id: int | None) -> None:
    """Promise a failed job again, as the person asked."""
    if failed.job not in QUEUES:
        raise UserError("This version of payclerk does not know this work. Try it again after the upgrade.")
    key = failed.key.partition(":")[2]
    failed.status, failed.status_at, failed.status_by_id = "retried", at, by_id
    payload = Tries(before=failed.attempts).with_payload(failed.payload)
    promise(session, failed.job, key, payload, attempt=failed.attempts + 1)
    # Its message offers a retry: it shows that this one is under way.
    promise(session, "slack.trouble", f"{failed.id}:{failed.attempts}:retried", {"failed_job_id": failed.id})
