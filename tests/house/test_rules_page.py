"""docs/rules.md is true: each function and each test that it names is there, and all 47 tasks are on it."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from payclerk_core.rules.permissions import tasks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and "`" in line
]
NAMES = re.compile(r"`([^`]+)`")


def test_every_row_has_its_source_function_and_test() -> None:
    assert ROWS
    assert [row for row in ROWS if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_the_names_of_a_row_are_there(row: list[str]) -> None:
    for dotted in NAMES.findall(row[2]):
        module, _, name = dotted.rpartition(".")
        assert hasattr(importlib.import_module(f"payclerk_core.{module}"), name), dotted
    for place in NAMES.findall(row[3]):
        path, _, name = place.partition("::")
        assert name in named_in(path), place


@cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_each_task_of_the_tables_is_an_action() -> None:
    named = [row[0] for row in ROWS if re.fullmatch(r"[TC]\d+", row[0])]

    assert named == list(tasks())
