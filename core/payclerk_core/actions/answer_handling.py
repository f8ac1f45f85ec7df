"""Dealing with a mail that needs a person: the first one decides, and whoever looks at its message sees what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import or_, select

from ..errors import UserError
from ..jobs import promise
from ..queries.threads import may_see
from ..rules.lifecycle import ClaimStatus, InvitationStatus
from ..tables import Event, Invitation, Message, SlackPost, Thread
from .call import Call
from .invitations import decide_for_contact
from .owner_answers import HANDLED, settle_owner_answer

_INVITATION: Final[Mapping[str, InvitationStatus]] = {
    "accepted": InvitationStatus.ACCEPTED,
    "declined": InvitationStatus.DECLINED,
}
_CLAIM: Final[Mapping[str, ClaimStatus]] = {
    "approved": ClaimStatus.APPROVED,
    "revise_and_resubmit": ClaimStatus.REVISE_AND_RESUBMIT,
}
_ONLY_NOTED: Final = {"left": "T23", "logged": "T14"}  # the permission that setting it aside needs
# An owner's answer that contradicts an earlier one has a notice of its own.
_NOTICES: Final = ("contrary", "owner_reply", "unclear")


def handle_answer(call: Call, message_id: int, as_: str) -> None:
    """Deal with an answer: accepted, declined, left, approved, revise_and_resubmit or logged. Once only."""
    # Locked: of two people who click at once the second finds it handled.
    message = call.session.scalar(select(Message).where(Message.id == message_id).with_for_update())
    if message is None:
        raise UserError("There is no such mail any more.", code="not_found")
    thread = call.get(Thread, message.thread_id, "thread")
    if not may_see(thread, call.actor_id or 0):
        raise UserError("This e-mail is private; only its sender and recipients may see it.", code="private")
    _require_open(call, message_id)
    _decide(call, message, thread, as_)
    note_handled(call, message, thread.project_id, as_)


def note_handled(call: Call, message: Message, project_id: int, as_: str) -> None:
    """Note what became of a mail that stood before a person, and bring its message in Slack up to date."""
    call.record(HANDLED, message, project_id=project_id, after={"as": as_})
    for notice in _NOTICES:
        subject = f"{notice}:{message.id}"
        # Of a private contract each who may see it has a message of their own.
        shown = or_(SlackPost.subject == subject, SlackPost.subject.startswith(f"{subject}@", autoescape=True))
        if call.session.scalar(select(SlackPost.id).where(shown).limit(1)) is not None:
            promise(call.session, "slack.notice", f"{subject}:{as_}", {"notice": notice, "id": message.id})


def _decide(call: Call, message: Message, thread: Thread, as_: str) -> None:
    if as_ in _ONLY_NOTED:
        call.authorise(_ONLY_NOTED[as_], thread.project_id)
    elif as_ in _CLAIM:
        settle_owner_answer(call, message, thread, _CLAIM[as_])
    else:
        invitation = call.session.scalar(select(Invitation).where(Invitation.thread_id == thread.id))
        if invitation is None:
            raise UserError("This mail belongs to no invitation.", code="not_found")
        declined = _INVITATION[as_] is InvitationStatus.DECLINED
        decide_for_contact(call, invitation.id, _INVITATION[as_], message.text if declined else "")


def _require_open(call: Call, message_id: int) -> None:
    query = select(Event.id).where(Event.record == "message", Event.record_id == message_id, Event.verb == HANDLED)
    if call.session.scalar(query.limit(1)) is not None:
        raise UserError("Somebody has dealt with this already.", code="already_decided")
