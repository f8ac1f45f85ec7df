"""bulk.run: an order of bulk work, slice by slice, as the person who gave it."""

from __future__ import annotations

import threading
from typing import Final

from payclerk_core.actions.bulk import work_slice
from payclerk_core.actions.call import Call
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.jobs import Job
from payclerk_core.settings import Settings
from payclerk_core.tables import Batch, Person

# On SQLite who waits to write looks again every tenth of a second: between two slices each has its turn.
PAUSE_S: Final = 0.15


class BulkWork:
    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._settings, self._db, self._clock = settings, db, clock
        self._pause = threading.Event()
        self._pause_s = PAUSE_S if db.engine.dialect.name == "sqlite" else 0

    def __call__(self, job: Job) -> None:
        while self.work_slice(int(job.payload["batch_id"])):
            self._pause.wait(self._pause_s)

    def work_slice(self, batch_id: int) -> bool:
        """Do the next slice of an order; whether there is more of it."""
        with self._db.transaction() as session:
            batch = session.get_one(Batch, batch_id)
            actor = session.get(Person, batch.person_id) if batch.person_id else None
            return work_slice(Call(session, self._clock(), self._settings, actor=actor, door="slack"), batch_id)
