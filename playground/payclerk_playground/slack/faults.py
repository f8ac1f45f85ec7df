"""What Slack has against a payload, and the checks of plain values that all blocks share."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with the place of it, as in Slack's `response_metadata.messages`."""

    pointer: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


def text_faults(text: Any, pointer: str, most: int, *, plain: bool = False) -> Iterator[Fault]:
    """A text object: plain_text or mrkdwn, neither empty nor too long."""
    if not isinstance(text, dict) or text.get("type") not in {"plain_text", "mrkdwn"}:
        yield Fault(pointer, "not_a_text", "must be a text object")
        return
    if plain and text["type"] != "plain_text":
        yield Fault(f"{pointer}/type", "plain_text", "must be plain_text")
    own = "emoji" if text["type"] == "plain_text" else "verbatim"
    yield from unknown_faults(text, pointer, {"type", "text", own})
    yield from string_faults(text, "text", pointer, most)


def string_faults(owner: dict[str, Any], name: str, pointer: str, most: int) -> Iterator[Fault]:
    """A required string of 1 to `most` characters."""
    value = owner.get(name)
    if not isinstance(value, str):
        yield Fault(f"{pointer}/{name}", "not_a_string", "must be a string")
    elif not value:
        yield Fault(f"{pointer}/{name}", "empty", "must be more than 0 characters")
    elif len(value) > most:
        yield Fault(f"{pointer}/{name}", "too_long", f"must be less than {most + 1} characters")


def given_strings(owner: dict[str, Any], pointer: str, limits: dict[str, int]) -> Iterator[Fault]:
    """Optional strings: right when they are there at all."""
    for name, most in limits.items():
        if owner.get(name) is not None:
            yield from string_faults(owner, name, pointer, most)


def given_texts(owner: dict[str, Any], pointer: str, limits: dict[str, int]) -> Iterator[Fault]:
    """Optional plain_text objects."""
    for name, most in limits.items():
        if name in owner:
            yield from text_faults(owner[name], f"{pointer}/{name}", most, plain=True)


def count_faults(items: Any, pointer: str, most: int, *, least: int = 1) -> Iterator[Fault]:
    """A list of `least` to `most` items."""
    if not isinstance(items, list):
        yield Fault(pointer, "not_a_list", "must be a list")
    elif len(items) < least:
        yield Fault(pointer, "too_few", f"must have at least {least} items")
    elif len(items) > most:
        yield Fault(pointer, "too_many", f"no more than {most} items allowed")


def unknown_faults(owner: dict[str, Any], pointer: str, known: Collection[str]) -> Iterator[Fault]:
    """Slack refuses a property it does not know, and with it the whole message."""
    for name in sorted(set(owner) - set(known)):
        yield Fault(f"{pointer}/{name}", "unknown_property", f"invalid additional property: {name}")
