"""The Emails log of a claim or contract, and one message of it in full."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from . import blocks as b

MESSAGES: Final = 10
FILES: Final = 20
TEXTS: Final = 10
QUOTED: Final = 4
# What the mailbox found a mail to be, where no person wrote it.
KINDS: Final = {
    "auto_reply": "A program answered, such as an absence note. It decides nothing.",
    "bounce": "A mail server says that our mail did not arrive.",
    "receipt": "A receipt: a program says that our mail was delivered or opened. It decides nothing.",
    "calendar": "An answer of a calendar, not of a person. It decides nothing.",
    "list": "Sent through a mailing list. It decides nothing.",
    "complaint": "The recipient's provider reports our mail as unwanted.",
}
DECISIONS: Final = {
    "accept": "Accepts the invitation to bill",
    "decline": "Declines the invitation to bill",
    "approve": "Approves the claim",
    "approve_as_noted": "Approves the claim as noted",
    "reject": "Rejects the claim",
    "confirmed": "Was confirmed on the page",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Which log is open and where in it; a modal carries it along."""

    contract_id: int
    claim_id: int | None = None
    page: int = 0
    words: str = ""

    def kept(self) -> str:
        return json.dumps([self.contract_id, self.claim_id, self.page, self.words[:100]])


def place_of(metadata: str) -> Place:
    contract_id, claim_id, page, words = json.loads(metadata)
    return Place(int(contract_id), int(claim_id) if claim_id else None, int(page), str(words))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the mailbox made of an incoming mail, and what people made of it."""

    kind: str
    verified: bool | None
    decision: str | None
    why: str
    handled: str = ""


@dataclass(frozen=True, slots=True)
class NamedAttachment:
    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One message of the log."""

    id: int
    private: bool
    incoming: bool
    when: str
    sender: str
    recipients: Sequence[str]
    subject: str
    text: str
    files: Sequence[NamedAttachment] = ()
    states: Sequence[str] = ()  # outgoing: sent, bounced and for whom; incoming: who, what and why
    folded: bool = False  # a program's mail, or one of a flood: its words are seen when it is opened


@dataclass(frozen=True, slots=True)
class Log:
    label: str
    place: Place
    entries: Sequence[LogEntry]
    total: int
    claim_label: str = ""  # the claim that may be narrowed to


def states_of(verdict: Verdict) -> list[str]:
    """Why a mail decided what it did, or nothing, in the words of the trade."""
    if verdict.kind != "person":
        return [line for line in (KINDS.get(verdict.kind, verdict.kind), verdict.why) if line]
    sender = "Sender verified" if verdict.verified else "Sender not verified, so it decides nothing"
    read = DECISIONS.get(verdict.decision or "", "Decides nothing")
    said = f"{read}: {verdict.why}" if verdict.why else read
    return [line for line in (sender, said, verdict.handled) if line]


