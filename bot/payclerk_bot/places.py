"""Channels by name or id, and the direct message with a person."""

from __future__ import annotations

import re
from typing import Final

from slack_sdk import WebClient

from payclerk_core.errors import OutsideError

CHANNEL_ID: Final = re.compile(r"[CGD][A-Z0-9]{2,}")
USER_ID: Final = re.compile(r"[UW][A-Z0-9]{2,}")


class Places:
    """Settings name channels as people do; Slack reads history and takes files by id only."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}

    def channel(self, name: str) -> str:
        """The id of a channel or, for a user, of the direct message with them."""
        if CHANNEL_ID.fullmatch(name):
            return name
        if name not in self._ids:
            self._ids[name] = self._direct(name) if USER_ID.fullmatch(name) else self._by_name(name.lstrip("#"))
        return self._ids[name]

    def _direct(self, user: str) -> str:
        return str(self._client.conversations_open(users=user)["channel"]["id"])

    def _by_name(self, name: str) -> str:
        kinds = "public_channel,private_channel"
        for page in self._client.conversations_list(types=kinds, exclude_archived=True, limit=1000):
            for channel in page.get("channels") or ():
                if channel.get("name") == name:
                    return str(channel["id"])
        raise OutsideError(f"there is no Slack channel #{name} that payclerk is in; invite it there", permanent=True)
