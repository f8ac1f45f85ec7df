"""A bell one thread waits for and others ring. Unlike an Event it can be waited on together with a socket."""

from __future__ import annotations

import selectors
import socket


class Bell:
    def __init__(self) -> None:
        self._ear, self._hand = socket.socketpair()
        self._ear.setblocking(False)
        self._hand.setblocking(False)

    def ring(self) -> None:
        """Wake who waits, or who waits next. Ringing twice is ringing once."""
        try:
            self._hand.send(b"!")
        except OSError:  # full: it has been rung often enough; closed: nobody waits any more
            return

    def wait(self, seconds: float, other: socket.socket | None = None) -> bool:
        """Wait until the bell rings, `other` has something to read, or the time is over. True: the bell rang."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._ear, selectors.EVENT_READ)
            if other is not None:
                selector.register(other, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in selector.select(max(seconds, 0))}
        return self._ear in ready and self._hush()

    def close(self) -> None:
        self._ear.close()
        self._hand.close()

    def _hush(self) -> bool:
        try:
            while self._ear.recv(1024):
                pass
        except BlockingIOError:
            pass
        return True
