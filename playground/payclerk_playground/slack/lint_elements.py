"""What Slack refuses in one element: buttons, selects, inputs and their options."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any, Final

from .elements import MULTI_SELECTS, PICKERS, SELECTS, STATEFUL, TICKED, TYPED, options_of
from .faults import Fault, count_faults, given_strings, given_texts, string_faults, text_faults, unknown_faults

# What the API takes, not what the SDK's types allow: multi-selects and text inputs in an actions block lose the
# whole message (python-slack-sdk#1631).
IN_ACTIONS: Final = frozenset({"button", "overflow"}) | TICKED | PICKERS | (SELECTS - MULTI_SELECTS)
IN_SECTION: Final = frozenset({"button", "overflow", "image"}) | TICKED | PICKERS - {"datetimepicker"} | SELECTS
IN_INPUT: Final = TYPED | {"file_input"} | TICKED | PICKERS | SELECTS
MOST_OPTIONS: Final = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}
SELECT_OPTIONS: Final = 100
OPTION: Final = 75  # 150 in the SDK for values; Slack's own types say 75
_COMMON: Final = frozenset({"type", "action_id", "placeholder", "confirm", "focus_on_load"})
_LENGTHS: Final = frozenset({"min_length", "max_length"})
_OWN: Final[dict[str, frozenset[str]]] = {
    "button": frozenset({"text", "url", "value", "style", "accessibility_label", "agent_prompt"}),
    "overflow": frozenset({"options"}),
    "checkboxes": frozenset({"options"}),
    "radio_buttons": frozenset({"options"}),
    "static_select": frozenset({"options", "option_groups"}),
    "multi_static_select": frozenset({"options", "option_groups", "max_selected_items"}),
    "external_select": frozenset({"min_query_length"}),
    "multi_external_select": frozenset({"min_query_length", "max_selected_items"}),
    "plain_text_input": frozenset({"multiline", "dispatch_action_config"}) | _LENGTHS,
    "email_text_input": frozenset({"dispatch_action_config"}),
    "url_text_input": frozenset({"dispatch_action_config"}),
    "number_input": frozenset({"is_decimal_allowed", "min_value", "max_value", "dispatch_action_config"}),
    "datepicker": frozenset(),
    "timepicker": frozenset({"timezone"}),
}


def element_faults(element: Any, pointer: str, allowed: Collection[str]) -> Iterator[Fault]:
    """Everything wrong with an element at a place that takes the `allowed` kinds."""
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in allowed:
        yield Fault(f"{pointer}/type", "unsupported_element", f"unsupported element: {kind}")
        return
    yield from _common(element, pointer)
    if kind == "image":
        yield from image_faults(element, pointer)
    elif kind == "button":
        yield from _button(element, pointer)
    elif kind in MOST_OPTIONS or kind.endswith("static_select"):
        yield from _choices(element, pointer)
    elif kind == "plain_text_input":
        yield from _plain_text_input(element, pointer)
    elif kind == "number_input":
        yield from _number_input(element, pointer)
    elif kind == "datepicker":
        yield from _datepicker(element, pointer)


def _common(element: dict[str, Any], pointer: str) -> Iterator[Fault]:
    kind = element["type"]
    yield from given_strings(element, pointer, {"action_id": 255})
    yield from given_texts(element, pointer, {"placeholder": 150})
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{pointer}/confirm")
    if kind in _OWN:
        initial = {STATEFUL[kind].initial} if kind in STATEFUL else set()
        yield from unknown_faults(element, pointer, _COMMON | _OWN[kind] | initial)
    if kind in MULTI_SELECTS and element.get("max_selected_items", 1) < 1:
        yield Fault(f"{pointer}/max_selected_items", "too_few", "must be at least 1")


def image_faults(image: dict[str, Any], pointer: str) -> Iterator[Fault]:
    """An image as block, accessory or in a context."""
    if not image.get("image_url") and not image.get("slack_file"):
        yield Fault(f"{pointer}/image_url", "missing", "an image needs image_url or slack_file")
    yield from given_strings(image, pointer, {"image_url": 3000})
    yield from string_faults(image, "alt_text", pointer, 2000)
    yield from given_texts(image, pointer, {"title": 2000})


def _button(button: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from text_faults(button.get("text"), f"{pointer}/text", 75, plain=True)
    yield from given_strings(button, pointer, {"value": 2000, "url": 3000, "accessibility_label": 75})
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield Fault(f"{pointer}/style", "not_allowed", "must be primary or danger")


def _choices(element: dict[str, Any], pointer: str) -> Iterator[Fault]:
    most = MOST_OPTIONS.get(element["type"], SELECT_OPTIONS)
    if "option_groups" in element:
        yield from group_faults(element["option_groups"], f"{pointer}/option_groups")
        if "options" in element:
            yield Fault(f"{pointer}/options", "not_allowed", "either options or option_groups")
    else:
        yield from option_list_faults(
            element.get("options"), f"{pointer}/options", most, plain=element["type"] not in TICKED
        )
    yield from _initial(element, pointer)
    yield from _twice(element, pointer)


def group_faults(groups: Any, pointer: str) -> Iterator[Fault]:
    """Option groups of a select, or of the answer to a query."""
    yield from count_faults(groups, pointer, SELECT_OPTIONS)
    for place, group in enumerate(groups if isinstance(groups, list) else []):
        yield from text_faults(group.get("label"), f"{pointer}/{place}/label", OPTION, plain=True)
        yield from option_list_faults(group.get("options"), f"{pointer}/{place}/options", SELECT_OPTIONS)


def option_list_faults(
    options: Any, pointer: str, most: int = SELECT_OPTIONS, *, plain: bool = True, least: int = 1
) -> Iterator[Fault]:
    """A list of options and each of them."""
    yield from count_faults(options, pointer, most, least=least)
    for place, option in enumerate(options if isinstance(options, list) else []):
        yield from _option(option, f"{pointer}/{place}", plain=plain)


def _option(option: Any, pointer: str, *, plain: bool) -> Iterator[Fault]:
    if not isinstance(option, dict):
        yield Fault(pointer, "not_an_option", "must be an option object")
        return
    yield from unknown_faults(option, pointer, {"text", "value", "description", "url"})
    yield from text_faults(option.get("text"), f"{pointer}/text", OPTION, plain=plain)
    if "description" in option:
        yield from text_faults(option["description"], f"{pointer}/description", OPTION, plain=plain)
    # An integer here fails without a word in Slack itself.
    yield from string_faults(option, "value", pointer, OPTION)


def _initial(element: dict[str, Any], pointer: str) -> Iterator[Fault]:
    if element["type"] == "overflow":
        return
    name = STATEFUL[element["type"]].initial
    if name not in element:
        return
    many = STATEFUL[element["type"]].many
    chosen = element[name] if many else [element[name]]
    if many and not chosen:
        yield Fault(f"{pointer}/{name}", "too_few", "must have at least 1 items")
    if any(option not in options_of(element) for option in chosen):
        yield Fault(f"{pointer}/{name}", "not_an_option", "must be exactly one of the options")


def _twice(element: dict[str, Any], pointer: str) -> Iterator[Fault]:
    values = [str(option.get("value")) for option in options_of(element) if isinstance(option, dict)]
    if len(set(values)) != len(values):
        yield Fault(f"{pointer}/options", "duplicate_value", "two options have the same value")


def _plain_text_input(element: dict[str, Any], pointer: str) -> Iterator[Fault]:
    for name, least in (("min_length", 0), ("max_length", 1)):
        if not least <= element.get(name, 1) <= 3000:
            yield Fault(f"{pointer}/{name}", "out_of_range", f"must be {least} to 3000")
    if len(element.get("initial_value") or "") > element.get("max_length", 3000):
        yield Fault(f"{pointer}/initial_value", "too_long", "longer than max_length")


def _number_input(element: dict[str, Any], pointer: str) -> Iterator[Fault]:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        yield Fault(f"{pointer}/is_decimal_allowed", "missing", "must be true or false")
    yield from given_strings(element, pointer, {"initial_value": 75, "min_value": 75, "max_value": 75})


def _datepicker(element: dict[str, Any], pointer: str) -> Iterator[Fault]:
    given = element.get("initial_date")
    try:
        well = given is None or date.fromisoformat(str(given)).isoformat() == given
    except ValueError:
        well = False
    if not well:
        yield Fault(f"{pointer}/initial_date", "not_a_date", "must be YYYY-MM-DD")


def _confirm(confirm: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(confirm, dict):
        yield Fault(pointer, "not_a_confirm", "must be a confirm object")
        return
    yield from unknown_faults(confirm, pointer, {"title", "text", "confirm", "deny", "style"})
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from text_faults(confirm.get(name), f"{pointer}/{name}", most, plain=name != "text")
