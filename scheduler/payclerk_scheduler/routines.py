"""What the clock starts: billing periods, reminders to the silent, and the Monday digest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.invitations import remind_silent
from payclerk_core.actions.period_schedules import open_due_period
from payclerk_core.clock import Clock
from payclerk_core.db import Database, is_away
from payclerk_core.errors import UserError
from payclerk_core.jobs import Job, promise
from payclerk_core.settings import Settings
from payclerk_core.tables import Project

log = structlog.get_logger()
REMINDER_HOUR = 9
DIGEST_HOUR = 8
MONDAY = 0

Routine = Callable[[Call, Project], None]


class Routines:
    """The handlers of the clock's jobs. Each looks at the state it finds, so running one twice does no harm.

    Each project is dealt with by itself. One with a fault gets a job of its own, once a day, so that the fault is
    tried again and then shown to people as any other, and the other projects do not wait for it.
    """

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._settings, self._db, self._clock = settings, db, clock

    def remind(self, job: Job) -> None:
        """Due-date reminders, from nine in the morning where the project is."""
        self._for_each(job, _remind)

    def open_periods(self, job: Job) -> None:
        """The billing periods whose day has come, each project's in its own time zone."""
        self._for_each(job, _open_period)

    def digest(self, job: Job) -> None:
        """The digest of each project, once a week: Monday from eight, or later that day when the clock was down."""
        self._for_each(job, _digest)

    def _for_each(self, job: Job, routine: Routine) -> None:
        if "project_id" in job.payload:
            self._do(int(job.payload["project_id"]), routine)
            return
        with self._db.reading() as session:
            ids = list(session.scalars(select(Project.id).order_by(Project.id)))
        for project_id in ids:
            try:
                self._do(project_id, routine)
            except Exception as error:
                if is_away(error):
                    raise
                log.exception("routine_fault", project_id=project_id)
                self._alone(job, project_id)

    def _do(self, project_id: int, routine: Routine) -> None:
        with self._db.transaction() as session:
            project = session.get_one(Project, project_id)
            routine(Call(session, self._clock(), self._settings, actor=None, door="clock"), project)

    def _alone(self, job: Job, project_id: int) -> None:
        day = self._clock().astimezone(UTC).date()
        with self._db.transaction() as session:
            promise(session, job.name, f"project:{project_id}:{day}", {"project_id": project_id})


def _remind(call: Call, project: Project) -> None:
    if _local(call, project).hour >= REMINDER_HOUR:
        remind_silent(call, project.id)


def _open_period(call: Call, project: Project) -> None:
    _local(call, project)
    open_due_period(call, project.id)


def _digest(call: Call, project: Project) -> None:
    if not project.weekly_digest:
        return
    local = _local(call, project)
    if local.weekday() == MONDAY and local.hour >= DIGEST_HOUR:
        week = str(_monday(local.date()))
        promise(call.session, "slack.digest", f"{project.id}:{week}", {"project_id": project.id, "week": week})


def _local(call: Call, project: Project) -> datetime:
    try:
        return call.at.astimezone(ZoneInfo(project.timezone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = f"Project {project.number} has a time zone that is not known ({project.timezone}). Set its time zone, for example America/Chicago."
        raise UserError(text) from None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
