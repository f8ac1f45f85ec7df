"""Letters that are held after a restore from a backup, until a person sends them or says that they went out before.

Every letter that is not known to have gone out is held, those of routines and of mails read again as well: they may be
second copies of letters that the restored database does not know.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import UserError
from ..jobs import promise
from ..queries.held_letters import copies_of, may_go_out
from ..queries.restoring import open_restoration
from ..queries.threads import may_see
from ..rules.restoring import is_held, outcome_of
from ..tables import Contract, HeldLetter, Message, MessageRecipient, Restoration, Thread
from .batches import settle_item
from .call import Call


def hold_letters(call: Call, recipient_ids: Collection[int] | None = None) -> int:
    """Hold what would go out now, or those of it with these ids, while a restore is being settled. Returns how many."""
    restoration = open_restoration(call.session)
    if restoration is None:
        return 0
    before = select(HeldLetter.recipient_id).where(HeldLetter.restoration_id == restoration.id)
    query = select(MessageRecipient, Message).join(Message, Message.id == MessageRecipient.message_id)
    query = query.where(may_go_out(), Message.direction == "out", MessageRecipient.id.not_in(before)).order_by(
        MessageRecipient.id
    )
    if recipient_ids is not None:
        query = query.where(MessageRecipient.id.in_(recipient_ids))
    found = call.session.execute(query).all()
    held = [row for row, message in found if is_held(message.kind, message.written_at, restoration.began_at)]
    new = [key for row in held if (key := _hold(call, restoration, row)) is not None]
    if new:
        tell_restoration(call, restoration, f"held:{new[-1]}")
    return len(new)


def _hold(call: Call, restoration: Restoration, recipient: MessageRecipient) -> int | None:
    """Once, whoever comes first."""
    insert = sqlite.insert if call.session.connection().dialect.name == "sqlite" else postgresql.insert
    row = {"restoration_id": restoration.id, "recipient_id": recipient.id, "held_at": call.at, **call.stamp("held")}
    query = insert(HeldLetter).values(row).on_conflict_do_nothing().returning(HeldLetter.id)
    return call.session.scalar(query)


def release_letters(call: Call, held_ids: Collection[int]) -> int:
    """Send these after all: they did not go out. Returns how many; those that somebody settled before are left out."""
    held = _held(call, held_ids)
    for one in held:
        call.move(one, "released")
        _record(call, one, "letter_released")
        promise(call.session, "mail.send", f"released:{one.id}", {"recipient_id": one.recipient_id})
    return len(held)


def discard_letters(call: Call, held_ids: Collection[int]) -> int:
    """Never send these: they went out before the restore, or are not wanted. Returns how many."""
    held = _held(call, held_ids)
    for one in held:
        call.move(one, "discarded")
        _record(call, one, "letter_discarded")
        _note_outcome(call, one.recipient.message_id)
    return len(held)


def _note_outcome(call: Call, message_id: int) -> None:
    """Of a letter with a copy that is never sent: the others may have gone out, or wait."""
    message = call.session.scalars(select(Message).where(Message.id == message_id).with_for_update()).one()
    call.session.flush()
    outcome = outcome_of(copies_of(call.session, [message_id])[message_id])
    if outcome is None:
        return
    call.move(message, outcome)
    if outcome == "sent":
        settle_item(call, message.batch_item_id, "done", "sent")
    else:
        settle_item(call, message.batch_item_id, "skipped", "not sent again after the restore")


def _held(call: Call, held_ids: Collection[int]) -> list[HeldLetter]:
    chosen = select(HeldLetter).where(HeldLetter.id.in_(held_ids), HeldLetter.status == "held")
    rows = call.session.scalars(chosen.order_by(HeldLetter.id).with_for_update()).all()
    for one in rows:
        _authorise(call, thread_of(call, one))
    return list(rows)


def _authorise(call: Call, thread: Thread) -> None:
    call.authorise("T6", thread.project_id)
    contract = call.session.get(Contract, thread.contract_id) if thread.contract_id else None
    if contract is not None:
        call.authorise_sight(contract)
    if call.actor_id is not None and not may_see(thread, call.actor_id):
        text = "This is a private e-mail; only its sender and its recipients may see it."
        raise UserError(text, code="private")


def may_settle(call: Call, held: HeldLetter) -> bool:
    """Whether the actor may see and settle this letter."""
    try:
        _authorise(call, thread_of(call, held))
    except UserError:
        return False
    return True


def thread_of(call: Call, held: HeldLetter) -> Thread:
    """The conversation that a held letter is of."""
    message = call.get(Message, held.recipient.message_id, "letter")
    return call.get(Thread, message.thread_id, "thread")


def _record(call: Call, held: HeldLetter, verb: str) -> None:
    message = call.get(Message, held.recipient.message_id, "letter")
    call.record(verb, message, project_id=thread_of(call, held).project_id, after={"recipient": held.recipient_id})


def tell_restoration(call: Call, restoration: Restoration, what: str) -> None:
    """Bring the message about the restore up to date."""
    key = f"restored:{restoration.id}:{what}"
    promise(call.session, "slack.notice", key, {"notice": "restored", "id": restoration.id})
