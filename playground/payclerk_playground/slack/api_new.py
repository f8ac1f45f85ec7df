"""Slack's Web API as the local one answers it: 200 with {"ok": false} for logical errors, faults on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .chat import Chat
from .directory import Directory
from .refused import Refused
from .state import SlackState
from .uploads import Uploads
from .views import Views

Args = dict[str, Any]
NO_TOKEN_NEEDED: Final = frozenset({"blocks.validate"})
DOWN: Final = "down"


class Api:
    """Every method payclerk uses. The tokens are fixed: a world has one workspace and one app."""

    def __init__(self, state: SlackState, bot_token: str, app_token: str, base: Callable[[], str]) -> None:
        self.state, self._bot, self._app = state, bot_token, app_token
        self.chat, self.views = Chat(state, base), Views(state)
        self._uploads = Uploads(state, base)
        parts = (Directory(state, base), self.chat, self.views, self._uploads)
        self._methods = {name: handler for part in parts for name, handler in part.methods().items()}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/slack/api/{method}", self._call, methods=["POST", "GET"]),
            Route("/slack/response/{key}", self._respond, methods=["POST"]),
            *self._uploads.routes(),
        ]

    async def _call(self, request: Request) -> Response:
        method = request.path_params["method"]
        args = await _arguments(request)
        if kind := self._scripted(method):
            return _fault(kind, request)
        with self.state.lock():
            answer = self._answer(method, request, args)
        self.state.changed()
        return JSONResponse(answer)

    def _scripted(self, method: str) -> str | None:
        """A fault somebody asked for: '429', '500', 'down' or a Slack error word."""
        with self.state.lock():
            waiting = self.state.fail.get(method) or self.state.fail.get("*")
            return waiting.pop(0) if waiting else None

    def _answer(self, method: str, request: Request, args: Args) -> Args:
        handler = self._methods.get(method)
        try:
            self._check_token(method, request, args)
            if handler is None:
                raise Refused("unknown_method")
            return {"ok": True, **handler(args)}
        except Refused as refused:
            return refused.as_json()

    def _check_token(self, method: str, request: Request, args: Args) -> None:
        if method in NO_TOKEN_NEEDED:
            return
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(args.get("token") or "")
        if not token:
            raise Refused("not_authed")
        if token != (self._app if method == "apps.connections.open" else self._bot):
            raise Refused("not_allowed_token_type" if token in {self._app, self._bot} else "invalid_auth")

    async def _respond(self, request: Request) -> Response:
        args = await _arguments(request)
        try:
            with self.state.lock():
                self.chat.respond(request.path_params["key"], args)
        except Refused as refused:
            return JSONResponse(refused.as_json(), 404 if refused.error.endswith("_url") else 200)
        finally:
            self.state.changed()
        return JSONResponse({"ok": True})


def _fault(kind: str, request: Request) -> Response:
    if kind == "429":
        return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "1"})
    if kind == "500":
        return JSONResponse({"ok": False, "error": "fatal_error"}, 500)
    if kind == DOWN:
        # The server's own channel is the only place where a connection can be cut off before an answer.
        cycle = getattr(request.receive, "__self__", None)
        if cycle is not None:
            cycle.transport.abort()
        return Response(status_code=503)
    return JSONResponse({"ok": False, "error": kind})


async def _arguments(request: Request) -> Args:
    """Form, JSON or query, with JSON-encoded values inside; an empty body is no arguments."""
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        return {key: _decoded(value) for key, value in json.loads(body).items()} if body else {}
    fields = parse_qs(body.decode() or str(request.query_params), keep_blank_values=True)
    return {key: _decoded(values[0]) for key, values in fields.items()}


def _decoded(value: Any) -> Any:
    """Nested fields come as JSON text; a text that only begins like JSON stays what it is."""
    if not isinstance(value, str) or value[:2] not in {"[{", '{"', "[]", "[\n", "{}"}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
