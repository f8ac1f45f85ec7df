"""`payclerk import`: a file read, shown, and loaded in one transaction."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from payclerk_core.actions.call import Call
from payclerk_core.actions.importing import import_project, known_project, people_sheet, plan_of, preview_lines
from payclerk_core.clock import clock_for
from payclerk_core.db import Database
from payclerk_core.documents.sheets import IMPORT, MEGABYTE
from payclerk_core.documents.workbook import Known, ProjectFile, Source, read_project, write_template
from payclerk_core.errors import UserError
from payclerk_core.migrate import upgrade
from payclerk_core.settings import Settings

CSV_ENDINGS: Final = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    path: Path
    project: str | None = None
    preview: bool = False
    yes: bool = False


def keep_people(settings: Settings, path: Path | None, project: str | None) -> str:
    """Write the project's people with their keys, to be changed and imported; what is there is not overwritten."""
    if path is None or project is None:
        raise UserError("Name the project whose people to write: payclerk import --people FILE --project NUMBER.")
    upgrade(settings.database_url)
    db = Database(settings.database_url)
    try:
        with db.reading() as session:
            call = Call(session, clock_for(settings.clock_file)(), settings, actor=None, door="cli")
            _keep(path, people_sheet(call, project))
    finally:
        db.close()
    return f"Wrote {path}: change it, and import it with 'payclerk import {path} --project {project}'."


def keep_template(path: Path) -> str:
    """Write the template to fill; what is there is not overwritten."""
    _keep(path, write_template())
    return f"Wrote {path}: fill it, and import it with 'payclerk import {path}'."


def _keep(path: Path, content: bytes) -> None:
    if path.exists():
        raise UserError(f"{path} is there already; name another file.")
    path.write_bytes(content)


def import_files(settings: Settings, wish: Wish, console: Console) -> None:
    """Read, show, ask where somebody is there to answer, load. Raises UserError with every fault of the file."""
    sources = _sources(wish.path)
    upgrade(settings.database_url)
    db = Database(settings.database_url)
    try:
        with _bar(console) as bar:
            file = read_project(sources, _known(db, wish.project), bar.tell)
        console.print(f"Project {file.project.number} {file.project.name}:", markup=False)
        if wish.preview or _asks(wish):
            anything = _show(settings, db, file, console)
            if wish.preview or not anything or not typer.confirm("Import this?"):
                console.print("Nothing was imported.", markup=False)
                return
        _load(settings, db, file, console)
    finally:
        db.close()


def _asks(wish: Wish) -> bool:
    """Only a terminal can answer."""
    return not wish.yes and sys.stdin.isatty() and sys.stdout.isatty()


def _show(settings: Settings, db: Database, file: ProjectFile, console: Console) -> bool:
    with db.reading() as session:
        plan = plan_of(Call(session, clock_for(settings.clock_file)(), settings, actor=None, door="cli"), file)
    for line in preview_lines(plan):
        console.print(line, markup=False, soft_wrap=True)
    return not plan.is_empty


def _load(settings: Settings, db: Database, file: ProjectFile, console: Console) -> None:
    with _bar(console) as bar, db.transaction() as session:
        call = Call(session, clock_for(settings.clock_file)(), settings, actor=None, door="cli")
        report = import_project(call, file, bar.tell)
    for line in report.lines():
        console.print(line, markup=False, soft_wrap=True)


def _known(db: Database, project: str | None) -> Known | None:
    if project is None:
        return None
    with db.reading() as session:
        return known_project(session, project)


def _sources(path: Path) -> list[Source]:
    if not path.exists():
        raise UserError(f"There is no file {path}.")
    files = sorted(p for p in path.iterdir() if p.suffix.casefold() in CSV_ENDINGS) if path.is_dir() else [path]
    if not files:
        raise UserError(f"There are no CSV files in {path}; name them like the sheets: SOV.csv, Contracts.csv.")
    # Looked at before it is read: somebody may name a backup of a gigabyte.
    if sum(file.stat().st_size for file in files) > IMPORT.unpacked or (
        not path.is_dir() and path.stat().st_size > IMPORT.file
    ):
        raise UserError(f"{path} is larger than {IMPORT.file // MEGABYTE} MB; import it in parts.", code="too_large")
    return [Source(file.name, file.read_bytes()) for file in files]


class _Bar:
    """A progress bar a stage; on no terminal it says nothing."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def tell(self, what: str, done: int, of: int | None) -> None:
        """Move the bar of one stage, which begins when it is first told of."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=of)
        self._progress.update(self._tasks[what], completed=done, total=of)


@contextmanager
def _bar(console: Console) -> Iterator[_Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Bar(progress)
