"""What the poller asks the reading process, and what that answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from .dkim_check import keys_wanted, with_signers
from .explain import Asked, Judged, Looked, judge, look
from .kind import OwnIdentity
from .limits import Unreadable
from .opening import OpenedFile, Purpose, open_file


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose signatures hold on the mail looked at last. `keys`: the DNS records, by name; None asks which are needed."""

    at: datetime
    keys: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """Look at these bytes as a mail or open them as a file; or judge, or check the signatures of, the mail looked at
    last."""

    raw: bytes = b""
    own: OwnIdentity | None = None
    purpose: Purpose | None = None
    asked: Asked | None = None
    signed: Signed | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One of them. `names`: of keys that are needed, or of signers whose signature holds."""

    looked: Looked | None = None
    judged: Judged | None = None
    opened: OpenedFile | None = None
    names: tuple[str, ...] | None = None
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
        if request.purpose is not None:
            return Response(opened=open_file(request.raw, request.purpose))
        if self._last is not None and request.asked is not None:
            return Response(judged=judge(self._last, request.asked))
        if self._last is not None and request.signed is not None:
            return Response(names=_names(self._last, request.signed))
        if request.own is None:
            raise Unreadable("was not handed over")
        self._last = look(request.raw, request.own)
        # The bytes stay where they came from.
        return Response(looked=replace(self._last, mail=replace(self._last.mail, raw=b"")))


def _names(looked: Looked, signed: Signed) -> tuple[str, ...]:
    if signed.keys is None:
        return keys_wanted(looked.mail, signed.at)
    return with_signers(looked.mail, signed.keys.get, signed.at).signers
