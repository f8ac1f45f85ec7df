"""The Socket Mode connection: opened in the background, and kept open however long Slack is away."""

from __future__ import annotations

import logging
import threading
from typing import Any, Final

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk.socket_mode.websocket_client import SocketModeClient
from websocket import WebSocketApp

log = structlog.get_logger()
LOOK_EVERY_S: Final = 0.25
# A socket that has just been asked for takes up to half a second to open: that long it is not missed.
GRACE_S: Final = 1.5
WAITS_S: Final = (GRACE_S, 2.0, 5.0, 10.0, 30.0)
PING_EVERY_S: Final = 10


class Connection:
    """Slack may be down when we start and go away later: neither is our end."""

    def __init__(self, app: App, app_token: str) -> None:
        self._app, self._token = app, app_token
        self._ended = threading.Event()
        self._handler: SocketModeHandler | None = None
        self._open: dict[WebSocketApp, Any] = {}
        self._keeper = threading.Thread(target=self._keep, name="slack-connection", daemon=True)

    @property
    def is_up(self) -> bool:
        session = self._handler.client.current_session if self._handler is not None else None
        if session is None or session.sock is None or not session.sock.connected:
            return False
        # A peer that vanished without a word leaves the socket open; its missing pongs tell.
        return not session.last_pong_tm or session.last_ping_tm - session.last_pong_tm < 2.5 * PING_EVERY_S

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        """Stop taking work first, so that Slack gives it to another process."""
        self._ended.set()
        self._keeper.join(timeout=15)
        if self._handler is not None:
            _close(self._handler.client)

    def _keep(self) -> None:
        failures, down_for = 0, GRACE_S
        while not self._ended.is_set():
            down_for = 0.0 if self.is_up else down_for + LOOK_EVERY_S
            if down_for >= WAITS_S[min(failures, len(WAITS_S) - 1)]:
                failures = 0 if self._connect() else failures + 1
                down_for = 0.0
            self._ended.wait(LOOK_EVERY_S)

    def _connect(self) -> bool:
        try:
            if self._handler is None:
                self._handler = self._make_handler()
            self._handler.client.connect_to_new_endpoint(force=True)
        except Exception as error:  # noqa: BLE001  nothing may end the keeping
            log.warning("slack_not_connected", error=type(error).__name__)
            return False
        log.info("slack_connected")
        return True

    def _make_handler(self) -> SocketModeHandler:
        handler = SocketModeHandler(
            self._app, self._token, logger=_quiet_logger(), ping_interval=PING_EVERY_S, concurrency=30
        )
        # The SDK comes back by itself too, and even over a used ticket; two who reconnect at once leak sockets.
        client = handler.client
        client.default_auto_reconnect_enabled = client.auto_reconnect_enabled = False
        client.on_open_listeners.append(self._note_open)
        client.on_close_listeners.append(self._note_closed)
        return handler

    def _note_open(self, session: WebSocketApp) -> None:
        self._open[session] = session.sock.sock if session.sock is not None else None

    def _note_closed(self, session: WebSocketApp) -> None:
        # After a lost connection websocket-client leaves the socket itself to the garbage collector.
        if (open_socket := self._open.pop(session, None)) is not None:
            open_socket.close()
        client = self._handler.client if self._handler is not None else None
        if client is not None and client.current_session is session:
            client.current_session = None


def _close(client: SocketModeClient) -> None:
    client.closed, client.auto_reconnect_enabled = True, False
    reader = client.current_session_runner
    reader.event.set()
    if client.current_session is not None and client.current_session.sock is not None:
        # The reader sleeps up to ten seconds in select(), and closing the socket does not wake it; this does.
        client.current_session.sock.abort()  # type: ignore[no-untyped-call]
        reader.thread.join(timeout=5)
    client.close()


def _quiet_logger() -> logging.Logger:
    # The SDK logs each lost connection with its address; ours above says it once.
    logger = logging.getLogger("payclerk.slack")
    logger.setLevel(logging.CRITICAL)
    return logger
