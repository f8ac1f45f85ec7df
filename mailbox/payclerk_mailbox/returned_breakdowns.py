"""The subcontractor's schedule of values that comes back by mail: put under review, or answered row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from payclerk_core.actions.call import Call
from payclerk_core.actions.forms import ReturnedForm
from payclerk_core.actions.inbox import ask_administrator
from payclerk_core.actions.ssov import submit_ssov
from payclerk_core.actions.ssov_details import put_details
from payclerk_core.actions.ssov_letters import confirm_breakdown, refuse_breakdown, ssov_sheet
from payclerk_core.documents.file_kinds import OURS_OF_OTHER_KIND
from payclerk_core.documents.form_copies import FILLED_COPY
from payclerk_core.documents.ssov_file import has_headings, read_breakdown
from payclerk_core.errors import NotAllowedError, UserError
from payclerk_core.tables import Contract, Message, Person, Thread

from .ahead import OpenedFiles
from .reading.opening import FileFault, OpenedFile, Purpose, has_table_name
from .reading.parts import Attachment

log = structlog.get_logger()

_TWO_FILES: Final = (
    "The mail holds {count} breakdowns, and we cannot tell which of them counts; please send that one alone."
)
_NOTHING_THERE: Final = FileFault("This is no table that can be read; save it as .xlsx or .csv.", "not_a_table")


@dataclass(frozen=True, slots=True)
class FoundBreakdowns:
    """The different files of a mail that look like the breakdown, or the one table that may be meant for it."""

    files: tuple[tuple[Attachment, OpenedFile], ...]

    @property
    def name(self) -> str:
        return ", ".join(file.name for file, _ in self.files)[:200]


def find_breakdowns(opened: OpenedFiles, files: Sequence[Attachment]) -> FoundBreakdowns | None:
    """What of a mail's files is a breakdown; None when there is no table at all."""
    tables = [found for found in opened.of(files, Purpose.BREAKDOWN) if _is_table(*found)]
    ours = [(file, one) for file, one in tables if one.breakdown is not None and has_headings(one.breakdown)]
    if ours:
        return FoundBreakdowns(tuple(ours))
    return FoundBreakdowns(tuple(tables)) if len(tables) == 1 else None


def _is_table(file: Attachment, opened: OpenedFile) -> bool:
    if has_table_name(file.name) or file.content_type == "text/csv":
        return True
    if opened.fault is not None and opened.fault.code in {OURS_OF_OTHER_KIND, FILLED_COPY}:
        return True
    return opened.breakdown is not None and has_headings(opened.breakdown)


def take_breakdown(
    call: Call,
    thread: Thread,
    person: Person,
    message: Message,
    found: FoundBreakdowns,
    contrary: UserError | None = None,
) -> None:
    """Put the breakdown under review, or answer what is wrong with it. The mail is stored in either case."""
    returned = ReturnedForm(thread, person, found.name, in_reply_to=message.message_id)
    theirs = replace(call, actor=person)
    try:
        with call.session.begin_nested():
            if contrary is not None:
                raise contrary
            _submit(theirs, returned, found)
    except UserError as error:
        call.session.expire_all()
        refuse_breakdown(theirs, returned, error)
        if isinstance(error, NotAllowedError):  # an administrator alone can put that right
            message.decision_why = error.message[:500]
            ask_administrator(call, message, "unclear")
        log.info("breakdown_refused")
    else:
        log.info("breakdown_submitted")


def _submit(call: Call, returned: ReturnedForm, found: FoundBreakdowns) -> None:
    if len(found.files) > 1:
        raise UserError(_TWO_FILES.format(count=len(found.files)), code="two_files")
    contract = call.get(Contract, returned.thread.contract_id or 0, "contract")
    [(_, opened)] = found.files
    if opened.breakdown is None:
        raise (opened.fault or _NOTHING_THERE).error()
    details = read_breakdown(opened.breakdown, ssov_sheet(contract))
    put_details(call, contract.id, details)
    submit_ssov(call, contract.id)
    call.session.flush()
    call.session.expire(contract, ["lines"])
    confirm_breakdown(call, returned, contract)
