"""Reviewing a claim line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from payclerk_core.money import Money
from payclerk_core.rules.billing import Summary
from payclerk_core.rules.lifecycle import ClaimStatus

from . import blocks as b

LINES: Final = 15
OK: Final = "approved"
REJECT: Final = "rejected"
VERDICTS: Final[Mapping[str, str]] = {OK: "OK", REJECT: "Reject"}
STATUSES: Final = (
    ClaimStatus.APPROVED,
    ClaimStatus.APPROVED_AS_NOTED,
    ClaimStatus.PENDING_OWNER_APPROVAL,
    ClaimStatus.REVISE_AND_RESUBMIT,
)


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One line as the reviewer sees it, with what was said of it so far."""

    id: int
    item: str
    description: str
    this_period: Money
    stored: Money
    percent: str
    verdict: str = OK
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReviewPage:
    metadata: str
    title: str  # contract, company, number
    status_label: str
    summary: Summary
    lines: Sequence[ReviewLine]
    page: int
    status: str = ""
    findings: Sequence[str] = ()


def pages_of(count: int) -> int:
    return max(1, -(-count // LINES))


def review_modal(page: ReviewPage) -> b.View:
    revision = page.metadata.rpartition(":")[2]
    pages = pages_of(len(page.lines))
    shown = page.lines[page.page * LINES : (page.page + 1) * LINES]
    blocks = [
        b.section(f"*{b.esc(page.title, 200)}* · {b.esc(page.status_label)}"),
        _sums(page.summary),
        *[b.context(f"Look at: {b.esc(text, 300)}") for text in page.findings[:5]],
        b.DIVIDER,
        *[block for line in shown for block in _line(line, revision)],
        *_pages(page.page, pages, revision),
        b.DIVIDER,
        _status(page, revision),
    ]
    return b.modal("review", "Review claim", blocks, submit="Save review", metadata=page.metadata)


def _sums(summary: Summary) -> b.Block:
    return b.facts(
        {
            "Contract sum": str(summary.contract_sum),
            "Completed and stored": f"{summary.completed} ({summary.percent} %)",
            "Retainage": str(summary.retainage),
            "Previous certificates": str(summary.previous_certificates),
            "Payment due": str(summary.due),
            "Balance to finish": str(summary.balance),
        }
    )


def _line(line: ReviewLine, revision: str) -> list[b.Block]:
    amounts = f"{line.this_period} this period · {line.stored} stored · {line.percent} %"
    label = f"{line.item} {b.cut(line.description, 120)}: {amounts}"
    options = [b.option(text, value) for value, text in VERDICTS.items()]
    verdict = b.select("verdict", "OK or Reject", options, line.verdict)
    reason = b.text_input("reason", line.reason, most=2000, hint="Why, if you reject it")
    return [
        b.field(f"verdict:{line.id}:{revision}", label, verdict),
        b.field(f"reason:{line.id}:{revision}", f"Reason for line {line.item}", reason, optional=True),
    ]


def _pages(page: int, pages: int, revision: str) -> list[b.Block]:
    if pages == 1:
        return []
    buttons = []
    if page > 0:
        buttons.append(b.button("Previous lines", "review.prev", page - 1, label=f"Go to page {page} of {pages}"))
    if page + 1 < pages:
        buttons.append(b.button("Next lines", "review.next", page + 1, label=f"Go to page {page + 2} of {pages}"))
    return [b.context(f"Page {page + 1} of {pages}"), b.actions(*buttons, block_id=f"pages:{revision}")]


def _status(page: ReviewPage, revision: str) -> b.Block:
    options = [b.option(status.label, status.value) for status in STATUSES]
    hint = "With a rejected line: Revise & Resubmit sends the reasons and a form for the correction by e-mail."
    return b.field(f"status:{revision}", "Status", b.select("status", "Choose", options, page.status), hint=hint)
