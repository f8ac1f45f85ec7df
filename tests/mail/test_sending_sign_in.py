"""Sending over TLS and STARTTLS, and signing in by token, at a real SMTP server."""

# ruff: noqa: ARG002, N802 - aiosmtpd calls its handlers so
from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import MISSING, AuthResult

from certificates import Authority
from mail_month import ADDRESS, make_settings
from payclerk_core.errors import OutsideError
from payclerk_mailbox.checks import check_smtp
from payclerk_mailbox.oauth import first_answer
from payclerk_mailbox.smtp import open_line
from processes import free_port
from token_server import TokenServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from payclerk_core.settings import Settings

USER = "billing@reply.maple.example"
RAW = b"From: a@b.example\r\nSubject: Hello\r\n\r\nHello\r\n"


@dataclass
class TokenMailServer:
    """Takes mail from those who show a token that is good now. After a refusal it explains itself, as providers do."""

    authority: Authority
    oauth: TokenServer
    ports: dict[str, int] = field(default_factory=lambda: {"tls": free_port(), "starttls": free_port()})
    received: list[bytes] = field(default_factory=list)
    after_refusal: list[bytes] = field(default_factory=list)

    def up(self) -> list[Controller]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.authority.issue())
        both: dict[str, Any] = {"hostname": "127.0.0.1", "decode_data": False, "auth_require_tls": True}
        controllers = [
            Controller(self, port=self.ports["tls"], ssl_context=context, **{**both, "auth_require_tls": False}),
            Controller(self, port=self.ports["starttls"], tls_context=context, require_starttls=True, **both),
        ]
        for controller in controllers:
            controller.start()
        return controllers

    async def auth_XOAUTH2(self, server: Any, args: list[bytes]) -> AuthResult:
        return await self._check(server, "xoauth2", args)

    async def auth_OAUTHBEARER(self, server: Any, args: list[bytes]) -> AuthResult:
        return await self._check(server, "oauthbearer", args)

    async def _check(self, server: Any, kind: Any, args: list[bytes]) -> AuthResult:
        from base64 import b64decode

        said = b64decode(args[1]).decode()
        if any(said == first_answer(kind, user, token) for token, user in self.oauth.tokens.items()):
            return AuthResult(success=True)
        answer = await server.challenge_auth('{"status":"401"}')
        if answer is not MISSING:
            self.after_refusal.append(answer)
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.append(envelope.content)
        return "250 OK"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TokenMailServer]:
    oauth = TokenServer()
    oauth.user = USER
    server = TokenMailServer(Authority(tmp_path), oauth)
    controllers = server.up()
    yield server
    for controller in controllers:
        controller.stop()
    oauth.close()


def settings_of(server: TokenMailServer, security: str = "tls", sign_in: str = "xoauth2", **more: Any) -> Settings:
    facts = {
        "smtp_port": server.ports[security],
        "smtp_security": security,
        "smtp_user": USER,
        "smtp_sign_in": sign_in,
        "mail_ca_file": server.authority.file,
        "oauth_provider": "microsoft",
        "oauth_client_id": "app",
        "oauth_client_secret": "s",
        "oauth_tenant": "t",
        "oauth_url": server.oauth.url,
    }
    return make_settings(**{**facts, **more})


def send(settings: Settings) -> None:
    with open_line(settings) as line:
        line.hand_over(ADDRESS, "ana@ridgeline.example", RAW)


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("sign_in", ["xoauth2", "oauthbearer"])
def test_mail_goes_out_with_a_token_over_an_encrypted_connection(server: TokenMailServer, security: str, sign_in: str):
    settings = settings_of(server, security, sign_in)
    for _ in range(3):
        send(settings)
    assert server.received == [RAW] * 3
    assert len(server.oauth.asked) == 1


@pytest.mark.parametrize(("sign_in", "waited_for"), [("xoauth2", b""), ("oauthbearer", b"\1")])
def test_a_refused_token_is_said_and_the_next_mail_asks_for_another(
    server: TokenMailServer, sign_in: str, waited_for: bytes
):
    settings = settings_of(server, sign_in=sign_in)
    check_smtp(settings)
    server.oauth.tokens.clear()
    with pytest.raises(OutsideError, match=r"\(SMTP\) refused the sign-in with a token") as caught:
        send(settings)
    assert not caught.value.permanent
    assert server.after_refusal == [waited_for]
    send(settings)
    assert server.received == [RAW]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_of_somebody_else_is_refused(server: TokenMailServer, security: str, tmp_path: Path):
    settings = settings_of(server, security, mail_ca_file=Authority(tmp_path, "stranger").file)
    with pytest.raises(OutsideError, match="PAYCLERK_MAIL_CA_FILE") as caught:
        send(settings)
    assert not caught.value.permanent
    assert server.oauth.asked == []


def test_a_server_without_starttls_is_not_spoken_to_in_the_clear(server: TokenMailServer):
    plain = Controller(server, hostname="127.0.0.1", port=free_port())
    plain.start()
    try:
        with pytest.raises(OutsideError, match="offers no STARTTLS"):
            send(settings_of(server, "starttls", smtp_port=plain.port))
    finally:
        plain.stop()
    assert server.oauth.asked == []
