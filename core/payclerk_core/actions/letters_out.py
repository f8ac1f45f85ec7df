"""What the mailbox shows of letters that went out before a restore: noted, or put before a person (rules/restoring.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ..queries.restoring import open_restoration, unknown_tokens
from ..tables import HeldLetter, LostLetter, MessageRecipient, ReplyToken, Restoration
from .call import Call
from .held_letters import tell_restoration
from .inbox import note_delivered


@dataclass(frozen=True, slots=True)
class Evidence:
    """That a letter of ours with this token went out: whose, about what, when, and where that is seen."""

    token: str
    person: str
    subject: str
    at: datetime
    seen_in: str  # answer, bounce, sent_folder
    inbox_id: int | None = None


def note_evidence(call: Call, found: Sequence[Evidence]) -> None:
    """Note that letters went out: a held one is done with, one that the database does not know is put before a person."""
    restoration = open_restoration(call.session)
    if restoration is None or not found:
        return
    unknown = set(unknown_tokens(call.session, [one.token for one in found]))
    for one in found:
        if one.token in unknown:
            _note_lost(call, restoration, one)
        else:
            _note_sent(call, one)


def _note_lost(call: Call, restoration: Restoration, found: Evidence) -> None:
    same = LostLetter.restoration_id == restoration.id, LostLetter.token == found.token
    if call.session.scalar(select(LostLetter.id).where(*same)) is not None:
        return
    row = LostLetter(
        restoration_id=restoration.id,
        token=found.token,
        person=found.person[:320],
        subject=found.subject[:500],
        seen_at=found.at,
        seen_in=found.seen_in,
        inbox_id=found.inbox_id,
    )
    call.session.add(row)
    call.session.flush()
    tell_restoration(call, restoration, f"lost:{row.id}")


def _note_sent(call: Call, found: Evidence) -> None:
    query = select(HeldLetter).join(MessageRecipient, MessageRecipient.id == HeldLetter.recipient_id)
    query = query.join(ReplyToken, ReplyToken.id == MessageRecipient.token_id)
    for held in call.session.scalars(query.where(HeldLetter.status == "held", ReplyToken.token == found.token)):
        call.move(held, "sent")
        call.record("letter_known_sent", held, project_id=None, after={"seen_in": found.seen_in})
        note_delivered(call, held.recipient_id)
