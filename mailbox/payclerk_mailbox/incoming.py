"""One mail, in one transaction: what kind it is, where it belongs, and what follows (reference 5.2, in that order)."""

from __future__ import annotations

from collections.abc import Sequence

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import ask_administrator, log_incoming, note_undeliverable
from payclerk_core.actions.letters_out import Evidence, note_evidence
from payclerk_core.jobs import promise
from payclerk_core.tables import InboxMail

from .ahead import Ahead, Needs
from .entries import entry, is_known
from .matching import LOST, Match, answers_lost_letter, match
from .people import needs_of_person, take_person
from .reading.bounce import Bounce
from .reading.explain import Looked
from .reading.kind import Classified, Kind
from .reading.message import IncomingMail
from .reading.opening import has_table_name
from .refusals import explain


def needs_of(call: Call, looked: Looked) -> Needs:
    """What has to be read of this mail before it is taken in."""
    matches = match(call, looked) if looked.classified.kind is Kind.PERSON else ()
    return needs_of_person(call, looked.mail, matches) if matches else Needs()


def take_in(call: Call, inbox: InboxMail, ahead: Ahead) -> str:
    """Do everything this mail asks for. Returns the kind it was taken for; OutOfDateError when it is to be read anew."""
    looked = ahead.looked
    mail, found = looked.mail, looked.classified
    inbox.details = {"from": mail.sender.email if mail.sender else "", "subject": mail.subject[:300]}
    if found.kind is Kind.OWN:
        return found.kind.value  # the log has it already
    note_evidence(call, _letters_in(inbox, looked))
    matches = match(call, looked)
    if not matches:
        if answers_lost_letter(call, looked):
            inbox.details = {**inbox.details, "why": LOST}
        _unmatched(call, inbox, mail, found)
    elif found.kind is Kind.PERSON:
        take_person(call, inbox, ahead, matches)
    else:
        _machine(call, inbox, looked, matches)
    return found.kind.value


def _letters_in(inbox: InboxMail, looked: Looked) -> list[Evidence]:
    """Our letters that this mail shows to have gone out, by their tokens."""
    mail = looked.mail
    bounced = looked.classified.kind is Kind.BOUNCE
    # A bounce says in its own words whom it is about.
    person = "" if bounced or mail.sender is None else mail.sender.email
    seen_in = "bounce" if bounced else "answer"
    return [Evidence(one, person, mail.subject, inbox.arrived_at, seen_in, inbox.id) for one in looked.found.tokens]


def _unmatched(call: Call, inbox: InboxMail, mail: IncomingMail, found: Classified) -> None:
    """Nobody's thread: shown to a person, unless a machine wrote it and lost nothing of ours."""
    passed_on = found.kind in {Kind.LIST, Kind.AUTO_REPLY} and _has_table(mail)
    if found.kind in {Kind.PERSON, Kind.BOUNCE, Kind.COMPLAINT} or passed_on:
        promise(call.session, "slack.notice", f"unmatched:{inbox.id}", {"notice": "unmatched", "id": inbox.id})


def _machine(call: Call, inbox: InboxMail, looked: Looked, matches: Sequence[Match]) -> None:
    """Kept in the log and folded there. A machine decides nothing and never gets an answer (3.3 #57)."""
    found = looked.classified
    for one in matches:
        line = entry(inbox, looked, found.kind.value, looked.mail.plain or "", why=found.why)
        if is_known(call, one.thread, line):
            continue
        message = log_incoming(call, one.thread, line)
        if found.bounce is not None:
            _bounced(call, one, found.bounce)
        elif found.kind in {Kind.COMPLAINT, Kind.LIST} or _may_be_of_a_person(looked):
            # People write through lists and ticket systems too; what they sent is not to lie folded unseen.
            ask_administrator(call, message, "unclear")


def _may_be_of_a_person(looked: Looked) -> bool:
    return looked.for_a_person or (looked.classified.kind is Kind.AUTO_REPLY and _has_table(looked.mail))


def _has_table(mail: IncomingMail) -> bool:
    """A file that may be a form of ours, filled."""
    return any(has_table_name(file.name) or file.content.startswith(b"PK") for file in mail.attachments)


def _bounced(call: Call, found: Match, bounce: Bounce) -> None:
    """Only what failed for good: "delayed" means that their server still tries."""
    if found.copy is not None and bounce.permanent:
        note_undeliverable(call, found.copy.id, explain(bounce.diagnostic))
