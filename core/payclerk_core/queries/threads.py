"""The Emails log of a claim or contract, as one person may see it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from ..tables import Claim, Message, Thread


def may_see(thread: Thread, person_id: int) -> bool:
    """A private thread is seen by its sender and its recipients alone, whatever their level."""
    if not thread.private:
        return True
    recipients = {row.person_id for message in thread.messages for row in message.recipients}
    return person_id == thread.started_by_id or person_id in recipients


def threads_of_claim(session: Session, claim: Claim, person_id: int) -> Sequence[Thread]:
    """The threads about a claim that this person may see, oldest first."""
    query = (
        select(Thread)
        .where(or_(Thread.claim_id == claim.id, Thread.id == claim.thread_id))
        .options(
            selectinload(Thread.messages).selectinload(Message.recipients),
            selectinload(Thread.messages).selectinload(Message.attachments),
        )
        .order_by(Thread.id)
    )
    return [thread for thread in session.scalars(query) if may_see(thread, person_id)]
