"""What a person's mail decides, if anything. Every mail is logged; a decision is taken only when every gate passes.

The gates: one thread, a verified sender who may answer for the contract, words from the closed list, an invitation
that is still open, and an answer in time. Whatever does not pass is put before a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import answer_unclear, ask_administrator
from payclerk_core.actions.invitations import accept_invitation, decline_invitation
from payclerk_core.errors import UserError
from payclerk_core.rules.lifecycle import InvitationStatus, PeriodStatus
from payclerk_core.tables import Contract, Invitation, Message, Person, ReplyToken, Thread

from .reading.decisions import Decision, Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified mail of a known person, in the log already."""

    message: Message
    thread: Thread
    token: ReplyToken
    person: Person
    decision: Decision
    has_text: bool

    @property
    def message_id(self) -> str:
        return self.message.message_id


def take_answer(call: Call, answer: Answer) -> None:
    """Let the answer decide what its token is for, or put it before a person."""
    invitation = _invitation(call, answer)
    if answer.token.purpose == "owner_claim" or _is_prime(call, answer.thread):
        ask_administrator(call, answer.message, "owner_reply")
    elif invitation is None:
        _show(call, answer)
    elif invitation.status != InvitationStatus.INVITED.value:
        _answered_before(call, answer, invitation)
    elif answer.decision.verdict is None:
        _unclear(call, answer, invitation)
    elif _too_late(call, answer, invitation):
        ask_administrator(call, answer.message, "late")
    else:
        _decide(call, answer, invitation)


def _invitation(call: Call, answer: Answer) -> Invitation | None:
    """The invitation this thread began with. Once there is a claim, an answer is about the claim."""
    if answer.thread.claim_id is not None:
        return None
    # Locked, so that a click in Slack at this moment waits for us or we for it: the first decision wins.
    query = select(Invitation).where(Invitation.thread_id == answer.thread.id).with_for_update()
    return call.session.scalars(query).one_or_none()


def _is_prime(call: Call, thread: Thread) -> bool:
    contract = call.session.get(Contract, thread.contract_id) if thread.contract_id else None
    return contract is not None and contract.is_prime


def _show(call: Call, answer: Answer) -> None:
    """A question about a claim is for a person; files alone are in the log and need nobody."""
    if answer.has_text:
        ask_administrator(call, answer.message, "unclear")


def _answered_before(call: Call, answer: Answer, invitation: Invitation) -> None:
    verdict = answer.decision.verdict
    if verdict is None:
        _show(call, answer)
    elif _STATUS[verdict] != invitation.status:
        ask_administrator(call, answer.message, "late")


def _unclear(call: Call, answer: Answer, invitation: Invitation) -> None:
    ask_administrator(call, answer.message, "unclear")
    answer_unclear(call, invitation, answer.person, answer.decision.why, answer.message_id)


def _too_late(call: Call, answer: Answer, invitation: Invitation) -> bool:
    expires = answer.token.decision_expires_at
    return invitation.period.status != PeriodStatus.OPEN.value or (expires is not None and call.at > expires)


def _decide(call: Call, answer: Answer, invitation: Invitation) -> None:
    theirs = replace(call, actor=answer.person)
    try:
        with call.session.begin_nested():
            if answer.decision.verdict is Verdict.ACCEPT:
                accept_invitation(theirs, invitation, answer.person, in_reply_to=answer.message_id)
            else:
                reason = answer.decision.reason
                decline_invitation(theirs, invitation, answer.person, reason, in_reply_to=answer.message_id)
    except UserError as error:
        answer.message.decision_why = error.message[:500]
        ask_administrator(call, answer.message, "unclear")


_STATUS = {Verdict.ACCEPT: InvitationStatus.ACCEPTED.value, Verdict.DECLINE: InvitationStatus.DECLINED.value}
