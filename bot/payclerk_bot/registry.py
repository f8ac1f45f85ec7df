"""The one list's shape: subcommands and the ids Slack calls back with. Help, manifest and a test are made of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .desk import Turn

Handler = Callable[["Turn"], Any]


@dataclass(frozen=True, slots=True)
class Command:
    """A word after /billing. `task` is the permission it needs (domain's task id), checked before anything opens."""

    word: str
    does: str
    example: str
    task: str | None
    handler: Handler


@dataclass(frozen=True, slots=True)
class Listener:
    """An action_id (kind click), callback_id (submit) or select that searches (suggest)."""

    kind: str
    id: str
    does: str
    handler: Handler
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    commands: Sequence[Command]
    listeners: Sequence[Listener]

    def command(self, word: str) -> Command | None:
        return next((command for command in self.commands if command.word == word.casefold()), None)

    def near(self, word: str) -> list[Command]:
        """The commands somebody may have meant."""
        words = [command.word for command in self.commands]
        found = difflib.get_close_matches(word.casefold(), words, n=2, cutoff=0.5)
        return [command for command in self.commands if command.word in found]

    def ids(self, kind: str) -> set[str]:
        return {listener.id for listener in self.listeners if listener.kind == kind}
