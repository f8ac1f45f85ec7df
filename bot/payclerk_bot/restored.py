"""What a restore from a backup left open, as its notice, its page and /billing status show it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.held_letters import may_settle, thread_of
from payclerk_core.queries.held_letters import held_letters, sent_before
from payclerk_core.tables import Contract, HeldLetter, LostLetter, Message, Project, Restoration

from .views.restored import Letter, Lost, Restored


def restored_facts(session: Session, restoration: Restoration) -> Restored:
    """Numbers alone."""
    lost = select(func.count(LostLetter.id)).where(LostLetter.restoration_id == restoration.id)
    settled = restoration.status_at if restoration.open is None else None
    held = len(held_letters(session))
    again = restoration.status == "superseded"
    return Restored(restoration.since, restoration.reread, held, session.scalar(lost) or 0, settled, again)


def letters_for(call: Call) -> list[Letter]:
    """The held letters that this person may settle."""
    return [_letter(call, one) for one in held_letters(call.session) if may_settle(call, one)]


def _letter(call: Call, held: HeldLetter) -> Letter:
    message, thread = call.session.get_one(Message, held.recipient.message_id), thread_of(call, held)
    contract = call.session.get(Contract, thread.contract_id) if thread.contract_id else None
    about = contract.number if contract else call.session.get_one(Project, thread.project_id).number
    before = sent_before(call.session, held)
    return Letter(held.id, message.kind, held.recipient.name, about, message.written_at, before)


def lost_letters(session: Session, restoration: Restoration) -> list[Lost]:
    query = select(LostLetter).where(LostLetter.restoration_id == restoration.id).order_by(LostLetter.seen_at)
    return [Lost(row.person, row.subject, row.seen_at, row.seen_in) for row in session.scalars(query)]
