"""Socket Mode: the websocket that payloads go through, and the three seconds an app has to acknowledge one."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import json
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

ACK_SECONDS = 3.0


class NotAcknowledgedError(Exception):
    """What the user sees as operation_timeout."""


class Link:
    """All connections of the app. Each payload goes to one of them."""

    def __init__(self) -> None:
        self._connections: list[WebSocket] = []
        self._acks: dict[str, concurrent.futures.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._turn = itertools.count()
        self.loop: asyncio.AbstractEventLoop | None = None

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/slack/link", self._serve)]

    @property
    def connected(self) -> int:
        return len(self._connections)

    async def _serve(self, socket: WebSocket) -> None:
        self.loop = asyncio.get_running_loop()
        await socket.accept()
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0PAY"}})
        self._connections.append(socket)
        try:
            while True:
                self._acknowledge(json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, ValueError, RuntimeError):
            pass
        finally:
            self._connections.remove(socket)

    def _acknowledge(self, answer: dict[str, Any]) -> None:
        waiting = self._acks.pop(str(answer.get("envelope_id")), None)
        if waiting is not None:
            waiting.set_result(answer.get("payload"))

    def deliver(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send one payload and return what the acknowledgement carried."""
        if not self._connections or self.loop is None:
            raise NotAcknowledgedError
        socket = self._connections[next(self._turn) % len(self._connections)]
        envelope_id = f"envelope-{next(self._numbers)}"
        self._acks[envelope_id] = answer = concurrent.futures.Future()
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": True}
        asyncio.run_coroutine_threadsafe(socket.send_text(json.dumps(envelope)), self.loop)
        try:
            return answer.result(ACK_SECONDS)
        except concurrent.futures.TimeoutError:
            self._acks.pop(envelope_id, None)
            raise NotAcknowledgedError from None

    def refresh(self) -> None:
        """Ask every connection to come back, as Slack does now and then."""
        for socket in list(self._connections):
            if self.loop is not None:
                message = json.dumps({"type": "disconnect", "reason": "refresh_requested"})
                asyncio.run_coroutine_threadsafe(socket.send_text(message), self.loop)

    def drop(self) -> None:
        for socket in list(self._connections):
            if self.loop is not None:
                asyncio.run_coroutine_threadsafe(socket.close(), self.loop)
