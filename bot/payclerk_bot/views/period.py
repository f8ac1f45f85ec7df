"""The form of a new billing period, and its announcement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from . import blocks as b


@dataclass(frozen=True, slots=True)
class Dates:
    starts_on: date
    ends_on: date
    due_on: date


def period_modal(project_name: str, metadata: str, dates: Dates, open_now: str | None) -> b.View:
    closing = f"The open period ({open_now}) closes when this one opens." if open_now else "No period is open now."
    blocks = [
        b.section(f"*{b.esc(project_name, 200)}*\n{closing}"),
        b.field("starts_on", "From", date_picker("starts_on", dates.starts_on)),
        b.field("ends_on", "To", date_picker("ends_on", dates.ends_on)),
        b.field("due_on", "Due", date_picker("due_on", dates.due_on), hint="When subcontractors must have billed."),
    ]
    return b.modal("period", "New billing period", blocks, submit="Create period", metadata=metadata)


def date_picker(action_id: str, day: date) -> b.Block:
    return {"type": "datepicker", "action_id": action_id, "initial_date": day.isoformat()}


def span(starts_on: date, ends_on: date) -> str:
    return f"{day_text(starts_on)} to {day_text(ends_on)}"


def day_text(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def period_opened(project_id: int, project_name: str, dates: Dates, who: str) -> tuple[str, list[b.Block]]:
    when = span(dates.starts_on, dates.ends_on)
    text = f"Billing period {when} is open for {b.esc(project_name, 200)}; due {day_text(dates.due_on)}."
    buttons = b.actions(
        b.button("Invite to bill", "open.invite", f"project={project_id}", style="primary"), block_id="next"
    )
    return text, [b.section(f"*{text}*"), b.context(f"Created by {b.esc(who, 200)}"), buttons]


def period_over(project_name: str, dates: Dates, who: str, became: str) -> tuple[str, list[b.Block]]:
    """The same message once the period is closed, or deleted: there is nobody to invite any more."""
    when = span(dates.starts_on, dates.ends_on)
    text = f"Billing period {when} of {b.esc(project_name, 200)} is {became}."
    return text, [b.section(f"*{text}*"), b.context(f"{became.capitalize()} by {b.esc(who, 200)}")]
