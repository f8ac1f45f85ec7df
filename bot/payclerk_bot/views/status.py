"""What waits, what failed, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from payclerk_core.jobs import Waiting

from . import blocks as b
from .notices import HeldMail, held_buttons, tries
from .restored import Restored, summary

JOBS: Final[Mapping[str, str]] = {
    "mail.send": "E-mails to send",
    "slack.batch": "Slack: progress of bulk actions",
    "slack.notice": "Slack: notices",
    "slack.package": "Slack: backups to post",
    "slack.file": "Slack: files to hand over",
    "slack.digest": "Slack: digests",
    "slack.trouble": "Slack: trouble to report",
    "package.compile": "Backups to compile",
    "docusign.send": "Claims to send to DocuSign",
    "docusign.void": "Envelopes to void at DocuSign",
    "docusign.fetch": "Signed claims to fetch from DocuSign",
    "docusign.poll": "Signatures to ask for",
    "bulk.run": "Bulk actions confirmed in Slack",
    "import.run": "Files to import",
    "clock.reminders": "Reminders",
    "clock.digest": "Digests",
    "clock.periods": "Billing periods",
}


@dataclass(frozen=True, slots=True)
class Failed:
    id: int
    job: str
    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Health:
    waiting: Sequence[Waiting]
    failed: Sequence[Failed]
    quarantined: Sequence[HeldMail]
    polled: str  # "2 minutes ago", "never"; with their names where there are several mailboxes
    processes: Mapping[str, int] = field(default_factory=dict)  # how many of each kind live
    restored: Restored | None = None  # a restore from a backup that is not settled


def status_modal(health: Health) -> b.View:
    blocks = [*_restored(health.restored), b.section("*Waiting*"), *b.sections(_waiting(health.waiting))]
    blocks += [b.DIVIDER, b.section(f"*Could not be done*: {len(health.failed)}")]
    for row in health.failed[:20]:
        retry = b.button("Retry", "job.retry", row.id, label=f"Retry {_job(row.job)}")
        blocks.append(b.section(_failed(row), block_id=f"failed:{row.id}", accessory=retry))
    blocks += [b.DIVIDER, b.section(f"*Mails that could not be read*: {len(health.quarantined)}")]
    for mail in health.quarantined[:20]:
        blocks.append(b.section(f"Mail {mail.id}: {b.esc(mail.reason, 300)} ({tries(mail)})"))
        blocks.append(b.actions(*held_buttons(mail), block_id=f"mail:{mail.id}"))
    blocks.append(b.context(f"The mailbox was last looked at {b.esc(health.polled, 1500)}."))
    blocks.append(b.context(_running(health.processes)))
    return b.modal("status", "What waits", blocks)


def _restored(facts: Restored | None) -> list[b.Block]:
    if facts is None:
        return []
    look = b.button("Look at it", "restored.open", label="Look at what the restore left open")
    return [b.section(f"*Restored from a backup*\n{summary(facts)}", accessory=look), b.DIVIDER]


def _waiting(rows: Sequence[Waiting]) -> list[str]:
    if not rows:
        return ["Nothing: all is done."]
    return [f"• {_job(row.job)}: {row.count}{_troubled(row.troubled)}{_oldest(row.age)}" for row in rows]


def _oldest(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f", the oldest for {age_in_words(minutes)}" if minutes else ""


def age_in_words(minutes: int) -> str:
    """
    >>> age_in_words(1), age_in_words(119), age_in_words(180), age_in_words(3000)
    ('1 minute', '119 minutes', '3 hours', '2 days')
    """
    if minutes < 120:
        return b.plural(minutes, "minute")
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"


def _running(processes: Mapping[str, int]) -> str:
    shown = ", ".join(f"{b.esc(kind, 40)} {count}" for kind, count in processes.items())
    return f"Processes running: {shown or 'none'}."


def _troubled(count: int) -> str:
    return f" ({count} met trouble and will be tried again)" if count else ""


def _job(name: str) -> str:
    return JOBS.get(name, b.esc(name, 60))


def _failed(row: Failed) -> str:
    return f"{_job(row.job)}: {b.esc(row.reason, 300)} ({b.plural(row.attempts, 'try', 'tries')})"


def trouble_message(
    row: int, job: str, reason: str, attempts: int, status: str, left: str = ""
) -> tuple[str, list[b.Block]]:
    """`left`: what became of an order that was done in part, as a finished sentence."""
    text = f"This could not be done: {_job(job)}. {b.esc(reason, 400)}"
    if status == "retried":
        return f"{text} It is being tried again.", [b.section(f"🔁 {text}"), b.context("It is being tried again.")]
    tries = b.context(f"After {b.plural(attempts, 'try', 'tries')}. Fix the cause, then try it again.")
    return text, [
        b.section(f"⚠️ {text}"),
        *([b.section(b.esc(left, 400))] if left else []),
        tries,
        b.actions(b.button("Retry", "job.retry", row), block_id=f"failed:{row}"),
    ]
