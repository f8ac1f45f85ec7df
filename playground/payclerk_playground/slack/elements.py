"""The interactive elements: which there are, and how each keeps its state in `state.values`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Element = dict[str, Any]
Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """Where a kind of element keeps what was chosen, and which property fills it beforehand."""

    key: str
    initial: str
    many: bool = False


_TEXT: Final = Kind("value", "initial_value")
_ONE: Final = Kind("selected_option", "initial_option")
_MANY: Final = Kind("selected_options", "initial_options", many=True)

# Buttons and overflow menus keep no state.
STATEFUL: Final[dict[str, Kind]] = {
    "plain_text_input": _TEXT,
    "email_text_input": _TEXT,
    "url_text_input": _TEXT,
    "number_input": _TEXT,
    "rich_text_input": Kind("rich_text_value", "initial_value"),
    "datepicker": Kind("selected_date", "initial_date"),
    "timepicker": Kind("selected_time", "initial_time"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time"),
    "radio_buttons": _ONE,
    "checkboxes": _MANY,
    "static_select": _ONE,
    "external_select": _ONE,
    "multi_static_select": _MANY,
    "multi_external_select": _MANY,
    "users_select": Kind("selected_user", "initial_user"),
    "multi_users_select": Kind("selected_users", "initial_users", many=True),
    "channels_select": Kind("selected_channel", "initial_channel"),
    "multi_channels_select": Kind("selected_channels", "initial_channels", many=True),
    "conversations_select": Kind("selected_conversation", "initial_conversation"),
    "multi_conversations_select": Kind("selected_conversations", "initial_conversations", many=True),
    "file_input": Kind("files", "initial_files", many=True),
}
SELECTS: Final = frozenset(kind for kind in STATEFUL if kind.endswith("_select"))
MULTI_SELECTS: Final = frozenset(kind for kind in SELECTS if kind.startswith("multi_"))
CHOSEN_AS_OPTIONS: Final = frozenset(kind for kind, how in STATEFUL.items() if how in {_ONE, _MANY})
PICKERS: Final = frozenset({"datepicker", "timepicker", "datetimepicker"})
TICKED: Final = frozenset({"checkboxes", "radio_buttons"})
TYPED: Final = frozenset(kind for kind, how in STATEFUL.items() if how is _TEXT) | {"rich_text_input"}


def elements_of(block: Block) -> list[Element]:
    """The elements of a block that a person can do something with."""
    found = [block[name] for name in ("element", "accessory") if isinstance(block.get(name), dict)]
    if block.get("type") == "actions":
        found += block.get("elements") or []
    return [element for element in found if isinstance(element, dict) and element.get("type") != "image"]


def all_elements(blocks: list[Block]) -> Iterator[tuple[Block, Element]]:
    for block in blocks:
        for element in elements_of(block):
            yield block, element


def options_of(element: Element) -> list[dict[str, Any]]:
    """All options written into an element, through its groups."""
    grouped = [option for group in element.get("option_groups") or [] for option in group.get("options") or []]
    return [*(element.get("options") or []), *grouped]


def prefilled(element: Element) -> dict[str, Any]:
    """The state of an element nobody touched: its initial value, or Slack's idea of nothing."""
    kind = STATEFUL[element["type"]]
    nothing: Any = [] if kind.many else None
    return {"type": element["type"], kind.key: element.get(kind.initial, nothing)}
