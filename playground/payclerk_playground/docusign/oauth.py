"""The account server: an access token for a signed assertion (JWT grant), and who the user is."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = {"signature", "impersonation"}
LIFETIME = timedelta(hours=1)
CLOCK_SKEW = 60


class OauthError(Exception):
    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


@dataclass
class App:
    """The integration registered with the account, its key pair, and the tokens it holds."""

    key_file: Path
    public_url: Callable[[], str]
    now: Callable[[], datetime]
    integration_key: str = field(default_factory=lambda: str(uuid.uuid4()))
    user_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    account_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _tokens: dict[str, datetime] = field(default_factory=dict)
    _public_key: rsa.RSAPublicKey = field(init=False)

    def __post_init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._public_key = key.public_key()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        self.key_file.parent.mkdir(parents=True, exist_ok=True)
        self.key_file.write_bytes(pem)
        self.key_file.chmod(0o600)

    @property
    def host(self) -> str:
        """The audience of an assertion: the account host, without a scheme."""
        return urlsplit(self.public_url()).netloc

    def token_for(self, form: bytes) -> dict[str, object]:
        fields = {name: values[0] for name, values in parse_qs(form.decode()).items()}
        if fields.get("grant_type") != GRANT:
            raise OauthError("unsupported_grant_type", f"The playground knows {GRANT} only.")
        self._verify(fields.get("assertion", ""))
        token = secrets.token_urlsafe(48)
        self._tokens[token] = self.now() + LIFETIME
        return {"access_token": token, "token_type": "Bearer", "expires_in": int(LIFETIME.total_seconds())}

    def knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and token in self._tokens and self._tokens[token] > self.now()

    def revoke_tokens(self) -> None:
        self._tokens.clear()

    def userinfo(self) -> dict[str, object]:
        account = {
            "account_id": self.account_id,
            "is_default": True,
            "account_name": "Playground",
            "base_uri": f"{self.public_url()}/docusign",
        }
        return {"sub": self.user_id, "name": "payclerk", "email": "payclerk@docusign.example", "accounts": [account]}

    def _verify(self, assertion: str) -> None:
        try:
            if jwt.decode(assertion, options={"verify_signature": False}).get("iss") != self.integration_key:
                raise OauthError("invalid_grant", "issuer_not_found")
            claims = jwt.decode(
                assertion,
                self._public_key,
                algorithms=["RS256"],
                audience=self.host,
                # The times are checked below, by the playground's own clock.
                options={
                    "require": ["iss", "sub", "aud", "iat", "exp", "scope"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidSignatureError as error:
            raise OauthError("invalid_grant", "no_valid_keys_or_signatures") from error
        except jwt.PyJWTError as error:
            raise OauthError("invalid_grant", str(error)) from error
        if not int(claims["iat"]) - CLOCK_SKEW <= self.now().timestamp() < int(claims["exp"]):
            raise OauthError("invalid_grant", "expired_assertion")
        if claims["sub"] != self.user_id:
            raise OauthError("invalid_grant", "user_not_found")
        if not set(str(claims["scope"]).split()) >= SCOPES:
            raise OauthError("invalid_scope", "The scopes signature and impersonation are needed.")
