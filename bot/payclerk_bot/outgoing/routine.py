"""slack.digest and slack.trouble: the Monday digest, and what could not be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.db import Database
from payclerk_core.jobs import Job
from payclerk_core.queries.digest import digest_of
from payclerk_core.tables import Batch, Claim, Envelope, FailedJob, Message, MessageRecipient, Package, Project, Thread

from ..posts import Post, Posts
from ..views.blocks import plural
from ..views.digest import digest_message
from ..views.status import trouble_message
from .audience import of_project

Ended = Callable[[FailedJob], None]


class RoutinePosts:
    def __init__(self, db: Database, posts: Posts, ended: Mapping[str, Ended] | None = None) -> None:
        """`ended`: by the job that ended without success, what brings the message of its work up to date."""
        self._db, self._posts, self._ended = db, posts, ended or {}

    def digest(self, job: Job) -> None:
        project_id, week = int(job.payload["project_id"]), str(job.payload["week"])
        with self._db.reading() as session:
            channels = of_project(session, session.get_one(Project, project_id))
        self._posts.show(f"digest:{project_id}:{week}", channels, lambda: self._digest(project_id))

    def _digest(self, project_id: int) -> Post | None:
        with self._db.reading() as session:
            digest = digest_of(session, session.get_one(Project, project_id))
            return Post(*digest_message(digest)) if digest else None

    def trouble(self, job: Job) -> None:
        failed_id = int(job.payload["failed_job_id"])
        with self._db.reading() as session:
            failed = session.get_one(FailedJob, failed_id)
            channels = _channels(session, failed)
        self._posts.show(f"trouble:{failed_id}", channels, lambda: self._trouble(failed_id))
        if failed.job in self._ended:
            self._ended[failed.job](failed)

    def _trouble(self, failed_id: int) -> Post:
        with self._db.reading() as session:
            row = session.get_one(FailedJob, failed_id)
            left = _left_of_bulk(session, row)
            return Post(*trouble_message(row.id, row.job, row.reason, row.attempts, row.status, left))


def _left_of_bulk(session: Session, failed: FailedJob) -> str:
    """How much of a bulk action was done before its job ended, and how much is as it was."""
    batch = session.get(Batch, failed.payload.get("batch_id") or 0) if failed.job == "bulk.run" else None
    if batch is None:
        return ""
    left = sum(item.outcome == "queued" for item in batch.items)
    return f"Not done: {left} of {plural(len(batch.items), 'row')}. What is not done is as it was."


def _channels(session: Session, failed: FailedJob) -> list[str]:
    """The channel of the project the job was for; when that cannot be told, the first project's."""
    project_id = _project_of(session, failed)
    query = select(Project.slack_channel).where(Project.slack_channel.is_not(None)).order_by(Project.id)
    own = session.scalars(query.where(Project.id == project_id)).all() if project_id else []
    return [str(channel) for channel in [*own, *session.scalars(query)]]


def _project_of(session: Session, failed: FailedJob) -> int | None:
    payload = failed.payload
    if isinstance(project := payload.get("project_id"), int):
        return project
    if batch := session.get(Batch, payload.get("batch_id") or 0):
        return batch.project_id
    if package := session.get(Package, payload.get("package_id") or 0):
        return package.project_id
    if envelope := session.get(Envelope, payload.get("envelope_row") or 0):
        return envelope.claim.contract.project_id
    recipient = session.get(MessageRecipient, payload.get("recipient_id") or 0)
    message = session.get(Message, recipient.message_id) if recipient else None
    thread = session.get(Thread, message.thread_id) if message else None
    return thread.project_id if thread else _project_of_notice(session, failed)


def _project_of_notice(session: Session, failed: FailedJob) -> int | None:
    if failed.payload.get("notice") != "submitted":
        return None
    claim = session.get(Claim, failed.payload.get("id") or 0)
    return claim.contract.project_id if claim else None
