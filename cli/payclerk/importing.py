"""`payclerk import`: the workbook read, and loaded in one transaction."""

from __future__ import annotations

from payclerk_core.actions.call import Call
from payclerk_core.actions.importing import import_project
from payclerk_core.clock import clock_for
from payclerk_core.db import Database
from payclerk_core.documents.workbook import read_workbook
from payclerk_core.migrate import upgrade
from payclerk_core.settings import Settings


def import_workbook(settings: Settings, content: bytes) -> list[str]:
    """What was done, in lines. Raises UserError with every fault of the file; then nothing is changed."""
    file = read_workbook(content)
    upgrade(settings.database_url)
    db = Database(settings.database_url)
    try:
        with db.transaction() as session:
            call = Call(session, clock_for(settings.clock_file)(), settings, actor=None, door="cli")
            report = import_project(call, file)
    finally:
        db.close()
    return [f"Project {file.project.number} {file.project.name}:", *report.lines()]
