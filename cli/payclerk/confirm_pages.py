"""Confirm pages over HTTP: GET shows what would happen and changes nothing, POST with the letter's code does it.

There are no cookies and no signing in: the code in the form is all the power there is, so a foreign page that makes a
browser send something has none. Link scanners may open, fetch and even submit the page without the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from payclerk_core.actions.call import Call
from payclerk_core.actions.confirmations import ANSWERS, TRIES, Given, Outcome, ask_for_page
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.documents.confirm_page import (
    STYLE,
    Asked,
    PageText,
    confirm_style,
    render_ask_page,
    render_confirm_page,
)
from payclerk_core.documents.mail_preview import Preview
from payclerk_core.queries.confirmations import MAIL, ConfirmPage, PageState, find_page
from payclerk_core.settings import Settings
from payclerk_core.tokens import requested_by
from payclerk_mailbox.confirming import Confirming

LONGEST_FORM: Final = 16_384
_OPEN: Final = frozenset({"wrong_code", "no_answer", "changed"})
_STATUS: Final = {
    "wrong_code": 403,
    "no_answer": 422,
    "refused": 409,
    "changed": 409,
    "answered": 409,
    "used": 409,
    "locked": 429,
    "expired": 410,
    "closed": 410,
    "unknown": 404,
    "unreadable": 400,
}
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class ConfirmPages:
    """The two routes, over one database."""

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._settings, self._db, self._clock = settings, db, clock
        self._confirming = Confirming(settings, db, clock)

    def routes(self) -> list[Route]:
        return [
            Route(f"/confirm/{STYLE}", _style, methods=["GET"]),
            Route("/confirm/ask/{request}", self._show_ask, methods=["GET"]),
            Route("/confirm/ask/{request}", self._take_ask, methods=["POST"]),
            Route("/confirm/{token}", self._show, methods=["GET"]),
            Route("/confirm/{token}", self._take, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        token = request.path_params["token"]
        preview = self._confirming.preview(token)
        with self._db.reading() as session:
            page = find_page(session, token, self._clock())
            if page is None:
                return _answer(PageText(_language(request), "unknown"))
            result = "" if page.state is PageState.OPEN else page.state.value
            return _answer(_text(page, result, Given("", page.confirmation.proposed or ""), preview), shown=True)

    def _show_ask(self, request: Request) -> Response:
        known = requested_by(self._settings.secret, request.path_params["request"]) is not None
        return _ask_page(request, "" if known else "unknown")

    async def _take_ask(self, request: Request) -> Response:
        if await _fields(request) is None:
            return _ask_page(request, "unknown")
        return await run_in_threadpool(self._ask, request)

    def _ask(self, request: Request) -> Response:
        """Nobody learns from the answer whether anything is open: it goes to the one who was asked alone."""
        wanted = request.path_params["request"]
        if requested_by(self._settings.secret, wanted) is None:
            return _ask_page(request, "unknown")
        with self._db.transaction() as session:
            ask_for_page(Call(session, self._clock(), self._settings, actor=None, door="web"), wanted)
        return _ask_page(request, "sent")

    async def _take(self, request: Request) -> Response:
        fields = await _fields(request)
        if fields is None:
            return _answer(PageText(_language(request), "unreadable"))
        given = Given(fields.get("code", ""), fields.get("answer", ""), fields.get("note", ""), fields.get("seen", ""))
        return await run_in_threadpool(self._confirm, request, given)

    def _confirm(self, request: Request, given: Given) -> Response:
        """The outcome is a value and no error: a wrong code has to be counted, whatever becomes of the page."""
        token, language = request.path_params["token"], _language(request)
        made = self._confirming.confirm(token, given, lambda outcome: _outcome(outcome, given, language))
        if made.result in _OPEN and made.purpose == MAIL and made.preview is None:
            made = replace(made, preview=self._confirming.preview(token))
        return _answer(made)


def _outcome(outcome: Outcome, given: Given, language: str) -> PageText:
    if outcome.page is None:
        return PageText(language, outcome.result)
    return _text(outcome.page, outcome.result, given, outcome.preview)


def _text(page: ConfirmPage, result: str, given: Given, preview: Preview | None) -> PageText:
    row = page.confirmation
    has_form = result in _OPEN or not result
    return PageText(
        language=page.person.language,
        result=result,
        asked=_asked(page),
        purpose=row.purpose,
        answers=ANSWERS[row.purpose] if has_form else (),
        chosen=given.answer,
        note=given.note[:2000],
        action=row.token,
        answer=row.answered or (page.invitation.status if page.invitation else ""),
        left=TRIES - row.attempts,
        preview=preview,
    )


def _asked(page: ConfirmPage) -> Asked:
    contract, period = page.contract, page.period
    return Asked(
        person=page.person.name,
        project=f"{contract.project.number} {contract.project.name}",
        contract=f"{contract.number} {contract.title}",
        company=contract.company.name,
        period=(period.starts_on, period.ends_on) if period else None,
        due=period.due_on if period else None,
        claim=f"#{page.claim.number}" if page.claim else "",
    )


def _answer(text: PageText, *, shown: bool = False) -> Response:
    """A page that is only shown is there, whatever it says; what was sent is answered by its own status."""
    status = 200 if shown else _STATUS.get(text.result, 200)
    return HTMLResponse(render_confirm_page(text), status_code=status, headers=_HEADERS)


def _ask_page(request: Request, said: str) -> Response:
    page = render_ask_page(_language(request), request.path_params["request"] if not said else "", said)
    return HTMLResponse(page, status_code=404 if said == "unknown" else 200, headers=_HEADERS)


def _style(_request: Request) -> Response:
    return Response(confirm_style(), media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


async def _fields(request: Request) -> Mapping[str, str] | None:
    """The form, each field once; None for anything else, and for what another site made the browser send."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded" or request.headers.get("sec-fetch-site") == "cross-site":
        return None
    body = await _body(request)
    try:
        found = parse_qs((body or b"").decode("ascii"), max_num_fields=10, errors="strict")
    except ValueError:
        return None
    if any("\x00" in value for values in found.values() for value in values):
        return None  # nobody types it, and not every database keeps it
    return None if body is None else {name: values[0] for name, values in found.items() if len(values) == 1}


async def _body(request: Request) -> bytes | None:
    read = bytearray()
    try:
        async for piece in request.stream():
            read += piece
            if len(read) > LONGEST_FORM:
                return None
    except ClientDisconnect:
        return None
    return bytes(read)


def _language(request: Request) -> str:
    """Of the browser, where nobody is known yet."""
    return request.headers.get("accept-language", "en")[:2]
