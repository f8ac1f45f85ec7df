"""How much processor time something takes."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stopwatch:
    """`seconds` of processor time, once the measured block is over."""

    seconds = 0.0


@contextmanager
def processor_time() -> Iterator[Stopwatch]:
    """Without the collector: it takes a second to go through what thousands of tests have left, wherever it begins."""
    watch = Stopwatch()
    gc.disable()
    before = time.process_time()
    try:
        yield watch
    finally:
        watch.seconds = time.process_time() - before
        gc.enable()
