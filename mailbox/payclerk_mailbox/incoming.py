"""One mail, in one transaction: what kind it is, where it belongs, and what follows (reference 5.2, in that order)."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import Incoming, IncomingFile, ask_administrator, log_incoming, note_undeliverable
from payclerk_core.jobs import promise
from payclerk_core.tables import InboxMail, Message

from .answers import take_answer
from .matching import Match, match
from .reading.classify import Kind, classify
from .reading.message import IncomingMail

log = structlog.get_logger()


def take_in(call: Call, inbox: InboxMail, mail: IncomingMail) -> str:
    """Do everything this mail asks for. Returns the kind it was taken for."""
    kind = classify(mail)
    if kind is Kind.OWN:
        return kind.value  # our own mail come back; it is in the log already
    matches = match(call, mail)
    if not matches:
        return _unmatched(call, inbox, kind)
    if kind is Kind.PERSON:
        return _person(call, inbox, mail, matches)
    for found in matches:
        message = log_incoming(call, found.thread, _incoming(inbox, mail, kind.value))
        _note_machine(call, kind, mail, found, message)
    return kind.value
