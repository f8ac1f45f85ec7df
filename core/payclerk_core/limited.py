"""Processes of limited time and memory that read what came from outside: our side of them, and theirs.

What hangs, eats memory or breaks a library ends such a process and not us. It gets no settings and no secrets.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from .errors import OutsideError
from .wire import GarbledError, read_frame

T = TypeVar("T")
_NO_STREAM: Final = "the process has no pipes"


class ProcessEndedError(Exception):
    """The process gave no answer, and is gone. `slow`: it took too long, by its own clock or by ours."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"ended with {code}")
        self.code = code
        self.slow = code is None or -code in {signal.SIGPROF, signal.SIGALRM}


class LimitedProcess:
    """One that answers frames with frames (`payclerk_core.wire`), started when it is first asked."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        return self._process.pid if self._process else 0

    def ready(self) -> bool:
        """Start it if it is not there; whether it was started. Raises OutsideError: that is the machine's trouble."""
        if self._process is not None and self._process.poll() is None:
            return False
        self.end()
        self._process = _start(self._command)
        return True

    def ask(self, frame: bytes, wall_seconds: float) -> bytes:
        """The body of its answer. Raises ProcessEndedError, after which the next question starts another."""
        self.ready()
        process = self._process
        try:
            if process is None or process.stdin is None or process.stdout is None:
                raise BrokenPipeError(_NO_STREAM)
            process.stdin.write(frame)
            process.stdin.flush()
            body = read_frame(partial(_read_until, process.stdout.fileno(), time.monotonic() + wall_seconds))
        except (OSError, GarbledError, TimeoutError):
            body = b""
        if not body:
            raise ProcessEndedError(self.end_with_code())
        return body

    def end_with_code(self) -> int | None:
        """End it, if it has not ended itself: then None."""
        code = None
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(1)
        self.end()
        return code

    def end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        # With whatever it has started: it leads a session of its own.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """In the process: where questions come from and answers go. What a library prints must not get among the answers;
    and Ctrl-C is for who started us."""
    asking, answering = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nowhere, number)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return asking, answering


def limit(memory_bytes: int, file_bytes: int = 0) -> None:
    """In the process: so much memory beyond what it has now, and no file longer than that, from here on."""
    for kind, most in (
        (resource.RLIMIT_AS, _size() + memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # not every system has each
            resource.setrlimit(kind, (most, most))


def timed(work: Callable[[], T], seconds: float) -> T:
    """In the process: the signal of this timer (of processor time) has no handler: it ends the process wherever it is,
    in C code too."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _size() -> int:
    """Our own address space now; what a system without /proc may use at the start is guessed."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 2**30


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # Nothing of our environment: it holds the secrets of the mailbox and of Slack.
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=os.path.sep,
            start_new_session=True,
        )
    except OSError as error:
        raise OutsideError(
            f"The process that reads what came from outside does not start ({error.strerror}).", permanent=False
        ) from error


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
