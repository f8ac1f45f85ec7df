"""Every cell of both permission tables, from the data file."""

from __future__ import annotations

import pytest

from payclerk_core.errors import NotAllowedError
from payclerk_core.rules.permissions import Level, Standing, Tool, may, require, require_reader, tasks

# The ticks of the two tables as the source page prints them (R: Read Only, S: Standard, A: Admin, with their footnotes),
# written down a second time here, so that a slip in the data file is found.
PROGRESS_BILLINGS = {
    **{f"T{n}": "A1" for n in range(1, 29)},
    "T19": "R S2 A1", "T20": "R S A", "T21": "S2 A1", "T27": "R2 S2 A1",
}  # fmt: skip
COMMITMENTS = {
    **{f"C{n}": "A" for n in range(1, 20)},
    "C1": "R4", "C5": "S1 A", "C6": "S3 A", "C12": "S2 A", "C14": "S2 A", "C15": "S4", "C17": "S3 A", "C18": "R1 S1 A", "C19": "R5 S5 A",
}  # fmt: skip
TICKS = {**PROGRESS_BILLINGS, **COMMITMENTS}
LETTERS = {"R": Level.READ_ONLY, "S": Level.STANDARD, "A": Level.ADMIN}
CELLS = [(task.id, level) for task in tasks().values() for level in Level]
EVERYBODY = [(*cell, contact, private) for cell in CELLS for contact in (False, True) for private in (False, True)]


def expected(task_id: str, level: Level, contact: bool, private: bool) -> bool:
    """What the footnotes of the page say in words, and domain 7 items 15 and 16."""
    private = private or contact  # an invoice contact is on the Private list by being one
    ticks = {LETTERS[tick[0]]: tick[1:] for tick in TICKS[task_id].split()}
    if task_id[0] == "C" and contact and ticks.get(Level.STANDARD) in {"2", "3"}:
        return True  # "must have 'Standard' permission or be designated as an invoice contact"
    note = ticks.get(level)
    if note is None:
        return False
    if level is Level.ADMIN or not note:
        return True
    if task_id[0] == "T" or note == "5":  # the level and a contact; Read Only also on the Private list
        return contact and (private or level is not Level.READ_ONLY)
    return {"1": private, "2": True, "3": True, "4": contact}[note]


@pytest.mark.parametrize(("task_id", "level", "contact", "private"), EVERYBODY)
def test_each_cell_for_each_kind_of_person(task_id: str, level: Level, contact: bool, private: bool) -> None:
    person = standing(task_id, level, contact=contact, private=private)

    assert may(task_id, person) is expected(task_id, level, contact, private)
    if expected(task_id, level, contact, private):
        require(task_id, person)
    else:
        with pytest.raises(NotAllowedError, match="permission on this project's"):
            require(task_id, person)


def standing(task_id: str, level: Level, *, contact: bool = False, private: bool = False) -> Standing:
    tool = tasks()[task_id].tool
    return Standing({tool: level}, invoice_contact=contact, on_private_list=contact or private)


def test_the_file_holds_both_tables() -> None:
    assert [sum(task.table == name for task in tasks().values()) for name in ("progress_billings", "commitments")] == [
        28,
        19,
    ]


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


@pytest.mark.parametrize("tool", list(Tool))
def test_looking_asks_for_a_level_or_the_private_list(tool: Tool) -> None:
    require_reader(tool, Standing({tool: Level.READ_ONLY}))
    require_reader(tool, Standing({}, on_private_list=True))
    with pytest.raises(NotAllowedError, match="at least 'Read Only'"):
        require_reader(tool, Standing({}))
