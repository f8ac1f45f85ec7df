"""A mail that a person wrote: into the log with what they wrote themselves, then to what it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from payclerk_core.actions.backup_checks import check_backup, refuse_files
from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import ask_administrator, log_incoming
from payclerk_core.actions.refusals import refused_often
from payclerk_core.tables import Contract, InboxMail, Message, Person

from .answers import Answer, Unsure, ask_to_confirm, question_of, take_answer
from .contrary_words import contrary_words
from .entries import entry, is_known, kept_files, refused_files
from .guard import GuardedReader
from .identity import own_identity
from .matching import Match, text_as_sent, without_codes
from .reading.explain import Asked, Judged, Looked
from .reading.message import IncomingMail
from .reading.sender import SenderCheck, Standing
from .returned_breakdowns import find_breakdowns, take_breakdown
from .returned_forms import find_forms, take_forms
from .senders import Sender, identify
from .text_billing import TextAnswer, take_text


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
        without_codes(call, found.thread, said.reply.text),
        elided=without_codes(call, found.thread, said.reply.elided),
        verified=sender.decides,
        why=_why(found, sender, said),
        decision=said.decision.value if said.decision and sender.decides else None,
    )
    if is_known(call, found.thread, line):
        return
    message = log_incoming(call, found.thread, line)
    if sender.person is not None and sender.decides and refused_often(call, sender.person):
        message.decision, message.decision_why = None, "refused too often today to be answered by payclerk once more"
        ask_administrator(call, message, "unclear")
        return
    if refused := refused_files(mail):
        refuse_files(call, found.thread, message, sender.person if sender.decides else None, refused)
    if sender.person is None or not sender.decides:
        ask_to_confirm(call, Unsure(message, found, sender, said.decision.value if said.decision else None))
        return
    _act(call, mail, found, sender.person, message, said)
    check_backup(replace(call, actor=sender.person), message)


def _asked(call: Call, found: Match, sender: Sender) -> Asked:
    """What the reader has to know to judge the answer. It says what one from this person would decide, if it may."""
    person = sender.person
    first = call.session.get(Person, found.token.person_id) if found.token.person_id else None
    addressed = first or person  # the letter was in their language
    return Asked(
        parent_text=text_as_sent(call, found),
        question=question_of(found.token),
        check=SenderCheck(Standing.VERIFIED if person else Standing.OTHER, sender.why),
        names=(person.name, person.company.name) if person else (),
        language=addressed.language if addressed else "en",
    )


def _why(found: Match, sender: Sender, said: Judged) -> str:
    """For the log. Where our mail asked nothing there is nothing to say of a decision."""
    if not sender.decides:
        return sender.why
    return said.why if question_of(found.token) else ""


def _act(call: Call, mail: IncomingMail, found: Match, person: Person, message: Message, said: Judged) -> None:
    """A breakdown or a form counts, else the words may bill; what does neither is an answer to what we asked."""
    contract = call.session.get(Contract, found.thread.contract_id) if found.thread.contract_id is not None else None
    # The owner fills no form: whatever file comes with their answer, it is an answer.
    files = kept_files(mail) if contract is not None and not contract.is_prime else []
    breakdowns = find_breakdowns(files) if found.token.purpose == "ssov" else None
    forms = [] if breakdowns else find_forms(files)
    contrary = contrary_words(said, person) if breakdowns or forms else None
    if contrary is not None:
        message.decision, message.decision_why = None, contrary.message[:500]
    if breakdowns is not None:
        take_breakdown(call, found.thread, person, message, breakdowns, contrary)
    elif forms:
        take_forms(call, found.thread, person, message, forms, contrary)
    elif not take_text(call, TextAnswer(message, found, person, said.reply)):
        take_answer(call, Answer(message, found, person, said, has_text=bool(said.reply.text.strip())))
