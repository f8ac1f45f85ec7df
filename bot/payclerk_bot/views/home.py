"""The Home tab: where the open period stands, and where to go from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from . import blocks as b


@dataclass(frozen=True, slots=True)
class HomeProject:
    id: int
    name: str
    period: str = ""  # empty: none is open
    due: str = ""
    standings: Mapping[str, int] = field(default_factory=dict)  # of contracts
    claims: Mapping[str, int] = field(default_factory=dict)  # by status


@dataclass(frozen=True, slots=True)
class HomeMail:
    """When the mailbox was last read ("2 minutes ago", "never"), and whether that is too long ago."""

    polled: str
    silent: bool


BUTTONS = (
    ("Invite to bill", "open.invite"),
    ("Claims", "open.claims"),
    ("New billing period", "open.period"),
)


def home_view(name: str, projects: Sequence[HomeProject], mail: HomeMail | None = None) -> b.View:
    blocks = [b.header(f"Hello {name}")]
    for project in projects[:15]:
        blocks += _project(project)
    if not projects:
        blocks.append(b.section("You are on no project yet; ask an administrator to add you to one."))
    waits = b.actions(b.button("What waits", "open.status", "home"), block_id="home")
    blocks += [b.DIVIDER, waits, b.context("Everything else: `/billing help`")]
    if mail is not None:
        blocks.append(_mail(mail))
    return {"type": "home", "callback_id": "home", "blocks": blocks}


def _mail(mail: HomeMail) -> b.Block:
    when = b.esc(mail.polled, 1500)
    if mail.silent:
        return b.section(
            f"⚠️ *The mailbox is not being read.* It was last read {when}. Answers wait there, none is lost."
        )
    return b.context(f"The mailbox was last read {when}.")


def _project(project: HomeProject) -> list[b.Block]:
    buttons = [b.button(text, action_id, f"project={project.id}") for text, action_id in BUTTONS]
    return [*_standing(project), b.actions(*buttons, block_id=f"home:{project.id}")]


def _standing(project: HomeProject) -> list[b.Block]:
    if not project.period:
        return [b.section(f"*{b.esc(project.name, 200)}*\nNo billing period is open.")]
    lines = [f"*{b.esc(project.name, 200)}*: {project.period}, due {project.due}"]
    lines += [_counts("Contracts", project.standings), _counts("Claims", project.claims)]
    return [b.section("\n".join(line for line in lines if line))]


def _counts(title: str, counts: Mapping[str, int]) -> str:
    said = ", ".join(f"{count} {b.esc(label.lower())}" for label, count in counts.items())
    return f"{title}: {said}" if said else ""


def stranger_home(text: str) -> b.View:
    return {"type": "home", "callback_id": "home", "blocks": [b.section(b.esc(text))]}
