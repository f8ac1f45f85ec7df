"""Notices about mails that came in: what is shown, and where. A private thread's words never go into a channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.actions.owner_answers import HANDLED
from payclerk_core.money import Money
from payclerk_core.queries.claims import row_of
from payclerk_core.rules.lifecycle import InvitationStatus
from payclerk_core.tables import Claim, Contract, Event, Invitation, Message, Person, Project, Thread

from ..posts import Post
from ..views import notices as view
from .audience import Targets, of_thread

AS: Final = {
    "accepted": "accepted for them",
    "declined": "declined for them",
    "left": "left as it is",
    "approved": "marked approved",
    "revise_and_resubmit": "marked Revise & Resubmit",
    "logged": "kept in the log only",
    "confirmed": "confirmed it on the page",
    "disowned": "says that it is not theirs",
}
Notice = tuple[Targets, Post]


def unclear(session: Session, message_id: int) -> Notice:
    message, thread = _mail(session, message_id)
    invitation = session.scalar(select(Invitation).where(Invitation.thread_id == thread.id))
    still_open = invitation is not None and invitation.status == InvitationStatus.INVITED.value
    answer = _answer(session, message, thread)
    return _public_or_private(session, thread, lambda: view.unclear(answer, open_=still_open))


def owner_reply(session: Session, message_id: int) -> Notice:
    message, thread = _mail(session, message_id)
    return _public_or_private(session, thread, lambda: view.owner_reply(_answer(session, message, thread)))


def contrary(session: Session, message_id: int) -> Notice:
    """The owner answered before, and otherwise."""
    message, thread = _mail(session, message_id)
    return _public_or_private(session, thread, lambda: view.contrary(_answer(session, message, thread)))


def late(session: Session, message_id: int) -> Notice:
    message, thread = _mail(session, message_id)
    return _public_or_private(session, thread, lambda: view.late(_answer(session, message, thread)))


def flood(session: Session, message_id: int) -> Notice:
    message, thread = _mail(session, message_id)
    return _public_or_private(session, thread, lambda: view.flood(_answer(session, message, thread)))


def invoice_total(session: Session, message_id: int) -> Notice:
    message, thread = _mail(session, message_id)
    query = select(Event).where(
        Event.record == "message", Event.record_id == message_id, Event.verb == "invoice_differs"
    )
    told: Any = session.scalars(query.order_by(Event.id.desc()).limit(1)).one().after or {}
    currency = session.get_one(Project, thread.project_id).currency
    said = view.InvoiceNotice(
        about=about(session, thread),
        sender=message.sender,
        differing=[(str(name), Money(cents, currency)) for name, cents in told["differing"]],
        locked=[str(name) for name in told["locked"]],
        due=Money(told["due_cents"], currency),
        gross=Money(told["gross_cents"], currency),
    )
    return _public_or_private(session, thread, lambda: view.invoice_total(said))


def _mail(session: Session, message_id: int) -> tuple[Message, Thread]:
    message = session.get_one(Message, message_id)
    return message, session.get_one(Thread, message.thread_id)


def _public_or_private(session: Session, thread: Thread, say: Callable[[], view.Said]) -> Notice:
    if not thread.private:
        return of_thread(session, thread), Post(*say())
    sender = session.get(Person, thread.started_by_id) if thread.started_by_id else None
    if sender is not None and sender.slack_user:
        return [sender.slack_user], Post(*say())
    return of_thread(session, thread), Post(*view.private_reply(about(session, thread)))


def _answer(session: Session, message: Message, thread: Thread) -> view.Answer:
    return view.Answer(
        id=message.id,
        about=about(session, thread),
        sender=message.sender,
        text=message.text,
        why=message.decision_why or "",
        files=[row.name for row in message.attachments],
        handled=handled_words(session, message.id),
        proposal=_proposal(message.decision),
    )


def _proposal(decision: str | None) -> str:
    return (decision or "").replace("_", " ")


def about(session: Session, thread: Thread) -> str:
    """What a thread is about, in the words of the lists."""
    claim = session.get(Claim, thread.claim_id) if thread.claim_id else None
    if claim is not None:
        return row_of(claim).label
    contract = session.get(Contract, thread.contract_id) if thread.contract_id else None
    return f"{contract.number} {contract.company.name}" if contract else thread.subject


def handled_words(session: Session, message_id: int) -> str:
    """Who dealt with a mail and how; nothing while it waits."""
    query = select(Event).where(Event.record == "message", Event.record_id == message_id, Event.verb == HANDLED)
    event = session.scalar(query.order_by(Event.id.desc()).limit(1))
    if event is None:
        return ""
    person = session.get(Person, event.actor_id) if event.actor_id else None
    words = AS.get(str((event.after or {}).get("as")), "handled")
    return f"{person.name if person else 'payclerk'}: {words}"
