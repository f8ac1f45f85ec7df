"""Acting as a person in the local Slack, and looking at what they see."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from .api import Api, Refused
from .link import Link, NotAcknowledgedError
from .lint import elements_of
from .state import APP, TEAM, File, Message, SlackState, View

T = TypeVar("T")
Where = Message | View
TIMEOUT_WORDS = "operation_timeout"
TROUBLE_WORDS = "We had some trouble connecting. Try again?"
UNFILLED = "Please complete this required field."


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one interaction, as the person sees it."""

    acked: bool
    seconds: float
    error: str | None = None
    answer: Any = None


class SlackWorld:
    """The hands and eyes of the people of the workspace."""

    def __init__(self, state: SlackState, api: Api, link: Link, base: Callable[[], str]) -> None:
        self.state, self._api, self.link, self._base = state, api, link, base

    # --- doing ----------------------------------------------------------------------------------------------

    def command(self, user: str, command: str, text: str = "", channel: str = "general") -> Delivery:
        place = self.state.channel_id(channel) or self.state.add_channel(channel)
        payload = {
            "command": command,
            "text": text,
            "user_id": user,
            "user_name": self.state.people[user].email.partition("@")[0],
            "team_id": TEAM,
            "team_domain": "maple",
            "api_app_id": APP,
            "channel_id": place,
            "channel_name": self.state.channels.get(place, "directmessage"),
            "trigger_id": self.state.new_trigger(user),
            "response_url": self._response_url(place, user, None),
            "is_enterprise_install": "false",
            "token": "legacy",
        }
        delivery = self._deliver("slash_commands", payload, user, f"{command} failed with the error “{TIMEOUT_WORDS}”")
        if delivery.acked and isinstance(delivery.answer, dict) and delivery.answer.get("text"):
            self._say_back(place, user, delivery.answer)
        return delivery

    def _say_back(self, channel: str, user: str, answer: dict[str, Any]) -> None:
        with self.state.lock():
            only = None if answer.get("response_type") == "in_channel" else user
            self._api.post({**answer, "channel": channel}, "ack", only=only)
        self.state.changed()

    def click(
        self,
        user: str,
        where: Where,
        action_id: str,
        *,
        block_id: str | None = None,
        value: str | Sequence[str] | None = None,
    ) -> Delivery:
        """Press a button; choose in a select or overflow, or press Enter in a text, when `value` is given."""
        block, element = self._element(user, where, action_id, block_id, value if isinstance(value, str) else None)
        action = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block["block_id"],
            "action_ts": self.state.new_ts(),
        }
        if element["type"] == "button":
            action |= {"value": element.get("value", ""), "text": element["text"]}
        else:
            chosen = self._chosen(user, where, element, value)
            action |= chosen
            where.values.setdefault(block["block_id"], {})[action_id] = {"type": element["type"], **chosen}
        return self._block_action(user, where, action)

    choose = click

    def _block_action(self, user: str, where: Where, action: dict[str, Any]) -> Delivery:
        payload = self._interaction("block_actions", user)
        payload |= {"actions": [action], "trigger_id": self.state.new_trigger(user)}
        if isinstance(where, Message):
            payload["container"] = {
                "type": "message",
                "message_ts": where.ts,
                "channel_id": where.channel,
                "is_ephemeral": where.only is not None,
            }
            payload |= {
                "channel": {"id": where.channel, "name": self.state.channels.get(where.channel, "directmessage")},
                "message": where.as_json(),
            }
            payload |= {
                "response_url": self._response_url(where.channel, user, where.ts),
                "state": {"values": self._values(where)},
            }
        else:
            payload["container"] = {"type": "view", "view_id": where.id}
            payload["view"] = self._view_json(where)
        return self._deliver("interactive", payload, user)

    def type_in(self, view: View, action_id: str, text: str | None, *, block_id: str | None = None) -> None:
        """Fill a text, number, date or e-mail input."""
        block, element = self._element(view.user, view, action_id, block_id, None)
        key = "selected_date" if element["type"] == "datepicker" else "value"
        self._put(view, block, element, {key: text})

    pick_date = type_in

    def tick(self, view: View, action_id: str, values: Sequence[str], *, block_id: str | None = None) -> None:
        """Set the ticks of checkboxes, or the picks of a multi-select, to exactly these values."""
        block, element = self._element(view.user, view, action_id, block_id, values[0] if values else None)
        options = [self._option(view.user, view, element, value) for value in values]
        self._put(view, block, element, {"selected_options": options})

    def select(self, view: View, action_id: str, value: str, *, block_id: str | None = None) -> None:
        """Choose in a select of an input block (which tells nobody until the form is sent)."""
        block, element = self._element(view.user, view, action_id, block_id, value)
        self._put(view, block, element, {"selected_option": self._option(view.user, view, element, value)})

    def _put(self, view: View, block: dict[str, Any], element: dict[str, Any], state: dict[str, Any]) -> None:
        with self.state.lock():
            view.values.setdefault(block["block_id"], {})[element["action_id"]] = {"type": element["type"], **state}
        self.state.changed()

    def search(
        self, user: str, view: View, action_id: str, typed: str, *, block_id: str | None = None
    ) -> list[dict[str, Any]]:
        """The options an external select offers for what was typed."""
        block, _ = self._element(user, view, action_id, block_id, None)
        payload = self._interaction("block_suggestion", user)
        payload |= {
            "action_id": action_id,
            "block_id": block["block_id"],
            "value": typed,
            "view": self._view_json(view),
        }
        payload["container"] = {"type": "view", "view_id": view.id}
        answer = self._deliver("interactive", payload, user).answer or {}
        grouped = [option for group in answer.get("option_groups", []) for option in group["options"]]
        options = [*answer.get("options", []), *grouped]
        view.offered.update({option["value"]: option for option in options})
        return options

    def submit(self, user: str, view: View | None = None) -> Delivery:
        """Send the form: what was typed plus what was prefilled."""
        view = view or self.state.top(user)
        if view is None:
            raise LookupError(f"{user} has no modal open")
        if missing := self._missing(view):
            view.errors = dict.fromkeys(missing, UNFILLED)
            self.state.changed()
            return Delivery(acked=False, seconds=0, error=f"required: {', '.join(missing)}")
        view.errors = {}
        payload = self._interaction("view_submission", user)
        payload |= {"view": self._view_json(view), "trigger_id": self.state.new_trigger(user), "response_urls": []}
        delivery = self._deliver("interactive", payload, user)
        if delivery.acked:
            return self._respond(view, delivery)
        return delivery

    def _respond(self, view: View, delivery: Delivery) -> Delivery:
        answer = delivery.answer if isinstance(delivery.answer, dict) else {}
        action = answer.get("response_action")
        try:
            with self.state.lock():
                self._apply(view, action, answer)
        except Refused as refused:
            self.state.toasts.append((view.user, refused.error))
            return Delivery(acked=True, seconds=delivery.seconds, error=refused.error, answer=answer)
        finally:
            self.state.changed()
        return delivery

    def _apply(self, view: View, action: str | None, answer: dict[str, Any]) -> None:
        stack = self.state.stacks.get(view.user, [])
        if action == "errors":
            view.errors = dict(answer.get("errors", {}))
        elif action == "update":
            self._api.update(view, self._api.checked_view(answer.get("view"), "response_action"))
        elif action == "push":
            self._api.push(view.user, self._api.checked_view(answer.get("view"), "response_action"))
        elif action == "clear":
            stack.clear()
        elif stack and stack[-1] == view.id:
            stack.pop()

    def close(self, user: str) -> Delivery | None:
        """Press the cross of the top modal."""
        view = self.state.top(user)
        if view is None:
            return None
        self.state.stacks[user].pop()
        self.state.changed()
        if not view.body.get("notify_on_close"):
            return None
        payload = self._interaction("view_closed", user)
        return self._deliver("interactive", payload | {"view": self._view_json(view), "is_cleared": False}, user)

    def open_home(self, user: str) -> Delivery:
        return self._tell({"type": "app_home_opened", "user": user, "channel": self.state.direct(user), "tab": "home"})

    def _tell(self, event: dict[str, Any]) -> Delivery:
        """Deliver one event."""
        payload: dict[str, Any] = {"token": "legacy", "team_id": TEAM, "api_app_id": APP, "type": "event_callback"}
        payload["event"] = {**event, "event_ts": self.state.new_ts()}
        payload |= {
            "event_id": self.state.new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": "U0BOT", "is_bot": True}],
        }
        start = time.monotonic()
        try:
            self.link.deliver_event(payload)
        except NotAcknowledgedError as error:  # a person notices nothing of a lost event
            return Delivery(acked=False, seconds=time.monotonic() - start, error=str(error))
        return Delivery(acked=True, seconds=time.monotonic() - start)

    def share_file(self, user: str, channel: str, name: str, content: bytes) -> Delivery:
        """Drop a file into a channel, or into the conversation with payclerk (the person's own id)."""
        with self.state.lock():
            place = self.state.channel_id(channel) or self.state.add_channel(channel)
            file = File(self.state.new_id("F"), name, name, content, place)
            self.state.files[file.id] = file
            message = Message(place, self.state.new_ts(), user, "")
            message.files = [file.id]
            self.state.messages.append(message)
        self.state.changed()
        facts = {"file_id": file.id, "user_id": user, "file": {"id": file.id}, "channel_id": place}
        return self._tell({"type": "file_shared", **facts})

    def say(self, user: str, channel: str, text: str) -> Message:
        """Write in a channel. payclerk does not listen to messages, so nobody is told."""
        with self.state.lock():
            place = self.state.channel_id(channel) or self.state.add_channel(channel)
            message = Message(place, self.state.new_ts(), user, text)
            self.state.messages.append(message)
        self.state.changed()
        return message

    # --- looking --------------------------------------------------------------------------------------------

    def messages(self, channel: str) -> list[Message]:
        with self.state.lock():
            place = self.state.channel_id(channel)
            return [m for m in self.state.messages if m.channel == place]

    def visible_to(self, user: str, channel: str) -> list[Message]:
        return [m for m in self.messages(channel) if m.only in {None, user} and in_reach(m, user)]

    def view_of(self, user: str) -> View | None:
        return self.state.top(user)

    def home_of(self, user: str) -> View | None:
        return self.state.homes.get(user)

    @property
    def files(self) -> list[File]:
        return [file for file in self.state.files.values() if file.channel]

    @property
    def faults_seen(self) -> list[Any]:
        return self.state.faults_seen

    def wait_for(self, predicate: Callable[[], T], timeout: float = 30) -> T:
        return self.state.wait_for(predicate, timeout)

    # --- inside ---------------------------------------------------------------------------------------------

    def _deliver(self, kind: str, payload: dict[str, Any], user: str, words: str = TROUBLE_WORDS) -> Delivery:
        start = time.monotonic()
        try:
            answer = self.link.deliver(kind, payload)
        except NotAcknowledgedError:
            self.state.toasts.append((user, words))
            self.state.changed()
            return Delivery(acked=False, seconds=time.monotonic() - start, error=TIMEOUT_WORDS)
        return Delivery(acked=True, seconds=time.monotonic() - start, answer=answer)

    def _interaction(self, kind: str, user: str) -> dict[str, Any]:
        name = self.state.people[user].email.partition("@")[0]
        return {
            "type": kind,
            "user": {"id": user, "username": name, "name": name, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "maple"},
            "api_app_id": APP,
            "token": "legacy",
            "is_enterprise_install": False,
            "enterprise": None,
        }

    def _response_url(self, channel: str, user: str, ts: str | None) -> str:
        return f"{self._base()}/slack/response/{self.state.new_response(channel, user, ts)}"

    def _view_json(self, view: View) -> dict[str, Any]:
        return {**view.as_json(), "state": {"values": self._values(view)}}

    def _values(self, where: Where) -> dict[str, dict[str, Any]]:
        """What Slack sends as state: typed values over prefilled ones, for every input and stateful element."""
        values: dict[str, dict[str, Any]] = {}
        for block in where.blocks:
            for element in elements_of(block):
                if element.get("type") in {"button", "image", "overflow"} or "action_id" not in element:
                    continue
                typed = where.values.get(block["block_id"], {}).get(element["action_id"])
                values.setdefault(block["block_id"], {})[element["action_id"]] = typed or _prefilled(element)
        return values

    def _missing(self, view: View) -> list[str]:
        values = self._values(view)
        missing = []
        for block in view.blocks:
            if block["type"] == "input" and not block.get("optional"):
                state = values[block["block_id"]][block["element"]["action_id"]]
                if not any(value for key, value in state.items() if key != "type"):
                    missing.append(block["block_id"])
        return missing

    def _element(
        self, user: str, where: Where, action_id: str, block_id: str | None, value: str | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if isinstance(where, Message) and where.only not in {None, user}:
            raise LookupError(f"{user} does not see this message")
        found = [
            (block, element)
            for block in where.blocks
            for element in elements_of(block)
            if element.get("action_id") == action_id and block_id in {None, block["block_id"]}
        ]
        if value is not None and len(found) > 1:
            found = [pair for pair in found if _offers(pair[1], value)] or found
        if not found:
            known = sorted({str(e.get("action_id")) for b in where.blocks for e in elements_of(b)})
            raise LookupError(f"no {action_id} here; there are {', '.join(known) or 'no elements'}")
        return found[0]

    def _option(self, user: str, where: Where, element: dict[str, Any], value: str) -> dict[str, Any]:
        for option in _options(element):
            if option["value"] == value:
                return dict(option)
        if value in where.offered:
            return dict(where.offered[value])
        if "external" in element["type"] and isinstance(where, View):
            for option in self.search(user, where, element["action_id"], ""):
                if option["value"] == value:
                    return dict(option)
        raise LookupError(f"{value} is not offered")

    def _chosen(
        self, user: str, where: Where, element: dict[str, Any], value: str | Sequence[str] | None
    ) -> dict[str, Any]:
        if element["type"] == "datepicker":
            return {"selected_date": value}
        if element["type"].endswith("_input"):
            return {"value": value}
        if element["type"] == "checkboxes" or element["type"].startswith("multi_"):
            several = [one for one in value.split(",") if one] if isinstance(value, str) else list(value or ())
            return {"selected_options": [self._option(user, where, element, one) for one in several]}
        return {"selected_option": self._option(user, where, element, str(value))}


def in_reach(message: Message, user: str) -> bool:
    """A direct conversation is seen by the person it is with."""
    return not message.channel.startswith("D") or message.channel == f"D{user}"


def _offers(element: dict[str, Any], value: str) -> bool:
    return element.get("value") == value or any(option["value"] == value for option in _options(element))


def _options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """All that the element itself names, in groups or not, and what it came with."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    initial = [*element.get("initial_options", []), element.get("initial_option")]
    return [*element.get("options", []), *grouped, *(option for option in initial if option)]


def _prefilled(element: dict[str, Any]) -> dict[str, Any]:
    kind = element["type"]
    if kind == "checkboxes" or kind.startswith("multi_"):
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    if kind == "datepicker":
        return {"type": kind, "selected_date": element.get("initial_date")}
    if kind == "radio_buttons" or kind.endswith("_select"):
        return {"type": kind, "selected_option": element.get("initial_option")}
    return {"type": kind, "value": element.get("initial_value")}


def texts(where: Where) -> str:
    """All words of a message or modal, for looking for some."""
    found = [where.text] if isinstance(where, Message) else [str(where.body.get("title", {}).get("text", ""))]

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == "text" and isinstance(inner, str):
                    found.append(inner)
                else:
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(where.blocks)
    return "\n".join(found)
