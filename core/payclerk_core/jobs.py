"""The one door to durable jobs (DBOS): promise one in your transaction, or run those of some queues.

A promise is a row in the caller's own transaction: it commits or rolls back with the change that made it. Its id is
made of the job's name and key, so the same promise made twice is kept once. A job runs at least once: a process killed
in the middle runs it again, so every handler must bear being run twice.

Trouble of the world is tried again with growing waits; what cannot succeed becomes a FailedJob row, which people see
in Slack and can try again.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy import Engine, make_url, select
from sqlalchemy.orm import Session

from .clock import Clock
from .db import Database
from .errors import OutsideError, UserError
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
    "docusign.poll": "heavy",
    "clock.reminders": "heavy",
    "clock.digest": "heavy",
    "clock.periods": "heavy",
}
WORKERS: Final[Mapping[str, int]] = {"mail": 8, "slack": 8, "heavy": 2}
# Seconds before the next try; the last one repeats. About three days in all.
WAITS: Final[tuple[int, ...]] = (1, 2, 5, 15, 60, 300, 900)
MAX_ATTEMPTS: Final = 300
# A fault of our own is not healed by waiting: few tries, then a person sees it.
MAX_ATTEMPTS_OWN_FAULT: Final = 3

_WORKFLOW: Final = "payclerk_job"
_SCHEMA: Final = "dbos"
# One constant version: a restart on new code must still recover the jobs of the old.
_APPLICATION: Final = {"name": "payclerk", "application_version": "1"}
_clients: weakref.WeakKeyDictionary[Engine, DBOSClient] = weakref.WeakKeyDictionary()


def promise(
    session: Session, job: str, key: str, payload: Mapping[str, Any] | None = None, *, attempt: int = 1, wait: float = 0
) -> None:
    """Promise a job in this transaction. The same (job, key) again changes nothing, finished or not."""
    options: EnqueueOptions = {
        "workflow_name": _WORKFLOW,
        "queue_name": QUEUES[job],
        "workflow_id": _workflow_id(job, key, attempt),
    }
    if wait:
        options["delay_seconds"] = wait
    client = _client(session.connection().engine)
    client.enqueue_in_transaction(session, options, job, key, dict(payload or {}), attempt)


def _workflow_id(job: str, key: str, attempt: int) -> str:
    return f"{job}:{key}" if attempt == 1 else f"{job}:{key}~{attempt}"


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


class JobRunner:
    """Runs the jobs of the queues it is given, until stopped. One per process."""

    def __init__(self, db: Database, clock: Clock, *, executor_id: str) -> None:
        self._db = db
        self._clock = clock
        self._executor_id = executor_id
        self._handlers: dict[str, Handler] = {}

    def handle(self, job: str, handler: Handler) -> None:
        """Use `handler` for a job. It raises OutsideError when the world does not do its part."""
        if job not in QUEUES:
            raise KeyError(f"{job} is not in the list of jobs")
        self._handlers[job] = handler

    def start(self) -> None:
        _quiet()
        config: DBOSConfig = {
            "name": _APPLICATION["name"],
            "application_version": _APPLICATION["application_version"],
            "executor_id": self._executor_id,
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

    def stop(self) -> None:
        """Finish what is running (up to ten seconds) and stop; what is not finished is recovered at the next start."""
        # DBOS would wait a whole second even where nothing runs. What is taken up at this moment is recovered, too.
        DBOS.destroy(workflow_completion_timeout_sec=0 if self._comes_to_rest() else 10, destroy_registry=True)

    def _comes_to_rest(self) -> bool:
        """Whether a moment without a running job comes soon, as it does unless there is much to do."""
        pause = threading.Event()
        for _ in range(20):
            if not DBOS.list_workflows(status="PENDING", executor_id=self._executor_id, limit=1, load_input=False):
                return True
            pause.wait(0.05)
        return False

    def _workflow(self) -> Callable[[str, str, dict[str, Any], int], None]:
        @DBOS.step(name="run")
        def step(name: str, key: str, payload: dict[str, Any], attempt: int) -> None:
            self._run(name, key, payload, attempt)

        def payclerk_job(name: str, key: str, payload: dict[str, Any], attempt: int) -> None:
            step(name, key, payload, attempt)

        return payclerk_job

    def _run(self, name: str, key: str, payload: dict[str, Any], attempt: int) -> None:
        job = Job(name, key, payload, attempt)
        with structlog.contextvars.bound_contextvars(job=name, key=key, attempt=attempt):
            try:
                self._handlers[name](job)
            except OutsideError as error:
                self._settle(job, error.message, error.permanent, MAX_ATTEMPTS, error.retry_after)
            except UserError as error:
                self._settle(job, error.message, permanent=True)
            except Exception as error:
                log.exception("job_fault")
                self._settle(job, f"internal fault: {type(error).__name__}", False, MAX_ATTEMPTS_OWN_FAULT)

    def _settle(
        self, job: Job, reason: str, permanent: bool, most: int = MAX_ATTEMPTS, retry_after: float | None = None
    ) -> None:
        """Promise the next try, or give up where people see it."""
        with self._db.transaction() as session:
            if not permanent and job.attempt < most:
                wait = max(retry_after or 0, WAITS[min(job.attempt, len(WAITS)) - 1])
                log.warning("job_waits", reason=reason, seconds=wait)
                promise(session, job.name, job.key, job.payload, attempt=job.attempt + 1, wait=wait)
                return
            self._give_up(session, job, reason)

    def _give_up(self, session: Session, job: Job, reason: str) -> None:
        log.error("job_failed", reason=reason)
        key = f"{job.name}:{job.key}"
        row = session.scalar(select(FailedJob).where(FailedJob.key == key))
        if row is None:
            row = FailedJob(job=job.name, key=key, payload=dict(job.payload), status_by_id=None)
            session.add(row)
        row.status, row.status_at = "failed", self._clock()
        row.attempts, row.reason = job.attempt, reason[:500]
        session.flush()
        if job.name != "slack.trouble":  # a notice that cannot be posted must not ask for another notice
            promise(session, "slack.trouble", f"{row.id}:{job.attempt}", {"failed_job_id": row.id})


@dataclass(frozen=True, slots=True)
class Waiting:
    """Jobs of one name that have not finished: how many in all, and how many of them met trouble before."""

    job: str
    count: int
    troubled: int


def waiting(db: Database) -> Sequence[Waiting]:
    """What still waits to be done, by job, for people to see."""
    rows = _client(db.engine).list_workflows(
        name=_WORKFLOW, status=["ENQUEUED", "PENDING", "DELAYED"], load_input=False, load_output=False
    )
    counts: Counter[str] = Counter()
    troubled: Counter[str] = Counter()
    for row in rows:
        name = row.workflow_id.partition(":")[0]
        counts[name] += 1
        troubled[name] += "~" in row.workflow_id.partition(":")[2]
    return [Waiting(name, counts[name], troubled[name]) for name in sorted(counts)]


def retry_failed(session: Session, failed: FailedJob, *, at: Any, by_id: int | None) -> None:
    """Promise a failed job again, as the person asked."""
    key = failed.key.partition(":")[2]
    failed.status, failed.status_at, failed.status_by_id = "retried", at, by_id
    promise(session, failed.job, key, failed.payload, attempt=failed.attempts + 1)
    # Its message offers a retry: it shows that this one is under way.
    promise(session, "slack.trouble", f"{failed.id}:{failed.attempts}:retried", {"failed_job_id": failed.id})
