"""After a restore from a backup: the letters that are held, those that nobody knows of, and how it is settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from . import blocks as b
from .notices import LETTERS, Said

SHOWN: Final = 20
_SEEN_IN: Final = {
    "answer": "answered, or quoted, by {who}",
    "bounce": "came back",
    "sent_folder": "sent to {who}",
}
_HELD: Final = "Outgoing e-mail is held, because some of it may have gone out before."


@dataclass(frozen=True, slots=True)
class Letter:
    """One held letter, to one person."""

    id: int
    kind: str
    person: str
    about: str  # number of the contract, or of the project
    written: datetime
    before: datetime | None = None  # when one to them on the same subject went out, as the mailbox shows


@dataclass(frozen=True, slots=True)
class Lost:
    """A letter that went out after the backup, as the mailbox shows it."""

    person: str
    subject: str
    seen: datetime
    seen_in: str = "answer"  # or bounce, sent_folder


@dataclass(frozen=True, slots=True)
class Restored:
    since: datetime
    reread: int
    held: int
    lost: int
    settled: datetime | None = None
    again: bool = False  # another backup was restored before this one was settled
    letters: Sequence[Letter] = field(default_factory=tuple)  # those of the held ones that this person may see
    unknown: Sequence[Lost] = field(default_factory=tuple)


def restored(facts: Restored) -> Said:
    """For the channel: numbers alone."""
    if facts.again:
        text = "payclerk was restored from a backup once more"
        return text, [b.section(f"*{text}*"), b.context("What this restore left open is in the newer message.")]
    if facts.settled is not None:
        text = "The restore from a backup is settled"
        return text, [b.section(f"✅ *{text}*"), b.context(f"E-mail goes out as usual since {_at(facts.settled)}.")]
    text = f"payclerk was restored from a backup of {_at(facts.since)}"
    look = b.button("Look at it", "restored.open", label="Look at what the restore left open")
    first = "If nobody has run `payclerk restore` yet, do it now: it reads the mail since the backup again."
    return text, [
        b.section(f"⚠️ *{text}*"),
        b.section(summary(facts)),
        b.context(first),
        b.actions(look, block_id="restored"),
    ]


def summary(facts: Restored) -> str:
    """What is open, in one paragraph."""
    lines = [
        _HELD,
        f"• {b.plural(facts.held, 'letter')} held: send or discard each",
        f"• {b.plural(facts.lost, 'letter')} sent after the backup that payclerk does not know",
        f"• {b.plural(facts.reread, 'mail')} read again",
    ]
    return "\n".join(lines)


def restored_modal(facts: Restored) -> b.View:
    if facts.settled is not None:
        return b.modal("restored", "Restored", [b.section("Nothing is held: the restore is settled.")])
    blocks = [b.section(summary(facts)), *_letters(facts.letters), *_unknown(facts.unknown)]
    question = b.ask("Send e-mail as usual?", "Nothing is held any more from now on.", "Send as usual")
    usual = b.button("Send e-mail as usual", "restored.settle", ask=question)
    return b.modal("restored", "Restored", [*blocks, b.actions(usual, block_id="restored:settle")])


def _letters(letters: Sequence[Letter]) -> list[b.Block]:
    shown = letters[:SHOWN]
    blocks: list[b.Block] = [b.DIVIDER, b.section(f"*Held letters*: {len(letters)}")]
    for one in shown:
        blocks.append(b.section(_letter(one)))
        blocks.append(b.actions(*_buttons([one.id], "Send", "Discard"), block_id=f"held:{one.id}"))
    if len(shown) > 1:
        both = f"Send these {len(shown)}", f"Discard these {len(shown)}"
        blocks.append(b.actions(*_buttons([one.id for one in shown], *both), block_id="held:shown"))
    if len(letters) > len(shown):
        blocks.append(b.context(f"{len(letters) - len(shown)} more follow when these are settled."))
    return blocks


def _buttons(ids: Sequence[int], send: str, discard: str) -> list[b.Block]:
    """They carry what was shown, and nothing that was held since."""
    value = " ".join(map(str, ids))
    whom = b.plural(len(ids), "letter")
    sure = b.ask(f"Send {whom}?", "Only if it did not go out before the restore.", "Send")
    never = b.ask(f"Discard {whom}?", "It is never sent. The Emails log keeps it.", "Discard")
    return [
        b.button(send, "restored.send", value, ask=sure),
        b.button(discard, "restored.discard", value, ask=never),
    ]


def _letter(one: Letter) -> str:
    kind = LETTERS.get(one.kind) or one.kind.replace("_", " ").capitalize()
    before = f"\n⚠️ One on this subject went to them before ({_at(one.before)})." if one.before else ""
    return f"{kind} to {b.esc(one.person, 200)}, {b.esc(one.about, 100)}, written {_at(one.written)}{before}"


def _unknown(lost: Sequence[Lost]) -> list[b.Block]:
    if not lost:
        return []
    title = b.section(f"*Sent after the backup, and not known here*: {len(lost)}")
    return [b.DIVIDER, title, *b.sections(map(_lost, lost))]


def _lost(one: Lost) -> str:
    seen = _SEEN_IN[one.seen_in].format(who=b.esc(one.person or "somebody", 200))
    return f"• {b.esc(one.subject, 200)}, {seen} {_at(one.seen)}"


def _at(moment: datetime) -> str:
    return f"{moment:%d %b %H:%M} UTC"
