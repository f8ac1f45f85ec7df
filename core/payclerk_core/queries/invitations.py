"""Invitations to bill: who was written to and whether it came back, and who still owes an answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..rules.lifecycle import InvitationStatus
from ..tables import BillingPeriod, Claim, Invitation, Message, MessageRecipient
from .directory import email_key

# The letters that ask: an answer to either decides the invitation.
ASKING = ("invitation", "reminder")


def came_back(session: Session, threads: Collection[int]) -> Mapping[int, dict[str, bool]]:
    """For each thread and each address we wrote to in it: did our newest mail to it come back?"""
    query = (
        select(Message.thread_id, MessageRecipient.email, MessageRecipient.bounced_at)
        .join(MessageRecipient, MessageRecipient.message_id == Message.id)
        .where(Message.thread_id.in_(threads), Message.direction == "out")
        .order_by(MessageRecipient.id)
    )
    found: dict[int, dict[str, bool]] = {thread: {} for thread in threads}
    for thread, email, bounced_at in session.execute(query):
        found[thread][email_key(email)] = bounced_at is not None
    return found


def last_asked(session: Session, invitation: Invitation) -> datetime:
    """When the invitation, or a reminder of it, was last written."""
    query = select(func.max(Message.written_at)).where(
        Message.thread_id == invitation.thread_id, Message.kind.in_(ASKING)
    )
    return session.scalar(query) or invitation.invited_at


def unbilled(session: Session, period: BillingPeriod) -> list[Invitation]:
    """Who owes an answer or a claim; who declined has answered."""
    billed = select(Claim.contract_id).where(Claim.period_id == period.id)
    query = select(Invitation).where(
        Invitation.period_id == period.id,
        Invitation.status != InvitationStatus.DECLINED.value,
        Invitation.contract_id.not_in(billed),
    )
    return list(session.scalars(query.order_by(Invitation.id)))
