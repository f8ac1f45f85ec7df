"""Letting go of a Socket Mode connection of slack_sdk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler


def let_go(handler: SocketModeHandler) -> None:
    """Close it at once: its reader sleeps up to ten seconds, and a socket that is closed under it does not wake it."""
    client = handler.client
    client.auto_reconnect_enabled, client.closed = False, True
    client.current_session_runner.event.set()
    if client.current_session.sock is not None:
        client.current_session.sock.abort()
    client.current_session_runner.thread.join(timeout=5)
    handler.close()
