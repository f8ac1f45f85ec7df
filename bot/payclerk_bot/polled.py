"""The age of the last good look into each mailbox, in words: for the Home tab and for /billing status."""

from __future__ import annotations

from datetime import timedelta

from payclerk_core.actions.call import Call
from payclerk_core.mailboxes import mailboxes
from payclerk_core.queries.mailboxes import Look, looks_into

from .views.blocks import plural


def looks(call: Call) -> list[Look]:
    """How each mailbox of the settings stands now."""
    return looks_into(call.session, mailboxes(call.settings, to_sign_in=False), call.at)


def polled(call: Call) -> str:
    """The age of the last good look; each mailbox's own where there are several."""
    found = looks(call)
    if len(found) == 1:
        return ago(found[0].age)
    return ", ".join(f"{ago(look.age)} ({look.account})" for look in found)


def ago(age: timedelta | None) -> str:
    """
    >>> ago(None), ago(timedelta(seconds=59)), ago(timedelta(minutes=119)), ago(timedelta(hours=3))
    ('never', 'less than a minute ago', '119 minutes ago', '3 hours ago')
    """
    if age is None:
        return "never"
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 1:
        return "less than a minute ago"
    return f"{plural(minutes, 'minute')} ago" if minutes < 120 else f"{minutes // 60} hours ago"
