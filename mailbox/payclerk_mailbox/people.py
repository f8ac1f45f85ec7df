"""A mail that a person wrote: into the log with what they wrote themselves, then to what it decides."""

from __future__ import annotations

from collections.abc import Sequence

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import ask_administrator, log_incoming
from payclerk_core.tables import InboxMail

from .answers import Answer, Unsure, ask_to_confirm, take_answer, understand
from .entries import entry, is_known
from .matching import Match, text_as_sent
from .reading.message import IncomingMail
from .reading.reply import read_reply
from .returned_forms import find_form, take_form
from .senders import identify


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
    if sender.person is None or said is None or not sender.decides:
        ask_to_confirm(call, Unsure(message, found, sender, said.decision if said else None))
        return
    form = find_form(mail) if found.thread.contract_id is not None else None
    if form is not None:
        take_form(call, found.thread, sender.person, message, form)
    else:
        take_answer(call, Answer(message, found, sender.person, said, has_text=bool(reply.text.strip())))
