"""What can be made to go wrong between payclerk and DocuSign."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


@dataclass
class DocusignFaults:
    """A count is used up by one each time its fault is shown to a call of the REST API."""

    consent_required: bool = False  # the token is refused until an administrator has agreed
    hang: int = 0  # the call is never answered, and nothing is done
    lost_replies: int = 0  # an envelope is made, but the line drops before the answer
    server_errors: int = 0  # 503, and nothing is done
    unauthorized: int = 0  # 401, as with a token that was withdrawn
    limits: int = 0  # 400 with the hourly limit's code
    refusal: str | None = None  # 400 with this code to every call of the REST API, as for a suspended account
    locked_documents: set[str] = field(default_factory=set)  # envelopes whose documents are not given
    _held: set[asyncio.Event] = field(default_factory=set)

    def takes(self, fault: str) -> bool:
        left: int = getattr(self, fault)
        setattr(self, fault, max(0, left - 1))
        return left > 0

    async def hold(self) -> None:
        """Keep a call waiting until the server stops."""
        event = asyncio.Event()
        self._held.add(event)
        try:
            await event.wait()
        finally:
            self._held.discard(event)


class NoReply(Response):
    """Breaks the connection in place of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:  # not uvicorn's own channel: an answer shorter than it says breaks off as well
            await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"9999")]})
            return
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
