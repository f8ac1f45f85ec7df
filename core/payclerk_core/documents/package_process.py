"""`python -m payclerk_core.documents.package_process`: reads the sources of a package, each in a process of its own.

What waits for questions forks for each file, so that nothing one file does reaches the next, and ends as the fork ended:
who asked sees how (`package_reader`). It gets no settings and no secrets, and it can write no file.
"""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from typing import BinaryIO, Final, NoReturn

from ..limited import limit, own_streams, timed
from ..wire import packed, read_frame, unpacked
from .package_source import Answer, answer

# Of processor time: a busy machine makes no file unreadable.
CPU_SECONDS: Final = 30
MEMORY_BYTES: Final = 2**30  # beyond what the process has when it begins
# Half of what a process has that puts the package together: what is too deep for that one ends here.
STACK_BYTES: Final = 4 * 2**20


def main() -> None:
    """Answer until who asks is gone, or a file ends its fork."""
    asking, answering = own_streams()
    unpacked(packed(Answer())[8:], Answer)  # whatever is loaded on first use is loaded before the forks
    seconds, memory, stack = (int(text) for text in sys.argv[1:4])
    while frame := read_frame(asking.read):
        fork = os.fork()
        if fork == 0:
            limit(memory)
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))
            _answer(frame, answering, seconds)
        _end_as(os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]))


def _answer(frame: bytes, answering: BinaryIO, seconds: int) -> NoReturn:
    """The answer is written when it is there as a whole: an end on the way leaves no half of it in the pipe."""
    code = 1
    try:
        whole = timed(lambda: packed(answer(unpacked(frame, bytes))), seconds)
        answering.write(whole)
        answering.flush()
        code = 0
    finally:
        os._exit(code)  # without what a process does at its end: that belongs to the one that waits


def _end_as(code: int) -> None:
    if code < 0:
        os.kill(os.getpid(), -code)
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
