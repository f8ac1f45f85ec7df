"""`lint_blocks`: would Slack take this payload? From the documented limits and the refusals people have reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

from .elements import all_elements, elements_of
from .faults import Fault, count_faults, given_strings, given_texts, string_faults, text_faults, unknown_faults
from .lint_elements import IN_ACTIONS, IN_INPUT, IN_SECTION, element_faults, image_faults

__all__ = ["Fault", "Surface", "elements_of", "lint_blocks"]

Surface = Literal["message", "modal", "home"]
MOST_BLOCKS: Final = {"message": 50, "modal": 100, "home": 100}
MESSAGE_TEXT: Final = 12_000  # undocumented; refused at about 13,200 (bolt-js#2509)
MARKDOWN_TEXT: Final = 12_000  # over all markdown blocks of a payload
TABLE_TEXT: Final = 10_000  # over all cells of a message
MESSAGES_ONLY: Final = frozenset({"table", "data_table", "data_visualization", "markdown", "plan", "task_card"})
UNCHECKED: Final = frozenset(
    {"file", "video", "card", "carousel", "container", "data_visualization", "plan", "task_card", "context_actions"}
)


def lint_blocks(surface: Surface, payload: dict[str, Any]) -> list[Fault]:
    """Everything Slack would refuse in a message's `blocks` or in a view."""
    faults = list(_view(surface, payload)) if surface != "message" else []
    blocks = payload.get("blocks")
    if blocks is None and surface == "message":
        return faults
    faults.extend(count_faults(blocks, "/blocks", MOST_BLOCKS[surface], least=0))
    known = [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    for place, block in enumerate(blocks if isinstance(blocks, list) else []):
        faults.extend(_block(surface, block, f"/blocks/{place}"))
    faults.extend(_twice(known))
    faults.extend(_sums(surface, known))
    return faults


def _view(surface: Surface, view: dict[str, Any]) -> Iterator[Fault]:
    if view.get("type") != surface:
        yield Fault("/type", "not_allowed", f"must be {surface}")
    yield from given_texts(view, "", {"title": 24, "submit": 24, "close": 24})
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(view.get(name) or "") > most:
            yield Fault(f"/{name}", "too_long", f"must be less than {most + 1} characters")
    if surface == "modal":
        yield from _modal(view)


def _modal(view: dict[str, Any]) -> Iterator[Fault]:
    if "title" not in view:
        yield Fault("/title", "missing", "a modal needs a title")
    blocks = [block for block in view.get("blocks") or [] if isinstance(block, dict)]
    if not view.get("submit") and any(block.get("type") == "input" for block in blocks):
        yield Fault("/submit", "missing", "a modal with an input needs a submit button")
    if sum(bool(element.get("focus_on_load")) for _, element in all_elements(blocks)) > 1:
        yield Fault("/blocks", "too_many", "only one element may have focus_on_load")


def _block(surface: Surface, block: Any, pointer: str) -> Iterator[Fault]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _CHECKS and kind not in UNCHECKED:
        yield Fault(f"{pointer}/type", "unsupported_block", f"unsupported type: {kind}")
        return
    yield from given_strings(block, pointer, {"block_id": 255})
    if (kind == "alert" and surface != "modal") or (kind in MESSAGES_ONLY and surface != "message"):
        yield Fault(pointer, "surface", f"{kind} is not allowed in a {surface}")
    if kind in _CHECKS:
        known, check = _CHECKS[kind]
        yield from unknown_faults(block, pointer, {"type", "block_id", *known})
        yield from check(block, pointer)


def _section(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    if "text" not in block and "fields" not in block:
        yield Fault(pointer, "missing", "a section needs text or fields")
    if "text" in block:
        yield from text_faults(block["text"], f"{pointer}/text", 3000)
    if "fields" in block:
        yield from count_faults(block["fields"], f"{pointer}/fields", 10)
        for place, item in enumerate(block["fields"] or []):
            yield from text_faults(item, f"{pointer}/fields/{place}", 2000)
    if "accessory" in block:
        yield from element_faults(block["accessory"], f"{pointer}/accessory", IN_SECTION)


def _header(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from text_faults(block.get("text"), f"{pointer}/text", 150, plain=True)


def _divider(_block: dict[str, Any], _pointer: str) -> Iterator[Fault]:
    yield from ()


def _context(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from count_faults(block.get("elements"), f"{pointer}/elements", 10)
    for place, element in enumerate(block.get("elements") or []):
        at = f"{pointer}/elements/{place}"
        is_image = isinstance(element, dict) and element.get("type") == "image"
        yield from image_faults(element, at) if is_image else text_faults(element, at, 2000)


def _actions(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from count_faults(block.get("elements"), f"{pointer}/elements", 25)
    for place, element in enumerate(block.get("elements") or []):
        yield from element_faults(element, f"{pointer}/elements/{place}", IN_ACTIONS)


def _input(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from text_faults(block.get("label"), f"{pointer}/label", 2000, plain=True)
    yield from given_texts(block, pointer, {"hint": 2000})
    yield from element_faults(block.get("element"), f"{pointer}/element", IN_INPUT)


def _table(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from count_faults(block.get("rows"), f"{pointer}/rows", 100)
    for place, row in enumerate(block.get("rows") or []):
        yield from count_faults(row, f"{pointer}/rows/{place}", 20)


def _data_table(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from string_faults(block, "caption", pointer, 2000)
    # The header row counts as one of them.
    yield from count_faults(block.get("rows"), f"{pointer}/rows", 101, least=2)
    for place, row in enumerate(block.get("rows") or []):
        yield from count_faults(row, f"{pointer}/rows/{place}", 20)
    if not 1 <= block.get("page_size", 5) <= 100:
        yield Fault(f"{pointer}/page_size", "out_of_range", "must be 1 to 100")


def _markdown(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from string_faults(block, "text", pointer, MARKDOWN_TEXT)


def _rich_text(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from count_faults(block.get("elements"), f"{pointer}/elements", 1000)


def _alert(block: dict[str, Any], pointer: str) -> Iterator[Fault]:
    yield from text_faults(block.get("text"), f"{pointer}/text", 200)
    if block.get("level", "default") not in {"default", "info", "warning", "error", "success"}:
        yield Fault(f"{pointer}/level", "not_allowed", "must be default, info, warning, error or success")


_Check = Callable[[dict[str, Any], str], Iterator[Fault]]
_CHECKS: Final[dict[str, tuple[frozenset[str], _Check]]] = {
    "section": (frozenset({"text", "fields", "accessory", "expand"}), _section),
    "header": (frozenset({"text", "level"}), _header),
    "divider": (frozenset(), _divider),
    "context": (frozenset({"elements"}), _context),
    "actions": (frozenset({"elements"}), _actions),
    "input": (frozenset({"label", "hint", "element", "optional", "dispatch_action"}), _input),
    "image": (frozenset({"image_url", "slack_file", "alt_text", "title"}), image_faults),
    "table": (frozenset({"rows", "column_settings"}), _table),
    "data_table": (frozenset({"rows", "caption", "page_size", "row_header_column_index"}), _data_table),
    "markdown": (frozenset({"text"}), _markdown),
    "rich_text": (frozenset({"elements"}), _rich_text),
    "alert": (frozenset({"text", "level"}), _alert),
}


def _twice(blocks: list[dict[str, Any]]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, block in enumerate(blocks):
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id in seen:
            yield Fault(f"/blocks/{place}/block_id", "duplicate_block_id", f"block_id already exists: {block_id}")
        seen.add(str(block_id))
        actions = [str(element["action_id"]) for element in elements_of(block) if element.get("action_id")]
        if len(set(actions)) != len(actions):
            yield Fault(f"/blocks/{place}/elements", "duplicate_action_id", "an action_id is twice in one block")


def _sums(surface: Surface, blocks: list[dict[str, Any]]) -> Iterator[Fault]:
    """Limits that hold for all blocks together."""
    if surface == "message" and _length(blocks) > MESSAGE_TEXT:
        yield Fault("/blocks", "msg_blocks_too_long", f"more than {MESSAGE_TEXT} characters in all blocks")
    if _length([block for block in blocks if block.get("type") == "markdown"]) > MARKDOWN_TEXT:
        yield Fault("/blocks", "markdown_too_long", f"more than {MARKDOWN_TEXT} characters in markdown blocks")
    tables = [block for block in blocks if block.get("type") in {"table", "data_table"}]
    if _length([block.get("rows") for block in tables]) > TABLE_TEXT:
        yield Fault("/blocks", "table_too_long", f"more than {TABLE_TEXT} characters in table cells")
    if sum(block["type"] == "table" for block in tables) > 1:
        yield Fault("/blocks", "only_one_table_allowed", "a message holds one table")


def _length(value: Any) -> int:
    """The characters of all texts inside."""
    if isinstance(value, dict):
        return sum(len(v) if k in {"text", "caption"} and isinstance(v, str) else _length(v) for k, v in value.items())
    return sum(map(_length, value)) if isinstance(value, list) else 0
