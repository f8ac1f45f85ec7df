"""What the local Slack holds: people, channels, messages, modals, files. One lock; everybody who waits is told."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from ..personas import Persona
from .lint import Fault

T = TypeVar("T")
TRIGGER_SECONDS: Final = 3.0
STACK_LIMIT = 3
RESPONSE_USES = 5
RESPONSE_SECONDS = 30 * 60.0
TEAM = "T0PLAY"
BOT = "U0BOT"
APP = "A0PAY"


@dataclass
class Message:
    """One message of a channel. `only` names the one person who sees an ephemeral one."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    only: str | None = None
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    files: list[str] = field(default_factory=list)
    edited: int = 0
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    offered: dict[str, dict[str, Any]] = field(default_factory=dict)  # what searches have found, by value

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text}
        shown |= {"blocks": self.blocks, "team": TEAM}
        if self.user == BOT:
            shown |= {"bot_id": "B0BOT", "app_id": APP}
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        return shown


@dataclass
class View:
    """One modal (or Home tab) as one person has it open, with what they typed."""

    id: str
    user: str
    body: dict[str, Any]
    root: str
    previous: str | None
    hash: str
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    offered: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return list(self.body.get("blocks", []))

    def as_json(self) -> dict[str, Any]:
        return {
            **self.body,
            "id": self.id,
            "team_id": TEAM,
            "app_id": APP,
            "bot_id": "B0BOT",
            "hash": self.hash,
            "root_view_id": self.root,
            "previous_view_id": self.previous,
        }


@dataclass
class File:
    id: str
    name: str
    title: str
    content: bytes = b""
    channel: str | None = None


@dataclass
class Response:
    """Where a response_url leads, and how often it still does."""

    channel: str
    user: str
    ts: str | None
    made: float
    left: int = RESPONSE_USES


@dataclass
class Trigger:
    user: str
    made: float
    used: bool = False


class SlackState:
    def __init__(
        self,
        personas: Sequence[Persona],
        monotonic: Callable[[], float] = time.monotonic,
        trigger_seconds: float = TRIGGER_SECONDS,
    ) -> None:
        self.people = {p.user_id: p for p in personas if p.has_slack}
        self.channels: dict[str, str] = {"C0GENERAL": "general"}
        self.shared: set[str] = set()  # channels that another company is in, too
        self.directs: dict[str, str] = {}
        self.messages: list[Message] = []
        self.views: dict[str, View] = {}
        self.stacks: dict[str, list[str]] = {}
        self.homes: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.triggers: dict[str, Trigger] = {}
        self.responses: dict[str, Response] = {}
        self.faults_seen: list[tuple[str, list[Fault]]] = []
        self.toasts: list[tuple[str, str]] = []
        self.fail: dict[str, list[str]] = {}
        self.monotonic = monotonic
        self.trigger_seconds = trigger_seconds
        self._condition = threading.Condition(threading.RLock())
        self._numbers = itertools.count(1)
        self.version = 0

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):08d}"

    def new_ts(self) -> str:
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def lock(self) -> threading.Condition:
        return self._condition

    def changed(self) -> None:
        with self._condition:
            self.version += 1
            self._condition.notify_all()

    def wait_for(self, predicate: Callable[[], T], timeout: float = 30) -> T:
        """The first true answer of `predicate`, asked again at each change. TimeoutError when there is none in time."""
        found: list[T] = []

        def answered() -> bool:
            answer = predicate()
            if answer:
                found.append(answer)
            return bool(answer)

        with self._condition:
            if not self._condition.wait_for(answered, timeout):
                raise TimeoutError(f"nothing of the kind in Slack within {timeout} s")
        return found[-1]

    def channel_id(self, name: str) -> str | None:
        if name in self.channels or name in self.directs.values():
            return name
        if name in self.people:
            return self.direct(name)
        bare = name.lstrip("#")
        return next((key for key, value in self.channels.items() if value == bare), None)

    def add_channel(self, name: str) -> str:
        known = self.channel_id(name)
        if known is None:
            known = self.new_id("C")
            self.channels[known] = name.lstrip("#")
        return known

    def direct(self, user: str) -> str:
        return self.directs.setdefault(user, f"D{user}")

    def message(self, channel: str, ts: str) -> Message | None:
        return next((m for m in self.messages if m.channel == channel and m.ts == ts), None)

    def new_trigger(self, user: str) -> str:
        trigger = self.new_id("trigger.")
        self.triggers[trigger] = Trigger(user, self.monotonic())
        return trigger

    def use_trigger(self, trigger_id: str) -> Trigger | str:
        """The trigger, or Slack's word for what is wrong with it."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            return "invalid_trigger_id"
        if trigger.used:
            return "exchanged_trigger_id"
        if self.monotonic() - trigger.made > self.trigger_seconds:
            return "expired_trigger_id"
        trigger.used = True
        return trigger

    def new_response(self, channel: str, user: str, ts: str | None) -> str:
        key = self.new_id("R")
        self.responses[key] = Response(channel, user, ts, self.monotonic())
        return key

    def use_response(self, key: str) -> Response | None:
        """Where it leads, five times within half an hour."""
        found = self.responses.get(key)
        if found is None or found.left <= 0 or self.monotonic() - found.made > RESPONSE_SECONDS:
            return None
        found.left -= 1
        return found

    def top(self, user: str) -> View | None:
        stack = self.stacks.get(user, [])
        return self.views[stack[-1]] if stack else None
