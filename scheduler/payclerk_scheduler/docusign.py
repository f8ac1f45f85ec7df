"""The adapter to DocuSign: own token, then the SDK for the envelopes. Nothing else imports the SDK.

Traps it avoids (reference 1.8): no default timeout, silent retries of PUT and GET, a token without "Bearer", an
OAuth host fixed to https, handlers hung on the root loggers.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jwt
import urllib3

from payclerk_core.clock import Clock
from payclerk_core.documents.layout import SIGN_TOKEN
from payclerk_core.errors import OutsideError
from payclerk_core.settings import Settings

from .docusign_schema import check_envelope

TIMEOUT: Final = (5, 60)
SCOPES: Final = "signature impersonation"
RENEW_BEFORE: Final = timedelta(minutes=10)
SUBJECT_LIMIT: Final = 100  # an error there, not a truncation
# These arrive as 400, and trying later is right: a limit, or a void that was overtaken by a signature.
PASSING_CODES: Final = ("limit_exceeded", "cannot_void_invalid_state")
OPEN: Final = ("created", "sent", "delivered")


@dataclass(frozen=True, slots=True)
class Signer:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class OutgoingEnvelope:
    """One PDF for one or more signers. The transaction id finds the envelope again when the answer is lost."""

    transaction_id: str
    subject: str
    document_name: str
    pdf: bytes
    signers: Sequence[Signer]
    claim_id: int


@dataclass(frozen=True, slots=True)
class Known:
    """An envelope as DocuSign has it."""

    envelope_id: str
    status: str


@dataclass(frozen=True, slots=True)
class _Session:
    token: str
    expires_at: datetime
    account_id: str
    api_host: str


class DocuSign:
    """Send, look up and fetch. Raises OutsideError, which says whether to try again."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._http = urllib3.PoolManager(retries=False)
        self._lock = threading.Lock()
        self._session: _Session | None = None

    def send(self, envelope: OutgoingEnvelope) -> str:
        """Create and send the envelope, or find the one an earlier try made. Returns DocuSign's envelope id."""
        known = self._find(transaction_ids=envelope.transaction_id)
        if known is not None:
            return known.envelope_id
        body = _definition(envelope)
        check_envelope(body)
        created = self._call(
            lambda api, account: api.create_envelope(account, envelope_definition=body, _request_timeout=TIMEOUT)
        )
        return str(created.envelope_id)

    def statuses(self, envelope_ids: Sequence[str]) -> dict[str, str]:
        """The status of each of these envelopes, in one call."""
        answer = self._call(
            lambda api, account: api.list_status_changes(
                account, envelope_ids=",".join(envelope_ids), _request_timeout=TIMEOUT
            )
        )
        return {row.envelope_id: row.status for row in answer.envelopes or []}

    def void(self, transaction_id: str, envelope_id: str | None, reason: str) -> Known | None:
        """Void the envelope unless it is finished, and say what it is then; None when DocuSign has none.

        It is looked up first, so a repeat after a lost answer finds it voided. DocuSign knows a transaction id for
        seven days only; an envelope that has left is known by its own id.
        """
        by_own = {"envelope_ids": envelope_id} if envelope_id else {"transaction_ids": transaction_id}
        known = self._find(**by_own)
        if known is None or known.status not in OPEN:
            return known
        body = {"status": "voided", "voidedReason": reason}
        check_envelope(body)
        self._call(lambda api, account: api.update(account, known.envelope_id, envelope=body, _request_timeout=TIMEOUT))
        return Known(known.envelope_id, "voided")

    def signed_pdf(self, envelope_id: str) -> bytes:
        content = self._call(
            lambda api, account: api.get_document(account, "combined", envelope_id, _request_timeout=TIMEOUT)
        )
        return bytes(content)

    def check(self) -> str:
        """For doctor: sign in, and say which account would be used."""
        return self._signed_in().account_id

    def close(self) -> None:
        self._http.clear()

    def _find(self, **wanted: str) -> Known | None:
        answer = self._call(lambda api, account: api.list_status_changes(account, **wanted, _request_timeout=TIMEOUT))
        rows = answer.envelopes or []
        return Known(str(rows[0].envelope_id), str(rows[0].status)) if rows else None

    def _call(self, ask: Callable[[Any, str], Any]) -> Any:
        """One request; once more with a fresh token when the old one was refused."""
        try:
            return self._ask(ask)
        except OutsideError as error:
            if error.message != _TOKEN_REFUSED:
                raise
        with self._lock:
            self._session = None
        return self._ask(ask)

    def _ask(self, ask: Callable[[Any, str], Any]) -> Any:
        from docusign_esign import ApiException

        session = self._signed_in()
        try:
            return ask(self._envelopes_api(session), session.account_id)
        except ApiException as error:
            raise _outside(error.status, error.body) from None
        except urllib3.exceptions.HTTPError:
            raise OutsideError("DocuSign cannot be reached", permanent=False) from None

    def _envelopes_api(self, session: _Session) -> Any:
        from docusign_esign import ApiClient, EnvelopesApi

        _unhook_loggers()
        client = ApiClient(host=session.api_host, oauth_host_name=urlsplit(self._settings.docusign_oauth_base).netloc)
        client.rest_client.pool_manager = self._http
        client.set_default_header("Authorization", f"Bearer {session.token}")
        return EnvelopesApi(client)

    def _signed_in(self) -> _Session:
        with self._lock:
            if self._session is None or self._session.expires_at - RENEW_BEFORE <= self._clock():
                self._session = self._sign_in()
            return self._session

    def _sign_in(self) -> _Session:
        now = self._clock()
        grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._assertion(now)}
        answer = self._oauth("POST", "/oauth/token", fields=grant)
        token = str(answer["access_token"])
        info = self._oauth("GET", "/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
        account = _account(info, self._settings.docusign_account_id)
        expires = now + timedelta(seconds=int(answer.get("expires_in", 3600)))
        return _Session(token, expires, account["account_id"], account["base_uri"].rstrip("/") + "/restapi")

    def _assertion(self, now: datetime) -> str:
        file = self._settings.docusign_private_key_file
        if file is None or not file.is_file():
            raise OutsideError(
                "the DocuSign key file is missing; see PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE", permanent=False
            )
        claims = {
            "iss": self._settings.docusign_integration_key,
            "sub": self._settings.docusign_user_id,
            "aud": urlsplit(self._settings.docusign_oauth_base).netloc,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 3600,
            "scope": SCOPES,
        }
        return jwt.encode(claims, file.read_text("ascii"), algorithm="RS256")

    def _oauth(
        self, method: str, path: str, *, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        url = self._settings.docusign_oauth_base.rstrip("/") + path
        timeout = urllib3.Timeout(connect=TIMEOUT[0], read=TIMEOUT[1])
        body = urlencode(fields) if fields else None
        form = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        try:
            response = self._http.request(method, url, body=body, headers={**form, **(headers or {})}, timeout=timeout)
        except urllib3.exceptions.HTTPError:
            raise OutsideError("DocuSign cannot be reached", permanent=False) from None
        if response.status != 200:
            raise self._sign_in_error(response.status, response.data)
        return dict(json.loads(response.data))

    def _sign_in_error(self, status: int, body: bytes) -> OutsideError:
        if b"consent_required" in body:
            # Waits: the work goes on as soon as somebody has opened the link that doctor shows.
            return OutsideError("DocuSign wants consent once: run 'payclerk doctor' for the link", permanent=False)
        return OutsideError(f"DocuSign refused the sign-in ({status})", permanent=status != 429 and status < 500)

    def consent_url(self, redirect_uri: str = "https://www.docusign.com") -> str:
        """Where a person gives consent once."""
        query = {
            "response_type": "code",
            "scope": SCOPES,
            "client_id": self._settings.docusign_integration_key or "",
            "redirect_uri": redirect_uri,
        }
        return f"{self._settings.docusign_oauth_base.rstrip('/')}/oauth/auth?{urlencode(query)}"


_TOKEN_REFUSED: Final = "DocuSign refused the token"  # noqa: S105


def _outside(status: int | None, body: bytes | str | None) -> OutsideError:
    if not status:
        return OutsideError("DocuSign cannot be reached", permanent=False)
    if status == 401:
        return OutsideError(_TOKEN_REFUSED, permanent=False)
    code = _error_code(body)
    passing = any(word in code.lower() for word in PASSING_CODES)
    permanent = 400 <= status < 500 and status not in {408, 429} and not passing
    return OutsideError(f"DocuSign answered {code or status}", permanent=permanent)


def _error_code(body: bytes | str | None) -> str:
    try:
        return str(json.loads(body or b"{}").get("errorCode", ""))[:80]
    except (ValueError, AttributeError):
        return ""


def _account(info: dict[str, Any], wanted: str | None) -> dict[str, str]:
    accounts = info.get("accounts", [])
    for account in accounts:
        if account["account_id"] == wanted or (wanted is None and str(account["is_default"]).lower() == "true"):
            return dict(account)
    raise OutsideError("the DocuSign user has no such account; check PAYCLERK_DOCUSIGN_ACCOUNT_ID", permanent=True)


def _definition(envelope: OutgoingEnvelope) -> dict[str, Any]:
    signers = [_signer(signer, place) for place, signer in enumerate(envelope.signers, 1)]
    return {
        "status": "sent",
        "emailSubject": envelope.subject[:SUBJECT_LIMIT],
        "transactionId": envelope.transaction_id,
        "documents": [
            {
                "documentBase64": base64.b64encode(envelope.pdf).decode(),
                "documentId": "1",
                "name": envelope.document_name,
                "fileExtension": "pdf",
            }
        ],
        "recipients": {"signers": signers},
        "customFields": {
            "textCustomFields": [
                {"name": "payclerk_claim", "value": str(envelope.claim_id), "show": "false", "required": "false"}
            ]
        },
    }


def _signer(signer: Signer, place: int) -> dict[str, Any]:
    tab = {"anchorString": SIGN_TOKEN, "anchorUnits": "pixels", "anchorXOffset": "0", "anchorYOffset": "-8"}
    return {
        "email": signer.email,
        "name": signer.name,
        "recipientId": str(place),
        "routingOrder": str(place),
        "tabs": {"signHereTabs": [tab]},
    }


def _unhook_loggers() -> None:
    """The SDK hangs its own handlers on these at import; every line would be printed twice."""
    for name in ("docusign_esign", "urllib3"):
        logging.getLogger(name).handlers.clear()
