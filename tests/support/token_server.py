"""A small OAuth service: gives out tokens for form posts, and tells a mail server whose token it was given."""

from __future__ import annotations

import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


class TokenServer:
    """`tokens` are those that are good now, with their user; `asked` the forms that came; `say` answers on order."""

    def __init__(self) -> None:
        self.user = ""
        self.tokens: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.say: list[tuple[int, bytes]] = []
        self.more: dict[str, Any] = {"expires_in": 3600}
        self._numbers = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.base}/token"

    @property
    def introspection_url(self) -> str:
        return f"{self.base}/introspect"

    def give(self, form: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append(form)
        if self.say:
            return self.say.pop(0)
        token = f"token-{next(self._numbers)}"
        self.tokens[token] = self.user
        return 200, json.dumps({"access_token": token, "token_type": "Bearer", **self.more}).encode()

    def whose(self, token: str) -> tuple[int, bytes]:
        user = self.tokens.get(token)
        return (200, json.dumps({"username": user}).encode()) if user else (401, b'{"error": "invalid_token"}')

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                words = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(*service.give(dict(parse_qsl(words.decode()))))

            def do_GET(self) -> None:
                self._answer(*service.whose(self.headers.get("Authorization", "").removeprefix("Bearer ")))

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if 300 <= status < 400:
                    self.send_header("Location", f"{service.base}/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        return Handler
