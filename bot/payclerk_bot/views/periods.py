"""The list of billing periods, and changing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from . import blocks as b
from .period import Dates, date_picker, day_text, span

SHOWN: Final = 24
STATUSES: Final = {"open": "Open (any other closes)", "closed": "Closed"}


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One period as the list shows it."""

    id: int
    dates: Dates
    status: str


@dataclass(frozen=True, slots=True)
class Periods:
    """A project's periods, newest first, and the next one that opens by itself (None: none does)."""

    project_id: int
    project_name: str
    rows: Sequence[PeriodRow]
    upcoming: Dates | None


def periods_modal(periods: Periods) -> b.View:
    by_itself = b.button("Automatic periods", "schedule.open", periods.project_id)
    buttons = b.actions(
        b.button("New billing period", "open.period", f"project={periods.project_id}"), by_itself, block_id="periods"
    )
    head = f"*{b.esc(periods.project_name, 200)}*\n{_upcoming(periods.upcoming)}"
    rows = [_row(row) for row in periods.rows[:SHOWN]] or [b.section("There is no billing period yet.")]
    older = len(periods.rows) - SHOWN
    more = [b.context(f"… and {b.plural(older, 'older one')}")] if older > 0 else []
    return b.modal("periods", "Billing periods", [b.section(head), buttons, b.DIVIDER, *rows, *more])


def _upcoming(dates: Dates | None) -> str:
    if dates is None:
        return "No period opens by itself."
    when = span(dates.starts_on, dates.ends_on)
    return f"Opens by itself on {day_text(dates.starts_on)}: {when}, due {day_text(dates.due_on)}."


def _row(row: PeriodRow) -> b.Block:
    when = span(row.dates.starts_on, row.dates.ends_on)
    text = f"*{when}* · due {day_text(row.dates.due_on)} · {b.esc(row.status)}"
    change = b.button("Change", "period.edit", row.id, label=f"Change {when}")
    return b.section(text, block_id=f"period:{row.id}", accessory=change)


def edit_modal(row: PeriodRow, *, billed: bool, used: bool) -> b.View:
    """`billed`: From and To stand on claims; `used`: something belongs to it, so that it cannot be deleted."""
    stays = "Claims were submitted for it: From and To are printed on them, only the due date can change."
    blocks = [
        *([b.context(stays)] if billed else []),
        b.field("starts_on", "From", date_picker("starts_on", row.dates.starts_on)),
        b.field("ends_on", "To", date_picker("ends_on", row.dates.ends_on)),
        b.field("due_on", "Due", date_picker("due_on", row.dates.due_on), hint="Open invitations last until then."),
        b.field("status", "Status", _status(row.status)),
        *([] if used else [_delete(row)]),
    ]
    return b.modal("period_edit", "Change billing period", blocks, submit="Save", metadata=str(row.id))


def _status(status: str) -> b.Block:
    options = [b.option(text, value) for value, text in STATUSES.items()]
    return b.select("status", "Choose", options, status)


def _delete(row: PeriodRow) -> b.Block:
    sure = b.ask("Delete this period?", "Nothing was billed or invited for it.", "Delete")
    return b.actions(b.button("Delete", "period.delete", row.id, style="danger", ask=sure), block_id="delete")
