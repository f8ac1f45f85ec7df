"""What `payclerk calc` shows: a table for people, JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from payclerk_core.errors import UserError
from payclerk_core.rules.billing import Line, Summary
from payclerk_core.rules.findings import Finding
from payclerk_core.rules.job import JobPage


def as_json(pages: Sequence[JobPage]) -> dict[str, Any]:
    """The claims with amounts as plain strings."""
    return {"claims": [_page(page) for page in pages]}


def error_json(error: UserError) -> dict[str, Any]:
    return {"error": {"code": error.code, "message": error.message, "where": error.field or ""}}


def _page(page: JobPage) -> dict[str, Any]:
    box = page.changes
    return {
        "number": page.number,
        "summary": {number: text for number, _, text in _summary(page.summary)},
        "change_orders": {
            "previous": {"additions": box.previous_additions.plain(), "deductions": box.previous_deductions.plain()},
            "this_period": {"additions": box.additions.plain(), "deductions": box.deductions.plain()},
            "net": box.net.plain(),
        },
        "lines": [_line(line) for line in page.lines],
        "warnings": [_warning(finding) for finding in page.findings],
    }


def _summary(summary: Summary) -> Iterator[tuple[str, str, str]]:
    """Number, name and amount of each line of the summary page."""
    yield "1", "Original contract sum", summary.original_sum.plain()
    yield "2", "Net change by change orders", summary.change_orders.plain()
    yield "3", "Contract sum to date", summary.contract_sum.plain()
    yield "4", "Total completed and stored to date", summary.completed.plain()
    yield "5a", "Retainage of completed work", summary.work_retainage.plain()
    yield "5b", "Retainage of stored material", summary.stored_retainage.plain()
    yield "5", "Total retainage", summary.retainage.plain()
    yield "6", "Total earned less retainage", summary.earned.plain()
    yield "7", "Less previous certificates for payment", summary.previous_certificates.plain()
    yield "8", "Current payment due", summary.due.plain()
    yield "9", "Balance to finish, including retainage", summary.balance.plain()
    yield "percent", "Percent complete", str(summary.percent)


def _line(line: Line) -> dict[str, Any]:
    return {
        "item": line.item,
        "description": line.description,
        "change_order": line.change_order,
        "scheduled_value": line.scheduled.plain(),
        "previous_work": line.previous_work.plain(),
        "work_this_period": line.this_work.plain(),
        "stored": line.stored.plain(),
        "completed": line.completed.plain(),
        "percent": str(line.percent),
        "balance": line.balance.plain(),
        "retainage": line.retainage.plain(),
        "retainage_work": line.work_retainage.plain(),
        "retainage_stored": line.stored_retainage.plain(),
        "retainage_released": line.release.plain(),
    }


def _warning(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "message": finding.text, "item": finding.item}


def as_table(pages: Sequence[JobPage]) -> Group:
    """Each claim: its lines, its summary, and what deserves a look."""
    return Group(*(part for page in pages for part in _shown(page)))


def _shown(page: JobPage) -> Iterator[Table | Text]:
    lines = Table(title=f"Claim {page.number}", title_justify="left")
    heads = (
        "Item",
        "Description",
        "Scheduled",
        "Earlier",
        "This period",
        "Stored",
        "To date",
        "%",
        "Balance",
        "Retainage",
    )
    for place, head in enumerate(heads):
        lines.add_column(head, justify="left" if place < 2 else "right", no_wrap=place != 1)
    for line in page.lines:
        row = _line(line)
        keys = ("item", "description", "scheduled_value", "previous_work", "work_this_period", "stored", "completed")
        lines.add_row(*(Text(row[key]) for key in (*keys, "percent", "balance", "retainage")))
    yield lines
    summary = Table(show_header=False)
    summary.add_column(justify="right")
    summary.add_column()
    summary.add_column(justify="right")
    for number, name, amount in _summary(page.summary):
        summary.add_row("" if number == "percent" else number, name, amount)
    yield summary
    for finding in page.findings:
        yield Text(f"Look at: {finding.text}", style="yellow")
