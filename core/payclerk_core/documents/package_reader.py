"""The sources of a package read at arm's length: our side of the process that opens them (`package_process`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from ..limited import LimitedProcess, ProcessEndedError
from ..wire import GarbledError, packed, unpacked
from .package_process import CPU_SECONDS, MEMORY_BYTES, STACK_BYTES
from .package_source import BEYOND_LIMITS, Answer, NotIncludedError, Source

log = structlog.get_logger()

_WALL_SECONDS: Final = 180  # for one that does nothing, or has little of the machine
_ENDED: Final = "The file ended the program that reads it: it takes too much memory, or is damaged."


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may take. `memory_bytes` are beyond what the process has when it begins."""

    cpu_seconds: int = CPU_SECONDS
    memory_bytes: int = MEMORY_BYTES
    stack_bytes: int = STACK_BYTES
    wall_seconds: int = _WALL_SECONDS


class SourceReader:
    """Reads files in a process that is kept between them, and started anew when one has ended it."""

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._wall_seconds = limits.wall_seconds
        arguments = [str(one) for one in (limits.cpu_seconds, limits.memory_bytes, limits.stack_bytes)]
        self._process = LimitedProcess("payclerk_core.documents.package_process", arguments)

    def read(self, content: bytes) -> Source:
        """The file's pages. Raises NotIncludedError, or OutsideError when the machine starts no process."""
        answer = self._ask(content)
        if answer.source is None:
            raise NotIncludedError(answer.refused)
        return answer.source

    def close(self) -> None:
        """End the process."""
        self._process.end()

    def _ask(self, content: bytes) -> Answer:
        try:
            return unpacked(self._process.ask(packed(content), self._wall_seconds), Answer)
        except ProcessEndedError as ended:
            log.warning("package_source_ended_its_reader", code=ended.code)
            raise NotIncludedError(BEYOND_LIMITS if ended.slow else _ENDED) from None
        except GarbledError:
            self._process.end()
            raise NotIncludedError(_ENDED) from None
