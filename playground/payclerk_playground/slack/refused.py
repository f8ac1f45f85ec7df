"""A logical error, as Slack words it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .faults import Fault


class Refused(Exception):  # noqa: N818 - Slack's word for it
    """Answered as `{"ok": false, "error": …}` with HTTP 200."""

    def __init__(self, error: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.faults = faults

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error": self.error}
        if self.faults:
            answer["response_metadata"] = {"messages": [str(fault) for fault in self.faults]}
        return answer
