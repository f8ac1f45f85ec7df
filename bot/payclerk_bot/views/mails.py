"""Writing a mail: about a claim, as a reply, or passing a message on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from . import blocks as b

FILE_GROUPS: Final = 3


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
    """A mail to be written. `about` says of what: claim, reply or forward, and of which record."""

    about: str
    label: str
    subject: str
    message: str
    sender: Someone
    files: Sequence[File]
    has_pdf: bool = False
    to: Sequence[Someone] = ()
    private: bool = False  # what it begins with
    ask_private: bool = True


_YES: Final = {True: ["yes"], False: []}
TITLES: Final = {"claim": "New e-mail", "reply": "Reply", "forward": "Forward"}


def compose_modal(form: Compose) -> b.View:
    blocks = [
        b.section(f"*{b.esc(form.label, 200)}*"),
        *_private(form),
        b.field("to", "To", _people(form.to)),
        b.field("cc", "CC", _people([form.sender]), optional=True),
        b.field("bcc", "BCC", _people(), optional=True),
        b.field("subject", "Subject", b.text_input("subject", form.subject, most=200)),
        b.field("message", "Message", b.text_input("message", form.message, multiline=True)),
        *_files(form),
    ]
    title = TITLES[form.about.partition(":")[0]]
    return b.modal("compose", title, blocks, submit="Send", metadata=form.about)


def _private(form: Compose) -> list[b.Block]:
    if not form.ask_private:
        return [b.context("🔒 Private: only its sender and recipients see it.")] if form.private else []
    ticks = b.checkboxes("private", [b.option("Only the sender and the recipients see it", "yes")], _YES[form.private])
    return [b.field("private", "Private", ticks, optional=True)]


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
