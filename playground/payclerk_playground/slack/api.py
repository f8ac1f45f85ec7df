"""Slack's Web API as the local one answers it: 200 with {"ok": false} for logical errors, faults on demand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .lint import Fault, elements_of, lint_blocks
from .state import BOT, STACK_LIMIT, TEAM, File, Message, SlackState, View
from .state import Response as Place

Args = dict[str, Any]
VIEW_BYTES = 250_000


class Refused(Exception):  # noqa: N818 - Slack's word for it
    """A logical error, as Slack words it."""

    def __init__(self, error: str, faults: list[Fault] | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.faults = faults or []


class Api:
    """Every method payclerk uses. The tokens are fixed: a world has one workspace and one app."""

    def __init__(self, state: SlackState, bot_token: str, app_token: str, base: Callable[[], str]) -> None:
        self.state, self._bot, self._app, self._base = state, bot_token, app_token, base

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/slack/api/{method}", self.call, methods=["POST", "GET"]),
            Route("/slack/upload/{file}", self.upload, methods=["POST"]),
            Route("/slack/files/{file}", self.download),
            Route("/slack/response/{key}", self.respond, methods=["POST"]),
        ]

    async def call(self, request: Request) -> Response:
        method = request.path_params["method"]
        args = await _arguments(request)
        if fault := self._scripted(method):
            return fault
        with self.state.lock():
            answer = self._answer(method, request, args)
        self.state.changed()
        return JSONResponse(answer)

    def _scripted(self, method: str) -> Response | None:
        """A fault somebody asked for: '429', '500' or a Slack error word."""
        waiting = self.state.fail.get(method) or self.state.fail.get("*")
        if not waiting:
            return None
        kind = waiting.pop(0)
        if kind == "429":
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "1"})
        if kind == "500":
            return JSONResponse({"ok": False, "error": "fatal_error"}, 500)
        return JSONResponse({"ok": False, "error": kind})

    def _answer(self, method: str, request: Request, args: Args) -> Args:
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(args.get("token", ""))
        wanted = self._app if method == "apps.connections.open" else self._bot
        if method == "blocks.validate":
            wanted = token
        if token != wanted:
            return {"ok": False, "error": "invalid_auth"}
        handler = getattr(self, "_" + re.sub(r"[.]", "_", method), None)
        if handler is None:
            return {"ok": False, "error": "unknown_method"}
        try:
            return {"ok": True, **handler(args)}
        except Refused as refused:
            messages = [str(fault) for fault in refused.faults]
            return {"ok": False, "error": refused.error, "response_metadata": {"messages": messages}}

    # --- auth, team, people ---------------------------------------------------------------------------------

    def _auth_test(self, _args: Args) -> Args:
        return {
            "url": self._base(),
            "team": "Maple Street",
            "user": "payclerk",
            "team_id": TEAM,
            "user_id": BOT,
            "bot_id": "B0BOT",
        }

    def _apps_connections_open(self, _args: Args) -> Args:
        ticket = self.state.new_id("ticket")
        return {"url": self._base().replace("http", "ws", 1) + f"/slack/link?ticket={ticket}"}

    def _team_info(self, _args: Args) -> Args:
        return {"team": {"id": TEAM, "name": "Maple Street", "domain": "maple"}}

    def _user(self, user: str) -> Args:
        person = self.state.people.get(user)
        if person is None:
            raise Refused("user_not_found")
        profile = {"email": person.email, "real_name": person.name, "display_name": person.name, "title": person.title}
        shown: Args = {"id": user, "team_id": TEAM, "name": person.email.partition("@")[0], "real_name": person.name}
        shown |= {"tz": person.tz, "locale": person.locale, "deleted": False, "is_bot": False, "profile": profile}
        return {**shown, "is_email_confirmed": True, "is_restricted": False, "is_stranger": False}

    def _users_info(self, args: Args) -> Args:
        return {"user": self._user(str(args.get("user")))}

    def _users_list(self, _args: Args) -> Args:
        return {"members": [self._user(user) for user in self.state.people], "response_metadata": {"next_cursor": ""}}

    def _users_lookupByEmail(self, args: Args) -> Args:  # noqa: N802 - Slack's name
        for user, person in self.state.people.items():
            if person.email.casefold() == str(args.get("email", "")).casefold():
                return {"user": self._user(user)}
        raise Refused("users_not_found")

    # --- channels and messages ------------------------------------------------------------------------------

    def _channel(self, args: Args) -> str:
        found = self.state.channel_id(str(args.get("channel", "")))
        if found is None:
            raise Refused("channel_not_found")
        return found

    def _conversations_open(self, args: Args) -> Args:
        return {"channel": {"id": self.state.direct(str(args.get("users", "")).split(",")[0])}}

    def _conversations_info(self, args: Args) -> Args:
        found = self._channel(args)
        name = self.state.channels.get(found, "")
        return {
            "channel": {
                "id": found,
                "name": name,
                "is_private": False,
                "is_ext_shared": found in self.state.shared,
                "is_member": True,
            }
        }

    def _conversations_members(self, args: Args) -> Args:
        self._channel(args)
        return {"members": [*self.state.people, BOT], "response_metadata": {"next_cursor": ""}}

    def _conversations_list(self, _args: Args) -> Args:
        channels = [{"id": key, "name": name, "is_member": True} for key, name in self.state.channels.items()]
        return {"channels": channels, "response_metadata": {"next_cursor": ""}}

    def _conversations_history(self, args: Args) -> Args:
        found, oldest = self._channel(args), str(args.get("oldest") or "0")
        shown = []
        for message in reversed(self.state.messages):
            if message.channel == found and message.only is None and float(message.ts) >= float(oldest):
                row = message.as_json()
                if args.get("include_all_metadata") in {True, "true", "1"} and message.metadata:
                    row["metadata"] = message.metadata
                shown.append(row)
        return {"messages": shown[: int(args.get("limit") or 100)], "has_more": False}

    def check(self, args: Args, method: str) -> None:
        faults = lint_blocks("message", args)
        if args.get("blocks") and not args.get("text"):
            faults.append(Fault("/text", "missing", "no top-level text for notifications"))
        if faults:
            self.state.faults_seen.append((method, faults))
        if any(fault.pointer != "/text" for fault in faults):
            raise Refused("invalid_blocks", faults)

    def post(self, args: Args, method: str, only: str | None = None) -> Message:
        self.check(args, method)
        if not args.get("text") and not args.get("blocks"):
            raise Refused("no_text")
        message = Message(
            channel=self._channel(args),
            ts=self.state.new_ts(),
            user=BOT,
            text=str(args.get("text") or ""),
            blocks=with_ids(args.get("blocks") or [], self.state),
            only=only,
            metadata=args.get("metadata"),
            thread_ts=args.get("thread_ts"),
        )
        self.state.messages.append(message)
        return message

    def _chat_postMessage(self, args: Args) -> Args:  # noqa: N802 - Slack's name
        message = self.post(args, "chat.postMessage")
        return {"channel": message.channel, "ts": message.ts, "message": message.as_json()}

    def _chat_postEphemeral(self, args: Args) -> Args:  # noqa: N802 - Slack's name
        if args.get("user") not in self.state.people:
            raise Refused("user_not_in_channel")
        return {"message_ts": self.post(args, "chat.postEphemeral", only=args["user"]).ts}

    def _chat_update(self, args: Args) -> Args:
        message = self.state.message(self._channel(args), str(args.get("ts")))
        if message is None or message.only is not None:
            raise Refused("message_not_found")
        self.check(args, "chat.update")
        self.replace(message, args)
        return {"channel": message.channel, "ts": message.ts, "text": message.text}

    def replace(self, message: Message, args: Args) -> None:
        message.text = str(args.get("text") or "")
        message.blocks = with_ids(args.get("blocks") or [], self.state)
        message.edited += 1

    def _chat_delete(self, args: Args) -> Args:
        message = self.state.message(self._channel(args), str(args.get("ts")))
        if message is None:
            raise Refused("message_not_found")
        self.state.messages.remove(message)
        return {"ts": message.ts}

    def _chat_getPermalink(self, args: Args) -> Args:  # noqa: N802 - Slack's name
        return {"permalink": f"{self._base()}/#{args.get('channel')}/{args.get('message_ts')}"}

    def _reactions_add(self, _args: Args) -> Args:
        return {}

    def _blocks_validate(self, args: Args) -> Args:
        faults = lint_blocks("modal" if "view" in args else "message", args.get("view") or args)
        if faults:
            raise Refused("invalid_blocks", faults)
        return {}

    # --- modals and Home ------------------------------------------------------------------------------------

    def checked_view(self, view: Any, method: str) -> Args:
        body = json.loads(view) if isinstance(view, str) else view
        if not isinstance(body, dict):
            raise Refused("invalid_arguments")
        faults = lint_blocks("home" if body.get("type") == "home" else "modal", body)
        if faults:
            self.state.faults_seen.append((method, faults))
            raise Refused("invalid_arguments", faults)
        if len(json.dumps(body)) > VIEW_BYTES:
            raise Refused("view_too_large")
        return {**body, "blocks": with_ids(body.get("blocks", []), self.state)}

    def _trigger(self, args: Args) -> str:
        found = self.state.use_trigger(str(args.get("trigger_id")))
        if isinstance(found, str):
            raise Refused(found)
        return found.user

    def _views_open(self, args: Args) -> Args:
        body = self.checked_view(args.get("view"), "views.open")
        user = self._trigger(args)
        self.state.stacks[user] = []
        return {"view": self.push(user, body).as_json()}

    def _views_push(self, args: Args) -> Args:
        body = self.checked_view(args.get("view"), "views.push")
        user = self._trigger(args)
        if len(self.state.stacks.get(user, [])) >= STACK_LIMIT:
            raise Refused("push_limit_reached")
        return {"view": self.push(user, body).as_json()}

    def push(self, user: str, body: Args) -> View:
        stack = self.state.stacks.setdefault(user, [])
        view_id = self.state.new_id("V")
        view = View(
            view_id, user, body, stack[0] if stack else view_id, stack[-1] if stack else None, self.state.new_id("h")
        )
        self.state.views[view_id] = view
        stack.append(view_id)
        return view

    def _views_update(self, args: Args) -> Args:
        body = self.checked_view(args.get("view"), "views.update")
        view = self._find(args)
        if args.get("hash") not in {None, "", view.hash}:
            raise Refused("hash_conflict")
        self.update(view, body)
        return {"view": view.as_json()}

    def _find(self, args: Args) -> View:
        wanted, external = args.get("view_id"), args.get("external_id")
        for view in self.state.views.values():
            named = view.id == wanted or (external is not None and external == view.body.get("external_id"))
            if named and view.id in self.state.stacks.get(view.user, []):
                return view
        raise Refused("not_found")

    def update(self, view: View, body: Args) -> None:
        """New content; what was typed stays where block_id and action_id are the same."""
        view.body, view.hash, view.errors = body, self.state.new_id("h"), {}
        kept = {(b["block_id"], e.get("action_id")) for b in body.get("blocks", []) for e in elements_of(b)}
        view.values = {
            block: {action: value for action, value in values.items() if (block, action) in kept}
            for block, values in view.values.items()
        }

    def _views_publish(self, args: Args) -> Args:
        body = self.checked_view(args.get("view"), "views.publish")
        user = str(args.get("user_id"))
        if user not in self.state.people:
            raise Refused("user_not_found")
        view_id = self.state.new_id("V")
        self.state.homes[user] = View(view_id, user, body, view_id, None, self.state.new_id("h"))
        return {"view": self.state.homes[user].as_json()}

    # --- files ----------------------------------------------------------------------------------------------

    def _files_info(self, args: Args) -> Args:
        file = self.state.files.get(str(args.get("file")))
        if file is None:
            raise Refused("file_not_found")
        url = f"{self._base()}/slack/files/{file.id}"
        kind = file.name.rpartition(".")[2].casefold()
        facts = {"id": file.id, "name": file.name, "title": file.title, "filetype": kind, "size": len(file.content)}
        return {"file": {**facts, "mode": "hosted", "url_private": url, "url_private_download": url}}

    def _files_getUploadURLExternal(self, args: Args) -> Args:  # noqa: N802 - Slack's name
        file = File(self.state.new_id("F"), str(args.get("filename")), str(args.get("filename")))
        self.state.files[file.id] = file
        return {"upload_url": f"{self._base()}/slack/upload/{file.id}", "file_id": file.id}

    def _files_completeUploadExternal(self, args: Args) -> Args:  # noqa: N802 - Slack's name
        wanted = args.get("files") or []
        wanted = json.loads(wanted) if isinstance(wanted, str) else wanted
        files = [self.state.files[row["id"]] for row in wanted if row["id"] in self.state.files]
        if not files:
            raise Refused("file_not_found")
        for file, row in zip(files, wanted, strict=True):
            file.title = row.get("title") or file.name
        channel = args.get("channel_id") or str(args.get("channels") or "").split(",")[0]
        if channel:
            self._share(files, self._channel({"channel": channel}), args)
        return {"files": [{"id": file.id, "title": file.title, "name": file.name} for file in files]}

    def _share(self, files: list[File], channel: str, args: Args) -> None:
        for file in files:
            file.channel = channel
        comment = str(args.get("initial_comment") or "")
        message = Message(channel, self.state.new_ts(), BOT, comment, thread_ts=args.get("thread_ts"))
        message.files = [file.id for file in files]
        self.state.messages.append(message)

    async def upload(self, request: Request) -> Response:
        file = self.state.files.get(request.path_params["file"])
        if file is None:
            return Response(status_code=404)
        if request.headers.get("content-type", "").startswith("multipart/"):
            form = await request.form()
            part = next(iter(form.values()))
            file.content = part.encode() if isinstance(part, str) else await part.read()
        else:
            file.content = await request.body()
        return Response("OK")

    async def download(self, request: Request) -> Response:
        file = self.state.files.get(request.path_params["file"])
        if file is None:
            return Response(status_code=404)
        return Response(
            file.content,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f'inline; filename="{file.id}"'},
        )

    # --- response_url ---------------------------------------------------------------------------------------

    async def respond(self, request: Request) -> Response:
        args = json.loads(await request.body() or b"{}")
        with self.state.lock():
            place = self.state.use_response(request.path_params["key"])
            if place is None:
                return JSONResponse({"ok": False, "error": "used_url"}, 404)
            try:
                self._respond(args, place)
            except Refused as refused:
                return JSONResponse({"ok": False, "error": refused.error}, 400)
        self.state.changed()
        return JSONResponse({"ok": True})

    def _respond(self, args: Args, place: Place) -> None:
        message = self.state.message(place.channel, place.ts) if place.ts else None
        if args.get("delete_original") and message is not None:
            self.state.messages.remove(message)
        elif args.get("replace_original") and message is not None:
            self.check(args, "response_url")
            self.replace(message, args)
        else:
            only = None if args.get("response_type") == "in_channel" else place.user
            self.post({**args, "channel": place.channel}, "response_url", only=only)


def with_ids(blocks: Any, state: SlackState) -> list[dict[str, Any]]:
    """Slack gives a block_id to each block that has none."""
    found = json.loads(blocks) if isinstance(blocks, str) else blocks
    return [{**block, "block_id": block.get("block_id") or state.new_id("b")} for block in found]


async def _arguments(request: Request) -> Args:
    """Form, JSON or query, with JSON-encoded values inside; an empty body is no arguments."""
    body = await request.body()
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return dict(json.loads(body)) if body else {}
    fields = {key: values[0] for key, values in parse_qs(body.decode() or str(request.query_params)).items()}
    return {key: _decoded(value) for key, value in fields.items()}


def _decoded(value: str) -> Any:
    if value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
