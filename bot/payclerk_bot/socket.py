"""The Socket Mode connection: opened in the background, and kept open however long Slack is away."""

from __future__ import annotations

import logging
import threading
from typing import Final

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk.socket_mode.websocket_client import SocketModeClient

log = structlog.get_logger()
WAITS: Final = (1, 2, 5, 10, 30)
LOOK_EVERY_S: Final = 2.0


class Connection:
    """Slack may be down when we start and go away later: neither is our end."""

    def __init__(self, app: App, app_token: str) -> None:
        self._app, self._token = app, app_token
        self._ended = threading.Event()
        self._handler: SocketModeHandler | None = None
        self._keeper = threading.Thread(target=self._keep, name="slack-connection", daemon=True)

    @property
    def is_up(self) -> bool:
        session = self._handler.client.current_session if self._handler is not None else None
        return session is not None and session.sock is not None and bool(session.sock.connected)

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        """Stop taking work first, so that Slack gives it to another process."""
        self._ended.set()
        self._keeper.join(timeout=15)
        if self._handler is not None:
            _close(self._handler.client)

    def _keep(self) -> None:
        failures = missed = 0
        while not self._ended.is_set():
            # Right after connecting the socket is not open yet: only twice in a row means it is gone.
            missed = 0 if self.is_up else missed + 1
            if self._handler is None or missed > 1:
                failures = 0 if self._connect() else failures + 1
                missed = 0
            wait = WAITS[min(failures, len(WAITS)) - 1] if failures else LOOK_EVERY_S
            self._ended.wait(wait)

    def _connect(self) -> bool:
        try:
            if self._handler is None:
                self._handler = SocketModeHandler(self._app, self._token, logger=_quiet_logger(), concurrency=30)
            self._handler.client.connect_to_new_endpoint()
        except Exception as error:  # noqa: BLE001  nothing may end the keeping
            log.warning("slack_not_connected", error=type(error).__name__)
            return False
        log.info("slack_connected")
        return True


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
