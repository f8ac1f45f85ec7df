"""What a person's mail decides, if anything. Every mail is logged; a decision is taken only when every gate passes.

The gates: one thread, a verified sender who may answer for the contract, words from the closed list, an invitation
that is still open, and an answer in time. Whatever does not pass is put before a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.confirmations import answer_unclear, offer_confirmation, offer_mail
from payclerk_core.actions.inbox import ask_administrator
from payclerk_core.actions.invitations import accept_invitation, decline_invitation
from payclerk_core.actions.owner_answers import take_owner_answer
from payclerk_core.dates import end_of_day
from payclerk_core.errors import UserError
from payclerk_core.rules.lifecycle import InvitationStatus, PeriodStatus
from payclerk_core.tables import Contract, Invitation, Message, Person, ReplyToken, Thread

from .files_alone import note_files_alone
from .matching import Match
from .reading.decision import Decision, Question
from .reading.explain import Judged
from .senders import Sender


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified mail of a known person, in the log already."""

    message: Message
    found: Match
    person: Person
    said: Judged
    has_text: bool


@dataclass(frozen=True, slots=True)
class Unsure:
    """A mail in the log that decides nothing, since who wrote it is not sure enough for what it would decide."""

    message: Message
    found: Match
    sender: Sender
    decision: str | None  # what it would say, if it is from who it says
    matter: str | None = None  # what it would do besides: a form, a breakdown, a billing in words


def ask_to_confirm(call: Call, unsure: Unsure) -> None:
    """Put the mail before a person, and offer the confirm page to the one who was asked: to nobody else.

    A sender who is sure, where policy asks for the page besides, needs no person as long as the page is offered.
    """
    token, sender = unsure.found.token, unsure.sender
    asked = call.session.get(Person, token.person_id) if token.person_id else None
    reader = sender.person if sender.verified else asked
    proposed = unsure.decision if reader is not None and sender.person is reader else None
    offered = reader is not None and _offer(call, unsure, reader, proposed)
    if not (offered and sender.verified and (proposed or unsure.matter)):
        ask_administrator(call, unsure.message, "unclear")


def _offer(call: Call, unsure: Unsure, reader: Person, proposed: str | None) -> bool:
    message, token, vouched = unsure.message, unsure.found.token, unsure.sender.verified
    if unsure.matter is not None:
        return offer_mail(call, message, token, reader, unsure.matter, vouched=vouched)
    return offer_confirmation(call, message, token, reader, proposed, vouched=vouched)


def question_of(token: ReplyToken) -> Question | None:
    """What the mail that carried this token asked, if anything that words decide."""
    return _QUESTIONS.get(token.purpose)


def take_answer(call: Call, answer: Answer) -> None:
    """Let the answer decide what its token is for, or put it before a person."""
    invitation = _invitation(call, answer)
    if answer.found.token.purpose == "owner_claim" or _is_prime(call, answer.found.thread):
        take_owner_answer(replace(call, actor=answer.person), answer.message, answer.found.thread, answer.person)
    elif invitation is None:
        _show(call, answer)
    elif invitation.status != InvitationStatus.INVITED.value:
        _answered_before(call, answer, invitation)
    elif answer.said.decision is None:
        _unclear(call, answer, invitation)
    elif _too_late(call, invitation):
        ask_administrator(call, answer.message, "late")
    else:
        _decide(call, answer, invitation)


def _invitation(call: Call, answer: Answer) -> Invitation | None:
    """The invitation this thread began with. Once there is a claim, an answer is about the claim."""
    if answer.found.thread.claim_id is not None:
        return None
    # Locked, so that a click in Slack at this moment waits for us or we for it: the first decision wins.
    query = select(Invitation).where(Invitation.thread_id == answer.found.thread.id).with_for_update()
    return call.session.scalars(query).one_or_none()


def _is_prime(call: Call, thread: Thread) -> bool:
    contract = call.session.get(Contract, thread.contract_id) if thread.contract_id else None
    return contract is not None and contract.is_prime


def _show(call: Call, answer: Answer) -> None:
    """A question about a claim is for a person. So are files alone that nobody could read, while a claim is waited for."""
    if answer.has_text:
        ask_administrator(call, answer.message, "unclear")
    else:
        note_files_alone(call, answer.message, answer.found.thread, answer.person)


def _answered_before(call: Call, answer: Answer, invitation: Invitation) -> None:
    if answer.said.decision is None:
        _show(call, answer)
    elif _STATUS.get(answer.said.decision) != invitation.status:
        ask_administrator(call, answer.message, "late")


def _unclear(call: Call, answer: Answer, invitation: Invitation) -> None:
    ask_administrator(call, answer.message, "unclear")
    answer_unclear(call, invitation, answer.person, answer.said.why, answer.message)


def _too_late(call: Call, invitation: Invitation) -> bool:
    """The period's own due date counts, not the token's: a letter of ours between may have asked again."""
    period = invitation.period
    return period.status != PeriodStatus.OPEN.value or call.at > end_of_day(period.due_on, period.project.timezone)


def _decide(call: Call, answer: Answer, invitation: Invitation) -> None:
    theirs = replace(call, actor=answer.person)
    try:
        with call.session.begin_nested():
            if answer.said.decision is Decision.ACCEPT:
                accept_invitation(theirs, invitation, answer.person, in_reply_to=answer.message.message_id)
            else:
                reason = answer.said.reason
                decline_invitation(theirs, invitation, answer.person, reason, in_reply_to=answer.message.message_id)
    except UserError as error:
        answer.message.decision_why = error.message[:500]
        ask_administrator(call, answer.message, "unclear")


_STATUS: Final = {Decision.ACCEPT: InvitationStatus.ACCEPTED.value, Decision.DECLINE: InvitationStatus.DECLINED.value}
_QUESTIONS: Final = {
    "invitation": Question.INVITATION,
    "form": Question.INVITATION,
    "owner_claim": Question.OWNER_CLAIM,
}
