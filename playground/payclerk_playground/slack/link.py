"""Socket Mode: the websocket that payloads go through, and the three seconds an app has to acknowledge one."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from .state import APP

ACK_SECONDS: Final = 3.0
MOST_CONNECTIONS: Final = 10
EVENT_RETRIES: Final = 3  # at once; Slack itself waits one minute and five before the later two
TIMED_OUT: Final = "operation_timeout"
NOBODY_THERE: Final = "dispatch_failed"


class NotAcknowledgedError(Exception):
    """What the user sees: operation_timeout, or dispatch_failed when no app is connected."""


class Link:
    """All connections of the app. Each payload goes to one of them, in turn."""

    def __init__(self, ack_seconds: float = ACK_SECONDS) -> None:
        self.ack_seconds = ack_seconds
        self.tickets: set[str] | None = None  # None: whoever comes is let in
        self.on_change: Callable[[], None] = lambda: None
        self._connections: list[WebSocket] = []
        self._leaving: list[WebSocket] = []
        self._acks: dict[str, asyncio.Future[Any]] = {}
        self._numbers, self._turns = itertools.count(1), itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/slack/link", self._serve)]

    @property
    def connected(self) -> int:
        """How many connections payloads may go to."""
        return len(self._connections)

    # --- the app's side -------------------------------------------------------------------------------------

    async def _serve(self, socket: WebSocket) -> None:
        self._loop = asyncio.get_running_loop()
        if not self._let_in(socket.query_params.get("ticket", "")):
            await socket.close(1008)
            return
        await socket.accept()
        if len(self._connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return
        await self._welcome(socket)
        try:
            while True:
                self._acknowledge(json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, ValueError, RuntimeError):
            pass
        finally:
            self._forget(socket)

    def _let_in(self, ticket: str) -> bool:
        if self.tickets is None:
            return True
        known = ticket in self.tickets
        self.tickets.discard(ticket)  # a ticket opens one connection
        return known

    async def _welcome(self, socket: WebSocket) -> None:
        number = len(self._connections) + 1
        debug = {"host": "local", "approximate_connection_time": 18060}
        facts = {"num_connections": number, "connection_info": {"app_id": APP}, "debug_info": debug}
        await socket.send_json({"type": "hello", **facts})
        self._connections.append(socket)
        self.on_change()

    def _forget(self, socket: WebSocket) -> None:
        for sockets in (self._connections, self._leaving):
            if socket in sockets:
                sockets.remove(socket)
        self.on_change()

    def _acknowledge(self, answer: dict[str, Any]) -> None:
        waiting = self._acks.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload"))

    # --- Slack's side ---------------------------------------------------------------------------------------

    def deliver(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send one payload and return what the acknowledgement carried. Interactions are never sent twice."""
        return self._run(self._exchange(kind, payload, {}))

    def deliver_event(self, payload: dict[str, Any]) -> None:
        """Events alone come again when nobody acknowledged them."""
        for attempt in range(EVENT_RETRIES + 1):
            reason = "timeout" if attempt else ""
            try:
                self._run(self._exchange("events_api", payload, {"retry_attempt": attempt, "retry_reason": reason}))
            except NotAcknowledgedError as error:
                if attempt == EVENT_RETRIES or str(error) == NOBODY_THERE:
                    raise
            else:
                return

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        if self._loop is None or self._loop.is_closed() or not (self._connections or self._leaving):
            work.close()
            raise NotAcknowledgedError(NOBODY_THERE)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(self.ack_seconds + 10)

    async def _exchange(self, kind: str, payload: dict[str, Any], more: dict[str, Any]) -> Any:
        for socket in self._in_turn():
            envelope_id = f"envelope-{next(self._numbers)}"
            self._acks[envelope_id] = answer = asyncio.get_running_loop().create_future()
            envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, **more}
            envelope["accepts_response_payload"] = kind != "events_api"
            try:
                await socket.send_text(json.dumps(envelope))
                return await asyncio.wait_for(answer, self.ack_seconds)
            except (WebSocketDisconnect, RuntimeError):
                continue  # this connection is gone; another one may do
            except TimeoutError:
                raise NotAcknowledgedError(TIMED_OUT) from None
            finally:
                del self._acks[envelope_id]
        raise NotAcknowledgedError(NOBODY_THERE)

    def _in_turn(self) -> list[WebSocket]:
        """One that was asked to go is only used while no other has come."""
        ready = self._connections or self._leaving
        turn = next(self._turns) % len(ready) if ready else 0
        return [*ready[turn:], *ready[:turn]]

    def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to come back, as Slack does now and then."""
        self._on_loop(self._send_away(reason))

    async def _send_away(self, reason: str) -> None:
        goodbye = json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}})
        going, self._connections = self._connections, []
        self._leaving += going
        for socket in going:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await socket.send_text(goodbye)
                if reason != "warning":  # after a warning the connection serves on until the app has a new one
                    await socket.close()
        self.on_change()

    def drop(self) -> None:
        """Every connection is lost at once."""
        self._on_loop(self._close_all())

    async def _close_all(self) -> None:
        for socket in [*self._connections, *self._leaving]:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await socket.close()

    def _on_loop(self, work: Coroutine[Any, Any, None]) -> None:
        if self._loop is None or not self._loop.is_running():
            work.close()
        else:
            asyncio.run_coroutine_threadsafe(work, self._loop)
