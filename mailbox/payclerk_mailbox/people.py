"""A mail that a person wrote: into the log with what they wrote themselves, then to what it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from payclerk_core.actions.backup_checks import check_backup, refuse_files
from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import ask_administrator, log_incoming
from payclerk_core.tables import InboxMail, Message, Person

from .answers import Answer, Said, Unsure, ask_to_confirm, take_answer, understand
from .entries import entry, is_known, kept_files, refused_files
from .matching import Match, text_as_sent
from .reading.message import IncomingMail
from .reading.reply import ReplyText, read_reply
from .returned_breakdowns import find_breakdowns, take_breakdown
from .returned_forms import find_forms, take_forms
from .senders import identify
from .text_billing import TextAnswer, take_text


def take_person(call: Call, inbox: InboxMail, mail: IncomingMail, matches: Sequence[Match]) -> None:
    """Log the mail in its thread and let it decide. One that answers several threads decides none of them."""
    if len(matches) > 1:
        _ambiguous(call, inbox, mail, matches)
    else:
        _take_one(call, inbox, mail, matches[0])


def _ambiguous(call: Call, inbox: InboxMail, mail: IncomingMail, matches: Sequence[Match]) -> None:
    why = f"answers {len(matches)} of our mails at once"
    logged = []
    for found in matches:
        reply = read_reply(mail, text_as_sent(call, found))
        line = entry(inbox, mail, "person", reply.text, elided=reply.elided, why=why)
        if not is_known(call, found.thread, line):
            logged.append(log_incoming(call, found.thread, line))
    if logged:
        ask_administrator(call, logged[0], "unclear")


def _take_one(call: Call, inbox: InboxMail, mail: IncomingMail, found: Match) -> None:
    sender = identify(call, found, mail)
    reply = read_reply(mail, text_as_sent(call, found))
    said = understand(call, reply, found, sender.person) if sender.person else None
    line = entry(
        inbox,
        mail,
        "person",
        reply.text,
        elided=reply.elided,
        verified=sender.decides,
        why=said.why if said and sender.decides else sender.why,
        decision=said.decision if said and sender.decides else None,
    )
    if is_known(call, found.thread, line):
        return
    message = log_incoming(call, found.thread, line)
    if refused := refused_files(mail):
        refuse_files(call, found.thread, message, sender.person if sender.decides else None, refused)
    if sender.person is None or said is None or not sender.decides:
        ask_to_confirm(call, Unsure(message, found, sender, said.decision if said else None))
        return
    _act(call, mail, found, sender.person, message, reply, said)
    check_backup(replace(call, actor=sender.person), message)


def _act(
    call: Call, mail: IncomingMail, found: Match, person: Person, message: Message, reply: ReplyText, said: Said
) -> None:
    """A breakdown or a form counts, else the words may bill; what does neither is an answer to what we asked."""
    files = kept_files(mail) if found.thread.contract_id is not None else []
    breakdowns = find_breakdowns(files) if found.token.purpose == "ssov" else None
    forms = [] if breakdowns else find_forms(files)
    if breakdowns is not None:
        take_breakdown(call, found.thread, person, message, breakdowns)
    elif forms:
        take_forms(call, found.thread, person, message, forms)
    elif not take_text(call, TextAnswer(message, found, person, reply)):
        take_answer(call, Answer(message, found, person, said, has_text=bool(reply.text.strip())))
