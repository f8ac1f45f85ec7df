"""Reading at arm's length: the poller's side of the process that reads mails for it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import Final

import structlog

from payclerk_core.errors import OutsideError

from .reading.dkim_check import SIGNATURES, Keys
from .reading.explain import Asked, Judged, Looked
from .reading.kind import OwnIdentity
from .reading.message import Unreadable
from .reading.opening import OpenedFile, Purpose
from .reading.process import CPU_SECONDS
from .reading.requests import Request, Response, Signed
from .reading.wire import GarbledError, packed, read_frame, unpacked

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
        self._wall_seconds, self._cpu_seconds = wall_seconds, cpu_seconds
        self._process: subprocess.Popen[bytes] | None = None
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
            self._end()

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

    def _ask(self, request: Request) -> Response:
        process = self._running()
        try:
            frame = _exchanged(process, packed(request), time.monotonic() + self._wall_seconds)
            if not frame:
                raise ReadingDiedError(self._cause(process))
            response = unpacked(frame, Response)
        except (OSError, GarbledError, TimeoutError):
            raise ReadingDiedError(self._cause(process)) from None
        if response.unreadable is not None:
            raise Unreadable(response.unreadable)
        return response

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = _start(self._cpu_seconds)
        return self._process

    def _cause(self, process: subprocess.Popen[bytes]) -> str:
        """Why there was no answer; the process is ended if it has not ended itself."""
        try:
            code = process.wait(0.5)
        except subprocess.TimeoutExpired:
            code = None
        self._end()
        log.warning("mail_reader_died", code=code)
        if code is None or code == -signal.SIGPROF:
            return _SLOW
        return "ended the process that read it"

    def _end(self) -> None:
        process, self._process, self._last = self._process, None, ""
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                _quietly(pipe.close)


@cache
def shared_reader() -> GuardedReader:
    """The one of this process."""
    return GuardedReader()


def _start(cpu_seconds: float) -> subprocess.Popen[bytes]:
    # Nothing of our environment: it holds the secrets of the mailbox and of Slack.
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "payclerk_mailbox.reading.process", str(cpu_seconds)]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=os.path.sep,
        )
    except OSError as error:
        raise OutsideError(
            f"The process that reads mails does not start ({error.strerror}).", permanent=False
        ) from error


def _exchanged(process: subprocess.Popen[bytes], frame: bytes, end: float) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise BrokenPipeError
    process.stdin.write(frame)
    process.stdin.flush()
    return read_frame(partial(_read_until, process.stdout.fileno(), end))


def _read_until(number: int, end: float, length: int) -> bytes:
    """So many bytes of a pipe, fewer when it is closed."""
    pieces: list[bytes] = []
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    while length:
        if not waiting.poll(max(0, end - time.monotonic()) * 1000):
            raise TimeoutError
        piece = os.read(number, min(length, 2**20))
        if not piece:
            break
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _quietly(close: Callable[[], None]) -> None:
    try:
        close()
    except OSError:
        log.debug("mail_reader_pipe")
