"""The clock's process: ticks, and works on what is heavy."""

from __future__ import annotations

from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.jobs import JobRunner
from payclerk_core.settings import Settings

from .clock import ClockDoor
from .heavy import HeavyWork
from .routines import Routines


class SchedulerDoor:
    """Everything this package does, started and stopped together."""

    def __init__(self, settings: Settings, db: Database, clock: Clock, runner: JobRunner) -> None:
        self._clock_door = ClockDoor(db, clock, every_seconds=settings.clock_seconds)
        self._heavy = HeavyWork(settings, db, clock)
        routines = Routines(settings, db, clock)
        runner.handle("package.compile", self._heavy.compile_package)
        runner.handle("docusign.send", self._heavy.send_envelope)
        runner.handle("docusign.void", self._heavy.void_envelope)
        runner.handle("docusign.fetch", self._heavy.fetch_envelope)
        runner.handle("docusign.poll", self._heavy.poll_envelopes)
        runner.handle("clock.reminders", routines.remind)
        runner.handle("clock.digest", routines.digest)
        runner.handle("clock.periods", routines.open_periods)

    def start(self) -> None:
        self._clock_door.start()

    def stop(self) -> None:
        self._clock_door.stop()
        self._heavy.close()
