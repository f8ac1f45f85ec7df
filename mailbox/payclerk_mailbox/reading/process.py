"""`python -m payclerk_mailbox.reading.process`: reads mails for the poller, one after the other, within limits.

A mail that hangs, eats memory or breaks a library ends this process and not the poller (reference 5.1, step 6). It
gets no settings and no secrets, and it can write no file.
"""

from __future__ import annotations

import sys
from typing import BinaryIO, Final

from payclerk_core.limited import limit, own_streams, timed
from payclerk_core.wire import packed, read_frame, unpacked

from .requests import Answering, Request, Response

CPU_SECONDS: Final = 5  # of processor time: a busy machine makes no mail unreadable
FILES_TAKE: Final = 2  # times as long: a form of some thousand lines is opened in three seconds
MEMORY_BYTES: Final = 256 * 2**20  # beyond what it has when it begins


def main() -> None:
    """Answer until the poller is gone."""
    asking, answering = own_streams()
    unpacked(packed(Response())[8:], Response)  # whatever is loaded on first use is loaded before the limits
    limit(MEMORY_BYTES)
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else CPU_SECONDS
    reader = Answering()
    while request := _next_request(asking):
        most = seconds * FILES_TAKE if request.purpose else seconds
        answering.write(timed(lambda asked=request: packed(reader.answer(asked)), most))  # type: ignore[misc]
        answering.flush()


def _next_request(asking: BinaryIO) -> Request | None:
    """The frame is let go at once: it may be a large mail."""
    frame = read_frame(asking.read)
    return unpacked(frame, Request) if frame else None


if __name__ == "__main__":
    main()
