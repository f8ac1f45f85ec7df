"""`lint_blocks`: would Slack take this payload? From the documented limits and the refusals people have reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

Surface = Literal["message", "modal", "home"]
MOST_BLOCKS: Final = {"message": 50, "modal": 100, "home": 100}
MESSAGE_TEXT: Final = 12_000  # undocumented; refused at about 13,200 (bolt-js#2509)
BLOCKS: Final = frozenset(
    [
        "section",
        "divider",
        "header",
        "context",
        "actions",
        "input",
        "image",
        "markdown",
        "table",
        "data_table",
        "rich_text",
        "file",
        "video",
        "alert",
        "card",
        "carousel",
        "container",
        "plan",
        "task_card",
    ]
)
SELECTS: Final = frozenset(
    f"{many}{kind}_select"
    for many in ("", "multi_")
    for kind in ("static", "external", "users", "conversations", "channels")
)
ACTION_ELEMENTS: Final = frozenset(
    {"button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker"}
    | {kind for kind in SELECTS if not kind.startswith("multi_")}
)
INPUT_ELEMENTS: Final = frozenset(
    {"plain_text_input", "email_text_input", "url_text_input", "number_input", "file_input", "rich_text_input"}
    | {"checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker"}
    | SELECTS
)


@dataclass(frozen=True, slots=True)
class Fault:
    pointer: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


def lint_blocks(surface: Surface, payload: dict[str, Any]) -> list[Fault]:
    """Everything Slack would refuse in a message's `blocks` or in a view."""
    faults = list(_view(payload)) if surface != "message" else []
    blocks = payload.get("blocks", [])
    if len(blocks) > MOST_BLOCKS[surface]:
        faults.append(Fault("/blocks", "too_many", f"more than {MOST_BLOCKS[surface]} blocks"))
    for place, block in enumerate(blocks):
        faults.extend(_block(surface, block, f"/blocks/{place}"))
    faults.extend(_unique(blocks))
    if surface == "message" and sum(len(text) for text in _texts(blocks)) > MESSAGE_TEXT:
        faults.append(Fault("/blocks", "msg_blocks_too_long", f"more than {MESSAGE_TEXT} characters in all"))
    if surface == "modal" and not payload.get("submit") and any(b.get("type") == "input" for b in blocks):
        faults.append(Fault("/submit", "missing", "a modal with an input needs a submit button"))
    return faults


def _view(view: dict[str, Any]) -> Iterator[Fault]:
    for name, most in (("private_metadata", 3000), ("callback_id", 255)):
        if len(view.get(name) or "") > most:
            yield Fault(f"/{name}", "too_long", f"{name} is longer than {most}")
    if view.get("type") == "modal" and "title" not in view:
        yield Fault("/title", "missing", "a modal needs a title")
    for name in ("title", "submit", "close"):
        if name in view:
            yield from _text(view[name], f"/{name}", 24, plain=True)


def _text(text: Any, pointer: str, most: int, *, plain: bool = False) -> Iterator[Fault]:
    if not isinstance(text, dict) or text.get("type") not in {"plain_text", "mrkdwn"}:
        yield Fault(pointer, "not_a_text", "must be a text object")
        return
    if plain and text["type"] != "plain_text":
        yield Fault(pointer, "plain_text", "must be plain_text")
    if not isinstance(text.get("text"), str) or not text["text"]:
        yield Fault(pointer + "/text", "empty", "must be more than 0 characters")
    elif len(text["text"]) > most:
        yield Fault(pointer + "/text", "too_long", f"must be less than {most + 1} characters")
    for key in set(text) - {"type", "text", "emoji", "verbatim"}:
        yield Fault(f"{pointer}/{key}", "unknown", "unknown property")


def _block(surface: Surface, block: Any, pointer: str) -> Iterator[Fault]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in BLOCKS:
        yield Fault(pointer, "unknown_block", f"unsupported type: {kind}")
        return
    if len(block.get("block_id") or "") > 255:
        yield Fault(pointer + "/block_id", "too_long", "must be less than 256 characters")
    if (kind == "alert" and surface != "modal") or (kind in {"table", "data_table"} and surface != "message"):
        yield Fault(pointer, "surface", f"{kind} is not allowed in a {surface}")
    check = _CHECKS.get(kind)
    if check is not None:
        yield from check(block, pointer)


