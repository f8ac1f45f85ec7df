"""Who wrote the mails of the Emails log, and which of their recipients one reader may know of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..tables import Event, Message, MessageRecipient, Person


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a mail of ours; without a name it was payclerk itself."""

    id: int | None
    name: str = ""


def writers_of(session: Session, messages: Sequence[Message]) -> dict[int, Writer]:
    """By message. What nobody wrote by hand was sent for whoever began the conversation."""
    ids = {message.id: message.thread.started_by_id for message in messages}
    written = select(Event.record_id, Event.actor_id).where(
        Event.record == "message", Event.record_id.in_(list(ids)), Event.verb == "communication_created"
    )
    ids |= dict(iter(session.execute(written)))
    people = {key for key in ids.values() if key is not None}
    names = {one.id: one.name for one in session.scalars(select(Person).where(Person.id.in_(people)))}
    return {message_id: Writer(key, names.get(key or 0, "")) for message_id, key in ids.items()}


def readable_recipients(message: Message, writer: Writer, reader_id: int | None) -> list[MessageRecipient]:
    """A blind copy is known to the one who wrote the mail, and to the one who got it."""
    return [row for row in message.recipients if row.field != "bcc" or reader_id in {writer.id, row.person_id}]
