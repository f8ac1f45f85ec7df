"""The owner's answer to a claim by mail: proposed to the person in charge, who confirms it with one click.

A project may let clear answers of the owner's own people act by themselves (its setting `owner_answers`). The first
decision counts; a later one that says otherwise is put before a person and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from ..errors import UserError
from ..queries.claims import summary_of
from ..queries.seen import claim_digest, seen_of
from ..rules.lifecycle import ClaimStatus
from ..rules.seen import changes_since
from ..tables import Claim, Event, Message, MessageRecipient, Person, Thread
from .call import Call
from .claims import change_status, claim_label, load_claim_to_change
from .inbox import ask_administrator
from .mailing import About, Recipient, write_letter

HANDLED: Final = "answer_handled"
ANSWERED: Final = "owner_answered"
SENT: Final = "communication_created"
ASKED: Final = "owner_claim"  # the letter with the claim's figures; a reply in free words has another kind
# The owner's claim has no status of its own for "as noted" (domain 1.3): it is approved, and the notes are in the log.
MEANS: Final[Mapping[str, ClaimStatus]] = {
    "approve": ClaimStatus.APPROVED,
    "approve_as_noted": ClaimStatus.APPROVED,
    "reject": ClaimStatus.REVISE_AND_RESUBMIT,
}
# Notes are for a person to read: whether they can be met is a judgement.
_ACTS: Final = frozenset({"approve", "reject"})


def take_owner_answer(call: Call, message: Message, thread: Thread, person: Person) -> None:
    """A verified answer in the log: let it act where the project wants that, else put it before a person."""
    claim = load_claim_to_change(call, thread.claim_id) if thread.claim_id is not None else None
    status = MEANS.get(message.decision or "")
    earlier = _answered(call, claim, thread) if claim is not None else None
    if claim is None or status is None:
        ask_administrator(call, message, "owner_reply")
    elif earlier is not None:
        _answered_again(call, message, earlier, status)
    elif _may_act(call, claim, message, thread, person):
        _settle(call, claim, message, thread, status)
        _note_handled(call, message, thread, status)
        ask_administrator(call, message, "owner_reply")
    else:
        ask_administrator(call, message, "owner_reply")


def settle_owner_answer(call: Call, message: Message, thread: Thread, status: ClaimStatus) -> None:
    """The person in charge gives the claim the status the owner's mail asks for (task T14).

    A claim that has changed since the owner got it is refused: the owner has answered about another one.
    """
    if thread.claim_id is None:
        raise UserError("This mail belongs to no claim.", code="not_found")
    claim = load_claim_to_change(call, thread.claim_id)
    call.authorise("T14", thread.project_id, claim.contract)
    if (why := _obstacle(call, claim, message, thread, status)) is not None:
        raise UserError(why, code="claim_changed")
    _settle(call, claim, message, thread, status)


def _answered(call: Call, claim: Claim, thread: Thread) -> Event | None:
    """The latest answer in this conversation that gave the claim its status, whatever it became later."""
    query = select(Event).where(Event.record == "claim", Event.record_id == claim.id, Event.verb == ANSWERED)
    events = call.session.scalars(query.order_by(Event.id.desc()))
    return next((event for event in events if (event.after or {}).get("thread") == thread.id), None)


def _answered_again(call: Call, message: Message, earlier: Event, status: ClaimStatus) -> None:
    """The same once more changes nothing and needs nobody."""
    if (given := _given(earlier)) is status:
        return
    was = given.label
    message.decision_why = f"an earlier answer of the owner made the claim {was}; this one says otherwise"
    ask_administrator(call, message, "contrary")


def _given(answered: Event) -> ClaimStatus:
    return ClaimStatus(str((answered.after or {})["status"]))


def _may_act(call: Call, claim: Claim, message: Message, thread: Thread, person: Person) -> bool:
    """Only a plain yes or no of the owner's own people, whom the mail was written to, about the claim as it is."""
    project = claim.contract.project
    return (
        project.owner_answers == "act"
        and message.decision in _ACTS
        and not _has_remark(message)
        and person.company_id == claim.contract.company_id
        and _was_written_to(call, message, thread, person)
        and _obstacle(call, claim, message, thread, MEANS[message.decision or ""]) is None
    )