def _section(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    if "text" not in block and not block.get("fields"):
        yield Fault(pointer, "missing", "a section needs text or fields")
    if "text" in block:
        yield from _text(block["text"], pointer + "/text", 3000)
    if len(block.get("fields", [])) > 10:
        yield Fault(pointer + "/fields", "too_many", "more than 10 fields")
    for place, item in enumerate(block.get("fields", [])):
        yield from _text(item, f"{pointer}/fields/{place}", 2000)
    if "accessory" in block:
        yield from _element(block["accessory"], pointer + "/accessory", ACTION_ELEMENTS | SELECTS | {"image"})


def _header(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from _text(block.get("text"), pointer + "/text", 150, plain=True)


def _context(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:
        yield Fault(pointer + "/elements", "count", "a context holds 1 to 10 elements")
    for place, element in enumerate(elements):
        if element.get("type") != "image":
            yield from _text(element, f"{pointer}/elements/{place}", 2000)


def _actions(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        yield Fault(pointer + "/elements", "count", "an actions block holds 1 to 25 elements")
    for place, element in enumerate(elements):
        yield from _element(element, f"{pointer}/elements/{place}", ACTION_ELEMENTS)


def _input(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from _text(block.get("label"), pointer + "/label", 2000, plain=True)
    if "hint" in block:
        yield from _text(block["hint"], pointer + "/hint", 2000, plain=True)
    yield from _element(block.get("element") or {}, pointer + "/element", INPUT_ELEMENTS)


def _table(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    rows = block.get("rows", [])
    most = 101 if block["type"] == "data_table" else 100
    if len(rows) > most or any(len(row) > 20 for row in rows):
        yield Fault(pointer + "/rows", "too_many", f"more than {most} rows or 20 columns")
    if block["type"] == "data_table" and not block.get("caption"):
        yield Fault(pointer + "/caption", "missing", "a data_table needs a caption")


def _markdown(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    if not 0 < len(block.get("text") or "") <= 12_000:
        yield Fault(pointer + "/text", "length", "markdown holds 1 to 12,000 characters")


_CHECKS: Final = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "table": _table,
    "data_table": _table,
    "markdown": _markdown,
}


def _element(element: dict[str, Any], pointer: str, allowed: frozenset[str]) -> Iterator[Fault]:
    kind = element.get("type")
    if kind not in allowed:
        yield Fault(pointer, "unsupported_element", f"unsupported element: {kind}")
        return
    if len(element.get("action_id") or "") > 255:
        yield Fault(pointer + "/action_id", "too_long", "must be less than 256 characters")
    if kind == "button":
        yield from _button(element, pointer)
    most = {"checkboxes": 10, "radio_buttons": 10, "overflow": 5}.get(str(kind), 100)
    if "options" in element or kind in {"checkboxes", "radio_buttons", "overflow", "static_select"}:
        yield from _options(element, pointer, most)
    if "placeholder" in element:
        yield from _text(element["placeholder"], pointer + "/placeholder", 150, plain=True)
    if "confirm" in element:
        yield from _confirm(element["confirm"], pointer + "/confirm")
    if kind == "plain_text_input" and (element.get("max_length") or 0) > 3000:
        yield Fault(pointer + "/max_length", "too_large", "at most 3000")


def _button(element: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from _text(element.get("text"), pointer + "/text", 75, plain=True)
    if not isinstance(element.get("value", ""), str) or len(element.get("value", "")) > 2000:
        yield Fault(pointer + "/value", "value", "a text of at most 2000 characters")
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield Fault(pointer + "/style", "value", "primary or danger")
    if len(element.get("accessibility_label") or "") > 75:
        yield Fault(pointer + "/accessibility_label", "too_long", "at most 75 characters")


def _options(element: dict[str, Any], pointer: str, most: int) -> Iterator[Fault]:
    groups = element.get("option_groups")
    options = element.get("options", [])
    if groups is None and not 1 <= len(options) <= most:
        yield Fault(pointer + "/options", "count", f"1 to {most} options")
    for place, option in enumerate(options):
        yield from _option(option, f"{pointer}/options/{place}")
    initial = element.get("initial_options") or ([element["initial_option"]] if element.get("initial_option") else [])
    for option in initial:
        if (
            element.get("type") != "external_select"
            and "external" not in str(element.get("type"))
            and option not in options
        ):
            yield Fault(pointer + "/initial_options", "not_an_option", "an initial option must be one of the options")
    values = [option.get("value") for option in options]
    if len(set(map(str, values))) != len(values):
        yield Fault(pointer + "/options", "duplicate", "two options have one value")


def _option(option: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from _text(option.get("text"), pointer + "/text", 75)
    if "description" in option:
        yield from _text(option["description"], pointer + "/description", 75)
    value = option.get("value")
    if not isinstance(value, str) or not 0 < len(value) <= 75:
        yield Fault(pointer + "/value", "value", "a text of 1 to 75 characters")


def _confirm(confirm: dict[str, Any], pointer: str) -> Iterator[Fault]:
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _text(confirm.get(name), f"{pointer}/{name}", most, plain=name != "text")


def _unique(blocks: list[dict[str, Any]]) -> Iterator[Fault]:
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    for one in {i for i in ids if ids.count(i) > 1}:
        yield Fault("/blocks", "duplicate_block_id", f"block_id {one} twice")
    for place, block in enumerate(blocks):
        actions = [e["action_id"] for e in elements_of(block) if e.get("action_id")]
        if len(set(actions)) != len(actions):
            yield Fault(f"/blocks/{place}", "duplicate_action_id", "an action_id twice in one block")


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The interactive elements of a block."""
    found = [block["element"]] if "element" in block else []
    found += [block["accessory"]] if "accessory" in block else []
    return found + (block.get("elements", []) if block.get("type") == "actions" else [])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"text", "caption"} and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
