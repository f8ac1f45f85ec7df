"""One at a time for each subject, and a crowd of equal wishes becomes one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

INTERVAL_S: Final = 1.0


class Turns:
    """Serialises the updates of one subject in this process, at most one each interval.

    Who comes while another is already waiting may leave: the waiting one has not looked yet, and will show both
    changes. If that one fails, its own job is tried again.
    """

    def __init__(self, interval: float = INTERVAL_S) -> None:
        self._interval = interval
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._last: dict[str, float] = {}
        self._waiting: set[str] = set()
        self._ended = threading.Event()

    def end(self) -> None:
        """Nobody waits for the interval any more."""
        self._ended.set()

    @contextmanager
    def turn(self, subject: str) -> Iterator[bool]:
        """True when it is ours to do, False when one who waits will do it for us."""
        with self._guard:
            lock = self._locks.setdefault(subject, threading.Lock())
            crowded = subject in self._waiting
            self._waiting.add(subject)
        if crowded:
            yield False
            return
        with lock:
            self._pause(subject)
            with self._guard:
                self._waiting.discard(subject)
            try:
                yield True
            finally:
                self._last[subject] = time.monotonic()

    def _pause(self, subject: str) -> None:
        since = time.monotonic() - self._last.get(subject, -self._interval)
        if since < self._interval:
            self._ended.wait(self._interval - since)
