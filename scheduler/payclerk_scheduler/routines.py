"""What the clock starts: billing periods, reminders to the silent, and the Monday digest."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.invitations import remind_silent
from payclerk_core.actions.period_schedules import open_due_period
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.jobs import Job, promise
from payclerk_core.settings import Settings
from payclerk_core.tables import Project

REMINDER_HOUR = 9
DIGEST_HOUR = 8
MONDAY = 0


class Routines:
    """The handlers of the clock's jobs. Each looks at the state it finds, so running one twice does no harm."""

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._settings, self._db, self._clock = settings, db, clock

    def remind(self, _job: Job) -> None:
        """Due-date reminders, from nine in the morning where the project is."""
        now = self._clock()
        with self._db.transaction() as session:
            call = Call(session, now, self._settings, actor=None, door="clock")
            for project in session.scalars(select(Project).order_by(Project.id)):
                if now.astimezone(ZoneInfo(project.timezone)).hour >= REMINDER_HOUR:
                    remind_silent(call, project.id)

    def open_periods(self, _job: Job) -> None:
        """The billing periods whose day has come, each project's in its own time zone."""
        for project_id in self._projects():
            with self._db.transaction() as session:
                open_due_period(Call(session, self._clock(), self._settings, actor=None, door="clock"), project_id)

    def _projects(self) -> list[int]:
        with self._db.reading() as session:
            return list(session.scalars(select(Project.id).order_by(Project.id)))

    def digest(self, _job: Job) -> None:
        """The digest of each project, once a week: Monday from eight, or later that day when the clock was down."""
        now = self._clock()
        with self._db.transaction() as session:
            for project in session.scalars(select(Project).where(Project.weekly_digest).order_by(Project.id)):
                local = now.astimezone(ZoneInfo(project.timezone))
                if local.weekday() == MONDAY and local.hour >= DIGEST_HOUR:
                    week = str(_monday(local.date()))
                    promise(session, "slack.digest", f"{project.id}:{week}", {"project_id": project.id, "week": week})


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
