"""A proxy on loopback between a client and a server that can stop forwarding without closing anything."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from waiting import until_readable


class Proxy:
    """`hole` keeps every connection open and forwards nothing any more; `heal` forwards for new connections again."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._holed = threading.Event()
        self._sockets: list[socket.socket] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def hole(self) -> None:
        self._holed.set()

    def heal(self) -> None:
        self._holed.clear()

    def close(self) -> None:
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        lost = False
        with suppress(OSError, AssertionError):
            while True:
                until_readable(source, timeout=3600)
                words = source.recv(65_536)
                lost = lost or self._holed.is_set()
                if not words:
                    break
                if not lost:
                    target.sendall(words)
        if not lost:
            with suppress(OSError):
                target.shutdown(socket.SHUT_WR)
