"""One mail, in one transaction: what kind it is, where it belongs, and what follows (reference 5.2, in that order)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import ask_administrator, log_incoming, note_undeliverable
from payclerk_core.jobs import promise
from payclerk_core.tables import InboxMail

from .entries import entry, is_known, without_our_logo
from .guard import GuardedReader
from .matching import Match, match
from .people import take_person
from .reading.bounce import Bounce
from .reading.explain import Looked
from .reading.kind import Classified, Kind
from .reading.message import IncomingMail
from .refusals import explain


def take_in(call: Call, inbox: InboxMail, looked: Looked, reader: GuardedReader) -> str:
    """Do everything this mail asks for. Returns the kind it was taken for."""
    looked = replace(looked, mail=without_our_logo(call.session, looked.mail))
    mail, found = looked.mail, looked.classified
    inbox.details = {"from": mail.sender.email if mail.sender else "", "subject": mail.subject[:300]}
    if found.kind is Kind.OWN:
        return found.kind.value  # the log has it already
    matches = match(call, looked)
    if not matches:
        _unmatched(call, inbox, found)
    elif found.kind is Kind.PERSON:
        take_person(call, inbox, looked, matches, reader)
    else:
        _machine(call, inbox, mail, found, matches)
    return found.kind.value


def _unmatched(call: Call, inbox: InboxMail, found: Classified) -> None:
    """Nobody's thread: shown to a person, unless a machine wrote it and lost nothing of ours."""
    if found.kind in {Kind.PERSON, Kind.BOUNCE, Kind.COMPLAINT}:
        promise(call.session, "slack.notice", f"unmatched:{inbox.id}", {"notice": "unmatched", "id": inbox.id})


def _machine(call: Call, inbox: InboxMail, mail: IncomingMail, found: Classified, matches: Sequence[Match]) -> None:
    """Kept in the log and folded there. A machine decides nothing and never gets an answer (3.3 #57)."""
    for one in matches:
        line = entry(inbox, mail, found.kind.value, mail.plain or "", why=found.why)
        if is_known(call, one.thread, line):
            continue
        message = log_incoming(call, one.thread, line)
        if found.bounce is not None:
            _bounced(call, one, found.bounce)
        elif found.kind is Kind.COMPLAINT:
            ask_administrator(call, message, "unclear")


def _bounced(call: Call, found: Match, bounce: Bounce) -> None:
    """Only what failed for good: "delayed" means that their server still tries."""
    if found.copy is not None and bounce.permanent:
        note_undeliverable(call, found.copy.id, explain(bounce.diagnostic))
