"""Signing in to real servers: by password and token, over TLS and STARTTLS, and what is said when it cannot be."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest

from certificates import Authority
from mail_month import make_settings
from payclerk_core.errors import OutsideError
from payclerk_mailbox.checks import check_imap
from payclerk_mailbox.imap import open_folder

if TYPE_CHECKING:
    from pathlib import Path

    from imap_servers import Dovecot, SecureDovecot
    from payclerk_core.settings import Settings


def tls(server: SecureDovecot, **more: Any) -> Settings:
    facts = {
        "imap_port": server.tls_port,
        "imap_security": "tls",
        "imap_user": server.new_user(),
        "imap_password": server.password,
        "mail_ca_file": server.authority.file,
    }
    return make_settings(**{**facts, **more})


def starttls(server: SecureDovecot, **more: Any) -> Settings:
    return tls(server, imap_port=server.port, imap_security="starttls", **more)


def by_token(server: SecureDovecot, **more: Any) -> Settings:
    settings = tls(
        server,
        imap_password=None,
        imap_sign_in="xoauth2",
        oauth_provider="google",
        oauth_client_id=f"client of {server.new_user()}",
        oauth_client_secret="client-secret",
        oauth_refresh_token="refresh-1",
        oauth_url=server.oauth.url,
        **more,
    )
    server.oauth.user = settings.imap_user or ""
    server.oauth.asked.clear()
    return settings


def refusal(settings: Settings) -> str:
    with pytest.raises(OutsideError) as caught, open_folder(settings):
        pass
    assert not caught.value.permanent
    return caught.value.message


@pytest.mark.parametrize("make", [tls, starttls])
def test_mail_comes_over_an_encrypted_connection(secure_dovecot: SecureDovecot, make: Any):
    settings = make(secure_dovecot)
    with open_folder(settings) as folder:
        folder.select()
        assert isinstance(folder._client.socket(), ssl.SSLSocket)
        secure_dovecot.deliver(settings.imap_user or "", b"From: a@b.example\r\n\r\nHello\r\n")
        folder.select()
        assert folder.raw(1).endswith(b"Hello\r\n")


@pytest.mark.parametrize("make", [tls, starttls])
def test_a_certificate_of_somebody_else_is_refused(secure_dovecot: SecureDovecot, make: Any, tmp_path: Path):
    stranger = Authority(tmp_path, "stranger")
    assert "PAYCLERK_MAIL_CA_FILE" in refusal(make(secure_dovecot, mail_ca_file=stranger.file))
    assert "PAYCLERK_MAIL_CA_FILE" in refusal(make(secure_dovecot, mail_ca_file=None))


def test_a_certificate_for_another_name_is_refused(secure_dovecot: SecureDovecot):
    assert "not trusted for its name" in refusal(tls(secure_dovecot, imap_host="localhost"))


def test_a_ca_file_that_is_none_is_said(secure_dovecot: SecureDovecot, tmp_path: Path):
    empty = tmp_path / "empty.pem"
    for path in (empty, tmp_path / "gone.pem"):
        assert "PAYCLERK_MAIL_CA_FILE is missing" in refusal(tls(secure_dovecot, mail_ca_file=path))
        empty.write_text("no certificate")


def test_a_server_without_starttls_is_not_spoken_to_in_the_clear(dovecot_server: Dovecot):
    settings = make_settings(imap_port=dovecot_server.port, imap_security="starttls", imap_user="x", imap_password="y")
    assert "offers no STARTTLS" in refusal(settings)


@pytest.mark.parametrize("sign_in", ["xoauth2", "oauthbearer"])
def test_a_token_signs_in_and_is_asked_for_once_while_it_lives(secure_dovecot: SecureDovecot, sign_in: str):
    settings = by_token(secure_dovecot)
    settings = settings.model_copy(update={"imap_sign_in": sign_in})
    for _ in range(2):
        assert "signed in" in check_imap(settings)
    [form] = secure_dovecot.oauth.asked
    assert form["grant_type"] == "refresh_token"
    assert form["refresh_token"] == "refresh-1"
    assert form["client_secret"] == "client-secret"


@pytest.mark.parametrize("sign_in", ["xoauth2", "oauthbearer"])
def test_a_token_the_server_refuses_is_said_and_the_next_connect_asks_for_another(
    secure_dovecot: SecureDovecot, sign_in: str
):
    settings = by_token(secure_dovecot).model_copy(update={"imap_sign_in": sign_in})
    check_imap(settings)
    secure_dovecot.oauth.tokens.clear()  # revoked before its time
    assert "refused the sign-in with a token" in refusal(settings)
    assert "signed in" in check_imap(settings)
    assert len(secure_dovecot.oauth.asked) == 2


def test_a_token_of_another_mailbox_does_not_open_this_one(secure_dovecot: SecureDovecot):
    settings = by_token(secure_dovecot)
    secure_dovecot.oauth.user = secure_dovecot.new_user()
    assert "refused the sign-in with a token" in refusal(settings)


def test_a_revoked_grant_says_what_to_do_and_no_secret(secure_dovecot: SecureDovecot):
    settings = by_token(secure_dovecot)
    secure_dovecot.oauth.say.append((400, b'{"error": "invalid_grant", "error_description": "refresh-1 of ana@x"}'))
    said = refusal(settings)
    assert "put the new refresh token into PAYCLERK_OAUTH_REFRESH_TOKEN" in said
    assert "refresh-1" not in said
    assert "ana" not in said
