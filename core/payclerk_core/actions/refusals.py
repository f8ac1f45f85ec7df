"""How often somebody was told in a day that what they sent cannot be taken: with a machine that would never end."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from ..tables import Message, MessageRecipient, Person
from .call import Call

MOST: Final = 10
_KINDS: Final = ("form_faults", "file_refused", "billing_refused", "ssov_faults", "files_refused")


def refused_often(call: Call, person: Person) -> bool:
    """Whether this person has had as many refusals in a day as anybody reads; the next mail is for a person."""
    query = (
        select(func.count(Message.id))
        .join(MessageRecipient, MessageRecipient.message_id == Message.id)
        .where(Message.kind.in_(_KINDS), MessageRecipient.person_id == person.id)
        .where(Message.written_at > call.at - timedelta(days=1))
    )
    return (call.session.scalar(query) or 0) >= MOST
