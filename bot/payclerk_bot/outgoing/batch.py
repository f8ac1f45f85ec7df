"""slack.batch: the one message that shows how far a bulk action is."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.db import Database
from payclerk_core.jobs import Job
from payclerk_core.tables import Batch, BatchItem, Claim, FailedJob, Person, Project

from ..posts import Post, Posts
from ..views.batch import BatchRow, batch_message
from .audience import of_project, private_contract_ids


class BatchPosts:
    def __init__(self, db: Database, posts: Posts) -> None:
        self._db, self._posts = db, posts

    def __call__(self, job: Job) -> None:
        self._show(int(job.payload["batch_id"]))

    def ended(self, failed: FailedJob) -> None:
        """The work of an order ended without success, or is tried again: its message says which."""
        self._show(int(str(failed.payload["batch_id"])))

    def _show(self, batch_id: int) -> None:
        with self._db.reading() as session:
            batch = session.get_one(Batch, batch_id)
            channels = [batch.channel, *of_project(session, session.get_one(Project, batch.project_id))]
        self._posts.show(f"batch:{batch_id}", channels, lambda: self._render(batch_id))

    def _render(self, batch_id: int) -> Post:
        with self._db.reading() as session:
            batch = session.get_one(Batch, batch_id)
            person = session.get(Person, batch.person_id) if batch.person_id else None
            private = _private(session, batch)
            rows = [_row(item, private=item.record_id in private) for item in batch.items]
            who = person.name if person else "payclerk"
            return Post(*batch_message(batch.action, rows, who, stopped=_stopped(session, batch)))


def _row(item: BatchItem, *, private: bool) -> BatchRow:
    """Of a private contract only its number: why something was skipped may name amounts."""
    if not private:
        return BatchRow(item.label, item.outcome, item.reason or "")
    why = "It is private; /billing claims says why." if item.reason else ""
    return BatchRow(item.label.partition(" ")[0], item.outcome, why)


def _stopped(session: Session, batch: Batch) -> bool:
    """Whether its job has ended without success and nobody has it tried again."""
    failed = select(FailedJob.id).where(FailedJob.key == f"bulk.run:{batch.id}", FailedJob.status == "failed")
    return session.scalar(failed) is not None


def _private(session: Session, batch: Batch) -> set[int]:
    """The records of the batch that belong to a private contract."""
    contracts = private_contract_ids(session, batch.project_id)
    if batch.action == "invite":
        return contracts
    return set(session.scalars(select(Claim.id).where(Claim.contract_id.in_(contracts)))) if contracts else set()
