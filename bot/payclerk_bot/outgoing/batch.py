"""slack.batch: the one message that shows how far a bulk action is."""

from __future__ import annotations

from payclerk_core.db import Database
from payclerk_core.jobs import Job
from payclerk_core.tables import Batch, Person, Project

from ..posts import Post, Posts
from ..views.batch import BatchRow, batch_message


class BatchPosts:
    def __init__(self, db: Database, posts: Posts) -> None:
        self._db, self._posts = db, posts

    def __call__(self, job: Job) -> None:
        batch_id = int(job.payload["batch_id"])
        with self._db.reading() as session:
            batch = session.get_one(Batch, batch_id)
            channels = [batch.channel, session.get_one(Project, batch.project_id).slack_channel]
        self._posts.show(f"batch:{batch_id}", channels, lambda: self._render(batch_id))

    def _render(self, batch_id: int) -> Post:
        with self._db.reading() as session:
            batch = session.get_one(Batch, batch_id)
            person = session.get(Person, batch.person_id) if batch.person_id else None
            rows = [BatchRow(item.label, item.outcome, item.reason or "") for item in batch.items]
            return Post(*batch_message(batch.action, rows, person.name if person else "payclerk"))
