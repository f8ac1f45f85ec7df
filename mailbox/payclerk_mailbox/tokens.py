"""Access tokens for signing in by OAuth at Google and Microsoft 365 (reference 4.3).

The provider is asked at every connect and answers with a token that lives for some more minutes; a token a mail server
refused is forgotten, so that the next connect asks anew.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from payclerk_core.errors import OutsideError
from payclerk_core.redaction import keep_out
from payclerk_core.settings import Settings

TIMEOUT_SECONDS: Final = 20
MAX_BYTES: Final = 65_536
MAX_TOKEN: Final = 16_384
# A token is not used in its last minutes: the server's clock is not ours.
SPARE_SECONDS: Final = 300
# What lives shorter than that is asked for each time.
LONGEST_LIFE: Final = 86_400

GOOGLE: Final = "https://oauth2.googleapis.com/token"
MICROSOFT: Final = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
APP_ONLY: Final = "https://outlook.office365.com/.default"
DELEGATED: Final = (
    "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
)

UNREACHABLE: Final = "the sign-in service of the mail provider (OAuth) cannot be reached"
NOT_NOW: Final = "the sign-in service of the mail provider (OAuth) answers 'not now'"
UNREADABLE: Final = "the sign-in service of the mail provider (OAuth) gave an answer that cannot be read"
NO_FILE: Final = "PAYCLERK_OAUTH_REFRESH_TOKEN_FILE is missing, empty or cannot be read; make it anew (docs/install.md)"
# RFC 6749, 5.2, and what Microsoft adds.
REFUSALS: Final = {
    "invalid_grant": "the permission to use the mailbox was revoked or has run out (OAuth: invalid_grant); sign in once "
    "more and put the new refresh token into PAYCLERK_OAUTH_REFRESH_TOKEN or its file (docs/install.md)",
    "interaction_required": "the mail provider wants a person to sign in again (OAuth: interaction_required); do so and "
    "put the new refresh token into PAYCLERK_OAUTH_REFRESH_TOKEN or its file (docs/install.md)",
    "invalid_client": "the mail provider does not know this application (OAuth: invalid_client); check "
    "PAYCLERK_OAUTH_CLIENT_ID and PAYCLERK_OAUTH_CLIENT_SECRET (a secret may have run out)",
    "unauthorized_client": "the application may not do this at the mail provider (OAuth: unauthorized_client); check "
    "its permissions and PAYCLERK_OAUTH_TENANT (docs/install.md)",
    "invalid_scope": "the application lacks the permission for mail (OAuth: invalid_scope); see docs/install.md",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """By what right we ask for tokens, and where."""

    url: str
    client_id: str
    client_secret: str = field(repr=False, default="")
    scope: str = ""
    refresh_token: str = field(repr=False, default="")
    refresh_token_file: Path | None = None

    @property
    def app_only(self) -> bool:
        """The application signs in by itself, without a person who once allowed it."""
        return not self.refresh_token and self.refresh_token_file is None


def grant_of(settings: Settings) -> Grant:
    """The grant these settings describe."""
    microsoft = settings.oauth_provider == "microsoft"
    standard = MICROSOFT.format(tenant=settings.oauth_tenant) if microsoft else GOOGLE
    scope = (DELEGATED if settings.has_refresh_token else APP_ONLY) if microsoft else ""
    return Grant(
        url=settings.oauth_url or standard,
        client_id=settings.oauth_client_id or "",
        client_secret=settings.oauth_client_secret.get_secret_value() if settings.oauth_client_secret else "",
        scope=scope,
        refresh_token=settings.oauth_refresh_token.get_secret_value() if settings.oauth_refresh_token else "",
        refresh_token_file=settings.oauth_refresh_token_file,
    )


@lru_cache(maxsize=64)
def tokens_for(grant: Grant) -> Tokens:
    """The one provider of a grant in this process."""
    return Tokens(grant)


class Tokens:
    """Gives out access tokens. Safe to share between threads."""

    def __init__(self, grant: Grant, now: Callable[[], float] = time.monotonic) -> None:
        self._grant, self._now = grant, now
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0

    def current(self) -> str:
        """A token to sign in with now. Raises OutsideError with what to do."""
        with self._lock:
            if not self._token or self._now() >= self._until:
                self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """The mail server refused it: the next one is asked for anew."""
        with self._lock:
            if token == self._token:
                self._token = ""

    def _fetch(self) -> None:
        asked = self._now()
        answer = _post(self._grant.url, self._form())
        token, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN or not _printable(token):
            raise OutsideError(UNREADABLE, permanent=False)
        seconds = min(int(str(life)), LONGEST_LIFE) if str(life).isdecimal() and len(str(life)) < 9 else 0
        self._token, self._until = token, asked + seconds - SPARE_SECONDS
        self._keep(answer.get("refresh_token"))

    def _form(self) -> dict[str, str]:
        grant = self._grant
        form = {"client_id": grant.client_id, "client_secret": grant.client_secret, "scope": grant.scope}
        if grant.app_only:
            form["grant_type"] = "client_credentials"
        else:
            form |= {"grant_type": "refresh_token", "refresh_token": self._refresh_token()}
        return {name: value for name, value in form.items() if value}

    def _refresh_token(self) -> str:
        path = self._grant.refresh_token_file
        if path is None:
            return self._grant.refresh_token
        try:
            words = path.read_text("ascii")[:MAX_TOKEN].strip()
        except (OSError, ValueError):
            words = ""
        if not words:
            raise OutsideError(NO_FILE, permanent=False)
        keep_out(str(path), words)
        return words

    def _keep(self, newer: object) -> None:
        """Microsoft hands out a newer refresh token each time, and the old one dies after 90 days."""
        path = self._grant.refresh_token_file
        if path is None or not isinstance(newer, str) or not 0 < len(newer) <= MAX_TOKEN or not _printable(newer):
            return
        beside = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            beside.unlink(missing_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(newer + "\n")
            beside.replace(path)
        except OSError:
            return  # a file that only an administrator may write: the old token still works for its 90 days


def _printable(token: str) -> bool:
    return all("!" <= letter <= "~" for letter in token)


class _NoRedirect(HTTPRedirectHandler):
    """The form holds secrets: it goes where the settings say and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post(url: str, form: dict[str, str]) -> dict[str, Any]:
    request = Request(url, urlencode(form).encode("ascii"), {"Accept": "application/json"})  # noqa: S310  settings say https
    try:
        with build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as response:
            return _read(response.read(MAX_BYTES))
    except HTTPError as error:
        with error:
            body = _read(error.read(MAX_BYTES))
        raise OutsideError(_refusal(error.code, body), permanent=False) from None
    except (OSError, http.client.HTTPException) as error:
        raise OutsideError(f"{UNREACHABLE} ({type(error).__name__})", permanent=False) from None


def _read(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _refusal(status: int, answer: dict[str, Any]) -> str:
    """The error's own text may hold addresses and is not kept."""
    error = str(answer.get("error"))
    if error in REFUSALS:
        return REFUSALS[error]
    if status == http.HTTPStatus.TOO_MANY_REQUESTS or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{NOT_NOW} ({status})"
    return f"{UNREADABLE} ({status})"
