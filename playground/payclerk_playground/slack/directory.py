"""The methods about the workspace: who is there, which channels, and what was said in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .refused import Refused
from .state import APP, BOT, BOT_ID, BOT_NAME, DOMAIN, TEAM, Message, SlackState

Args = dict[str, Any]
Handler = Callable[[Args], Args]


class Directory:
    def __init__(self, state: SlackState, base: Callable[[], str]) -> None:
        self._state, self._base = state, base

    def methods(self) -> Mapping[str, Handler]:
        return {
            "auth.test": self._auth_test,
            "apps.connections.open": self._open_connection,
            "team.info": self._team,
            "users.info": lambda args: {"user": self._user(str(args.get("user")))},
            "users.list": self._users,
            "users.lookupByEmail": self._lookup,
            "conversations.open": self._open,
            "conversations.info": lambda args: {"channel": self._channel(self._place(args))},
            "conversations.members": self._members,
            "conversations.list": self._channels,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }

    def _auth_test(self, _args: Args) -> Args:
        names = {"url": f"{self._base()}/", "team": "Maple Street", "user": BOT_NAME}
        return {**names, "team_id": TEAM, "user_id": BOT, "bot_id": BOT_ID, "is_enterprise_install": False}

    def _open_connection(self, _args: Args) -> Args:
        ticket = self._state.new_id("ticket-")
        self._state.tickets.add(ticket)
        return {"url": f"{self._base().replace('http', 'ws', 1)}/slack/link?ticket={ticket}&app_id={APP}"}

    def _team(self, _args: Args) -> Args:
        return {"team": {"id": TEAM, "name": "Maple Street", "domain": DOMAIN}}

    def _user(self, user: str) -> Args:
        if user == BOT:
            return {"id": BOT, "team_id": TEAM, "name": BOT_NAME, "is_bot": True, "profile": {"real_name": BOT_NAME}}
        person = self._state.people.get(user)
        if person is None:
            raise Refused("user_not_found")
        profile = {"email": person.email, "real_name": person.name, "display_name": person.name, "title": person.title}
        shown = {"id": user, "team_id": TEAM, "name": person.email.partition("@")[0], "real_name": person.name}
        shown |= {"tz": person.tz, "locale": person.locale, "deleted": False, "is_bot": False, "profile": profile}
        return {**shown, "is_email_confirmed": True, "is_restricted": False, "is_stranger": False}

    def _users(self, _args: Args) -> Args:
        return {"members": [self._user(user) for user in [*self._state.people, BOT]], **_last_page()}

    def _lookup(self, args: Args) -> Args:
        wanted = str(args.get("email", "")).casefold()
        for user, person in self._state.people.items():
            if person.email.casefold() == wanted:
                return {"user": self._user(user)}
        raise Refused("users_not_found")

    def _place(self, args: Args) -> str:
        found = self._state.channel_id(str(args.get("channel", "")))
        if found is None:
            raise Refused("channel_not_found")
        return found

    def _open(self, args: Args) -> Args:
        user = str(args.get("users") or "").partition(",")[0]
        if user not in self._state.people:
            raise Refused("user_not_found")
        return {"channel": {"id": self._state.direct(user)}}

    def _channel(self, channel: str) -> Args:
        if channel.startswith("D"):
            user = next(key for key, value in self._state.directs.items() if value == channel)
            return {"id": channel, "is_im": True, "user": user, "is_archived": False}
        private = channel in self._state.members
        shown = {"id": channel, "name": self._state.channels[channel], "is_channel": True, "is_im": False}
        return {**shown, "is_private": private, "is_ext_shared": False, "is_archived": False, "is_member": True}

    def _people_in(self, channel: str) -> list[str]:
        return [user for user in self._state.people if self._state.in_channel(user, channel)]

    def _members(self, args: Args) -> Args:
        return {"members": [*self._people_in(self._place(args)), BOT], **_last_page()}

    def _channels(self, args: Args) -> Args:
        kinds = str(args.get("types") or "public_channel").replace(" ", "").split(",")
        channels = [self._channel(key) for key in self._state.channels]
        shown = [c for c in channels if ("private_channel" if c["is_private"] else "public_channel") in kinds]
        directs = [self._channel(key) for key in self._state.directs.values()] if "im" in kinds else []
        return {"channels": [*shown, *directs], **_last_page()}

    def _history(self, args: Args) -> Args:
        place = self._place(args)
        found = [m for m in self._state.messages if m.channel == place and m.thread_ts in {None, m.ts}]
        return self._page([m for m in reversed(found) if _wanted(m, args)], args)

    def _replies(self, args: Args) -> Args:
        place, parent = self._place(args), str(args.get("ts"))
        found = [m for m in self._state.messages if m.channel == place and parent in {m.ts, m.thread_ts}]
        return self._page([m for m in found if _wanted(m, args)], args)

    def _page(self, messages: list[Message], args: Args) -> Args:
        start, size = int(args.get("cursor") or 0), int(args.get("limit") or 100)
        rows = [_row(message, args) for message in messages[start : start + size]]
        more = start + size < len(messages)
        cursor = {"next_cursor": str(start + size)} if more else {"next_cursor": ""}
        return {"messages": rows, "has_more": more, "response_metadata": cursor}


def _wanted(message: Message, args: Args) -> bool:
    """An ephemeral message is in no history; `oldest` is not part of its own range unless asked for."""
    ts, oldest = float(message.ts), float(args.get("oldest") or 0)
    latest = float(args.get("latest") or "inf")
    inside = oldest <= ts <= latest if _true(args.get("inclusive")) else oldest < ts < latest
    return message.only is None and inside


def _row(message: Message, args: Args) -> Args:
    row = message.as_json()
    if _true(args.get("include_all_metadata")) and message.metadata:
        row["metadata"] = message.metadata
    return row


def _true(value: Any) -> bool:
    return str(value).lower() in {"true", "1"}


def _last_page() -> Args:
    return {"response_metadata": {"next_cursor": ""}}
