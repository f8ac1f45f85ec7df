"""Which thread a mail belongs to: by the reply token in it, wherever the sender's mail program kept it (5.2 step 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import recipient_of_token, token_row
from payclerk_core.queries.directory import email_key
from payclerk_core.tables import Message, MessageRecipient, ReplyToken, Thread

from .reading.message import IncomingMail
from .reading.tokens import tokens_in


@dataclass(frozen=True, slots=True)
class Match:
    """A thread of ours, the token that led to it, and the copy of our mail that carried it."""

    thread: Thread
    token: ReplyToken
    copy: MessageRecipient | None

    def parent(self, call: Call) -> Message | None:
        return call.session.get(Message, self.copy.message_id) if self.copy else None


def match(call: Call, mail: IncomingMail) -> Sequence[Match]:
    """The threads this mail answers, one match each. Where several tokens lead to one, the sender's own is taken."""
    found: dict[int, Match] = {}
    sender = email_key(mail.sender.email) if mail.sender else ""
    for token in tokens_in(mail, call.settings.mail_address or ""):
        row = token_row(call, token)
        if row is not None and (row.thread_id not in found or row.recipient_key == sender):
            found[row.thread_id] = Match(row.thread, row, recipient_of_token(call, row))
    return list(found.values())
