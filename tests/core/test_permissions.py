"""Every cell of both permission tables, from the data file."""

from __future__ import annotations

import pytest

from payclerk_core.errors import NotAllowedError
from payclerk_core.rules.permissions import Level, Standing, Tool, may, require, tasks

CELLS = [(task.id, level) for task in tasks().values() for level in Level]


def standing(task_id: str, level: Level, *, contact: bool = False, private: bool = False) -> Standing:
    tool = tasks()[task_id].tool
    return Standing({tool: level}, invoice_contact=contact, on_private_list=contact or private)


def test_the_file_holds_both_tables() -> None:
    assert [sum(task.table == name for task in tasks().values()) for name in ("progress_billings", "commitments")] == [
        28,
        19,
    ]


@pytest.mark.parametrize(("task_id", "level"), CELLS, ids=[f"{task}-{level}" for task, level in CELLS])
def test_a_tick_allows_the_one_it_names_and_no_tick_nobody(task_id: str, level: Level) -> None:
    task = tasks()[task_id]
    open_to_contacts = task.table == "commitments" and task.cells.get(Level.STANDARD) in {2, 3}

    assert may(task_id, standing(task_id, level, contact=True)) is (level in task.cells or open_to_contacts)
    if level not in task.cells:
        assert not may(task_id, standing(task_id, level))


@pytest.mark.parametrize(
    ("task_id", "level", "contact", "private", "allowed"),
    [
        ("T23", Level.ADMIN, False, False, True),
        ("T23", Level.STANDARD, True, True, False),
        ("T21", Level.STANDARD, False, False, False),  # footnote 2: level and contact
        ("T21", Level.STANDARD, True, False, True),
        ("T27", Level.READ_ONLY, True, False, True),  # a contact is on the Private list by being one
        ("C1", Level.READ_ONLY, True, False, True),
        ("C1", Level.READ_ONLY, False, True, False),
        ("C5", Level.STANDARD, False, True, True),  # footnote 1: Private list or contact
        ("C5", Level.STANDARD, False, False, False),
        ("C6", Level.NONE, True, False, True),  # footnote 3: Standard or contact
        ("C12", Level.STANDARD, False, False, True),
        ("C15", Level.ADMIN, False, False, False),
    ],
)
def test_footnotes(task_id: str, level: Level, contact: bool, private: bool, allowed: bool) -> None:
    assert may(task_id, standing(task_id, level, contact=contact, private=private)) is allowed


def test_the_refusal_names_the_level_and_the_tool() -> None:
    with pytest.raises(NotAllowedError, match="'Admin' permission on this project's Commitments tool"):
        require("T23", standing("T23", Level.READ_ONLY))


def test_owner_side_tasks_ask_for_client_contracts() -> None:
    assert {task.id for task in tasks().values() if task.tool is Tool.CLIENT_CONTRACTS} == {
        "T9", "T13", "T14", "T25", "T28", "C8",
    }  # fmt: skip
