"""How a job is named among DBOS's workflows, and read back from there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

_TAIL: Final = re.compile(r"~(\d+)(?:\.(\d+))?\Z")


@dataclass(frozen=True, slots=True)
class JobId:
    """One try of a job; `put_off` counts how often it was put off without being tried.

    >>> JobId.of("mail.send:7~3"), str(JobId("mail.send", "7"))
    (JobId(job='mail.send', key='7', attempt=3, put_off=0), 'mail.send:7')
    """

    job: str
    key: str
    attempt: int = 1
    put_off: int = 0

    @classmethod
    def of(cls, workflow_id: str) -> JobId:
        job, _, rest = workflow_id.partition(":")
        tail = _TAIL.search(rest)
        if tail is None:
            return cls(job, rest)
        return cls(job, rest[: tail.start()], int(tail[1]), int(tail[2] or 0))

    def __str__(self) -> str:
        if self.put_off:
            return f"{self.job}:{self.key}~{self.attempt}.{self.put_off}"
        return f"{self.job}:{self.key}" if self.attempt == 1 else f"{self.job}:{self.key}~{self.attempt}"

    @property
    def first(self) -> JobId:
        """The try the job began with."""
        return JobId(self.job, self.key)

    @property
    def later(self) -> JobId:
        """The same try, put off once more."""
        return replace(self, put_off=self.put_off + 1)

    @property
    def next_try(self) -> JobId:
        return JobId(self.job, self.key, self.attempt + 1)