def log_modal(log: Log) -> b.View:
    pages = max(1, -(-log.total // MESSAGES))
    page = min(log.place.page, pages - 1)
    where = f" · page {page + 1} of {pages}" if pages > 1 else ""
    matching = " found" if log.place.words else ""
    head = f"*{b.esc(log.label, 200)}*\n{b.plural(log.total, 'message')}{matching}{where}"
    blocks = [b.section(head), *_controls(log)]
    for entry in log.entries[:MESSAGES]:
        blocks += [b.DIVIDER, *_entry(entry)]
    if buttons := _turns(page, pages):
        blocks.append(b.actions(*buttons, block_id=f"pages:{page}"))
    return b.modal("emails", "Emails", blocks, submit="Search", metadata=replace(log.place, page=page).kept())


def _controls(log: Log) -> list[b.Block]:
    buttons = []
    if log.place.claim_id is not None:
        buttons.append(b.button("Write an e-mail", "claim.email", log.place.claim_id))
        buttons.append(b.button("Show the whole contract", "emails.contract"))
    elif log.claim_label:
        buttons.append(b.button(f"Only {log.claim_label}", "emails.claim"))
    if log.entries:
        buttons.append(b.button("Export", "emails.export", label="Have this log sent to me as a ZIP file"))
    search = b.text_input("emails.search", log.place.words, most=100, hint="Words, a name, a file")
    search["dispatch_action_config"] = {"trigger_actions_on": ["on_enter_pressed"]}
    # Slack keeps what was typed under an old block_id, so another log gets another one.
    box = b.field(
        f"find:{log.place.contract_id}:{log.place.claim_id or 0}",
        "Search",
        search,
        optional=True,
        hint="Private e-mails are found by their sender and recipients alone.",
    )
    box["dispatch_action"] = True
    return [*([b.actions(*buttons, block_id="write")] if buttons else []), box]


def _turns(page: int, pages: int) -> list[b.Block]:
    buttons = []
    if page > 0:
        buttons.append(b.button("Newer", "emails.newer", page - 1, label=f"Go to page {page} of {pages}"))
    if page + 1 < pages:
        buttons.append(b.button("Older", "emails.older", page + 1, label=f"Go to page {page + 2} of {pages}"))
    return buttons


def _entry(entry: LogEntry) -> list[b.Block]:
    opens = b.button("Open", "emails.open", entry.id, label=f"Open the mail of {entry.when}")
    words = [] if entry.folded else [b.section(b.quoted(entry.text, 400))]
    blocks = [b.section(_head(entry), accessory=opens), *words]
    notes = [b.esc(line, 400) for line in entry.states]
    if entry.files:
        notes.insert(0, f"📎 {b.esc(', '.join(file.name for file in entry.files), 400)}")
    return [*blocks, b.context("\n".join(notes))] if notes else blocks


def _head(entry: LogEntry) -> str:
    lock = "🔒 Private · " if entry.private else ""
    way = "From" if entry.incoming else "Sent by"
    to = f"\nTo {b.esc(', '.join(entry.recipients), 400)}" if entry.recipients else ""
    who = f"{lock}{way} {b.esc(entry.sender, 200)} · {b.esc(entry.when, 40)}"
    return f"*{b.esc(entry.subject or 'No subject', 200)}*\n{who}{to}"


@dataclass(frozen=True, slots=True)
class FullMessage:
    """A message as it is opened."""

    entry: LogEntry
    quoted: str = ""  # what the mailbox cut off: our own mail, signatures
    may_write: bool = False
    may_fetch_raw: bool = False
    files: Sequence[NamedAttachment] = field(default_factory=tuple)


def message_modal(message: FullMessage) -> b.View:
    entry = message.entry
    blocks = [b.section(_head(entry)), *b.words(entry.text, most=TEXTS)]
    if message.quoted.strip():
        blocks += [b.context("Cut off, because it is quoted or a signature:"), *b.words(message.quoted, most=QUOTED)]
    if entry.states:
        blocks.append(b.context(*(b.esc(line, 600) for line in entry.states)))
    for file in entry.files[:FILES]:
        fetch = b.button("Send it to me", "emails.file", file.id, label=f"Send me the file {file.name}")
        blocks.append(b.section(f"📎 {b.esc(file.name, 255)} ({_size(file.size)})", accessory=fetch))
    if len(entry.files) > FILES:
        blocks.append(b.context(f"{len(entry.files) - FILES} more files are not shown."))
    if buttons := _message_buttons(message):
        blocks.append(b.actions(*buttons, block_id=f"message:{entry.id}"))
    return b.modal("email", "E-mail", blocks)


def _message_buttons(message: FullMessage) -> list[b.Block]:
    key = message.entry.id
    buttons = []
    if message.may_write:
        buttons.append(b.button("Reply", "emails.reply", key, style="primary"))
        buttons.append(b.button("Forward", "emails.forward", key))
    if message.may_fetch_raw:
        buttons.append(b.button("Send me the raw mail", "emails.raw", key))
    return buttons


def _size(size: int) -> str:
    """
    >>> [_size(size) for size in (0, 900, 20_000, 3_400_000)]
    ['1 KB', '1 KB', '20 KB', '3.2 MB']
    """
    return f"{max(1, round(size / 1024))} KB" if size < 1024**2 else f"{size // 1024 * 10 // 1024 / 10} MB"
