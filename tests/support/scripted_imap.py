"""An IMAP server that says what a test tells it to: for answers that no real server gives on demand."""

from __future__ import annotations

import re
import socketserver
import threading
from typing import Final

_OK: Final = {"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n", "LOGOUT": "* BYE bye\r\n"}
_SELECTED: Final = "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 1] ok\r\n"


class ScriptedImap:
    """Answers each command with OK, or as `answers` says for it: "NO …" or "BAD …" behind the tag."""

    host = "127.0.0.1"

    def __init__(self, **answers: str) -> None:
        self.answers, self.sign_ins = answers, 0
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                while line := self.rfile.readline().decode("ascii", "replace"):
                    self.wfile.write(outer._answer(line).encode())

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self._server = Listener((self.host, 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, line: str) -> str:
        tag, name = [*re.findall(r"\S+", line), "", ""][:2]
        name = name.upper()
        self.sign_ins += name == "LOGIN"
        if name in self.answers:
            return f"{tag} {self.answers[name]}\r\n"
        said = _OK.get(name, "") + (_SELECTED if name in {"SELECT", "EXAMINE"} else "")
        said += "* SEARCH\r\n" if name == "UID" else ""
        return f"{said}{tag} OK done\r\n"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
