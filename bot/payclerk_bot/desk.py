"""What a listener works with: the desk (settings, database, clock) and one turn of a person at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from slack_bolt import Ack
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.settings import Settings
from payclerk_core.tables import Person

from .form import Form

if TYPE_CHECKING:
    from .registry import Registry


@dataclass(frozen=True, slots=True)
class Desk:
    settings: Settings
    db: Database
    clock: Clock
    registry: Registry


@dataclass(frozen=True, slots=True)
class Who:
    """The person of the directory behind a Slack user."""

    person_id: int
    name: str
    slack_user: str
    team: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing a person did in Slack: a command, a click, a submitted form, a search typed into a select."""

    desk: Desk
    who: Who
    client: WebClient
    body: Mapping[str, Any]
    words: str = ""  # what was typed after the subcommand
    task: str | None = None  # the permission the registry names for it
    opened: list[str] = field(default_factory=list)  # the modal this turn has opened
    ack: Ack = field(default_factory=Ack)  # for a form whose work is long: answer early, then work

    @contextmanager
    def call(self) -> Iterator[Call]:
        """One transaction of this person; committed when the block ends."""
        with self.desk.db.transaction() as session:
            yield self._call(session)

    @contextmanager
    def looking(self) -> Iterator[Call]:
        """The same to look only: it waits for nobody."""
        with self.desk.db.reading() as session:
            yield self._call(session)

    def _call(self, session: Session) -> Call:
        actor = session.get_one(Person, self.who.person_id)
        return Call(session, self.desk.clock(), self.desk.settings, actor=actor, door="slack")

    @property
    def view(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body.get("view") or {}
        return found

    @property
    def in_modal(self) -> bool:
        return self.view.get("type") == "modal"

    @property
    def metadata(self) -> str:
        return str(self.view.get("private_metadata") or "")

    @property
    def form(self) -> Form:
        return Form(self.view)

    @property
    def action(self) -> Mapping[str, Any]:
        actions = self.body.get("actions") or [{}]
        found: Mapping[str, Any] = actions[0]
        return found

    @property
    def value(self) -> str:
        """What the clicked button or chosen option carries."""
        chosen = self.action.get("selected_option") or {}
        return str(self.action.get("value") or chosen.get("value") or "")

    @property
    def trigger_id(self) -> str:
        return str(self.body.get("trigger_id") or "")

    @property
    def channel_id(self) -> str | None:
        channel = self.body.get("channel") or {}
        return self.body.get("channel_id") or channel.get("id")

    @property
    def channel_name(self) -> str | None:
        channel = self.body.get("channel") or {}
        return self.body.get("channel_name") or channel.get("name")
