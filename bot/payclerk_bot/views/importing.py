"""What is said of a file to import: what it would do, what is wrong with it, what was done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payclerk_core.actions.importing import Shown
from payclerk_core.documents.sheets import Fault

from . import blocks as b

SHOWN_FAULTS: Final = 20
Said = tuple[str, list[b.Block]]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that was kept, and the project it is for: what the buttons carry."""

    file_id: int
    name: str
    project: str
    seen: str = ""  # the digest of what the preview says would be done

    def value(self) -> str:
        """For a button."""
        facts = {"file": self.file_id, "name": b.cut(self.name, 255), "project": self.project, "seen": self.seen}
        return json.dumps(facts, ensure_ascii=False)

    @classmethod
    def of(cls, value: str) -> Dropped:
        """From a button."""
        found = json.loads(value)
        return cls(int(found["file"]), str(found["name"]), str(found["project"]), str(found.get("seen") or ""))


def preview(dropped: Dropped, groups: Sequence[Shown], same: int) -> Said:
    """What the import would do, with the buttons."""
    text = f"{b.esc(dropped.name, 200)} for project {b.esc(dropped.project, 80)}"
    if not groups:
        return text, [b.section(f"*{text}*\nNothing to change: everything is as in the file.")]
    buttons = b.actions(
        b.button("Import", "import.do", dropped.value(), style="primary"),
        b.button("Discard", "import.discard", dropped.value()),
    )
    return text, [
        b.section(f"*{text}*"),
        *_within(_lines(groups)),
        b.context(f"{same} already as in the file"),
        buttons,
    ]


def _within(lines: Sequence[str]) -> list[b.Block]:
    """Slack takes 12,000 characters in a message's blocks."""
    return b.sections(lines, most=4, size=2500)


def _lines(groups: Sequence[Shown]) -> list[str]:
    lines = []
    for group in groups:
        lines.append(f"*{b.esc(group.heading, 200)}*")
        lines += [f"• {b.esc(record, 400)}" for record in group.records]
        lines += [f"… and {group.more} more"] if group.more else []
    return lines


def faulty(name: str, faults: Sequence[Fault]) -> Said:
    """The first faults by cell; the rest goes along as a file."""
    text = f"Nothing of {b.esc(name, 200)} was imported: {b.plural(len(faults), 'fault')}"
    lines = [f"• {b.esc(fault, 400)}" for fault in faults[:SHOWN_FAULTS]]
    more = len(faults) - SHOWN_FAULTS
    note = [b.context(f"{more} more are in the file below. Correct them and send the file again.")] if more > 0 else []
    return text, [b.section(f"*{text}*"), *_within(lines), *note]


def changed(dropped: Dropped, groups: Sequence[Shown], same: int) -> Said:
    """Other things would be done than were shown: nothing was, and the buttons are of what would be done now."""
    text, blocks = preview(dropped, groups, same)
    told = "*It has changed since you looked.* Nothing was imported; this is what the file would do now."
    return text, [b.section(told), *blocks]


def working(dropped: Dropped) -> Said:
    """While it is being done; without buttons, so that nobody clicks twice."""
    text = f"Importing {b.esc(dropped.name, 200)} into project {b.esc(dropped.project, 80)} …"
    return text, [b.section(text)]


def done(dropped: Dropped, lines: Sequence[str], who: str) -> Said:
    """What was done."""
    text = f"{b.esc(dropped.name, 200)} was imported into project {b.esc(dropped.project, 80)}"
    return text, [
        b.section(f"✅ *{text}*"),
        *_within([b.esc(line, 300) for line in lines]),
        b.context(b.esc(who, 200)),
    ]


def left(dropped: Dropped, why: str = "") -> Said:
    """Nothing was done."""
    text = f"Nothing of {b.esc(dropped.name, 200)} was imported"
    return text, [b.section(f"{text}. {b.esc(why, 1500)}".strip())]
