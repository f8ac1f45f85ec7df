"""Puts the doors together: which process runs what, and how it starts and stops."""

from __future__ import annotations

import os
import signal
import sys
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
        """Start all of it, or stop what was started and raise what is wrong."""
        self.runner.start()
        for number, door in enumerate(self.doors):
            try:
                door.start()
            except BaseException:
                self._stop(self.doors[:number])
                raise

    def stop(self) -> bool:
        """Finish what is in hand. False when something still runs: others take it over."""
        return self._stop(self.doors)

    def _stop(self, doors: Sequence[Door]) -> bool:
        for door in reversed(doors):
            door.stop()
        finished = self.runner.stop()
        self.db.close()
        return finished


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
    finished = office.stop()
    failed = any(getattr(door, "failed", False) for door in office.doors)
    if not finished:
        # Python would wait for the jobs still in hand, which may wait for a database that is away.
        log.warning("stopped_with_jobs_in_hand")
        sys.stderr.flush()
        os._exit(int(failed))
    if failed:
        raise UserError("payclerk ended because a part of it could not go on; the log above says which.", code="door")
