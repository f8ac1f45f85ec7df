"""Limits of the HTTP door on connections and time: who opens many and says nothing keeps nobody else out.

uvicorn bounds neither how long a request may take to arrive nor how many connections are open; each would otherwise
cost a file handle, and the system's complaint about having none left is a log line for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

log = structlog.get_logger()
_SAID_EVERY: Final = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections may be open, and how many seconds each has: to send a request, to take its answer."""

    connections: int = 200
    seconds: float = 30


def protocol(limits: Limits) -> Callable[..., asyncio.Protocol]:
    """uvicorn's own protocol within these limits: for `Config(http=...)`."""
    noted = _Noted()
    return partial(_LimitedProtocol, limits=limits, noted=noted)


class _Noted:
    """Says that the door is full, at most once a minute."""

    def __init__(self) -> None:
        self._said_at: float | None = None

    def full(self, now: float) -> None:
        if self._said_at is None or now - self._said_at >= _SAID_EVERY:
            log.warning("web_connections_full")
            self._said_at = now


class _LimitedProtocol(H11Protocol):
    def __init__(self, *args: Any, limits: Limits, noted: _Noted, **named: Any) -> None:
        super().__init__(*args, **named)
        self._limits, self._noted = limits, noted
        self.began = 0.0
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.began = self.loop.time()
        self._end = self.loop.call_later(self._limits.seconds, self._time_is_over)
        if len(self.connections) > self._limits.connections:
            self._noted.full(self.began)
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def _make_room(self) -> None:
        """The oldest that has not asked anything yet goes first, this one only when there is none."""
        ours = [one for one in self.connections if isinstance(one, _LimitedProtocol)]
        oldest = min((one for one in ours if one.cycle is None), key=lambda one: one.began, default=self)
        oldest.drop()

    def _time_is_over(self) -> None:
        """No connection lives long: browsers open another. An answer in the making has the same time once more."""
        if self.cycle is not None and not self.cycle.response_complete and self.cycle.keep_alive:
            self.cycle.keep_alive = False
            self._end = self.loop.call_later(self._limits.seconds, self._time_is_over)
            return
        self.drop()

    def drop(self) -> None:
        """End it at once: what waits to be sent to somebody who does not read would never leave."""
        self.connections.discard(self)
        self.transport.abort()
