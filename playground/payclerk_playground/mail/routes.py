"""What the page asks the mail for. It acts as the people do, so payclerk's own mailbox is there to look at only."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import nh3
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .letters import Attachment
from .safe_html import CONTENT_POLICY, shown_html

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from .accounts import Account
    from .letters import StoredMail
    from .world import MailWorld

ROOT = "/mail/api"
BOX = ROOT + "/mailboxes/{email}"
MAIL = BOX + "/mails/{mail}"
KEEP_ALIVE = 15  # seconds; a proxy cuts a silent stream


class MailRoutes:
    def __init__(self, world: MailWorld) -> None:
        self._world = world

    def routes(self) -> list[BaseRoute]:
        return [
            Route(ROOT + "/mailboxes", self._mailboxes),
            Route(ROOT + "/events", self._events),
            Route(BOX + "/mails", self._guarded(self._list)),
            Route(BOX + "/send", self._guarded(self._send), methods=["POST"]),
            Route(MAIL, self._guarded(self._read)),
            Route(MAIL + "/html", self._guarded(self._html)),
            Route(MAIL + "/raw", self._guarded(self._raw)),
            Route(MAIL + "/attachments/{number:int}", self._guarded(self._attachment)),
            Route(MAIL + "/reply", self._guarded(self._reply), methods=["POST"]),
        ]

    def _guarded(self, work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await work(request)
            except LookupError:
                return JSONResponse({"error": "There is no such mail, or no such mailbox."}, status_code=404)
            except (OSError, ValueError) as error:
                return JSONResponse({"error": f"The mail did not go out: {error}"}, status_code=502)

        return endpoint

    async def _mailboxes(self, _request: Request) -> Response:
        return JSONResponse([self._mailbox(account) for account in self._world.accounts])

    def _mailbox(self, account: Account) -> dict[str, Any]:
        mails = self._world.inbox(account.address)
        return {
            "email": account.address,
            "name": account.name,
            "title": account.title,
            "unread": sum(not mail.seen for mail in mails),
            "total": len(mails),
            "folders": self._world.folders(account.address),
            "isPayclerk": account.is_payclerk,
        }

    async def _list(self, request: Request) -> Response:
        mails = self._world.mails(request.path_params["email"], request.query_params.get("folder", "INBOX"))
        return JSONResponse([_line(mail) for mail in reversed(mails)])

    async def _read(self, request: Request) -> Response:
        mail = self._mail(request)
        if not mail.seen:
            await run_in_threadpool(self._world.mark_read, request.path_params["email"], mail)
        attached = [
            {"number": number, "name": one.filename, "type": one.content_type, "size": len(one.content)}
            for number, one in enumerate(mail.attachments)
        ]
        return JSONResponse(
            {
                **_line(mail),
                "replyTo": mail.reply_to,
                "text": mail.text,
                "hasHtml": bool(mail.html),
                "attachments": attached,
            }
        )

    async def _html(self, request: Request) -> Response:
        return HTMLResponse(shown_html(self._mail(request)), headers={"Content-Security-Policy": CONTENT_POLICY})

    async def _raw(self, request: Request) -> Response:
        return Response(self._mail(request).raw, media_type="text/plain; charset=utf-8")

    async def _attachment(self, request: Request) -> Response:
        one = self._mail(request).attachments[request.path_params["number"]]
        headers = {"Content-Disposition": f"{_disposition(one)}; filename*=UTF-8''{quote(one.filename)}"}
        return Response(one.content, media_type=one.content_type, headers=headers)

    async def _send(self, request: Request) -> Response:
        async with request.form() as form:
            files = await _files(form)
            to = [part.strip() for part in str(form["to"]).split(",")]
            values = (str(form.get("subject", "")), str(form.get("text", "")))
        sender = self._person(request)
        await run_in_threadpool(self._world.send, sender, to, *values, attachments=files)
        return JSONResponse({"ok": True})

    async def _reply(self, request: Request) -> Response:
        async with request.form() as form:
            files = await _files(form)
            choice: dict[str, Any] = {"style": str(form.get("style", "gmail")), "lang": str(form.get("lang", "en"))}
            text = str(form.get("text", ""))
        person, mail = self._person(request), self._mail(request)
        await run_in_threadpool(lambda: self._world.reply(person, mail, text, attachments=files, **choice))
        return JSONResponse({"ok": True})

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(
            self._stream(request), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self, _request: Request) -> AsyncIterator[str]:
        queue = self._world.news.listen()
        try:
            yield ": hello\n\n"
            while True:
                try:
                    address = await asyncio.wait_for(queue.get(), KEEP_ALIVE)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if address is None:
                    return
                yield f"event: mail\ndata: {json.dumps({'email': address})}\n\n"
        finally:
            self._world.news.ignore(queue)

    def _mail(self, request: Request) -> StoredMail:
        return self._world.mail(request.path_params["email"], request.path_params["mail"])

    def _person(self, request: Request) -> str:
        account = self._world.accounts.find(request.path_params["email"])
        if account is None or account.is_payclerk:
            raise LookupError("nobody writes by hand from there")
        return account.address


def _line(mail: StoredMail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "from": mail.sender,
        "to": mail.to,
        "subject": mail.subject,
        "date": mail.date.isoformat(),
        "seen": mail.seen,
        "preview": " ".join((mail.text or nh3.clean(mail.html, tags=set())).split())[:140],
        "hasAttachments": bool(mail.attachments),
    }


def _disposition(one: Attachment) -> str:
    """Only what a browser shows without running anything opens in it; the rest is saved."""
    return (
        "inline" if one.content_type in ("application/pdf", "text/plain", "image/png", "image/jpeg") else "attachment"
    )


async def _files(form: FormData) -> list[Attachment]:
    uploads = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    return [Attachment.named(one.filename or "file", await one.read()) for one in uploads]
