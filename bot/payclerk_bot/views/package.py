"""The words that go with a compiled backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import blocks as b


def package_comment(number: int, name: str, claims: int, index: Sequence[Any]) -> str:
    """What is in it, and what could not be taken in."""
    lines = [f"*Backup {number}: {b.esc(name, 300)}*", f"{b.plural(claims, 'claim')} in one PDF."]
    left_out = [entry for entry in index if isinstance(entry, Mapping) and _why(entry)]
    if left_out:
        lines.append(f"Could not be included ({len(left_out)}):")
        lines += [f"• {b.esc(_name(entry), 150)}: {b.esc(_why(entry), 200)}" for entry in left_out[:10]]
    if len(left_out) > 10:
        lines.append(f"… and {len(left_out) - 10} more, listed on the cover")
    return "\n".join(lines)


def _why(entry: Mapping[str, Any]) -> str:
    return str(entry.get("problem") or entry.get("left_out") or entry.get("reason") or "")


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name") or entry.get("title") or "a file")
