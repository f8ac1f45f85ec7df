"""What /billing can do, and what somebody may have meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import blocks as b

if TYPE_CHECKING:
    from ..registry import Command


def help_blocks(commands: Sequence[Command]) -> list[b.Block]:
    lines = [f"`{b.esc(command.example)}`  {b.esc(command.does)}" for command in commands]
    return [
        b.section("*What I can do*"),
        *b.sections(lines),
        b.context("Subcontractors and owners need nothing of this: they answer our e-mails."),
    ]


def unknown_command(word: str, near: Sequence[Command]) -> str:
    meant = " or ".join(f"/billing {command.word}" for command in near)
    ask = f"Did you mean {meant}?" if meant else "See /billing help."
    return f"I don't know /billing {b.cut(word, 40)}. {ask}"
