"""Puts the doors together: which process runs what, and how it starts and stops."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from payclerk_bot.app import BotDoor
from payclerk_core.actions.logos import logo_of
from payclerk_core.clock import Clock, clock_for
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.fleet import Pace, new_executor_id
from payclerk_core.jobs import JobRunner
from payclerk_core.settings import Settings
from payclerk_mailbox.door import MailDoor
from payclerk_scheduler.door import SchedulerDoor

from .web import WebDoor

log = structlog.get_logger()
ALL = ("bot", "mail", "clock", "web")


class Door(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Office:
    """One process of payclerk: some doors over one database."""

    db: Database
    runner: JobRunner
    doors: Sequence[Door]

    def start(self) -> None:
        self.runner.start()
        for door in self.doors:
            door.start()

    def stop(self) -> None:
        for door in reversed(self.doors):
            door.stop()
        self.runner.stop()
        self.db.close()


def open_office(settings: Settings, names: Sequence[str]) -> Office:
    """The doors of these names, ready to start. What is not set up is said at once."""
    logo_of(settings)  # a file that cannot be shown is said before the first mail
    db = Database(settings.database_url)
    clock = clock_for(settings.clock_file)
    kind = "-".join(names if len(names) < len(ALL) else ["up"])
    pace = Pace(timedelta(seconds=settings.beat_seconds))
    runner = JobRunner(db, clock, executor_id=new_executor_id(kind), pace=pace)
    return Office(db, runner, [_door(name, settings, db, clock, runner) for name in names])


def _door(name: str, settings: Settings, db: Database, clock: Clock, runner: JobRunner) -> Door:
    if name == "bot":
        _require(settings.has_slack, "PAYCLERK_SLACK_BOT_TOKEN and PAYCLERK_SLACK_APP_TOKEN")
        return BotDoor(settings, db, clock, runner)
    if name == "mail":
        _require(settings.has_mail, "PAYCLERK_MAIL_ADDRESS, PAYCLERK_SMTP_HOST and PAYCLERK_IMAP_HOST")
        return MailDoor(settings, db, clock, runner)
    if name == "clock":
        return SchedulerDoor(settings, db, clock, runner)
    return WebDoor(settings, db, clock)


def _require(present: bool, what: str) -> None:
    if not present:
        raise UserError(f"Set {what} first (see .env.example), then run 'payclerk doctor'.", code="settings")


def run_until_signal(office: Office) -> None:
    """Run until SIGTERM or Ctrl-C; then finish what is in hand."""
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    office.start()
    log.info("started")
    done.wait()
    log.info("stopping")
    office.stop()
