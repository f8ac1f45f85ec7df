"""The page behind the link in a "please sign" mail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from . import papers
from .errors import DocusignError, error_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from .envelopes import Envelope, Recipient
    from .ledger import Ledger

PAGE = Path(__file__).parent.parent / "page" / "sign.html"
ROOT = "/docusign/sign/{envelope}/{recipient}"


class SigningPages:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def routes(self) -> list[Route]:
        return [
            Route(ROOT, self._page),
            Route(ROOT + "/state", self._guarded(self._state)),
            Route(ROOT + "/document", self._guarded(self._document)),
            Route(ROOT + "/sign", self._guarded(self._sign), methods=["POST"]),
            Route(ROOT + "/decline", self._decline, methods=["POST"]),
        ]

    def _guarded(self, work: Callable[[Envelope, Recipient], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await run_in_threadpool(work, *self._who(request))
            except DocusignError as error:
                return error_response(error)

        return endpoint

    def _who(self, request: Request) -> tuple[Envelope, Recipient]:
        envelope = self._ledger.get(request.path_params["envelope"])
        return envelope, envelope.recipient(request.path_params["recipient"])

    async def _page(self, _request: Request) -> Response:
        return FileResponse(PAGE)

    def _state(self, envelope: Envelope, recipient: Recipient) -> Response:
        """Reading it is opening the envelope, which the sender gets to see."""
        self._ledger.view(envelope, recipient)
        return _shown(envelope, recipient)

    def _document(self, envelope: Envelope, _recipient: Recipient) -> Response:
        headers = {"Content-Disposition": "inline; filename=document.pdf"}
        return Response(papers.combined(envelope), media_type="application/pdf", headers=headers)

    def _sign(self, envelope: Envelope, recipient: Recipient) -> Response:
        self._ledger.sign(envelope, recipient)
        return _shown(envelope, recipient)

    async def _decline(self, request: Request) -> Response:
        reason = str((await request.json()).get("reason", "")).strip()
        if not reason:
            return error_response(DocusignError(400, "DECLINE_REASON_REQUIRED", "Please say why you decline."))
        return await self._guarded(lambda envelope, recipient: self._declined(envelope, recipient, reason))(request)

    def _declined(self, envelope: Envelope, recipient: Recipient, reason: str) -> Response:
        self._ledger.decline(envelope, recipient, reason)
        return _shown(envelope, recipient)


def _shown(envelope: Envelope, recipient: Recipient) -> Response:
    return JSONResponse(
        {
            "subject": envelope.subject,
            "blurb": envelope.blurb,
            "envelopeId": envelope.id,
            "envelopeStatus": envelope.status,
            "name": recipient.name,
            "email": recipient.email,
            "status": recipient.status,
            "documents": [document.name for document in envelope.documents],
        }
    )
