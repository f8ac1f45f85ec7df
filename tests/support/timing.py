"""How much processor time something takes, beside a yardstick of the same minute: machines are shared and noisy."""

from __future__ import annotations

import gc
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "Work completed this period, $1,234.50 of the scheduled value\n" * 4_000
WORD = re.compile(r"\w+")


class Stopwatch:
    """Once the measured block is over: `seconds` of processor time, and how many `yardsticks` those are."""

    seconds = 0.0
    yardsticks = 0.0


@contextmanager
def processor_time() -> Iterator[Stopwatch]:
    """Without the collector: it takes a second to go through what thousands of tests have left, wherever it begins."""
    watch = Stopwatch()
    gc.disable()
    slowest = yardstick()
    before = time.process_time()
    try:
        yield watch
    finally:
        watch.seconds = time.process_time() - before
        watch.yardsticks = watch.seconds / max(slowest, yardstick())
        gc.enable()


def yardstick() -> float:
    """The processor seconds of counting the words of 250 kB, about 0.02 on a machine of 2026 with nothing else to do."""
    before = time.process_time()
    words: dict[str, int] = {}
    for word in WORD.findall(TEXT):
        words[word] = words.get(word, 0) + 1
    assert words
    return time.process_time() - before
