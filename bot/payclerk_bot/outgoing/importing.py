"""import.run: a file that was shown in Slack is loaded, all or nothing, and its message says what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from slack_sdk import WebClient
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.importing import (
    known_project,
    plan_digest,
    plan_of,
    preview_of,
    settle_import,
    settled_import,
)
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.documents.workbook import ProjectFile, Source, WorkbookFaults, open_file, read_opened
from payclerk_core.errors import UserError
from payclerk_core.jobs import Job
from payclerk_core.settings import Settings
from payclerk_core.tables import FailedJob, Person, StoredFile

from ..posts import translated
from ..views import importing as views
from ..views.importing import Dropped, Said

STOPPED: Final = "The work stopped on our side; /billing status has Retry."


class ImportWork:
    """Bears being run twice: what was done stands in the transaction that did it, and the message is told again."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, client: WebClient) -> None:
        self._settings, self._db, self._clock, self._client = settings, db, clock, client

    def __call__(self, job: Job) -> None:
        dropped = Dropped.of(str(job.payload["dropped"]))
        if not self._settled(job):
            self._say(job, views.working(dropped))
        try:
            said = self._load(job, dropped)
        except WorkbookFaults as error:
            said = views.faulty(dropped.name, error.faults[: views.SHOWN_FAULTS])
        except UserError as error:
            said = views.left(dropped, error.message)
        except Exception:
            self._say(job, views.left(dropped, "Something went wrong; it is tried again."))
            raise
        self._say(job, said)

    def ended(self, failed: FailedJob) -> None:
        """The import ended without success, or is tried again: its message says which."""
        dropped, job = Dropped.of(str(failed.payload["dropped"])), Job(failed.job, "", failed.payload, failed.attempts)
        if self._settled(job) is None:
            again = failed.status == "retried"
            self._say(job, views.working(dropped) if again else views.left(dropped, STOPPED))

    def _settled(self, job: Job) -> list[str] | None:
        with self._db.reading() as session:
            return settled_import(session, str(job.payload["key"]))

    def _load(self, job: Job, dropped: Dropped) -> Said:
        """Reading a large file takes seconds, so it is read before the transaction that stores."""
        with self._db.reading() as session:
            who = session.get_one(Person, int(job.payload["person_id"])).name
            file = None if settled_import(session, str(job.payload["key"])) is not None else _read(session, dropped)
        lines = self._settled(job) if file is None else self._store(job, dropped, file)
        if lines is None and file is not None:
            return self._look_again(job, dropped, file)
        return views.done(dropped, lines, who) if lines else views.left(dropped)

    def _store(self, job: Job, dropped: Dropped, file: ProjectFile) -> list[str] | None:
        """What was done; None when it would be something else than what was shown."""
        with self._db.transaction() as session:
            key = str(job.payload["key"])
            if (lines := settled_import(session, key)) is not None:
                return lines
            report = settle_import(self._call(session, job), file, key, dropped.seen)
            return report.lines() if report is not None else None

    def _look_again(self, job: Job, dropped: Dropped, file: ProjectFile) -> Said:
        with self._db.reading() as session:
            plan = plan_of(self._call(session, job), file)
        now = replace(dropped, seen=plan_digest(plan))
        return views.changed(now, preview_of(plan), plan.same)

    def _call(self, session: Session, job: Job) -> Call:
        actor = session.get_one(Person, int(job.payload["person_id"]))
        return Call(session, self._clock(), self._settings, actor=actor, door="slack")

    def _say(self, job: Job, said: Said) -> None:
        text, blocks = said
        with translated():
            self._client.chat_update(
                channel=str(job.payload["channel"]), ts=str(job.payload["ts"]), text=text, blocks=blocks
            )


def _read(session: Session, dropped: Dropped) -> ProjectFile:
    content = session.get_one(StoredFile, dropped.file_id).content
    return read_opened(open_file([Source(dropped.name, content)]), known_project(session, dropped.project))
