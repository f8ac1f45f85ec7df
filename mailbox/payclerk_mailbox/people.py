"""A mail that a person wrote: into the log with what they wrote themselves, then to what it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import ask_administrator, log_incoming
from payclerk_core.queries.directory import email_key
from payclerk_core.tables import Contract, InboxMail, Person

from .answers import Answer, question_of, take_answer
from .entries import entry, is_known
from .guard import GuardedReader
from .identity import own_identity
from .matching import Match, text_as_sent
from .reading.explain import Asked, Judged, Looked
from .reading.message import IncomingMail
from .reading.sender import SenderCheck, check_sender
from .returned_forms import find_form, take_form


def take_person(call: Call, inbox: InboxMail, looked: Looked, matches: Sequence[Match], reader: GuardedReader) -> None:
    """Log the mail in its thread and let it decide. One that answers several threads decides none of them."""
    if len(matches) > 1:
        _ambiguous(call, inbox, looked, matches, reader)
    else:
        _take_one(call, inbox, looked, matches[0], reader)


def _ambiguous(call: Call, inbox: InboxMail, looked: Looked, matches: Sequence[Match], reader: GuardedReader) -> None:
    logged = []
    for found in matches:
        asked = Asked(text_as_sent(call, found), places=len(matches))
        judged = reader.judge(looked, own_identity(call.settings), asked)
        line = entry(inbox, looked.mail, "person", judged.reply.text, elided=judged.reply.elided, why=judged.why)
        if not is_known(call, found.thread, line):
            logged.append(log_incoming(call, found.thread, line))
    if logged:
        ask_administrator(call, logged[0], "unclear")


def _take_one(call: Call, inbox: InboxMail, looked: Looked, found: Match, reader: GuardedReader) -> None:
    mail = looked.mail
    sender = identify(call, found, mail)
    said = reader.judge(looked, own_identity(call.settings), _asked(call, found, sender))
    line = entry(
        inbox,
        mail,
        "person",
        said.reply.text,
        elided=said.reply.elided,
        verified=sender.person is not None,
        why=_why(found, sender, said),
        decision=said.decision.value if said.decision else None,
    )
    if is_known(call, found.thread, line):
        return
    message = log_incoming(call, found.thread, line)
    if sender.person is None:
        ask_administrator(call, message, "unclear")
        return
    form = find_form(mail) if found.thread.contract_id is not None else None
    if form is not None:
        take_form(call, found.thread, sender.person, message, form)
    else:
        take_answer(call, Answer(message, found, sender.person, said, has_text=bool(said.reply.text)))


def _asked(call: Call, found: Match, sender: Sender) -> Asked:
    """What the reader has to know to judge the answer."""
    person = sender.person
    first = call.session.get(Person, found.token.person_id) if found.token.person_id else None
    addressed = first or person  # the letter was in their language
    return Asked(
        parent_text=text_as_sent(call, found),
        question=question_of(found.token),
        check=SenderCheck(person is not None, sender.why),
        names=(person.name, person.company.name) if person else (),
        language=addressed.language if addressed else "en",
    )


def _why(found: Match, sender: Sender, said: Judged) -> str:
    """For the log. Where our mail asked nothing there is nothing to say of a decision."""
    return "" if sender.person is not None and question_of(found.token) is None else said.why


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent the mail, once that is sure; else why it is not."""

    person: Person | None
    why: str


def identify(call: Call, found: Match, mail: IncomingMail) -> Sender:
    """The person our mail went to, or another invoice contact of the contract, vouched for by our mail server."""
    asked = _may_answer(call, found)
    sender = email_key(mail.sender.email) if mail.sender else ""
    asked.sort(key=lambda person: person.email_key != sender)  # the one it claims to be from is checked first
    refusals = []
    for person in asked:
        check = check_sender(mail, person.email, call.settings.mail_authserv_id)
        if check.verified:
            return Sender(person, check.why)
        refusals.append(check.why)
    return Sender(None, refusals[0] if refusals else "our mail went to nobody in the directory")


def _may_answer(call: Call, found: Match) -> list[Person]:
    asked = call.session.get(Person, found.token.person_id) if found.token.person_id else None
    contract = call.session.get(Contract, found.thread.contract_id) if found.thread.contract_id else None
    contacts = [contact.person for contact in contract.contacts] if contract else []
    return list(dict.fromkeys([*([asked] if asked else []), *contacts]))
