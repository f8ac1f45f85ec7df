"""Who lives in the local world."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Persona:
    """One person: some have Slack, most have a mailbox."""

    name: str
    email: str
    title: str
    user_id: str
    has_slack: bool
    has_mailbox: bool
    tz: str = "America/Chicago"
    locale: str = "en-US"
