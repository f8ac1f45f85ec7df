"""The REST API, version 2.1, as far as payclerk uses it, and the account server beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import answers, papers
from .errors import DocusignError, error_response
from .faults import NoReply
from .oauth import OauthError
from .schema import check

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from .envelopes import Envelope
    from .faults import DocusignFaults
    from .ledger import Ledger
    from .oauth import App

    Work = Callable[[Request, bytes], Response]

ROOT = "/docusign/restapi/v2.1/accounts/{account}/envelopes"
PAGE = 1000
TRANSACTION_LIFE = timedelta(days=7)


class Api:
    def __init__(self, app: App, ledger: Ledger, faults: DocusignFaults) -> None:
        self._app = app
        self._ledger = ledger
        self._faults = faults

    def routes(self) -> list[Route]:
        one = ROOT + "/{envelope}"
        return [
            Route("/docusign/oauth/token", self._token, methods=["POST"]),
            Route("/docusign/oauth/userinfo", self._userinfo),
            Route(ROOT, self._guarded(self._create), methods=["POST"]),
            Route(ROOT, self._guarded(self._list)),
            Route(one, self._guarded(self._show)),
            Route(one, self._guarded(self._change), methods=["PUT"]),
            Route(one + "/documents", self._guarded(self._documents)),
            Route(one + "/documents/{document}", self._guarded(self._document)),
            Route(one + "/recipients", self._guarded(self._recipients)),
            Route(one + "/custom_fields", self._guarded(self._custom_fields)),
            Route(one + "/audit_events", self._guarded(self._audit)),
        ]

    def _guarded(self, work: Work) -> Callable[[Request], Awaitable[Response]]:
        """Faults first, then the token, then the work; a refusal leaves as DocuSign's JSON."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            if self._faults.takes("hang"):
                await self._faults.hold()
            try:
                self._admit(request)
                return await run_in_threadpool(work, request, body)
            except DocusignError as error:
                return error_response(error)

        return endpoint

    def _admit(self, request: Request) -> None:
        if self._faults.takes("server_errors"):
            raise DocusignError(503, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable.")
        if self._faults.takes("limits"):
            raise DocusignError(
                400,
                "HOURLY_APIINVOCATION_LIMIT_EXCEEDED",
                "The maximum number of hourly API invocations has been exceeded.",
            )
        if self._faults.takes("unauthorized") or not self._app.knows(request.headers.get("authorization", "")):
            raise DocusignError(
                401, "AUTHORIZATION_INVALID_TOKEN", "The access token provided is expired, revoked or malformed."
            )
        if self._faults.refusal is not None:
            raise DocusignError(400, self._faults.refusal, "The request was refused for this account.")
        if request.path_params["account"] != self._app.account_id:
            raise DocusignError(
                401, "USER_LACKS_MEMBERSHIP", "The UserID does not have a valid membership in this Account."
            )

    async def _token(self, request: Request) -> Response:
        if self._faults.consent_required:
            return JSONResponse({"error": "consent_required"}, status_code=400)
        try:
            return JSONResponse(self._app.token_for(await request.body()))
        except OauthError as error:
            return JSONResponse({"error": error.code, "error_description": error.description}, status_code=400)

    async def _userinfo(self, request: Request) -> Response:
        if not self._app.knows(request.headers.get("authorization", "")):
            return JSONResponse({"error": "internal_server_error", "reason": "invalid_token"}, status_code=401)
        return JSONResponse(self._app.userinfo())

    def _create(self, _request: Request, body: bytes) -> Response:
        envelope = self._ledger.create(_parsed(body))
        if self._faults.takes("lost_replies"):
            return NoReply()
        return JSONResponse(answers.created(envelope), status_code=201)

    def _list(self, request: Request, _body: bytes) -> Response:
        query = request.query_params
        found = [envelope for envelope in self._ledger.all() if _matches(envelope, query, self._ledger.now())]
        start, count = int(query.get("start_position", 0)), int(query.get("count", PAGE))
        include = query.get("include", "").split(",")
        return JSONResponse(answers.listing(found[start : start + count], len(found), start, include))

    def _show(self, request: Request, _body: bytes) -> Response:
        return JSONResponse(answers.summary(self._of(request), request.query_params.get("include", "").split(",")))

    def _change(self, request: Request, body: bytes) -> Response:
        envelope, wanted = self._of(request), _parsed(body)
        check(wanted, "Envelope")
        if wanted.get("status") == "voided":
            self._ledger.void(envelope, wanted.get("voidedReason", ""))
        elif wanted.get("status") == "sent":
            self._ledger.send(envelope)
        if request.query_params.get("resend_envelope") == "true":
            self._ledger.resend(envelope)
        return JSONResponse({"envelopeId": envelope.id})

    def _documents(self, request: Request, _body: bytes) -> Response:
        return JSONResponse(answers.documents(self._of(request)))

    def _document(self, request: Request, _body: bytes) -> Response:
        envelope, wanted = self._of(request), request.path_params["document"]
        if envelope.id in self._faults.locked_documents:
            raise DocusignError(
                400, "DOCUMENT_NOT_AVAILABLE", f"The documents of {envelope.signers[0].email}'s envelope are locked."
            )
        if wanted == "archive":
            return Response(papers.archive(envelope), media_type="application/zip")
        return Response(_paper(envelope, wanted), media_type="application/pdf")

    def _recipients(self, request: Request, _body: bytes) -> Response:
        return JSONResponse(answers.recipients(self._of(request)))

    def _custom_fields(self, request: Request, _body: bytes) -> Response:
        return JSONResponse(answers.custom_fields(self._of(request)))

    def _audit(self, request: Request, _body: bytes) -> Response:
        return JSONResponse(answers.audit(self._of(request)))

    def _of(self, request: Request) -> Envelope:
        return self._ledger.get(request.path_params["envelope"])


def _paper(envelope: Envelope, wanted: str) -> bytes:
    if wanted == "combined":
        return papers.combined(envelope)
    if wanted == "certificate":
        return papers.certificate(envelope)
    for document in envelope.documents:
        if document.id == wanted:
            return papers.signed(document, envelope)
    raise DocusignError(404, "DOCUMENT_DOES_NOT_EXIST", "The document specified was not found.")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        raise DocusignError(400, "INVALID_REQUEST_BODY", "The request body is no JSON.") from error


def _matches(envelope: Envelope, query: Any, now: datetime) -> bool:
    """One of three ways to say which envelopes is a must; the rest narrows them down."""
    if not any(query.get(name) for name in ("from_date", "envelope_ids", "transaction_ids")):
        raise DocusignError(
            400,
            "INVALID_REQUEST_PARAMETER",
            "Query parameter 'from_date' must be set to a valid DateTime, or 'envelope_ids' or 'transaction_ids' must be specified.",
        )
    name, _, value = query.get("custom_field", "").partition("=")
    return (
        _listed(envelope.id, query.get("envelope_ids"))
        and _listed(_transaction(envelope, now), query.get("transaction_ids"))
        and _listed(envelope.status, query.get("status"))
        and (not name or envelope.custom_fields.get(name) == value)
        and (not query.get("from_date") or envelope.changed >= _date(query["from_date"]))
        and (not query.get("to_date") or envelope.changed <= _date(query["to_date"]))
    )


def _transaction(envelope: Envelope, now: datetime) -> str | None:
    """DocuSign knows a transaction id for seven days."""
    return envelope.transaction_id if now - envelope.created < TRANSACTION_LIFE else None


def _listed(value: str | None, wanted: str | None) -> bool:
    return not wanted or wanted == "any" or (value is not None and value.casefold() in wanted.casefold().split(","))


def _date(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise DocusignError(400, "INVALID_REQUEST_PARAMETER", f"'{text}' is no valid DateTime.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
