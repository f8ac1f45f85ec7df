"""The rules of the layout that no other tool holds. Each says why it is there."""

from __future__ import annotations

import ast
import mailbox
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCES = ("templates", "core", "bot", "mailbox", "scheduler", "playground", "cli")
DOORS_AND_CORE = ("core", "bot", "mailbox", "scheduler")


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def nodes(*folders: str, word: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Each node of each file that has the word, with the place to name when it breaks a rule."""
    for path in python_files(*folders):
        source = path.read_bytes()
        if word.encode() in source:  # to take all of them apart takes seconds
            place = path.relative_to(ROOT)
            yield from ((f"{place}:{getattr(node, 'lineno', 0)}", node) for node in ast.walk(ast.parse(source)))


def calls(*folders: str, word: str) -> Iterator[tuple[str, str]]:
    """Place and dotted name of each call, in the files that have the word."""
    for place, node in nodes(*folders, word=word):
        if isinstance(node, ast.Call):
            yield place, ast.unparse(node.func)


def importers(module: str, *folders: str) -> set[str]:
    """The files that import a module or a part of it."""
    found = set()
    for place, node in nodes(*folders, word=module):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        if any(name == module or name.startswith(f"{module}.") for name in names):
            found.add(place.rpartition(":")[0])
    return found


def test_packages_import_only_what_they_may():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_our_mailbox_folder_does_not_hide_the_standard_module():
    assert mailbox.Maildir.__module__ == "mailbox"
    assert not Path(mailbox.__file__).is_relative_to(ROOT / "mailbox")


@pytest.mark.parametrize("folder", SOURCES)
def test_a_source_folder_holds_one_package_and_is_none(folder: str):
    assert not (ROOT / folder / "__init__.py").exists()
    packages = [path.name for path in (ROOT / folder).iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert packages == ["payclerk" if folder == "cli" else f"payclerk_{folder}"]


def test_tests_are_no_package():
    # With one, a folder of tests can take the name of a package (pytest's importlib mode has no use for them).
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_core_has_no_float():
    # Money and rates are whole minor units and Decimals; a float on the way would round in secret.
    found = [place for place, name in calls("core", word="float") if name == "float"]
    found += [
        place
        for place, node in nodes("core/payclerk_core")
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    found = [place for place in found if not place.startswith("core/payclerk_core/jobs.py:")]  # waits, in seconds
    assert found == []


def test_only_the_database_module_commits():
    # One action, one transaction: Database.transaction() begins and ends it.
    committing = {
        place for place, name in calls(*DOORS_AND_CORE, "cli", word="commit") if name.rpartition(".")[2] == "commit"
    }
    allowed = ("core/payclerk_core/db.py:", "core/payclerk_core/migrations/")
    assert sorted(place for place in committing if not place.startswith(allowed)) == []


def test_tests_do_not_sleep():
    # tests/support/waiting.py says what to do instead.
    assert [
        place for place, name in calls("tests", word="sleep") if name in {"time.sleep", "sleep", "asyncio.sleep"}
    ] == []


def test_dbos_has_one_door():
    assert importers("dbos", *SOURCES) <= {"core/payclerk_core/jobs.py"}


def test_docusign_has_one_adapter():
    # The playground may check what it receives against the SDK's own models: it is the other side.
    found = importers("docusign_esign", "core", "bot", "mailbox", "scheduler", "cli")
    assert sorted(path for path in found if not path.startswith("scheduler/payclerk_scheduler/docusign")) == []


def test_each_skip_says_why():
    silent = [
        place
        for place, node in nodes("tests", word="skip")
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"pytest.skip", "pytest.mark.skip", "pytest.mark.skipif", "pytest.importorskip"}
        and not (
            any(word.arg == "reason" for word in node.keywords)
            or (ast.unparse(node.func) == "pytest.skip" and node.args)
        )
    ]
    bare = [
        place
        for word in ("mark.skip", "mark.xfail")
        for place, node in nodes("tests", word=word)
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(mark) in {"pytest.mark.skip", "pytest.mark.xfail"} for mark in node.decorator_list)
    ]
    assert silent + bare == []


def test_run_is_a_sound_script():
    for script in ("run", ".ci/run"):
        subprocess.run(["bash", "-n", ROOT / script], check=True)
        assert (ROOT / script).stat().st_mode & 0o100
