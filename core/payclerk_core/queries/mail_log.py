"""The Emails log of a claim or of a whole contract, a page at a time, as one person may see and search it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from ..tables import Attachment, Claim, Message, MessageRecipient, Thread

MOST_WORDS = 8
_LOADED = (selectinload(Message.recipients), selectinload(Message.attachments), selectinload(Message.thread))


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some messages, newest first, and how many there are in all."""

    messages: Sequence[Message]
    total: int


def log_page(
    session: Session, contract_id: int, claim: Claim | None, person_id: int, words: str, *, page: int, size: int
) -> LogPage:
    """The messages this person may see that hold all the words. `claim` None: of every thread of the contract."""
    found = and_(_about(contract_id, claim), _visible_to(person_id), *_hold(words))
    query = select(Message).join(Thread, Thread.id == Message.thread_id).where(found)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    last = max(0, -(-total // size) - 1)
    rows = query.options(*_LOADED).order_by(Message.id.desc()).limit(size).offset(min(page, last) * size)
    return LogPage(session.scalars(rows).all(), total)


def whole_log(session: Session, contract_id: int, claim: Claim | None, person_id: int) -> Sequence[Message]:
    """All the messages this person may see, oldest first."""
    query = select(Message).join(Thread, Thread.id == Message.thread_id)
    query = query.where(_about(contract_id, claim), _visible_to(person_id)).order_by(Message.id)
    return session.scalars(query.options(*_LOADED)).all()


def _about(contract_id: int, claim: Claim | None) -> ColumnElement[bool]:
    if claim is None:
        return Thread.contract_id == contract_id
    return or_(Thread.claim_id == claim.id, Thread.id == claim.thread_id)


def _visible_to(person_id: int) -> ColumnElement[bool]:
    """As `threads.may_see` says it, for the database."""
    written_to = (
        select(MessageRecipient.id)
        .join(Message, Message.id == MessageRecipient.message_id)
        .where(Message.thread_id == Thread.id, MessageRecipient.person_id == person_id)
        .correlate(Thread)
    )
    return or_(Thread.private.is_(False), Thread.started_by_id == person_id, exists(written_to))


def _hold(words: str) -> list[ColumnElement[bool]]:
    return [_holds(f"%{_plain(word)}%") for word in words.casefold().split()[:MOST_WORDS]]


def _holds(like: str) -> ColumnElement[bool]:
    """Who got a blind copy is not to be found by searching."""
    shown = select(MessageRecipient.id).where(
        MessageRecipient.message_id == Message.id,
        MessageRecipient.field != "bcc",
        or_(_in(MessageRecipient.name, like), _in(MessageRecipient.email, like)),
    )
    file = select(Attachment.id).where(Attachment.message_id == Message.id, _in(Attachment.name, like))
    own = (_in(column, like) for column in (Message.subject, Message.text, Message.sender))
    return or_(*own, exists(shown.correlate(Message)), exists(file.correlate(Message)))


def _in(column: object, like: str) -> ColumnElement[bool]:
    return func.lower(column).like(like, escape="\\")


def _plain(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
