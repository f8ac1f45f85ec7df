"""The buttons under a mail that needs a person. The first click decides; a second one is told what was decided."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.invitations import decide_for_contact
from payclerk_core.actions.owner_answers import HANDLED, settle_owner_answer
from payclerk_core.errors import UserError
from payclerk_core.jobs import promise
from payclerk_core.queries.threads import may_see
from payclerk_core.rules.lifecycle import ClaimStatus, InvitationStatus
from payclerk_core.tables import Event, Invitation, Message, SlackPost, Thread

from ..desk import Turn

Decide = Callable[[Call, Message, Thread], None]


def accept(turn: Turn) -> None:
    _handle(turn, "unclear", "accepted", _invitation_becomes(InvitationStatus.ACCEPTED))


def decline(turn: Turn) -> None:
    _handle(turn, "unclear", "declined", _invitation_becomes(InvitationStatus.DECLINED))


def leave(turn: Turn) -> None:
    _handle(turn, "unclear", "left", _only_authorise("T23"))


def owner_approve(turn: Turn) -> None:
    _handle(turn, "owner_reply", "approved", _claim_becomes(ClaimStatus.APPROVED))


def owner_revise(turn: Turn) -> None:
    _handle(turn, "owner_reply", "revise_and_resubmit", _claim_becomes(ClaimStatus.REVISE_AND_RESUBMIT))


def owner_log(turn: Turn) -> None:
    _handle(turn, "owner_reply", "logged", _only_authorise("T14"))


def _handle(turn: Turn, notice: str, as_: str, decide: Decide) -> None:
    message_id = int(turn.value)
    with turn.call() as call:
        # Locked: of two people who click at once the second finds it handled.
        message = call.session.scalar(select(Message).where(Message.id == message_id).with_for_update())
        if message is None:
            raise UserError("There is no such mail any more.", code="not_found")
        thread = call.get(Thread, message.thread_id, "thread")
        if not may_see(thread, turn.who.person_id):
            raise UserError("This e-mail is private; only its sender and recipients may see it.", code="private")
        _require_open(call, message_id)
        decide(call, message, thread)
        call.record(HANDLED, message, project_id=thread.project_id, after={"as": as_})
        shown = _shown_as(call, notice, message_id)
        promise(call.session, "slack.notice", f"{shown}:{message_id}:{as_}", {"notice": shown, "id": message_id})


def _shown_as(call: Call, notice: str, message_id: int) -> str:
    """An owner's answer that contradicts an earlier one has a notice of its own."""
    contrary = select(SlackPost.id).where(SlackPost.subject == f"contrary:{message_id}")
    return "contrary" if call.session.scalar(contrary) is not None else notice


def _require_open(call: Call, message_id: int) -> None:
    query = select(Event.id).where(Event.record == "message", Event.record_id == message_id, Event.verb == HANDLED)
    if call.session.scalar(query.limit(1)) is not None:
        raise UserError("Somebody has dealt with this already.", code="already_decided")


def _invitation_becomes(status: InvitationStatus) -> Decide:
    def decide(call: Call, message: Message, thread: Thread) -> None:
        invitation = call.session.scalar(select(Invitation).where(Invitation.thread_id == thread.id))
        if invitation is None:
            raise UserError("This mail belongs to no invitation.", code="not_found")
        decide_for_contact(call, invitation.id, status, message.text if status is InvitationStatus.DECLINED else "")

    return decide


def _claim_becomes(status: ClaimStatus) -> Decide:
    def decide(call: Call, message: Message, thread: Thread) -> None:
        settle_owner_answer(call, message, thread, status)

    return decide


def _only_authorise(task: str) -> Decide:
    def decide(call: Call, _message: Message, thread: Thread) -> None:
        call.authorise(task, thread.project_id)

    return decide
