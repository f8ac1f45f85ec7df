"""Signing in at DocuSign (JWT grant), through the proxy of the settings if there is one."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import jwt
import urllib3

from payclerk_core.clock import Clock
from payclerk_core.redaction import keep_out
from payclerk_core.settings import Settings

from .docusign_errors import misconfigured, sign_in_error, unreachable

TIMEOUT: Final = (5, 60)
SCOPES: Final = "signature impersonation"
RENEW_BEFORE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Session:
    """A token, and where the account's API is."""

    token: str = field(repr=False)
    expires_at: datetime
    account_id: str
    api_host: str


class SignIn:
    """Keeps one session and renews it in time. Raises OutsideError, of the installation where waiting is no help."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def session(self) -> Session:
        with self._lock:
            if self._session is None or self._session.expires_at - RENEW_BEFORE <= self._clock():
                self._session = self._sign_in()
            return self._session

    def forget(self) -> None:
        """The token was refused: the next session is a new one."""
        with self._lock:
            self._session = None

    def pool(self, url: str) -> urllib3.PoolManager:
        """How that address is reached. The SDK's own way knows no proxy and repeats what must not be repeated."""
        proxy = self._settings.proxy_for(url)
        key = proxy.get_secret_value() if proxy else None
        if key not in self._pools:
            self._pools[key] = _pool(key)
        return self._pools[key]

    def close(self) -> None:
        for pool in self._pools.values():
            pool.clear()

    def _sign_in(self) -> Session:
        now = self._clock()
        grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._assertion(now)}
        answer = self._oauth("POST", "/oauth/token", fields=grant)
        token = str(answer["access_token"])
        info = self._oauth("GET", "/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
        account = _account(info, self._settings.docusign_account_id)
        expires = now + timedelta(seconds=int(answer.get("expires_in", 3600)))
        return Session(token, expires, account["account_id"], account["base_uri"].rstrip("/") + "/restapi")

    def _assertion(self, now: datetime) -> str:
        claims = {
            "iss": self._settings.docusign_integration_key,
            "sub": self._settings.docusign_user_id,
            "aud": urlsplit(self._settings.docusign_oauth_base).netloc,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 3600,
            "scope": SCOPES,
        }
        key = self._key()
        try:
            return jwt.encode(claims, key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError):
            raise misconfigured(
                "the DocuSign key file holds no RSA private key; see PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE"
            ) from None

    def _key(self) -> str:
        file = self._settings.docusign_private_key_file
        try:
            key = file.read_text("ascii") if file else ""
        except FileNotFoundError:
            why = "the DocuSign key file is missing"
        except (OSError, ValueError) as error:
            why = f"the DocuSign key file cannot be read ({type(error).__name__})"
        else:
            keep_out(str(file), key)
            return key
        raise misconfigured(f"{why}; see PAYCLERK_DOCUSIGN_PRIVATE_KEY_FILE")

    def _oauth(
        self, method: str, path: str, *, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        url = self._settings.docusign_oauth_base.rstrip("/") + path
        timeout = urllib3.Timeout(connect=TIMEOUT[0], read=TIMEOUT[1])
        body = urlencode(fields) if fields else None
        form = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        try:
            response = self.pool(url).request(
                method, url, body=body, headers={**form, **(headers or {})}, timeout=timeout
            )
        except urllib3.exceptions.HTTPError:
            raise unreachable() from None
        if response.status != 200:
            raise sign_in_error(response.status, response.data)
        return _json(response.data)

    def consent_url(self, redirect_uri: str = "https://www.docusign.com") -> str:
        """Where a person gives consent once."""
        query = {
            "response_type": "code",
            "scope": SCOPES,
            "client_id": self._settings.docusign_integration_key or "",
            "redirect_uri": redirect_uri,
        }
        return f"{self._settings.docusign_oauth_base.rstrip('/')}/oauth/auth?{urlencode(query)}"


def _pool(proxy: str | None) -> urllib3.PoolManager:
    if proxy is None:
        return urllib3.PoolManager(retries=False)
    parts = urlsplit(proxy)
    login = urllib3.make_headers(proxy_basic_auth=f"{parts.username}:{parts.password or ''}") if parts.username else {}
    try:
        return urllib3.ProxyManager(proxy, proxy_headers=login, retries=False)
    except urllib3.exceptions.HTTPError:
        raise misconfigured("the proxy of HTTPS_PROXY or HTTP_PROXY is no http address; correct it") from None


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):  # a proxy's or a hotel's page in place of DocuSign
        raise unreachable()
    return answer


def _account(info: dict[str, Any], wanted: str | None) -> dict[str, str]:
    accounts = info.get("accounts", [])
    for account in accounts:
        if account["account_id"] == wanted or (wanted is None and str(account["is_default"]).lower() == "true"):
            return dict(account)
    raise misconfigured("the DocuSign user has no such account; check PAYCLERK_DOCUSIGN_ACCOUNT_ID")
