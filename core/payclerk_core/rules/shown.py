"""What a person confirms is what they saw: the shown facts come back with the confirm and are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..errors import UserError
from .seen import fingerprint

_MOST: Final = 5
_CONCEALED: Final = "concealed:"


def concealed(facts: Sequence[str]) -> str:
    """A fact that is compared and never told: who confirms may not see it, and it counts all the same."""
    return _CONCEALED + fingerprint(facts)


def require_as_seen(seen: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise UserError that says what has changed since a person looked; nothing may be done then."""
    changes = [_change(name, seen.get(name), now.get(name)) for name in sorted(seen.keys() | now.keys())]
    told = [change for change in changes if change]
    if told:
        more = f" And {len(told) - _MOST} more." if len(told) > _MOST else ""
        text = f"This has changed since you looked; nothing was done. {' '.join(told[:_MOST])}{more} Look at it again."
        raise UserError(text, code="changed_since")


def _change(name: str, seen: str | None, now: str | None) -> str:
    if seen == now:
        return ""
    if any(fact is not None and fact.startswith(_CONCEALED) for fact in (seen, now)):
        return f"{name} has changed."
    if seen is None:
        return f"{name} is new: {now}."
    return f"{name} is gone." if now is None else f"{name} was {seen} and is {now} now."
