"""What becomes of a job whose process is gone, and of one that ended without anybody's saying so.

Each process looks again and again, one at a time. Jobs in the hands of a process that has ended go back to their queue;
after five such ends a person sees the job, for it may be what ends the processes. What DBOS holds as ended badly (its
own trouble, or a job cancelled by hand) becomes a FailedJob, too: nothing is given up without being told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from .db import Database, database_now
from .fleet import Pace, kind_of, living
from .job_ids import JobId
from .tables import Executor, FailedJob, JobTakeover, MailLease

log = structlog.get_logger()
# So many processes may end at a job before a person is asked.
MOST_TAKEOVERS: Final = 5
ENDED_BADLY: Final = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
# A process of a release that did not beat yet: it is still at work while the new one is rolled out.
_WITHOUT_BEATS: Final = timedelta(minutes=10)
_NO_RESULT: Final = "internal fault: the work ended without a result"

# DBOS's client and its rows: jobs.py alone imports them.
Client = Any
Row = Any
GiveUp = Callable[[Session, JobId, dict[str, Any], str], None]


class JobCare:
    """Looks after the jobs of one database, from a process of the fleet."""

    def __init__(
        self, db: Database, executor_id: str, pace: Pace, *, client: Client, workflow: str, give_up: GiveUp
    ) -> None:
        self._db, self._id, self._pace = db, executor_id, pace
        self._client, self._workflow, self._give_up = client, workflow, give_up

    def begin(self) -> None:
        """Look for the first time, before this process runs a job itself."""
        if self._single:
            self._bury_predecessors()
        self.look(judge=False)

    def look(self, judge: bool) -> None:
        """Take over what lost its process and tell what ended badly, unless another process is at that now.

        Without `judge` it is too early to say who has ended, but for those who were here before us on SQLite.
        """
        with self._db.alone_with(0, of="fleet") as alone:
            if alone:
                for row in self._orphans(judge):
                    self._take_over(row)
                self._tell_what_ended_badly()

    def still_ours(self, workflow_id: str) -> bool:
        """Whether a job this process began is its own yet. Ask right after a beat: then it stays so."""
        with self._db.alone_with(0, of="fleet", wait=True):
            row = self._rows([workflow_id])[0]
        return bool(row.status == "PENDING" and row.executor_id == self._id)

    def hand_back(self, workflow_id: str) -> None:
        """Put a job this process has not begun into its queue again."""
        self._client.resume_workflow(workflow_id, queue_name=self.queue_of(workflow_id))

    def queue_of(self, workflow_id: str) -> str:
        return str(self._rows([workflow_id])[0].queue_name)

    @property
    def _single(self) -> bool:
        """SQLite: one process, so whoever was here before it has ended."""
        return self._db.engine.dialect.name == "sqlite"

    def _bury_predecessors(self) -> None:
        kind = kind_of(self._id)
        with self._db.transaction() as session:
            before = [one for one in session.scalars(select(Executor.id)) if kind_of(one) == kind and one != self._id]
            before_us = Executor.id.in_(before)
            session.execute(delete(Executor).where(before_us))
            session.execute(update(MailLease).where(MailLease.holder.in_(before)).values(until=database_now(session)))

    def _orphans(self, judge: bool) -> list[Row]:
        pending = self._client.list_workflows(
            name=self._workflow, status="PENDING", load_input=False, load_output=False
        )
        with self._db.reading() as session:
            alive = living(session, self._pace) | {self._id}
            known = set(session.scalars(select(Executor.id)))
            now = database_now(session)
        lost = [row for row in pending if row.executor_id not in alive]
        if not judge:
            return [row for row in lost if self._single and kind_of(row.executor_id or "") == kind_of(self._id)]
        return [row for row in lost if row.executor_id in known or _is_old(row, now)]

    def _take_over(self, row: Row) -> None:
        # Counted first: a look that ends here counts once too often rather than never.
        if self._count(row.workflow_id) > MOST_TAKEOVERS:
            self._client.cancel_workflow(row.workflow_id)
            return
        log.warning("job_taken_over", job=JobId.of(row.workflow_id).job)
        self._client.resume_workflow(row.workflow_id, queue_name=row.queue_name)

    def _count(self, workflow_id: str) -> int:
        with self._db.transaction() as session:
            taken = session.get(JobTakeover, workflow_id)
            if taken is None:
                taken = JobTakeover(workflow_id=workflow_id, count=0)
                session.add(taken)
            taken.count += 1
            return taken.count

    def _tell_what_ended_badly(self) -> None:
        ended = self._client.list_workflows(
            name=self._workflow, status=list(ENDED_BADLY), load_input=False, load_output=False
        )
        untold = self._untold([row.workflow_id for row in ended])
        for row in self._rows(untold, load_input=True):
            with self._db.transaction() as session:
                self._give_up(session, JobId.of(row.workflow_id), _payload(row), self._reason(session, row))

    def _untold(self, workflow_ids: Sequence[str]) -> list[str]:
        """Those that are no FailedJob and were not promised again either: settled, then interrupted."""
        ids = [JobId.of(one) for one in workflow_ids]
        with self._db.reading() as session:
            rows = session.execute(select(FailedJob.key, FailedJob.attempts)) if ids else ()
            told = {(key, attempts) for key, attempts in rows}
        most = dict(sorted(told))
        left = [one for one in ids if most.get(str(one.first), 0) < one.attempt]
        followers = [str(after) for one in left for after in (one.next_try, one.later)]
        followed = {row.workflow_id for row in self._rows(followers)}
        return [str(one) for one in left if not followed & {str(one.next_try), str(one.later)}]

    def _reason(self, session: Session, row: Row) -> str:
        taken = session.get(JobTakeover, row.workflow_id)
        if taken is not None and taken.count > MOST_TAKEOVERS:
            return f"Each of the {taken.count} processes that worked on it ended before it was done."
        return "It was cancelled by hand." if row.status == "CANCELLED" else _NO_RESULT

    def _rows(self, workflow_ids: Sequence[str], *, load_input: bool = False) -> list[Row]:
        if not workflow_ids:
            return []
        chosen = list(workflow_ids)
        return list(self._client.list_workflows(workflow_ids=chosen, load_input=load_input, load_output=False))


def moment_of(milliseconds: int) -> datetime:
    """A moment as DBOS writes it."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def _is_old(row: Row, now: datetime) -> bool:
    """Whether a process that never beat has had a job for so long that it must be gone."""
    return now - moment_of(row.dequeued_at or row.updated_at or 0) > _WITHOUT_BEATS


def _payload(row: Row) -> dict[str, Any]:
    """What the job was promised with; nothing where it cannot be read any more."""
    given: Sequence[Any] = row.input["args"] if row.input else ()
    return dict(given[2]) if len(given) > 2 and isinstance(given[2], dict) else {}
