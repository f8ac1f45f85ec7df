"""Channels by name or id, and the direct message with a person."""

from __future__ import annotations

import re
import time
from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from payclerk_core.errors import OutsideError

from .client import NO_CHANNEL, error_code

CHANNEL_ID: Final = re.compile(r"[CGD][A-Z0-9]{2,}")
SHARED_S: Final = 60
USER_ID: Final = re.compile(r"[UW][A-Z0-9]{2,}")


class Places:
    """Settings name channels as people do; Slack reads history and takes files by id only."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}
        self._shared: dict[str, tuple[bool, float | None]] = {}

    def channel(self, name: str) -> str:
        """The id of a channel or, for a user, of the direct message with them."""
        if CHANNEL_ID.fullmatch(name):
            return name
        if name not in self._ids:
            self._ids[name] = self._direct(name) if USER_ID.fullmatch(name) else self._by_name(name.lstrip("#"))
        return self._ids[name]

    def shared(self, name: str) -> bool:
        """Does the channel belong to another company, too (Slack Connect), or is it about to? Known for a minute."""
        if USER_ID.fullmatch(name) or name.startswith("D"):
            return False
        channel = self.channel(name)
        told, at = self._shared.get(channel, (False, None))
        if at is None or time.monotonic() - at > SHARED_S:
            told = self._ask_shared(channel)
            self._shared[channel] = (told, time.monotonic())
        return told

    def _ask_shared(self, channel: str) -> bool:
        try:
            found = self._client.conversations_info(channel=channel)["channel"]
        except SlackApiError as error:
            if error_code(error) in NO_CHANNEL:
                return False  # posting says what is wrong with it
            raise
        return bool(found.get("is_ext_shared") or found.get("is_pending_ext_shared"))

    def _direct(self, user: str) -> str:
        return str(self._client.conversations_open(users=user)["channel"]["id"])

    def _by_name(self, name: str) -> str:
        kinds = "public_channel,private_channel"
        for page in self._client.conversations_list(types=kinds, exclude_archived=True, limit=1000):
            for channel in page.get("channels") or ():
                if channel.get("name") == name:
                    return str(channel["id"])
        raise OutsideError(f"there is no Slack channel #{name} that payclerk is in; invite it there", permanent=True)
