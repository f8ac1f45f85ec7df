"""How often a job was tried since it was promised, or since a person had it tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

# Beside what the handler gets: a release that does not know it passes it by.
_KEY: Final = "tries"


@dataclass(frozen=True, slots=True)
class Tries:
    """`before`: the tries that were used up when a person had it tried again; `own_faults`: faults of ours since then."""

    before: int = 0
    own_faults: int = 0

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> tuple[Self, Mapping[str, Any]]:
        """What a payload says of its tries, and the payload that its handler gets.

        >>> Tries.of({"id": 7, "tries": [300, 1]})
        (Tries(before=300, own_faults=1), {'id': 7})
        """
        bare = {key: value for key, value in payload.items() if key != _KEY}
        return cls(*payload.get(_KEY, ())), bare

    def with_payload(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """A payload as it is promised: a first try's is as it is."""
        return dict(payload) if self == Tries() else {**payload, _KEY: [self.before, self.own_faults]}

    def used(self, attempt: int) -> int:
        """How many of its tries a job has used with this one."""
        return attempt - self.before

    @property
    def with_own_fault(self) -> Tries:
        return replace(self, own_faults=self.own_faults + 1)
