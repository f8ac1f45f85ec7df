"""What the local Slack holds: people, channels, messages, modals, files. One lock; everybody who waits is told."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from ..personas import Persona
from .elements import all_elements
from .faults import Fault

T = TypeVar("T")
Block = dict[str, Any]
Values = dict[str, dict[str, Any]]

TRIGGER_SECONDS: Final = 3.0
RESPONSE_SECONDS: Final = 30 * 60.0
RESPONSE_USES: Final = 5
STACK_LIMIT: Final = 3
TEAM: Final = "T0PLAY"
DOMAIN: Final = "maple"
BOT: Final = "U0BOT"
BOT_ID: Final = "B0BOT"
BOT_NAME: Final = "payclerk"
APP: Final = "A0PAY"


@dataclass
class Message:
    """One message of a channel. `only` names the one person who sees an ephemeral one."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Block] = field(default_factory=list)
    only: str | None = None
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    files: list[str] = field(default_factory=list)
    edited: int = 0
    reactions: dict[str, list[str]] = field(default_factory=dict)
    values: Values = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text, "team": TEAM}
        shown["blocks"] = self.blocks
        if self.user == BOT:
            shown |= {"bot_id": BOT_ID, "app_id": APP}
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.files:
            shown["files"] = [{"id": key} for key in self.files]
        if self.reactions:
            shown["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
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
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Block]:
        return list(self.body.get("blocks", []))

    def as_json(self) -> dict[str, Any]:
        return {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            **self.body,
            "id": self.id,
            "team_id": TEAM,
            "app_id": APP,
            "app_installed_team_id": TEAM,
            "bot_id": BOT_ID,
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
    channel: str | None = None  # until shared nobody but the app can open it
    alt_text: str = ""


@dataclass
class Trigger:
    user: str
    made: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where an answer to one interaction goes, and for how long."""

    channel: str
    user: str
    ts: str | None
    made: float
    uses: int = RESPONSE_USES


@dataclass(frozen=True, slots=True)
class Toast:
    """What Slack itself tells a person that an app did not."""

    number: int
    user: str
    text: str


class SlackState:
    """`monotonic` is Slack's patience with triggers and response_urls; a test may hold it."""

    def __init__(self, personas: Sequence[Persona], monotonic: Callable[[], float] = time.monotonic) -> None:
        self.people = {p.user_id: p for p in personas if p.has_slack}
        self.channels: dict[str, str] = {"C0GENERAL": "general"}
        self.members: dict[str, frozenset[str]] = {}  # of private channels only
        self.directs: dict[str, str] = {}
        self.messages: list[Message] = []
        self.views: dict[str, View] = {}
        self.stacks: dict[str, list[str]] = {}
        self.homes: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.tickets: set[str] = set()
        self.faults_seen: list[tuple[str, list[Fault]]] = []
        self.toasts: list[Toast] = []
        self.fail: dict[str, list[str]] = {}
        self.monotonic = monotonic
        self.version = 0
        self._condition = threading.Condition(threading.RLock())
        self._numbers = itertools.count(1)
        self._listeners: set[Callable[[], None]] = set()

    # --- change and waiting ---------------------------------------------------------------------------------

    def lock(self) -> threading.Condition:
        return self._condition

    def changed(self) -> None:
        with self._condition:
            self.version += 1
            self._condition.notify_all()
            listeners = list(self._listeners)
        for tell in listeners:
            tell()

    def listen(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` after each change, until the returned function is called."""
        with self._condition:
            self._listeners.add(tell)
        return lambda: self._listeners.discard(tell)

    def wait_for(self, predicate: Callable[[], T], timeout: float = 10) -> T:
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

    def toast(self, user: str, text: str) -> None:
        with self._condition:
            self.toasts.append(Toast(next(self._numbers), user, text))
        self.changed()

    # --- names and places -----------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers):08d}"

    def new_ts(self) -> str:
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def channel_id(self, name: str) -> str | None:
        """A channel by id or name, a direct message by its id or the person's."""
        if name in self.channels or name in self.directs.values():
            return name
        if name in self.people:
            return self.direct(name)
        bare = name.lstrip("#")
        return next((key for key, value in self.channels.items() if value == bare), None)

    def add_channel(self, name: str, *, members: Collection[str] | None = None) -> str:
        """A public channel, or with `members` a private one."""
        known = self.channel_id(name)
        if known is None:
            known = self.new_id("C")
            self.channels[known] = name.lstrip("#")
        if members is not None:
            self.members[known] = frozenset(members)
        self.changed()
        return known

    def direct(self, user: str) -> str:
        return self.directs.setdefault(user, f"D{user}")

    def in_channel(self, user: str, channel: str) -> bool:
        if channel.startswith("D"):
            return self.directs.get(user) == channel
        return channel not in self.members or user in self.members[channel]

    def channel_name(self, channel: str) -> str:
        return self.channels.get(channel, "directmessage")

    def message(self, channel: str, ts: str) -> Message | None:
        return next((m for m in self.messages if m.channel == channel and m.ts == ts), None)

    def with_ids(self, blocks: list[Block]) -> list[Block]:
        """Slack gives a block_id and an action_id to whatever has none."""
        named = [{**block, "block_id": block.get("block_id") or self.new_id("b")} for block in blocks]
        for _, element in all_elements(named):
            element.setdefault("action_id", self.new_id("a"))
        return named

    # --- what lives for a short time ------------------------------------------------------------------------

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
        if self.monotonic() - trigger.made > TRIGGER_SECONDS:
            return "expired_trigger_id"
        trigger.used = True
        return trigger

    def new_response_url(self, channel: str, user: str, ts: str | None) -> str:
        key = self.new_id("R")
        self.response_urls[key] = ResponseUrl(channel, user, ts, self.monotonic())
        return key

    def use_response_url(self, key: str) -> ResponseUrl | str:
        """The place to answer to, or Slack's word for why not."""
        url = self.response_urls.get(key)
        if url is None:
            return "invalid_url"
        if url.uses <= 0:
            return "used_url"
        if self.monotonic() - url.made > RESPONSE_SECONDS:
            return "expired_url"
        url.uses -= 1
        return url

    def stack(self, user: str) -> list[View]:
        """The open modals of a person, the top one last."""
        return [self.views[key] for key in self.stacks.get(user, [])]

    def top(self, user: str) -> View | None:
        return next(iter(reversed(self.stack(user))), None)