def _has_remark(message: Message) -> bool:
    """An approval on the confirm page with words beside it: they may be a condition. Of a mail, all words were read."""
    on_the_page = message.inbox_id is None
    return on_the_page and message.decision == "approve" and bool(message.text.strip())


def _was_written_to(call: Call, message: Message, thread: Thread, person: Person) -> bool:
    """A copy asks nobody."""
    query = (
        select(MessageRecipient.id)
        .join(Message, Message.id == MessageRecipient.message_id)
        .where(Message.thread_id == thread.id, Message.id < message.id, Message.direction == "out")
        .where(MessageRecipient.person_id == person.id, MessageRecipient.field == "to")
    )
    return call.session.scalar(query.limit(1)) is not None


def _obstacle(call: Call, claim: Claim, message: Message, thread: Thread, status: ClaimStatus) -> str | None:
    """Why the owner's answer is not about the claim as it stands."""
    label, now = claim_label(claim), ClaimStatus(claim.status)
    if now is status:
        return f"{label} is {status.label} already."
    answered = _answered(call, claim, thread)
    expected = _given(answered) if answered else ClaimStatus.UNDER_REVIEW
    asked = answered or _sent(call, message)
    seen = str((asked.after or {}).get("seen", "")) if asked else None
    if now is not expected or (seen is not None and changes_since(seen, seen_of(claim))):
        changed = f"{label} has changed since the owner got it (it is {now.label} now)."
        return f"{changed} Send it to the owner again and let them answer."
    return None


def _sent(call: Call, message: Message) -> Event | None:
    """The event of the newest mail before the answer that showed the claim; a word of ours in between shows none."""
    query = (
        select(Event)
        .join(Message, Message.id == Event.record_id)
        .where(Event.record == "message", Event.verb == SENT)
        .where(Message.thread_id == message.thread_id, Message.id < message.id, Message.kind == ASKED)
    )
    return call.session.scalar(query.order_by(Event.id.desc()).limit(1))


def _settle(call: Call, claim: Claim, message: Message, thread: Thread, status: ClaimStatus) -> None:
    change_status(call, claim, status)
    after = {
        "message": message.id,
        "thread": thread.id,
        "read_as": message.decision,
        "status": status.value,
        "seen": claim_digest(claim),
    }
    call.record(ANSWERED, claim, project_id=thread.project_id, after=after)
    _confirm(call, claim, message, thread, status)


def _note_handled(call: Call, message: Message, thread: Thread, status: ClaimStatus) -> None:
    call.record(HANDLED, message, project_id=thread.project_id, after={"as": status.value})


def _confirm(call: Call, claim: Claim, message: Message, thread: Thread, status: ClaimStatus) -> None:
    """Tell the sender what their answer did and how to undo it, once for each answer."""
    person = call.session.get(Person, message.status_by_id) if message.status_by_id else None
    told = select(Message.id).where(
        Message.thread_id == thread.id, Message.kind == ANSWERED, Message.in_reply_to == message.message_id
    )
    if person is None or not message.sender_verified or call.session.scalar(told.limit(1)) is not None:
        return
    contract = claim.contract
    facts: dict[str, object] = {
        "contact_name": person.name,
        "project_name": contract.project.name,
        "contract_number": contract.number,
        "claim_number": claim.number,
        "status_label": status.label,
        "due": str(summary_of(claim).due),
        "reason": "" if message.decision == "approve" else message.text[:500],
    }
    about = About("owner_claim", claim_id=claim.id)
    write_letter(call, thread, ANSWERED, [Recipient(person)], facts, about, in_reply_to=message.message_id)
