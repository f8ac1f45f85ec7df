"""Files in Slack's three steps: ask for an address, send the bytes there, say where to share them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .refused import Refused
from .state import BOT, File, Message, SlackState

Args = dict[str, Any]
Handler = Callable[[Args], Args]
# Shown in the browser; whatever else is there to be saved, so that nothing uploaded runs as a page of ours.
SHOWN = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".txt": "text/plain; charset=utf-8"}


class Uploads:
    def __init__(self, state: SlackState, base: Callable[[], str]) -> None:
        self._state, self._base = state, base

    def methods(self) -> Mapping[str, Handler]:
        return {"files.getUploadURLExternal": self._ask, "files.completeUploadExternal": self._complete}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/slack/upload/{file}", self._upload, methods=["POST"]),
            Route("/slack/files/{file}", self._download),
        ]

    def _ask(self, args: Args) -> Args:
        name = str(args.get("filename") or "")
        if not name or not str(args.get("length") or "").isdigit():
            raise Refused("invalid_arguments")
        file = File(self._state.new_id("F"), name, name, alt_text=str(args.get("alt_txt") or ""))
        self._state.files[file.id] = file
        return {"upload_url": f"{self._base()}/slack/upload/{file.id}", "file_id": file.id}

    def _complete(self, args: Args) -> Args:
        rows = [row for row in args.get("files") or [] if row.get("id") in self._state.files]
        if not rows:
            raise Refused("file_not_found")
        files = [self._state.files[row["id"]] for row in rows]
        for file, row in zip(files, rows, strict=True):
            file.title = row.get("title") or file.name
        wanted = args.get("channel_id") or str(args.get("channels") or "").partition(",")[0]
        if wanted:
            self._share(files, str(wanted), args)
        return {"files": [self.as_json(file) for file in files]}

    def as_json(self, file: File) -> Args:
        address = f"{self._base()}/slack/files/{file.id}"
        return {"id": file.id, "name": file.name, "title": file.title, "size": len(file.content), "permalink": address}

    def _share(self, files: list[File], wanted: str, args: Args) -> None:
        channel = self._state.channel_id(wanted)
        if channel is None:
            raise Refused("channel_not_found")
        for file in files:
            file.channel = channel
        comment = str(args.get("initial_comment") or "")
        message = Message(channel, self._state.new_ts(), BOT, comment, thread_ts=args.get("thread_ts"))
        message.files = [file.id for file in files]
        self._state.messages.append(message)

    def _file(self, request: Request) -> File | None:
        return self._state.files.get(request.path_params["file"])

    async def _upload(self, request: Request) -> Response:
        file = self._file(request)
        if file is None:
            return Response(status_code=404)
        if request.headers.get("content-type", "").startswith("multipart/"):
            async with request.form() as form:
                part = next(iter(form.values()))
                file.content = part.encode() if isinstance(part, str) else await part.read()
        else:
            file.content = await request.body()
        return Response(f"OK - {len(file.content)}")

    async def _download(self, request: Request) -> Response:
        file = self._file(request)
        if file is None:
            return Response(status_code=404)
        suffix = f".{file.name.rpartition('.')[2].lower()}"
        how = "inline" if suffix in SHOWN else "attachment"
        headers = {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.name)}"}
        headers["X-Content-Type-Options"] = "nosniff"
        return Response(file.content, media_type=SHOWN.get(suffix, "application/octet-stream"), headers=headers)
