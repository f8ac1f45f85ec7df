"""A mail that a person wrote: into the log with what they wrote themselves, then to what it decides."""

from __future__ import annotations

from collections.abc import Sequence

from payclerk_core.actions.backup_checks import refuse_files
from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import ask_administrator, log_incoming
from payclerk_core.actions.refusals import refused_often
from payclerk_core.money import minor_units
from payclerk_core.tables import InboxMail, Person, Project

from .acting import Act, act, matter_of
from .ahead import Ahead, Needs
from .answers import Unsure, ask_to_confirm, question_of
from .entries import entry, is_known, refused_files
from .matching import Match, text_as_sent, texts_of_ours, without_codes
from .reading.explain import Asked, Judged
from .reading.message import IncomingMail
from .reading.opening import Purpose
from .reading.sender import SenderCheck, Standing
from .senders import Sender, identify


def needs_of_person(call: Call, mail: IncomingMail, matches: Sequence[Match]) -> Needs:
    """What the reader has to read, before anything is changed."""
    if len(matches) > 1:
        return Needs(tuple(_asked_among(call, found, len(matches)) for found in matches))
    [found] = matches
    sender = identify(call, found, mail)
    return Needs((asked_of(call, found, sender),), purposes_of(found, sender))


def take_person(call: Call, inbox: InboxMail, ahead: Ahead, matches: Sequence[Match]) -> None:
    """Log the mail in its thread and let it decide. One that answers several threads decides none of them."""
    if len(matches) > 1:
        _ambiguous(call, inbox, ahead, matches)
    else:
        _take_one(call, inbox, ahead, matches[0])


def _asked_among(call: Call, found: Match, places: int) -> Asked:
    return Asked(text_as_sent(call, found), places=places)


def purposes_of(found: Match, sender: Sender) -> frozenset[Purpose]:
    """What may be in the files that come in answer to this."""
    if found.thread.contract_id is None:
        return frozenset()
    tables = {Purpose.FORM, Purpose.BREAKDOWN} if found.token.purpose == "ssov" else {Purpose.FORM}
    return frozenset(tables | {Purpose.INVOICE} if sender.decides else tables)


def _ambiguous(call: Call, inbox: InboxMail, ahead: Ahead, matches: Sequence[Match]) -> None:
    logged = []
    for found in matches:
        judged = ahead.judged_as(_asked_among(call, found, len(matches)))
        line = entry(inbox, ahead.looked, "person", judged.reply.text, elided=judged.reply.elided, why=judged.why)
        if not is_known(call, found.thread, line):
            logged.append(log_incoming(call, found.thread, line))
    if logged:
        ask_administrator(call, logged[0], "unclear")


def _take_one(call: Call, inbox: InboxMail, ahead: Ahead, found: Match) -> None:
    sender = identify(call, found, ahead.looked.mail)
    said = ahead.judged_as(asked_of(call, found, sender))
    line = entry(
        inbox,
        ahead.looked,
        "person",
        without_codes(call, found.thread, _written(said)),
        elided=without_codes(call, found.thread, said.reply.elided),
        verified=sender.decides,
        why=_why(found, sender, said),
        decision=said.decision.value if said.decision and sender.decides else None,
    )
    if is_known(call, found.thread, line):
        return
    message = log_incoming(call, found.thread, line)
    matter = matter_of(call, found, said, ahead)
    refused = refused_files(ahead.looked)
    is_plain = said.decision is not None and matter is None and not refused  # which gets no refusal
    if sender.person is not None and sender.decides and not is_plain and refused_often(call, sender.person):
        message.decision, message.decision_why = None, "refused too often today to be answered by payclerk once more"
        ask_administrator(call, message, "unclear")
        return
    if refused:
        refuse_files(call, found.thread, message, sender.person if sender.decides else None, refused)
    if sender.person is None or not sender.decides:
        decision = said.decision.value if said.decision else None
        ask_to_confirm(call, Unsure(message, found, sender, decision, matter))
        return
    act(call, Act(message, found, sender.person, said), ahead)


def asked_of(call: Call, found: Match, sender: Sender) -> Asked:
    """What the reader has to know to judge the answer. It says what one from this person would decide, if it may."""
    person = sender.person
    first = call.session.get(Person, found.token.person_id) if found.token.person_id else None
    addressed = first or person  # the letter was in their language
    return Asked(
        parent_text=text_as_sent(call, found),
        our_texts=texts_of_ours(call, found),
        question=question_of(found.token),
        check=SenderCheck(Standing.VERIFIED if person else Standing.OTHER, sender.why),
        names=(person.name, person.company.name) if person else (),
        language=addressed.language if addressed else "en",
        billing_language=person.language if person else "",
        decimals=_decimals(call, found),
    )


def _decimals(call: Call, found: Match) -> int:
    """How many decimals amounts have in the currency of the letter's project."""
    return minor_units(call.session.get_one(Project, found.thread.project_id).currency)


def _written(said: Judged) -> str:
    """What the log shows as theirs: also what they typed between the lines of our letter, which was cut off with it."""
    if not said.between:
        return said.reply.text
    return f"{said.reply.text}\n\n[between the lines of our letter]\n{said.between}".strip()


def _why(found: Match, sender: Sender, said: Judged) -> str:
    """For the log. Where our mail asked nothing there is nothing to say of a decision."""
    if not sender.decides:
        return sender.why
    return said.why if question_of(found.token) else ""
