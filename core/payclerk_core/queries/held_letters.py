"""Letters that are kept back after a restore from a backup (actions/held_letters.py)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, not_, select
from sqlalchemy.orm import Session, joinedload

from ..rules.restoring import same_matter
from ..tables import HeldLetter, LostLetter, Message, MessageRecipient


def may_go_out() -> ColumnElement[bool]:
    """Of message_recipient: neither delivered nor bounced, and not kept back after a restore."""
    kept = select(HeldLetter.recipient_id).where(HeldLetter.status.in_(["held", "discarded"]))
    recipient = MessageRecipient
    return recipient.delivered_at.is_(None) & recipient.bounced_at.is_(None) & not_(recipient.id.in_(kept))


def copies_of(session: Session, message_ids: Collection[int]) -> Mapping[int, list[str]]:
    """What has become of each copy of these letters: waiting, delivered, bounced or discarded."""
    discarded = select(HeldLetter.recipient_id).where(HeldLetter.status == "discarded")
    row = MessageRecipient
    became = case(
        (row.delivered_at.is_not(None), "delivered"),
        (row.bounced_at.is_not(None), "bounced"),
        (row.id.in_(discarded), "discarded"),
        else_="waiting",
    )
    found: dict[int, list[str]] = {key: [] for key in message_ids}
    for key, what in session.execute(select(row.message_id, became).where(row.message_id.in_(message_ids))):
        found[key].append(what)
    return found


def held_letters(session: Session) -> Sequence[HeldLetter]:
    """What waits for a person, oldest first."""
    query = select(HeldLetter).where(HeldLetter.status == "held").order_by(HeldLetter.id)
    return session.scalars(query.options(joinedload(HeldLetter.recipient))).all()


def sent_before(session: Session, held: HeldLetter) -> datetime | None:
    """When the mailbox shows a letter to the same person on the same subject, so that this one may be a second copy."""
    subject = session.scalar(select(Message.subject).where(Message.id == held.recipient.message_id)) or ""
    to_them = func.lower(LostLetter.person).contains(held.recipient.email.lower(), autoescape=True)
    query = select(LostLetter.subject, LostLetter.seen_at).where(to_them)
    rows = session.execute(query.where(LostLetter.restoration_id == held.restoration_id).order_by(LostLetter.seen_at))
    return next((seen_at for other, seen_at in rows if same_matter(subject, other)), None)
