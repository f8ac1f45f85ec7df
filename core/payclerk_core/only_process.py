"""One process of a kind on a SQLite file: a lock that the system lets go of when the process ends, however it ends.

On SQLite a process takes over at its start what its predecessor left in hand. A second one that is started by mistake
would take it from a process that lives, and mail would go out twice.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from .errors import UserError


class OnlyProcess:
    """Holds the lock of a kind of process beside the file of a SQLite database. On PostgreSQL it holds nothing."""

    def __init__(self, engine: Engine, kind: str) -> None:
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._path = Path(f"{file}.{kind}.lock") if file and file != ":memory:" else None
        self._kind, self._lock = kind, -1

    def hold(self) -> None:
        """Raises UserError when a process of this kind runs already."""
        if self._path is None:
            return
        lock = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise UserError(
                f"payclerk {self._kind} runs already on this database ({self._path.name} is held). Stop it first. "
                "To run several processes, use PostgreSQL.",
                code="running",
            ) from None
        self._lock = lock

    def let_go(self) -> None:
        lock, self._lock = self._lock, -1
        if lock >= 0:
            with suppress(OSError):
                os.close(lock)
