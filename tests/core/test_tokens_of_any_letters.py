"""Secrets are compared as bytes, in one place: what comes from outside may hold any letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from payclerk_core.tokens import (
    is_code,
    make_code,
    make_token,
    open_seal,
    page_request,
    requested_by,
    same_secret,
    seal,
)

SECRET = b"s" * 40
ROOT = Path(__file__).parents[2]
ODD = ["é", "١٢٣٤٥٦٧٨", "\ud800", "\x00", "\U0001d7d92345678", "\u202e", ""]
TOKEN = make_token(SECRET, recipient="d@h.example", record="thread:1", purpose="confirm", nonce="1")


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_letter_in_a_secret_is_a_wrong_secret(odd: str) -> None:
    sealed = seal(SECRET, "form:1:1:1:1:x")
    assert open_seal(SECRET, sealed + odd) == ("form:1:1:1:1:x" if not odd else None)
    assert open_seal(SECRET, f"form:1:{odd}x|{sealed.rpartition('|')[2]}") is None
    assert not is_code(SECRET, TOKEN, odd)
    assert requested_by(SECRET, f"1.{odd}") is None
    assert not same_secret("a", odd)


def test_the_right_ones_are_right() -> None:
    assert is_code(SECRET, TOKEN, make_code(SECRET, TOKEN))
    assert requested_by(SECRET, page_request(SECRET, 7)) == 7
    assert open_seal(SECRET, seal(SECRET, "é")) == "é"


def test_secrets_are_compared_in_one_place() -> None:
    folders = ("core", "bot", "mailbox", "scheduler", "cli")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    found = [path.name for path in files if re.search(r"compare_digest\(", path.read_text("utf-8"))]
    assert found == ["tokens.py"]
