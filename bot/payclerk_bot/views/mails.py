"""Composing a mail about a claim, and the Emails log of a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from . import blocks as b

FILE_GROUPS: Final = 3
MESSAGES: Final = 12


@dataclass(frozen=True, slots=True)
class Someone:
    id: int
    name: str
    company: str


def people_options(people: Sequence[Someone]) -> list[b.Block]:
    return [b.option(f"{person.name} ({person.company})", person.id) for person in people[:100]]


@dataclass(frozen=True, slots=True)
class File:
    key: str  # which table and row
    name: str


@dataclass(frozen=True, slots=True)
class Compose:
    claim_id: int
    label: str
    subject: str
    message: str
    sender: Someone
    files: Sequence[File]
    has_pdf: bool


def compose_modal(form: Compose) -> b.View:
    blocks = [
        b.section(f"*{b.esc(form.label, 200)}*"),
        b.field("private", "Private", _private(), optional=True),
        b.field("to", "To", _people()),
        b.field("cc", "CC", _people([form.sender]), optional=True),
        b.field("bcc", "BCC", _people(), optional=True),
        b.field("subject", "Subject", b.text_input("subject", form.subject, most=200)),
        b.field("message", "Message", b.text_input("message", form.message, multiline=True)),
        *_files(form),
    ]
    return b.modal("compose", "New e-mail", blocks, submit="Send", metadata=str(form.claim_id))


def _private() -> b.Block:
    return b.checkboxes("private", [b.option("Only the sender and the recipients see it", "yes")])


def _people(chosen: Sequence[Someone] = ()) -> b.Block:
    element: b.Block = {
        "type": "multi_external_select",
        "action_id": "people",
        "placeholder": b.plain("Type a name, address or company", 150),
        "min_query_length": 1,
    }
    if chosen:
        element["initial_options"] = people_options(chosen)
    return element


def _files(form: Compose) -> list[b.Block]:
    blocks = []
    if form.has_pdf:
        pdf = b.option("The claim's PDF", "pdf")
        blocks.append(b.field("claim_pdf", "Attachments", b.checkboxes("claim_pdf", [pdf], ["pdf"]), optional=True))
    groups = [form.files[i : i + b.CHECKBOXES] for i in range(0, len(form.files), b.CHECKBOXES)]
    for place, group in enumerate(groups[:FILE_GROUPS]):
        options = [b.option(file.name, file.key) for file in group]
        blocks.append(b.field(f"files:{place}", "More files", b.checkboxes("files", options), optional=True))
    left = len(form.files) - FILE_GROUPS * b.CHECKBOXES
    return [*blocks, b.context(f"{left} older files are not shown.")] if left > 0 else blocks


def created_modal(subject: str, names: Sequence[str], private: bool) -> b.View:
    who = b.esc(", ".join(names), 1500)
    seen = "\n🔒 Private: only its sender and recipients see it." if private else ""
    text = (
        f"✅ *Communication created*\n{b.esc(subject, 200)}\nTo {who}. Replies come into the claim's Emails log.{seen}"
    )
    return b.note("Communication created", text, callback_id="created")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One message of the log."""

    thread: str
    private: bool
    incoming: bool
    when: str
    sender: str
    recipients: Sequence[str]
    subject: str
    text: str
    files: Sequence[str] = ()
    state: str = ""  # queued, sent, bounced; for incoming the decision and why


def log_modal(claim_id: int, label: str, entries: Sequence[LogEntry], page: int) -> b.View:
    pages = max(1, -(-len(entries) // MESSAGES))
    page = min(page, pages - 1)
    shown = entries[page * MESSAGES : (page + 1) * MESSAGES]
    count = b.plural(len(entries), "message")
    blocks = [b.section(f"*{b.esc(label, 200)}*\n{count}{f' · page {page + 1} of {pages}' if pages > 1 else ''}")]
    blocks.append(b.actions(b.button("Write an e-mail", "claim.email", claim_id), block_id="write"))
    for entry in shown:
        blocks += [b.DIVIDER, *_entry(entry)]
    buttons = []
    if page > 0:
        buttons.append(b.button("Newer", "emails.newer", page - 1, label=f"Go to page {page} of {pages}"))
    if page + 1 < pages:
        buttons.append(b.button("Older", "emails.older", page + 1, label=f"Go to page {page + 2} of {pages}"))
    if buttons:
        blocks.append(b.actions(*buttons, block_id=f"pages:{page}"))
    return b.modal("emails", "Emails", blocks, metadata=str(claim_id))


def _entry(entry: LogEntry) -> list[b.Block]:
    lock = "🔒 Private · " if entry.private else ""
    way = "From" if entry.incoming else "Sent by"
    head = f"*{b.esc(entry.subject or 'No subject', 200)}*\n{lock}{way} {b.esc(entry.sender, 200)} · {b.esc(entry.when, 40)}"
    to = f"\nTo {b.esc(', '.join(entry.recipients), 400)}" if entry.recipients else ""
    blocks = [b.section(head + to), b.section(b.quoted(entry.text, 600))]
    notes = [text for text in (_attached(entry.files), b.esc(entry.state, 400)) if text]
    return [*blocks, b.context(*notes)] if notes else blocks


def _attached(files: Sequence[str]) -> str:
    return f"Attached: {b.esc(', '.join(files), 400)}" if files else ""
