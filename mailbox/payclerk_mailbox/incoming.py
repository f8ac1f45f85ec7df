"""One mail, in one transaction: what kind it is, where it belongs, and what follows (reference 5.2, in that order)."""

from __future__ import annotations

from payclerk_core.actions.call import Call
from payclerk_core.tables import InboxMail

from .matching import match
from .people import take_person
from .reading.classify import Kind, classify
from .reading.message import IncomingMail


def take_in(call: Call, inbox: InboxMail, mail: IncomingMail) -> str:
    """Do everything this mail asks for. Returns the kind it was taken for."""
    kind = classify(mail)
    inbox.details = {"from": mail.sender.email if mail.sender else "", "subject": mail.subject[:300]}
    if kind is Kind.OWN:
        return kind.value  # our own mail come back: the log has it already
    matches = match(call, mail)
    if not matches:
        _unmatched(call, inbox, kind)
    elif kind is Kind.PERSON:
        take_person(call, inbox, mail, matches)
    else:
        _machine(call, inbox, mail, kind, matches)
    return kind.value
