"""Whether the database was restored from a backup, and what of that is not settled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ..rules.restoring import Standing, backup_moment, restored_again
from ..tables import (
    ClockTick,
    Event,
    HeldLetter,
    InboxMail,
    MailFolder,
    Message,
    MessageRecipient,
    ReplyToken,
    Restoration,
)


def open_restoration(session: Session) -> Restoration | None:
    """The restore that is being settled; while there is one, outgoing mail is held."""
    return session.scalar(select(Restoration).where(Restoration.open.is_(True)))


def was_restored(session: Session) -> bool:
    """Whether this database was ever restored, so that there may be letters it does not know."""
    return session.scalar(select(Restoration.id).limit(1)) is not None


def last_known(session: Session, now: datetime) -> datetime | None:
    """The last moment that anything in the database speaks of."""
    columns = (
        Event.at,
        InboxMail.captured_at,
        MailFolder.polled_at,
        Message.written_at,
        MessageRecipient.delivered_at,
        ClockTick.planned_at,
    )
    found = [session.scalar(select(func.max(column)).where(column <= now)) for column in columns]
    return backup_moment(found, now)


def may_be_restored_again(session: Session, restoration: Restoration, now: datetime) -> bool:
    """Whether another backup may have come since this restore was last dealt with: payclerk is stopped."""
    return restored_again(restoration.handled_at, last_known(session, now))


def standing_of_restore(session: Session, restoration: Restoration) -> Standing:
    ticks = ClockTick.planned_at > restoration.began_at - timedelta(hours=1)
    return Standing(
        held=_count(session, HeldLetter.status == "held"),
        unread=_count(session, InboxMail.status == "new"),
        first_tick=session.scalar(select(func.min(ClockTick.planned_at)).where(ticks)),
    )


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0


def gone_out(session: Session, tokens: Collection[str]) -> set[str]:
    """Those of the tokens whose letters this database knows to have gone out."""
    query = select(ReplyToken.token).join(MessageRecipient, MessageRecipient.token_id == ReplyToken.id)
    known = MessageRecipient.delivered_at.is_not(None) | MessageRecipient.bounced_at.is_not(None)
    return set(session.scalars(query.where(ReplyToken.token.in_(tokens), known)))


def unknown_tokens(session: Session, tokens: Sequence[str]) -> list[str]:
    """Those of the tokens that this database never gave out. One of a letter that was lost in a restore is unknown."""
    known = set(session.scalars(select(ReplyToken.token).where(ReplyToken.token.in_(tokens))))
    return [token for token in tokens if token not in known]
