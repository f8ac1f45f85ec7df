"""Reply tokens by the place they are found in."""

from __future__ import annotations

import pytest

from payclerk_mailbox.reading.matching import Found, token_of, tokens_in
from payclerk_mailbox.reading.message import parse

ONE, TWO, THREE = "a" * 26, "b" * 26, "c" * 26


def found(head: str, body: str = "x") -> Found:
    return tokens_in(parse(f"{head}\n\n{body}".encode()), "billing@reply.example")


@pytest.mark.parametrize(
    "header",
    [
        "To",
        "Cc",
        "Delivered-To",
        "X-Original-To",
        "Envelope-To",
        "X-Envelope-To",
        "X-Gm-Original-To",
        "X-Forwarded-To",
        "Resent-To",
    ],
)
@pytest.mark.parametrize(
    "address",
    [f"billing+{ONE}@reply.example", f"Billing <BILLING+{ONE.upper()}@REPLY.example>", f"<{ONE}@reply.example>"],
)
def test_in_an_address(header: str, address: str) -> None:
    got = found(f"{header}: other@x.example, {address}")
    assert (got.chosen, got.matched_by) == ((ONE,), "address")


@pytest.mark.parametrize(
    "address",
    [f"billing+{ONE}@reply.example.evil.test", f"billing+{ONE}a@reply.example", f"billing+x{ONE}@reply.example", f"billing+{ONE}@other.example", "billing+short@reply.example", f"billing+{'1' * 26}@reply.example"],
)  # fmt: skip
def test_not_in_another_address(address: str) -> None:
    assert found(f"To: {address}").matches == ()


def test_precedence() -> None:
    everything = f"To: billing+{ONE}@reply.example\nIn-Reply-To: <t.{TWO}.1@reply.example>\nReferences: <t.{THREE}.1@reply.example>"
    got = found(everything, f"[payclerk:{'d' * 26}]")
    assert got.tokens == (ONE, TWO, THREE, "d" * 26)
    assert [match.matched_by for match in got.matches] == ["address", "in_reply_to", "references", "marker"]
    assert got.matched_by == "address"


def test_what_it_answers_besides_the_address_is_chosen_too_and_older_references_are_not() -> None:
    everything = f"To: billing+{ONE}@reply.example\nIn-Reply-To: <t.{TWO}.1@reply.example>\nReferences: <t.{THREE}.1@reply.example>"
    assert found(everything, f"[payclerk:{'d' * 26}]").chosen == (ONE, TWO, "d" * 26)
    assert found(f"To: billing+{ONE}@reply.example\nReferences: <t.{TWO}.1@reply.example>").chosen == (ONE,)


def test_the_newest_reference_counts() -> None:
    got = found(f"References: <t.{ONE}.1@reply.example> <x@y.example> <t.{TWO}.2@reply.example>")
    assert (got.chosen, got.tokens) == ((TWO,), (TWO, ONE))
    assert got.message_ids == (f"<t.{TWO}.2@reply.example>", "<x@y.example>", f"<t.{ONE}.1@reply.example>")


def test_several_addressed_are_all_chosen() -> None:
    assert found(f"To: billing+{ONE}@reply.example\nCc: billing+{TWO}@reply.example").chosen == (ONE, TWO)


def test_the_marker_in_the_quoted_body() -> None:
    assert found("Subject: x", f"Yes\n> [payclerk:{ONE.upper()}]").chosen == (ONE,)


def test_the_subject_never_attaches() -> None:
    got = found(f"Subject: Re: [payclerk:{ONE}] billing+{ONE}@reply.example")
    assert (got.matches, got.matched_by, got.chosen) == ((), None, ())


@pytest.mark.parametrize(("message_id", "token"), [(f"<t.{ONE}.12@r.example>", ONE), (f"<T.{ONE.upper()}.1@r.example>", ONE), ("<m.1@r.example>", None), (f"x<t.{ONE}.1@r>", None)])  # fmt: skip
def test_the_token_of_a_message_id(message_id: str, token: str | None) -> None:
    assert token_of(message_id) == token
