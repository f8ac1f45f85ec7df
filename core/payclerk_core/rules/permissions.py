"""Who may do what: one data file holds both tables of the source page, this module reads a cell and its footnote.

The tool has no permissions of its own: access follows the person's level on the project's Commitments
(or Client Contracts) tool, and whether the person is an invoice contact of the contract or on its Private list.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from ..errors import NotAllowedError


class Level(StrEnum):
    NONE = "none"
    READ_ONLY = "read_only"
    STANDARD = "standard"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").title()


class Tool(StrEnum):
    COMMITMENTS = "commitments"
    CLIENT_CONTRACTS = "client_contracts"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").title()


@dataclass(frozen=True, slots=True)
class Task:
    """One row of the tables. `cells` maps a level to its footnote (0: a plain tick); a level without a tick is absent."""

    id: str
    name: str
    table: str
    tool: Tool
    cells: Mapping[Level, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person is on a project and one contract."""

    levels: Mapping[Tool, Level]
    invoice_contact: bool = False
    on_private_list: bool = False


@cache
def tasks() -> Mapping[str, Task]:
    """All 47 tasks by id (T1 to T28, C1 to C19)."""
    rows = tomllib.loads(files(__package__).joinpath("permissions.toml").read_text("utf-8"))["task"]
    return {row["id"]: _task(row) for row in rows}


def _task(row: Mapping[str, Any]) -> Task:
    cells = {level: int(row[level.value]) for level in Level if level.value in row}
    return Task(row["id"], row["name"], row["table"], Tool(row["tool"]), cells)


def may(task_id: str, standing: Standing) -> bool:
    """Is this person allowed to do the task?"""
    task = tasks()[task_id]
    level = standing.levels.get(task.tool, Level.NONE)
    if _open_to_contacts(task) and standing.invoice_contact:
        return True
    footnote = task.cells.get(level)
    return footnote is not None and _footnote_holds(task.table, footnote, level, standing)


def _open_to_contacts(task: Task) -> bool:
    """Commitments footnotes 2 and 3 say Standard *or* invoice contact, so a contact of any level qualifies."""
    return task.table == "commitments" and task.cells.get(Level.STANDARD) in {2, 3}


def _footnote_holds(table: str, footnote: int, level: Level, standing: Standing) -> bool:
    if level is Level.ADMIN or footnote == 0:
        return True
    contact, private = standing.invoice_contact, standing.on_private_list
    if table == "progress_billings":  # footnote 2: level and contact; Read Only also on the Private list
        return contact and (level is not Level.READ_ONLY or private)
    return {
        1: contact or private,
        2: True,
        3: True,
        4: contact,
        5: contact and (level is not Level.READ_ONLY or private),
    }[footnote]


def require(task_id: str, standing: Standing) -> None:
    """Raise NotAllowedError, which names the level and the tool, unless the person may do the task."""
    if may(task_id, standing):
        return
    task = tasks()[task_id]
    have = standing.levels.get(task.tool, Level.NONE)
    needed = next((level for level in Level if level in task.cells), Level.ADMIN)
    raise NotAllowedError(
        f"You need '{needed.label}' permission on this project's {task.tool.label} tool for this; you have "
        f"'{have.label}'{_contact_hint(task)}. Ask an administrator of the project."
    )


def require_reader(tool: Tool, standing: Standing) -> None:
    """Raise NotAllowedError unless the person may at least look at the contracts of this tool.

    Looking at a record is no row of the tables; it follows the level on the tool, as everything does.
    """
    if standing.levels.get(tool, Level.NONE) is Level.NONE and not standing.on_private_list:
        text = f"You need at least 'Read Only' permission on this project's {tool.label} tool to see this."
        raise NotAllowedError(f"{text} Ask an administrator of the project.")


def require_sight(tool: Tool, number: str, standing: Standing) -> None:
    """Raise NotAllowedError unless the person sees a private contract: an administrator, or on its Private list."""
    if standing.levels.get(tool) is not Level.ADMIN and not standing.on_private_list:
        text = f"Contract {number} is private; ask an administrator to put you on its Private list."
        raise NotAllowedError(text)


def require_administrator(tool: Tool, standing: Standing) -> None:
    """Raise NotAllowedError unless the person is an administrator of this tool (domain 1.1).

    For what no row of the tables names: keeping contracts, their lines and their change orders.
    """
    have = standing.levels.get(tool, Level.NONE)
    if have is not Level.ADMIN:
        raise NotAllowedError(
            f"You need 'Admin' permission on this project's {tool.label} tool for this; you have '{have.label}'. "
            "Ask an administrator of the project."
        )


def _contact_hint(task: Task) -> str:
    return " (or be an invoice contact of the contract)" if any(n > 1 for n in task.cells.values()) else ""
