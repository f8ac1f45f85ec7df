"""A workbook or CSV file dropped to payclerk: shown, and on Import promised as one durable job."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, Final

from payclerk_core.actions.call import Call
from payclerk_core.actions.importing import (
    known_project,
    note_import,
    plan_digest,
    plan_of,
    preview_of,
    settled_import,
)
from payclerk_core.actions.mailing import store_file
from payclerk_core.documents.sheets import IMPORT, Fault
from payclerk_core.documents.workbook import OpenedFile, Source, WorkbookFaults, open_file, read_opened
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.jobs import promise
from payclerk_core.queries.directory import projects_of
from payclerk_core.tables import Project, StoredFile

from ..desk import Turn
from ..downloads import download
from ..views import importing as views
from ..views.importing import Dropped, Said

ENDINGS: Final = (".xlsx", ".xlsm", ".csv", ".tsv", ".zip")
# Not read, but what to save them as is said of what is in them.
_TOLD: Final = (".xls", ".xlsb", ".ods", ".fods", ".numbers", ".xml")


def take_file(turn: Turn) -> None:
    """A file was shared: in a channel it counts only when an administrator sends what is an import file."""
    event = turn.body["event"]
    private = str(event.get("channel_id", "")).startswith("D")
    info: dict[str, Any] = turn.client.files_info(file=str(event["file_id"]))["file"]
    name = str(info.get("name") or "file")
    is_told = private and name.casefold().endswith(_TOLD)
    if not is_told and not name.casefold().endswith(ENDINGS):
        if private:
            raise UserError(f"I import Excel workbooks and CSV files; {name} is neither.", code="not_a_workbook")
        return
    try:
        _take(turn, name, download(turn.client, info, IMPORT.file))
    except UserError:
        # Spreadsheets of all kinds pass through a channel; only there is silence better than an answer.
        if private:
            raise


def _take(turn: Turn, name: str, content: bytes) -> None:
    opened = open_file([Source(name, content)])
    if not opened.grids:
        raise UserError(f"{name} has none of the sheets I import; see payclerk import --template.", code="faults")
    with turn.looking() as call:
        project = _project(turn, call, name, opened)
        call.authorise("T6", project.id)
        call.authorise("T9", project.id)
        number = project.number
    try:
        said = _previewed(turn, Source(name, content), opened, number)
    except WorkbookFaults as error:
        _post(turn, views.faulty(name, error.faults), error.faults)
        return
    _post(turn, said)


def _previewed(turn: Turn, source: Source, opened: OpenedFile, number: str) -> Said:
    """What the file would do; it is kept for the button's click."""
    with turn.looking() as call:
        plan = plan_of(call, read_opened(opened, known_project(call.session, number)))
    with turn.call() as call:
        file_id = store_file(call, source.content, _content_type(source.name)).id
    dropped = Dropped(file_id, source.name, number, plan_digest(plan))
    return views.preview(dropped, preview_of(plan), plan.same)


def _content_type(name: str) -> str:
    kinds = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".zip": "application/zip"}
    excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return kinds.get(PurePosixPath(name).suffix.casefold(), excel)


def _project(turn: Turn, call: Call, name: str, opened: OpenedFile) -> Project:
    """The project the file names in its sheet or its name, the person's only one, or the channel's."""
    mine = projects_of(call.session, turn.who.person_id)
    number = opened.project_number
    for project in mine:
        if project.number == number or (number is None and project.number.casefold() in name.casefold()):
            return project
    if number is not None:
        text = f"You are on no project {number}; a new one is made on the command line: payclerk import."
        raise NotAllowedError(text)
    here = {turn.body["event"].get("channel_id"), _channel_name(turn)}
    found = [project for project in mine if project.slack_channel in here] or list(mine)
    if len(found) != 1:
        text = f"I can't tell which project {name} is for; put the project's number into the file's name."
        raise UserError(text, code="which_project")
    return found[0]


def _channel_name(turn: Turn) -> str:
    channel = str(turn.body["event"].get("channel_id", ""))
    if channel.startswith("D"):
        return ""
    return str(turn.client.conversations_info(channel=channel)["channel"].get("name") or "")


def _post(turn: Turn, said: Said, faults: tuple[Fault, ...] = ()) -> None:
    """To the person alone: a file says what everybody may do and what everybody is paid."""
    text, blocks = said
    answer = turn.client.chat_postMessage(channel=turn.who.slack_user, text=text, blocks=blocks)
    if len(faults) > views.SHOWN_FAULTS:
        listed = "\n".join(str(fault) for fault in faults)
        turn.client.files_upload_v2(
            channel=str(answer["channel"]), content=listed, filename="faults.txt", title="Faults"
        )


def do_import(turn: Turn) -> None:
    """Promise the import of what was shown; its job says in the same message what became of it."""
    dropped, key = Dropped.of(turn.value), _key(turn)
    payload = {"dropped": turn.value, "person_id": turn.who.person_id, "key": key, **_place(turn)}
    with turn.call() as call:
        call.get(StoredFile, dropped.file_id, "file")
        # What is offered anew, because it had changed, is another promise for the same message.
        promise(call.session, "import.run", f"{key}:{dropped.seen}", payload)


def discard(turn: Turn) -> None:
    """Leave everything as it is; an import that was quicker stands, and its message too."""
    dropped, key = Dropped.of(turn.value), _key(turn)
    with turn.call() as call:
        settled = settled_import(call.session, key)
        if settled:
            return
        if settled is None:
            note_import(call, dropped.project, key, [])
    text, blocks = views.left(dropped)
    place = _place(turn)
    turn.client.chat_update(channel=place["channel"], ts=place["ts"], text=text, blocks=blocks)


def _place(turn: Turn) -> dict[str, str]:
    message = turn.body.get("message") or {}
    return {"channel": turn.channel_id or "", "ts": str(message.get("ts"))}


def _key(turn: Turn) -> str:
    """Of the message: what it offers is done once, or discarded."""
    place = _place(turn)
    return f"import:{place['channel']}:{place['ts']}"
