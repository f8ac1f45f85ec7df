"""The one message of a bulk action."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payclerk_core.rules.lifecycle import ClaimStatus

from . import blocks as b

ROWS: Final = 10
NOT_DONE: Final = "not done"


@dataclass(frozen=True, slots=True)
class BatchRow:
    label: str
    outcome: str  # queued, waiting, done, failed, skipped
    reason: str = ""


def batch_message(
    action: str, rows: Sequence[BatchRow], who: str, *, stopped: bool = False
) -> tuple[str, list[b.Block]]:
    """'Invitations: 11 sent, 1 bounced', and the rows that need a look.

    `stopped`: the work ended before its time, so what is queued is not done and waits for somebody to try it again.
    """
    counts = Counter(NOT_DONE if stopped and row.outcome == "queued" else _word(action, row) for row in rows)
    stopped = NOT_DONE in counts
    waiting = not stopped and any(row.outcome in {"queued", "waiting"} for row in rows)
    troubled = any(row.outcome == "failed" for row in rows) or {row.outcome for row in rows} == {"skipped"}
    said = ", ".join(f"{count} {word}" for word, count in sorted(counts.items(), key=lambda x: _rank(action, x[0])))
    text = f"{_title(action)}: {said or 'nothing to do'}"
    mark = "⏳ " if waiting else ("⚠️ " if stopped or troubled else "✅ ")
    blocks = [b.section(f"{mark}*{text}*"), b.context(f"Started by {b.esc(who, 200)}")]
    if stopped:
        blocks.append(
            b.section("The work stopped on our side. What is not done is as it was; /billing status has Retry.")
        )
    for outcome, title in (("failed", "Not done"), ("skipped", "Left out")):
        blocks += _listed(title, [row for row in rows if row.outcome == outcome])
    return text, blocks


def _title(action: str) -> str:
    if action == "invite":
        return "Invitations"
    if action == "docusign":
        return "DocuSign"
    if action == "backup":
        return "Backup, posted here as a file when it is compiled"
    return f"Claims set to {b.esc(ClaimStatus(action.removeprefix('status_')).label)}"


def _word(action: str, row: BatchRow) -> str:
    if row.outcome in {"queued", "waiting"}:
        return "waiting"
    if row.outcome == "skipped":
        return "left out"
    if row.outcome == "failed":
        return "bounced" if row.reason.startswith("bounced") else "failed"
    words = {"invite": "sent", "docusign": row.reason or "sent for signature"}
    return b.esc(words.get(action, "done"), 60)


def _rank(_action: str, word: str) -> tuple[int, str]:
    order = [
        "done",
        "sent",
        "signed",
        "opened by the signer",
        "sent for signature",
        "waiting",
        NOT_DONE,
        "bounced",
        "failed",
    ]
    return (order.index(word) if word in order else len(order), word)


def _listed(title: str, rows: Sequence[BatchRow]) -> list[b.Block]:
    if not rows:
        return []
    lines = [f"• {b.esc(row.label, 120)}: {b.esc(row.reason or 'no reason given', 200)}" for row in rows[:ROWS]]
    more = [f"… and {len(rows) - ROWS} more"] if len(rows) > ROWS else []
    return b.sections([f"*{title}*", *lines, *more], most=2)
