"""`python -m payclerk_mailbox.reading.process`: reads mails for the poller, one after the other, within limits.

A mail that hangs, eats memory or breaks a library ends this process and not the poller (reference 5.1, step 6). It
gets no settings and no secrets, and it can write no file.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from .requests import Answering, Request, Response
from .wire import packed, read_frame, unpacked

CPU_SECONDS: Final = 5  # of processor time: a busy machine makes no mail unreadable
FILES_TAKE: Final = 2  # times as long: a form of some thousand lines is opened in three seconds
MEMORY_BYTES: Final = 256 * 2**20  # beyond what it has when it begins


def main() -> None:
    """Answer until the poller is gone."""
    asking, answering = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _keep_to_ourselves()
    unpacked(packed(Response())[8:], Response)  # whatever is loaded on first use is loaded before the limits
    _limit()
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else CPU_SECONDS
    reader = Answering()
    while request := _next_request(asking):
        most = seconds * FILES_TAKE if request.purpose else seconds
        answering.write(_timed(lambda asked=request: packed(reader.answer(asked)), most))  # type: ignore[misc]
        answering.flush()


def _next_request(asking: BinaryIO) -> Request | None:
    """The frame is let go at once: it may be a large mail."""
    frame = read_frame(asking.read)
    return unpacked(frame, Request) if frame else None


def _timed(work: Callable[[], bytes], seconds: float) -> bytes:
    """The signal of this timer has no handler: it ends the process wherever it is, in C code too."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _keep_to_ourselves() -> None:
    """What a library prints must not get among the answers; and Ctrl-C is for the poller."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nowhere, number)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, _size() + MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # not every system has each
            resource.setrlimit(kind, (most, most))


def _size() -> int:
    """Our own address space now; what a system without /proc may use at the start is guessed."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 2**30


if __name__ == "__main__":
    main()
