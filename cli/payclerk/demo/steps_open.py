"""The story's beginning: import, billing periods, invitations."""

from __future__ import annotations

import io
from datetime import datetime

import openpyxl
from sqlalchemy import func, select

from payclerk_core.tables import BillingPeriod, Event, Invitation, SovLine
from payclerk_playground.slack.control import texts

from .cast import ADMINISTRATOR, READER, give_parts, read_project
from .hands import Hands
from .office import CommandFailedError
from .stage import Stage, expect

CHANNEL = "maple-street"


def import_project(stage: Stage) -> str:
    """A faulty sheet is refused with every fault; the good one loads; again changes nothing."""
    stage.clock.set(datetime(2026, 11, 10, 9, 0))  # noqa: DTZ001 - a moment on the project's wall
    faulty = stage.keep("faulty.xlsx", _with_faults(stage))
    try:
        stage.office.run("import", str(faulty))
    except CommandFailedError as refused:
        printed = str(refused)
    else:
        raise AssertionError("a faulty workbook was imported")
    for words in ("SOV F3", "two ways", "Contracts D2", "Did you mean 'Prairie Earthworks'", "People B3"):
        expect(words in printed, f"the fault '{words}' to be listed")
    with stage.look() as session:
        expect(session.scalar(select(func.count(SovLine.id))) == 0, "nothing of a faulty workbook to be stored")
    stage.office.run("import", str(stage.examples / "maple-street.xlsx"))
    with stage.look() as session:
        lines, events = session.scalar(select(func.count(SovLine.id))), session.scalar(select(func.count(Event.id)))
    again = stage.office.run("import", str(stage.examples / "maple-street.xlsx"))
    expect("Nothing to change" in again, "a second import to change nothing")
    with stage.look() as session:
        expect(session.scalar(select(func.count(Event.id))) == events, "a second import to leave no event")
    stage.world.slack.state.add_channel(CHANNEL)
    stage.office.start()
    return f"{lines} lines of 15 contracts; 3 faults listed in the faulty one"


def _with_faults(stage: Stage) -> bytes:
    book = openpyxl.load_workbook(stage.examples / "maple-street.xlsx")
    book["SOV"]["F3"] = "1.234"
    book["Contracts"]["D2"] = "Prairie Earthwork"
    book["People"]["B3"] = "not an address"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def create_periods(stage: Stage) -> str:
    """October first, so that it closes when November opens; then the duplicate; then somebody who may not."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    view = anna.open("period", "period")
    defaults = [_initial(view.blocks, name) for name in ("starts_on", "ends_on", "due_on")]
    expect(defaults == ["2026-11-01", "2026-11-30", "2026-11-25"], f"the defaults 1st, last, 25th, not {defaults}")
    for name, day in (("starts_on", "2026-10-01"), ("ends_on", "2026-10-31"), ("due_on", "2026-10-25")):
        stage.world.slack.pick_date(view, name, day)
    anna.submit()
    anna.message("Oct 1, 2026")
    anna.open("period", "period")
    anna.submit()
    anna.message("Nov 1, 2026")
    view = anna.open("period", "period")
    anna.submit()
    expect(any("already" in words for words in view.errors.values()), "a duplicate range to be refused in the form")
    anna.leave()
    with stage.look() as session:
        rows = session.execute(select(BillingPeriod.starts_on, BillingPeriod.status).order_by(BillingPeriod.starts_on))
        states = [f"{start}: {status}" for start, status in rows]
    expect(states == ["2026-10-01: closed", "2026-11-01: open"], f"October closed and November open, not {states}")
    priya = Hands(stage, READER, CHANNEL)
    priya.command("period")
    priya.message("'Admin' permission", "Commitments")
    priya.command("perriod")
    priya.message("period")
    return "October closed, November open, due Nov 25"


def _initial(blocks: list[dict[str, object]], block_id: str) -> object:
    block = next(block for block in blocks if block["block_id"] == block_id)
    element = block["element"]
    return element["initial_date"] if isinstance(element, dict) else None


def invite_all(stage: Stage) -> str:
    """Select all that can be invited, review, confirm twice: 12 mails, one of which comes back."""
    anna = Hands(stage, ADMINISTRATOR, CHANNEL)
    cast = give_parts(read_project(stage.examples))
    view = anna.open("invite", "bench")
    shown = texts(view)
    expect("No invoice contact" in shown and "approve it first" in shown, "the reasons why two cannot be invited")
    anna.click_and_wait(view, "bench.all")
    anna.submit_to("bench.confirm")
    anna.submit()
    message = anna.message("Invit", "11 sent", "1 bounced")
    with stage.look() as session:
        count = session.scalar(select(func.count(Invitation.id)))
    expect(count == 12, f"12 invitations, not {count}")
    for part in cast.invited:
        if part is not cast.bounced:
            stage.mail(part.email, "invit" if part.language == "en" else "")
    stage.settled()
    total = sum(len(stage.mails(part.email)) for part in cast.invited if part is not cast.bounced)
    expect(total == 11, f"11 mails to have arrived, not {total}")
    expect(message.edited >= 1, "the one message to be updated in place")
    anna.message("did not reach")
    return "12 invited: 11 sent, 1 bounced; one message in Slack, updated in place"
