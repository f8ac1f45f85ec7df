"""The state of inputs: what was typed over what was prefilled, and what the client itself does not let through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from .elements import STATEFUL, Block, Element, all_elements, prefilled
from .state import Values

REQUIRED: Final = "Please complete this required field."
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL: Final = re.compile(r"https?://\S+")


def state_values(blocks: list[Block], typed: Mapping[str, Mapping[str, Any]]) -> Values:
    """`state.values` as Slack sends it: one entry for each element that keeps a state, touched or not."""
    values: Values = {}
    for block, element in all_elements(blocks):
        if element.get("type") in STATEFUL:
            mine = typed.get(block["block_id"], {}).get(element["action_id"])
            values.setdefault(block["block_id"], {})[element["action_id"]] = mine or prefilled(element)
    return values


def kept_values(typed: Values, before: list[Block], after: list[Block]) -> Values:
    """What stays typed when blocks are replaced: only where block_id, action_id and kind are the same."""
    old, new = _kinds(before), _kinds(after)
    return {
        block_id: kept
        for block_id, values in typed.items()
        if (
            kept := {
                action_id: value
                for action_id, value in values.items()
                if (key := (block_id, action_id)) in new and new[key] == old.get(key)
            }
        )
    }


def _kinds(blocks: list[Block]) -> dict[tuple[str, str], str]:
    return {(block["block_id"], element["action_id"]): element["type"] for block, element in all_elements(blocks)}


def client_errors(blocks: list[Block], typed: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What Slack's own form says under a field before anything is sent, by block_id."""
    values = state_values(blocks, typed)
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input" and block["element"]["type"] in STATEFUL:
            element = block["element"]
            state = values[block["block_id"]][element["action_id"]]
            value = state[STATEFUL[element["type"]].key]
            if problem := _problem(element, value, optional=bool(block.get("optional"))):
                errors[block["block_id"]] = problem
    return errors


def _problem(element: Element, value: Any, *, optional: bool) -> str | None:
    if value in (None, "", []):
        return None if optional else REQUIRED
    kind = element["type"]
    if kind == "plain_text_input":
        return _length_problem(element, str(value))
    if kind == "email_text_input" and not _EMAIL.fullmatch(str(value)):
        return "This doesn’t look like an email address."
    if kind == "url_text_input" and not _URL.fullmatch(str(value)):
        return "This doesn’t look like a link."
    return _number_problem(element, str(value)) if kind == "number_input" else None


def _length_problem(element: Element, text: str) -> str | None:
    if len(text) < element.get("min_length", 0):
        return f"Please write at least {element['min_length']} characters."
    if len(text) > element.get("max_length", 3000):
        return f"Please write at most {element.get('max_length', 3000)} characters."
    return None


def _number_problem(element: Element, text: str) -> str | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return "Please enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter a number that is at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter a number that is at most {element['max_value']}."
    return None
