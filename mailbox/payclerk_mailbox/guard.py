"""Reading at arm's length: the poller's side of the process that reads mails for it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Final

import structlog

from payclerk_core.limited import LimitedProcess, ProcessEndedError
from payclerk_core.wire import GarbledError, packed, unpacked

from .reading.dkim_check import SIGNATURES, Keys
from .reading.explain import Asked, Judged, Looked
from .reading.kind import OwnIdentity
from .reading.message import Unreadable
from .reading.opening import OpenedFile, Purpose
from .reading.process import CPU_SECONDS
from .reading.requests import Request, Response, Signed

log = structlog.get_logger()

WALL_SECONDS: Final = 30  # the process counts five seconds of processor time itself; this is for one that does nothing
_SLOW: Final = "took too long to read"


class ReadingDiedError(Exception):
    """The mail ended the process that read it. Another try may go better, since the machine may have been the cause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def is_slow(self) -> bool:
        """Whether it was the mail that took the time, and not the machine."""
        return self.reason == _SLOW


class GuardedReader:
    """Looks at mails and judges them in a process of its own, which is kept, and started anew when it has died."""

    def __init__(self, wall_seconds: float = WALL_SECONDS, cpu_seconds: float = CPU_SECONDS) -> None:
        self._wall_seconds = wall_seconds
        self._process = LimitedProcess("payclerk_mailbox.reading.process", [str(cpu_seconds)])
        self._last = ""  # the mail the process remembers
        self._lock = threading.Lock()

    def ready(self) -> None:
        """Start the process if it is not there. Raises OutsideError: that is the machine's trouble, not a mail's."""
        with self._lock:
            self._running()

    def look(self, raw: bytes, own: OwnIdentity) -> Looked:
        """Raises Unreadable, or ReadingDiedError."""
        with self._lock:
            return self._look(raw, own)

    def judge(self, looked: Looked, own: OwnIdentity, asked: Asked) -> Judged:
        """Raises Unreadable, or ReadingDiedError."""
        with self._lock:
            self._remember(looked, own)
            response = self._ask(Request(asked=asked))
        if response.judged is None:
            raise ReadingDiedError("the reading process answered something else")
        return response.judged

    def signers(self, looked: Looked, own: OwnIdentity, keys: Keys, at: datetime) -> tuple[str, ...]:
        """The domains whose signature on the mail holds. The network is asked here, for the process has none to ask.

        Raises Unreadable, or ReadingDiedError.
        """
        if not looked.mail.headers.all("dkim-signature"):
            return ()
        wanted = self._names(looked, own, Signed(at))
        found = {name: record for name in wanted[:SIGNATURES] if (record := keys(name)) is not None}
        return self._names(looked, own, Signed(at, found)) if found else ()

    def open(self, content: bytes, purpose: Purpose) -> OpenedFile:
        """What is in a file of a mail. Raises Unreadable, or ReadingDiedError."""
        with self._lock:
            response = self._ask(Request(content, purpose=purpose))
        if response.opened is None:
            raise ReadingDiedError("the reading process answered something else")
        return response.opened

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._process.end()

    def _names(self, looked: Looked, own: OwnIdentity, signed: Signed) -> tuple[str, ...]:
        with self._lock:
            self._remember(looked, own)
            response = self._ask(Request(signed=signed))
        if response.names is None:
            raise ReadingDiedError("the reading process answered something else")
        return response.names

    def _remember(self, looked: Looked, own: OwnIdentity) -> None:
        """Make the process have this mail before it."""
        self._running()
        if self._last != looked.mail.sha256:
            self._look(looked.mail.raw, own)

    def _look(self, raw: bytes, own: OwnIdentity) -> Looked:
        self._last = ""
        response = self._ask(Request(raw, own))
        if response.looked is None:
            raise ReadingDiedError("the reading process answered something else")
        self._last = response.looked.mail.sha256
        return replace(response.looked, mail=replace(response.looked.mail, raw=raw))

    def _running(self) -> LimitedProcess:
        if self._process.ready():
            self._last = ""
        return self._process

    def _ask(self, request: Request) -> Response:
        try:
            response = unpacked(self._process.ask(packed(request), self._wall_seconds), Response)
        except ProcessEndedError as ended:
            raise ReadingDiedError(self._cause(ended)) from None
        except GarbledError:
            raise ReadingDiedError(self._cause(ProcessEndedError(self._process.end_with_code()))) from None
        if response.unreadable is not None:
            raise Unreadable(response.unreadable)
        return response

    def _cause(self, ended: ProcessEndedError) -> str:
        self._last = ""
        log.warning("mail_reader_died", code=ended.code)
        return _SLOW if ended.slow else "ended the process that read it"


@cache
def shared_reader() -> GuardedReader:
    """The one of this process."""
    return GuardedReader()
