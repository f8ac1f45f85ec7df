"""slack.package: the compiled backup as a file, to the person who asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.packages import note_posted
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.jobs import Job
from payclerk_core.queries.directory import administrators
from payclerk_core.queries.sight import sees_all
from payclerk_core.settings import Settings
from payclerk_core.tables import Package, Person, StoredFile

from ..posts import Posts, translated
from ..views.package import package_comment


@dataclass(frozen=True, slots=True)
class Upload:
    channels: list[str]
    name: str
    comment: str
    content: bytes


def _readers(session: Session, package: Package) -> list[str]:
    """Who asked for it, who may see every contract in it. A channel may hold people who may not."""
    contracts = {row.claim.contract for row in package.claims}
    asked = session.get(Person, package.requested_by_id) if package.requested_by_id else None
    people = [person for person in (asked, *administrators(session, package.project_id)) if person is not None]
    return [person.slack_user for person in people if person.slack_user and sees_all(session, person.id, contracts)]


class PackagePosts:
    def __init__(self, settings: Settings, db: Database, clock: Clock, client: WebClient, posts: Posts) -> None:
        self._settings, self._db, self._clock = settings, db, clock
        self._client, self._posts = client, posts

    def __call__(self, job: Job) -> None:
        package_id = int(job.payload["package_id"])
        subject = f"package:{package_id}"
        with self._db.reading() as session:
            package = session.get_one(Package, package_id)
            if package.status == "posted" or package.file_id is None:
                return
            file = session.get_one(StoredFile, package.file_id)
            upload = Upload(
                _readers(session, package),
                package.name,
                package_comment(package_id, package.name, len(package.claims), list(package.index or [])),
                file.content,
            )
        with translated():
            if not self._is_there(subject, upload):
                self._upload(subject, upload)
        with self._db.transaction() as session:
            note_posted(Call(session, self._clock(), self._settings, actor=None, door="slack"), package_id)

    def _is_there(self, subject: str, upload: Upload) -> bool:
        """Was it uploaded before we were killed? Slack keeps no metadata with a file: its comment begins with our number."""
        place = self._posts.known(subject)
        if place is None:
            return False
        opening = upload.comment.partition("\n")[0]

        def ours(message: dict[str, Any]) -> bool:
            return str(message.get("text", "")).startswith(opening)

        ts = self._posts.look_back(place, ours)
        if ts is not None:
            self._posts.note(subject, place.channel, ts, None)
        return ts is not None

    def _upload(self, subject: str, upload: Upload) -> None:
        channel = self._posts.start(subject, upload.channels)
        name = upload.name if upload.name.lower().endswith(".pdf") else f"{upload.name}.pdf"
        self._client.files_upload_v2(
            channel=channel, content=upload.content, filename=name, title=upload.name, initial_comment=upload.comment
        )
