"""What was filled into a modal, read from Slack's `view.state`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from payclerk_core.errors import UserError


@dataclass(frozen=True, slots=True)
class Form:
    """The values of a modal by block_id. A block_id may carry `:suffixes` that only make it new."""

    view: Mapping[str, Any]

    @property
    def values(self) -> Mapping[str, Mapping[str, Any]]:
        state = self.view.get("state") or {}
        found: Mapping[str, Mapping[str, Any]] = state.get("values") or {}
        return found

    def element(self, block_id: str) -> Mapping[str, Any]:
        for name, elements in self.values.items():
            if name == block_id or name.startswith(f"{block_id}:"):
                return next(iter(elements.values()), {})
        return {}

    def text(self, block_id: str) -> str:
        return str(self.element(block_id).get("value") or "").strip()

    def option(self, block_id: str) -> str:
        return str((self.element(block_id).get("selected_option") or {}).get("value") or "")

    def options(self, block_id: str) -> list[str]:
        return [str(chosen["value"]) for chosen in self.element(block_id).get("selected_options") or []]

    def all_options(self, prefix: str) -> list[str]:
        """The ticks of several checkbox groups that share a prefix."""
        names = [name for name in self.values if name.startswith(f"{prefix}:")]
        return [value for name in names for value in self.options(name)]

    def shown_options(self, prefix: str) -> list[str]:
        """Every option those groups offered, ticked or not, as the person had them in front of them."""
        blocks = [b for b in self.view.get("blocks", ()) if str(b.get("block_id", "")).startswith(f"{prefix}:")]
        return [str(o["value"]) for block in blocks for o in block["element"].get("options", ())]

    def day(self, block_id: str) -> date:
        picked = self.element(block_id).get("selected_date")
        if not picked:
            raise UserError("Choose a date.", field=block_id)
        return date.fromisoformat(str(picked))
