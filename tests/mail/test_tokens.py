"""Getting access tokens from a real HTTP service: which form goes where, how long a token is used, and every trouble."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_month import make_settings
from payclerk_core.errors import OutsideError, UserError
from payclerk_core.settings import load_settings
from payclerk_mailbox import tokens as module
from payclerk_mailbox.tokens import Grant, Tokens, grant_of
from processes import free_port
from token_server import TokenServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def service() -> Iterator[TokenServer]:
    service = TokenServer()
    service.user = "billing@reply.example"
    yield service
    service.close()


def by_microsoft(**more: Any) -> Grant:
    facts = {"oauth_provider": "microsoft", "oauth_client_id": "app", "oauth_client_secret": "s", "oauth_tenant": "t-1"}
    return grant_of(make_settings(imap_sign_in="xoauth2", **facts, **more))


def test_the_application_alone_signs_in_at_microsoft(service: TokenServer):
    grant = by_microsoft()
    assert grant.url == "https://login.microsoftonline.com/t-1/oauth2/v2.0/token"
    Tokens(replace(grant, url=service.url)).current()
    assert service.asked == [
        {
            "client_id": "app",
            "client_secret": "s",
            "scope": "https://outlook.office365.com/.default",
            "grant_type": "client_credentials",
        }
    ]


def test_what_a_person_allowed_at_microsoft_is_renewed_and_the_newer_permission_kept(
    service: TokenServer, tmp_path: Path
):
    file = tmp_path / "refresh-token"
    file.write_text("first\n")
    grant = by_microsoft(oauth_refresh_token_file=file, oauth_url=service.url)
    service.more = {"expires_in": 3600, "refresh_token": "second"}
    Tokens(grant).current()
    assert service.asked[0]["refresh_token"] == "first"
    assert "IMAP.AccessAsUser.All" in service.asked[0]["scope"]
    assert file.read_text() == "second\n"
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]


def test_a_refresh_token_file_that_is_gone_is_said(tmp_path: Path):
    grant = by_microsoft(oauth_refresh_token_file=tmp_path / "gone")
    with pytest.raises(OutsideError, match="PAYCLERK_OAUTH_REFRESH_TOKEN_FILE"):
        Tokens(grant).current()


def test_a_token_is_used_until_shortly_before_its_end(service: TokenServer):
    now = [0.0]
    tokens = Tokens(Grant(service.url, "app", refresh_token="r"), lambda: now[0])
    assert [tokens.current(), tokens.current()] == ["token-1", "token-1"]
    now[0] = 3299.0
    assert tokens.current() == "token-1"
    now[0] = 3301.0
    assert tokens.current() == "token-2"


@pytest.mark.parametrize("life", [None, "soon", -5, 10, 1e300, "9" * 400, [1]])
def test_a_token_with_no_life_we_can_use_is_asked_for_each_time(service: TokenServer, life: Any):
    service.more = {"expires_in": life}
    tokens = Tokens(Grant(service.url, "app", refresh_token="r"))
    assert [tokens.current(), tokens.current()] == ["token-1", "token-2"]


def test_forgetting_an_old_token_leaves_the_newer_one(service: TokenServer):
    tokens = Tokens(Grant(service.url, "app", refresh_token="r"))
    old = tokens.current()
    tokens.forget(old)
    new = tokens.current()
    tokens.forget(old)  # another thread learns late that the old one was refused
    assert tokens.current() == new
    assert new != old


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, b'{"error": "invalid_grant"}', "was revoked or has run out"),
        (401, b'{"error": "invalid_client"}', "PAYCLERK_OAUTH_CLIENT_SECRET"),
        (400, b'{"error": "unauthorized_client"}', "PAYCLERK_OAUTH_TENANT"),
        (400, b'{"error": "invalid_scope"}', "permission for mail"),
        (400, b'{"error": "something_new"}', "cannot be read (400)"),
        (400, b'{"error": {"code": 1}}', "cannot be read (400)"),
        (429, b"slow down", "'not now' (429)"),
        (503, b"<html>", "'not now' (503)"),
        (302, b"", "cannot be read (302)"),
        (200, b"{}", "cannot be read"),
        (200, b"[" * 100_000, "cannot be read"),
        (200, b'{"access_token": "two\\r\\nlines"}', "cannot be read"),
        (200, b'{"access_token": "' + b"x" * 70_000 + b'"}', "cannot be read"),
    ],
)
def test_every_refusal_says_what_to_do_and_is_tried_again(service: TokenServer, status: int, body: bytes, words: str):
    service.say.append((status, body))
    tokens = Tokens(Grant(service.url, "app", client_secret="hush", refresh_token="r-secret"))
    with pytest.raises(OutsideError) as caught:
        tokens.current()
    assert words in caught.value.message
    assert not caught.value.permanent
    assert tokens.current() == "token-1"
    assert len(service.asked) == 2  # a redirect is not followed: the form holds secrets


def test_a_service_that_is_away_is_the_worlds_trouble():
    tokens = Tokens(Grant(f"http://127.0.0.1:{free_port()}/token", "app", refresh_token="r"))
    with pytest.raises(OutsideError, match="cannot be reached"):
        tokens.current()


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(json.dumps).map(str.encode)
)
def test_whatever_the_service_answers_is_read_or_refused(body: bytes):
    assert isinstance(module._read(body), dict)


def test_secrets_do_not_show_in_a_grant():
    assert "hush" not in repr(Grant("https://x", "app", client_secret="hush", refresh_token="hush"))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "PAYCLERK_OAUTH_PROVIDER"),
        ({"oauth_provider": "google", "oauth_client_id": "c"}, "PAYCLERK_OAUTH_REFRESH_TOKEN"),
        ({"oauth_provider": "microsoft", "oauth_client_id": "c"}, "PAYCLERK_OAUTH_TENANT"),
        ({"oauth_url": "http://elsewhere.example/token"}, "https"),
    ],
)
def test_settings_that_cannot_sign_in_by_token_are_told_at_the_start(facts: dict[str, Any], words: str):
    with pytest.raises(UserError, match=words):
        load_settings(_env_file=None, token_secret="s" * 40, smtp_sign_in="xoauth2", **facts)
