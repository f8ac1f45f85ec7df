"""What the poller asks the reading process, and what that answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .explain import Asked, Judged, Looked, judge, look
from .kind import OwnIdentity
from .limits import Unreadable


@dataclass(frozen=True, slots=True)
class Request:
    """Look at these bytes; or, where `asked` is given, judge the mail looked at last."""

    raw: bytes = b""
    own: OwnIdentity | None = None
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One of the three."""

    looked: Looked | None = None
    judged: Judged | None = None
    unreadable: str | None = None


class Answering:
    """Answers requests; between two of them it remembers one mail."""

    def __init__(self) -> None:
        self._last: Looked | None = None

    def answer(self, request: Request) -> Response:
        """Never raises but what ends the process: a fault in reading is a reason not to have read."""
        try:
            return self._answer(request)
        except Unreadable as error:
            return Response(unreadable=error.reason)
        except Exception as error:  # noqa: BLE001 - a mail must never stop the poller (reference 0, line 12)
            return Response(unreadable=f"could not be read ({type(error).__name__})")

    def _answer(self, request: Request) -> Response:
        if request.asked is not None and self._last is not None:
            return Response(judged=judge(self._last, request.asked))
        if request.own is None:
            raise Unreadable("was not handed over")
        self._last = look(request.raw, request.own)
        # The bytes stay where they came from.
        return Response(looked=replace(self._last, mail=replace(self._last.mail, raw=b"")))
