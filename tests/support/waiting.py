"""Waiting for what another thread, process or server does, without guessing how long it takes.

`until_readable` sleeps in the kernel until a socket has something to say. `eventually` is for what
cannot be waited on (a row that a worker commits, a page that changes): it looks again and again, at growing intervals,
and returns at the first look that succeeds. A test must never wait a fixed time: too short on a busy machine, too
long on every other.
"""

from __future__ import annotations

import select
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.25


def eventually(probe: Callable[[], Found], timeout: float = 30) -> Found:
    """What `probe` returns, as soon as that is true. While it is false or an assertion fails, it is asked again."""
    end = time.monotonic() + timeout
    pause = threading.Event()  # never set: only its timeout is used
    seconds = FIRST_PAUSE
    while True:
        try:
            found = probe()
        except AssertionError as error:
            found, trouble = None, error
        else:
            trouble = None
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s; the last look gave {found!r}") from trouble
        pause.wait(seconds)
        seconds = min(seconds * 2, LONGEST_PAUSE)


def until_readable(connection: Any, timeout: float = 30) -> None:
    """Return when a socket (or anything with a fileno) has something to read, or was closed by the other side."""
    readable, _, _ = select.select([connection], [], [], timeout)
    if not readable:
        raise AssertionError(f"nothing to read within {timeout} s")
