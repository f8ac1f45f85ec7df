"""What the playground's page asks of the local Slack: what a person sees, and what they do. JSON both ways."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from .control import Delivery, SlackWorld, Where, in_reach
from .state import Message, View


class SlackPages:
    """Under /mock: people, one person's screen, their actions, and a stream that says when to look again."""

    def __init__(self, slack: SlackWorld, commands: Sequence[dict[str, Any]], now: Callable[[], datetime]) -> None:
        self._slack, self._commands, self._now = slack, commands, now
        self._stopped = threading.Event()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/mock/slack/people", self._people),
            Route("/mock/slack/screen/{user}", self._screen),
            Route("/mock/slack/act/{user}", self._act, methods=["POST"]),
            Route("/mock/events", self._events),
            Route("/mock/clock", self._clock),
        ]

    def stop(self) -> None:
        self._stopped.set()
        self._slack.state.changed()

    async def _people(self, _request: Request) -> Response:
        people = [
            {"id": p.user_id, "name": p.name, "title": p.title, "tz": p.tz} for p in self._slack.state.people.values()
        ]
        return JSONResponse({"people": people, "commands": list(self._commands)})

    async def _clock(self, _request: Request) -> Response:
        return JSONResponse({"now": self._now().isoformat()})

    async def _screen(self, request: Request) -> Response:
        user = request.path_params["user"]
        state = self._slack.state
        with state.lock():
            channels = [{"id": key, "name": name} for key, name in state.channels.items()]
            channels.append({"id": state.direct(user), "name": "payclerk (direct)"})
            shown = [_message(self._slack, m) for m in state.messages if m.only in {None, user} and in_reach(m, user)]
            view, home = state.top(user), state.homes.get(user)
            depth = len(state.stacks.get(user, []))
            toasts = [words for who, words in state.toasts if who == user]
        return JSONResponse(
            {
                "channels": channels,
                "messages": shown,
                "view": _view(view),
                "depth": depth,
                "home": _view(home),
                "toasts": toasts,
                "version": state.version,
            }
        )

    async def _act(self, request: Request) -> Response:
        body = await request.json()
        try:
            done = await run_in_threadpool(self._do, request.path_params["user"], body)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, 404)
        return JSONResponse(done)

    def _do(self, user: str, body: dict[str, Any]) -> Any:
        slack, kind = self._slack, body["do"]
        if kind == "command":
            word, _, rest = body["text"].partition(" ")
            return _delivery(slack.command(user, word, rest, body["channel"]))
        if kind == "say":
            slack.say(user, body["channel"], body["text"])
            return {}
        if kind == "home":
            return _delivery(slack.open_home(user))
        if kind == "close":
            top = slack.view_of(user)
            if top is not None and body.get("view_id") in {None, top.id}:
                slack.close(user)
            return {}
        where = self._where(user, body)
        if kind == "click":
            return _delivery(
                slack.click(user, where, body["action_id"], block_id=body["block_id"], value=body.get("value"))
            )
        if kind == "search" and isinstance(where, View):
            return {
                "options": slack.search(user, where, body["action_id"], body["typed"], block_id=body.get("block_id"))
            }
        if kind == "submit" and isinstance(where, View):
            return _delivery(slack.submit(user, where))
        raise LookupError(f"nobody can {kind} here")

    def _where(self, user: str, body: dict[str, Any]) -> Where:
        state = self._slack.state
        if "ts" in body:
            found: Where | None = state.message(body["channel"], body["ts"])
        elif body.get("home"):
            found = state.homes.get(user)
        else:
            found = state.top(user)
            if found is not None and body.get("view_id") not in {None, found.id}:
                found = None  # another modal came over it meanwhile
        if found is None:
            raise LookupError("it is gone")
        with state.lock():
            for block_id, values in body.get("values", {}).items():
                found.values.setdefault(block_id, {}).update(values)
        return found

    async def _events(self, _request: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        seen = -1
        while not self._stopped.is_set():
            version = self._slack.state.version
            if version != seen:
                seen = version
                yield f"data: {json.dumps({'version': version})}\n\n"
            await asyncio.sleep(0.15)


def _message(slack: SlackWorld, message: Message) -> dict[str, Any]:
    files = [slack.state.files[key] for key in message.files]
    shown = message.as_json() | {"channel": message.channel, "only": message.only, "edited": message.edited}
    shown |= {"values": message.values}
    return shown | {
        "files": [{"id": f.id, "name": f.title, "filename": f.name, "url": f"/slack/files/{f.id}"} for f in files]
    }


def _view(view: View | None) -> dict[str, Any] | None:
    return None if view is None else view.as_json() | {"errors": view.errors, "values": view.values}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {"acked": delivery.acked, "error": delivery.error, "seconds": round(delivery.seconds, 3)}
