"""Loading a project from its file: all or nothing, and again changes nothing (`payclerk import`, or a file in Slack)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...documents.workbook import Known, KnownContract, Progress, ProjectFile, ProjectRow
from ...documents.workbook.grid import untold
from ...errors import UserError
from ...tables import Batch, Contract, Project
from ..call import Call
from .held import Held, held_of, rename
from .people import moved_addresses, people_sheet, record_moves
from .plan import Plan, plan_import
from .report import RECORDED, ImportReport, Shown, changes_to_record, plan_digest, preview_lines, preview_of
from .store import store
from .wanted import wants_of

__all__ = [
    "ImportReport",
    "Shown",
    "import_project",
    "known_project",
    "note_import",
    "people_sheet",
    "plan_digest",
    "plan_of",
    "preview_lines",
    "preview_of",
    "settle_import",
    "settled_import",
]


def import_project(call: Call, file: ProjectFile, tell: Progress = untold) -> ImportReport:
    """Bring the database to what the file says. Nothing is deleted; what was billed on is never changed."""
    _take_turns(call, file.project.number)
    plan = plan_of(call, file)
    report = ImportReport.of(plan)
    if plan.is_empty:
        return report
    project_id = store(call, plan, file.project.number, tell)
    project = call.get(Project, project_id, "project")
    changes = list(islice(changes_to_record(plan), RECORDED))
    after = {"new": report.new, "changed": report.changed, "removed": report.dropped, "changes": changes}
    record_moves(call, plan, project_id)
    call.record("imported", project, project_id=project_id, after=after)
    return report


def settle_import(call: Call, file: ProjectFile, key: str, seen: str) -> ImportReport | None:
    """Import what a person confirmed, once for each `key`; None when that is no longer what the file would do.

    `seen` is the digest of the plan that was shown (plan_digest).
    """
    _take_turns(call, file.project.number)
    if plan_digest(plan_of(call, file)) != seen:
        return None
    report = import_project(call, file)
    note_import(call, file.project.number, key, report.lines())
    return report


def note_import(call: Call, number: str, key: str, lines: Sequence[str]) -> None:
    """Remember what became of a file that was shown, in the transaction that does it; no lines: it was discarded."""
    project = call.session.scalars(select(Project).where(Project.number == number)).one()
    facts = {"key": key, "project_id": project.id, "action": "import", "person_id": call.actor_id, "channel": None}
    call.session.add(Batch(**facts, started_at=call.at, report=list(lines)))
    call.session.flush()


def settled_import(session: Session, key: str) -> list[str] | None:
    """What became of the file that was shown: what was done, nothing when it was discarded; None: still open."""
    batch = session.scalar(select(Batch).where(Batch.key == key))
    return None if batch is None else list(batch.report or [])


def _take_turns(call: Call, number: str) -> None:
    """Two imports of a project, or an import and a new claim on one of its contracts, do not overlap on PostgreSQL."""
    projects = select(Project.id).where(Project.number == number)
    for query in (projects, select(Contract.id).where(Contract.project_id.in_(projects)).order_by(Contract.id)):
        call.session.execute(query.with_for_update())


def plan_of(call: Call, file: ProjectFile) -> Plan:
    """What importing the file would do, changing nothing. Raises WorkbookFaults with what a file cannot change."""
    held = held_of(call.session, file.project.number)
    _authorise(call, held)
    moved = moved_addresses(call.session, file, held)
    rename(held, moved)
    return plan_import(wants_of(file, moved), held, file.project.currency)


def _authorise(call: Call, held: Held) -> None:
    """A file says what T6 sets, levels of both tools among it: who sends one is administrator of both."""
    if call.actor is None:
        return
    if held.project_id is None:
        raise UserError("A new project is made on the command line: payclerk import.", code="not_allowed")
    call.authorise("T6", held.project_id)
    call.authorise("T9", held.project_id)


def known_project(session: Session, number: str) -> Known:
    """What payclerk holds of the project, for a file with some of the sheets. Raises UserError when there is none."""
    held = held_of(session, number)
    if held.project_id is None:
        raise UserError(f"There is no project {number}; import its whole workbook first.", code="not_found")
    project = held.records["project"][number,].values
    names = ("name", "timezone", "currency", "dictionary", "slack_channel")
    days = ("period_start_day", "period_end_day", "period_due_day")
    return Known(
        ProjectRow(number, *(project[name] for name in (*names, *days))),
        frozenset(key[0] for key in held.records["company"]),
        {key[0]: (one.values["name"], one.values["company"]) for key, one in held.records["person"].items()},
        {
            key[0]: KnownContract(one.values["company"], one.values["accounting"], one.values["ssov_enabled"])
            for key, one in held.records["contract"].items()
        },
    )
