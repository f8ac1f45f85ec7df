"""The locks name everything that is installed: `./run` installs them without resolving, whatever is released later."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUNS = ("requirements.lock",)
ALL = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
ONLY_FOR_DEVELOPMENT = ("selenium", "mypy", "hypothesis", "pytest", "uv", "ruff", "coverage")


def pins(*names: str) -> dict[str, str]:
    """Version by package of these locks."""
    text = "\n".join((ROOT / name).read_text("utf-8") for name in names)
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def asked_for(wanted: Iterable[str]) -> Iterator[Requirement]:
    """What these packages ask for, and what that asks for, extras too, on this machine."""
    waiting, seen = [Requirement(text) for text in wanted], set()
    while waiting:
        one = waiting.pop()
        if str(one) in seen or not applies(one, frozenset({""})):
            continue
        seen.add(str(one))
        yield one
        extras = frozenset({"", *one.extras})
        inner = [Requirement(text) for text in requires(one.name) or ()]
        waiting += [without_marker(each) for each in inner if applies(each, extras)]


def applies(one: Requirement, extras: frozenset[str]) -> bool:
    return one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras)


def without_marker(one: Requirement) -> Requirement:
    plain = Requirement(str(one))
    plain.marker = None
    return plain


def not_pinned(wanted: Iterable[str], locked: dict[str, str]) -> list[str]:
    found = []
    for one in asked_for(wanted):
        version = locked.get(canonicalize_name(one.name))
        if version is None or not one.specifier.contains(version, prereleases=True):
            found.append(f"{one}: pinned is {version}")
    return found


def test_what_runs_payclerk_is_pinned_with_all_that_it_asks_for():
    assert not_pinned(PROJECT["project"]["dependencies"], pins(*RUNS)) == []


@pytest.mark.parametrize("group", ["build", "dev"])
def test_what_builds_and_tests_it_is_pinned_too(group: str):
    assert not_pinned(PROJECT["dependency-groups"][group], pins(*ALL)) == []


def test_a_requirement_with_an_extra_that_is_not_pinned_is_found():
    everything = pins(*ALL)
    assert not_pinned(["psycopg[binary]"], everything) == []
    without = {name: version for name, version in everything.items() if name != "psycopg-binary"}
    assert [line.partition(":")[0] for line in not_pinned(["psycopg[binary]"], without)] == [
        next(str(one) for one in asked_for(["psycopg[binary]"]) if one.name == "psycopg-binary")
    ]


def test_the_build_backend_is_the_one_that_is_pinned():
    built_with = [Requirement(text) for text in PROJECT["build-system"]["requires"]]
    assert {str(one) for one in built_with} == {
        f"{one.name}=={pins('requirements-build.lock')[one.name]}" for one in built_with
    }


def test_production_installs_nothing_of_development():
    assert [name for name in ONLY_FOR_DEVELOPMENT if name in pins(*RUNS)] == []


def test_the_locks_agree():
    said = [(name, version) for lock in ALL for name, version in pins(lock).items()]
    assert len(set(said)) == len(dict(said))


@pytest.mark.parametrize("lock", ALL)
def test_a_lock_has_hashes_and_names_no_place(lock: str):
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / lock).read_text("utf-8")).strip()
    assert not re.search(r"://|^-|file:|@ ", text, re.MULTILINE)
    requirements = re.split(r"\n(?=[a-z])", text)
    assert len(requirements) == len(pins(lock))
    assert [line for line in requirements if not re.match(r"[a-z0-9._\[\]-]+==\S+ .*\n?.*--hash=sha256:", line)] == []


def test_nothing_is_resolved_when_it_is_installed():
    script = (ROOT / "run").read_text("utf-8")
    installs = re.findall(r"-m pip install (.*)", script)
    assert installs
    assert all("--no-deps" in line and "--no-build-isolation" in line for line in installs), installs
