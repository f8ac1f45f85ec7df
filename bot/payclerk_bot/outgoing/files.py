"""slack.file: a file of the Emails log, or a mail exactly as it came, to the person who asked for it and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from payclerk_core.actions.log_exports import LogWanted, make_archive
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.jobs import Job
from payclerk_core.tables import Attachment, InboxMail, Message, Person

from ..posts import Posts, translated


@dataclass(frozen=True, slots=True)
class Upload:
    user: str
    name: str
    content: bytes


class FilePosts:
    def __init__(self, db: Database, client: WebClient, posts: Posts) -> None:
        self._db, self._client, self._posts = db, client, posts

    def __call__(self, job: Job) -> None:
        """Upload it. A second run after a crash may send the same file twice, to the same person."""
        with self._db.reading() as session:
            upload = _upload(session, job.payload)
        with translated():
            channel = self._posts.places.channel(upload.user)
            self._client.files_upload_v2(
                channel=channel,
                content=upload.content,
                filename=upload.name,
                title=upload.name,
                initial_comment="As you asked. Look before you open: it came by e-mail.",
            )


def _upload(session: Session, payload: Mapping[str, Any]) -> Upload:
    what, key, person_id = str(payload["what"]), int(payload["id"]), int(payload["person_id"])
    user = session.get_one(Person, person_id).slack_user
    if user is None:
        raise UserError("This person is not known in Slack any more.", code="no_slack")
    if what == "attachment":
        row = session.get_one(Attachment, key)
        return Upload(user, row.name, row.file.content)
    if what == "held":
        return Upload(user, f"mail-held-{key}.eml", session.get_one(InboxMail, key).raw)
    if what == "log":
        archive = make_archive(session, LogWanted(key, payload["claim_id"], person_id, raw=bool(payload["raw"])))
        return Upload(user, archive.name, archive.content)
    message = session.get_one(Message, key)
    return Upload(user, f"mail-{message.id}.eml", session.get_one(InboxMail, message.inbox_id).raw)
