"""Who wrote a mail, and whether that is sure enough for what it would decide (reference 5.2, step 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.queries.directory import email_key
from payclerk_core.rules.trust import stricter
from payclerk_core.settings import Settings
from payclerk_core.tables import Contract, Message, Person, Project

from .matching import Match
from .reading.message import IncomingMail
from .reading.receiver import Receiver
from .reading.sender import SenderCheck, Standing, check_sender

# A sender's clock or time zone may be wrong by this much.
CLOCKS_DIFFER: Final = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mail says it is from, if that is one who may answer; whether it may decide; and why, or why not."""

    person: Person | None
    decides: bool
    why: str
    verified: bool = False


def identify(call: Call, found: Match, mail: IncomingMail) -> Sender:
    """The person our mail went to, or another invoice contact of the contract, as sure as the decision needs it."""
    asked = _may_answer(call, found)
    sender = email_key(mail.sender.email) if mail.sender else ""
    asked.sort(key=lambda person: person.email_key != sender)  # the one it claims to be from is checked first
    receiver = receiver_of(call.settings)
    checks = [(person, check_sender(mail, person.email, receiver)) for person in asked]
    for person, check in checks:
        if check.standing is not Standing.OTHER:
            return _weigh(call, found, mail, person, check)
    return Sender(None, decides=False, why=checks[0][1].why if checks else "our mail went to nobody in the directory")


def receiver_of(settings: Settings) -> Receiver:
    """Our receiving server, as it is set."""
    return Receiver(settings.mail_authserv_id, settings.mail_microsoft365, settings.receiving_hosts)


def trust_for(settings: Settings, project: Project, purpose: str) -> str:
    """What an answer to a letter of this purpose needs before it decides anything: the stricter of the project's word and ours."""
    if purpose == "owner_claim":
        return stricter(settings.mail_trust_owner, project.trust_owner)
    if purpose == "invitation":
        return stricter(settings.mail_trust_invitation, project.trust_invitation)
    return stricter(settings.mail_trust_billing, project.trust_billing)


def _weigh(call: Call, found: Match, mail: IncomingMail, person: Person, check: SenderCheck) -> Sender:
    trust = trust_for(call.settings, call.session.get_one(Project, found.thread.project_id), found.token.purpose)
    if not (check.by_address if trust == "address" else check.verified):
        return Sender(person, decides=False, why=check.why)
    stale = _stale(call, found, mail)
    if stale is not None:
        return Sender(person, decides=False, why=stale)
    if trust == "confirm":
        return Sender(person, decides=False, why=f"{check.why}; it is to be confirmed on the page", verified=True)
    return Sender(person, decides=True, why=check.why, verified=check.verified)


def _stale(call: Call, found: Match, mail: IncomingMail) -> str | None:
    """A true mail of theirs may be sent in once more by another, for a question it did not answer (2.3)."""
    letter = call.session.get(Message, found.copy.message_id) if found.copy else None
    if letter is not None and mail.date is not None and mail.date < letter.written_at - CLOCKS_DIFFER:
        return "written before the mail it answers"
    if _known_elsewhere(call, found, mail):
        return "a mail with this Message-ID came before"
    return None


def _known_elsewhere(call: Call, found: Match, mail: IncomingMail) -> bool:
    query = select(Message.id).where(
        Message.direction == "in",
        Message.message_id == mail.message_id[:998],
        (Message.thread_id != found.thread.id) | (Message.decision.is_not(None)),
    )
    return call.session.scalar(query.limit(1)) is not None


def _may_answer(call: Call, found: Match) -> list[Person]:
    """The one our mail went to, as long as the address is theirs, and the invoice contacts of the contract."""
    asked = call.session.get(Person, found.token.person_id) if found.token.person_id else None
    contract = call.session.get(Contract, found.thread.contract_id) if found.thread.contract_id else None
    contacts = [contact.person for contact in contract.contacts] if contract else []
    return list(dict.fromkeys([*([asked] if asked else []), *contacts]))
