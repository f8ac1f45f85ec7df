"""Telling people that a mailbox cannot be read, and that it can be again: once each, by whichever poller sees it first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from ..jobs import promise
from ..queries.mailboxes import open_silence
from ..tables import MailboxSilence
from .call import Call


def note_silent(call: Call, *, since: datetime, reason: str | None = None) -> None:
    """The mailbox of these settings has not been read for too long. Said once for one silence, and again with why."""
    known = open_silence(call.session, call.settings.account)
    if known is not None:
        _say_why(call, known, reason)
        return
    insert = sqlite.insert if call.session.connection().dialect.name == "sqlite" else postgresql.insert
    row = {"account": call.settings.account, "since": since, "noticed_at": call.at, "reason": _cut(reason)}
    query = insert(MailboxSilence).values(row).on_conflict_do_nothing().returning(MailboxSilence.id)
    key = call.session.scalar(query)
    if key is not None:  # else another poller has said it
        promise(call.session, "slack.notice", f"mailbox:{key}", {"notice": "mailbox", "id": key})


def _say_why(call: Call, silence: MailboxSilence, reason: str | None) -> None:
    """Once, when it was not known at first: the message is brought up to date."""
    if reason is None or silence.reason is not None:
        return
    silence.reason = _cut(reason)
    promise(call.session, "slack.notice", f"mailbox:{silence.id}:why", {"notice": "mailbox", "id": silence.id})


def _cut(reason: str | None) -> str | None:
    return reason[:500] if reason else None


def note_heard(call: Call, polled_at: datetime | None) -> None:
    """The mailbox was read again: what was said of its silence is brought up to date, once."""
    silence = open_silence(call.session, call.settings.account)
    if silence is None or polled_at is None or polled_at <= silence.since:
        return
    silence.over_at = polled_at
    key = f"mailbox:{silence.id}:over"
    promise(call.session, "slack.notice", key, {"notice": "mailbox", "id": silence.id})
