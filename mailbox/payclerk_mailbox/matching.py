"""Which thread a mail belongs to: by the reply token in it, wherever the sender's mail program kept it (5.2 step 7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import recipient_of_token, token_row
from payclerk_core.documents.letters import with_reference
from payclerk_core.queries.confirmations import as_it_goes_out, page_tokens
from payclerk_core.queries.directory import email_key
from payclerk_core.queries.restoring import unknown_tokens, was_restored
from payclerk_core.tables import Confirmation, Message, MessageRecipient, ReplyToken, Thread
from payclerk_core.tokens import make_code

from .reading.explain import Looked

MOST_LETTERS: Final = 20
LOST: Final = "It answers a letter of ours that this database does not know: one that went out after the backup it was restored from."


@dataclass(frozen=True, slots=True)
class Match:
    """A thread of ours, the token that led to it, and the copy of our mail that carried it."""

    thread: Thread
    token: ReplyToken
    copy: MessageRecipient | None


def match(call: Call, looked: Looked) -> Sequence[Match]:
    """The threads this mail answers, one match each. Where several tokens lead to one, the sender's own is taken.

    None where it answers a letter that was lost in a restore: what it says is about what we do not know.
    """
    if answers_lost_letter(call, looked):
        return []
    found: dict[int, Match] = {}
    sender = email_key(looked.mail.sender.email) if looked.mail.sender else ""
    for token in looked.found.chosen:
        row = token_row(call, token)
        before = found.get(row.thread_id) if row is not None else None
        if row is not None and (before is None or before.token.recipient_key != sender == row.recipient_key):
            found[row.thread_id] = Match(row.thread, row, recipient_of_token(call, row))
    return list(found.values())


def answers_lost_letter(call: Call, looked: Looked) -> bool:
    """Whether the mail answers a letter of ours that went out after the backup which the database was restored from."""
    return was_restored(call.session) and bool(unknown_tokens(call.session, looked.found.chosen))


def without_codes(call: Call, thread: Thread, text: str) -> str:
    """What the log may show: not the codes of the thread's confirm pages, which an answer to their letter quotes."""
    tokens = call.session.scalars(select(Confirmation.token).where(Confirmation.thread_id == thread.id))
    codes = [make_code(call.settings.secret, token) for token in tokens]
    shown = [rf"{code[:4]}[\s>\u00a0-]{{0,9}}{code[4:]}" for code in codes]
    return re.sub("|".join(shown), "[…]", text) if shown else text


def text_as_sent(call: Call, found: Match) -> str | None:
    """The mail that is answered, to the letter: what of it comes back is not the sender's (reference 0, line 4)."""
    message = call.session.get(Message, found.copy.message_id) if found.copy else None
    if message is None:
        return None
    letter = as_it_goes_out(call.settings, message, page_tokens(call.session, [message.id]).get(message.id))
    return with_reference(letter, found.token.token).text


def texts_of_ours(call: Call, found: Match) -> str:
    """Our newest letters of this conversation: what is quoted may be another than the one that is taken as answered,
    where the mail does not say by an id which it answers."""
    query = select(Message.text).where(Message.thread_id == found.thread.id, Message.direction == "out")
    return "\n".join(call.session.scalars(query.order_by(Message.id.desc()).limit(MOST_LETTERS)))
