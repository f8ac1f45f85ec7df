"""Confirm pages: where one lies, what it is about, and whether it can still be used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..dates import end_of_day
from ..documents.letters import Letter, with_ask_link, with_page
from ..rules.lifecycle import InvitationStatus, PeriodStatus
from ..settings import Settings
from ..tables import BillingPeriod, Claim, Confirmation, Contract, Invitation, Message, Person
from ..tokens import TOKEN_PATTERN, make_code, page_request

MAIL: Final = "mail"  # the purpose of a page about all that a mail brings, not about a yes or no


class PageState(Enum):
    """What a confirm page can still do."""

    OPEN = "open"
    USED = "used"
    LOCKED = "locked"  # the code was wrong too often
    EXPIRED = "expired"
    ANSWERED = "answered"  # by another way, or by another contact
    CLOSED = "closed"  # the period, or what is asked about, is over


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """What stands on the page: who is asked what, and what was answered already."""

    confirmation: Confirmation
    person: Person
    contract: Contract
    period: BillingPeriod | None
    invitation: Invitation | None
    claim: Claim | None
    state: PageState


def find_page(session: Session, token: str, at: datetime, *, lock: bool = False) -> ConfirmPage | None:
    """The page of a token; None for one that we never gave out."""
    if TOKEN_PATTERN.fullmatch(token) is None:
        return None
    query = select(Confirmation).where(Confirmation.token == token)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or row.thread.contract_id is None:
        return None
    invitation = _invitation(session, row, lock=lock)
    claim = session.get(Claim, row.thread.claim_id) if row.thread.claim_id else None
    about = invitation or claim
    return ConfirmPage(
        confirmation=row,
        person=session.get_one(Person, row.person_id),
        contract=session.get_one(Contract, row.thread.contract_id),
        period=about.period if about else None,
        invitation=invitation,
        claim=claim,
        state=_state(row, invitation, at),
    )


def _invitation(session: Session, row: Confirmation, *, lock: bool) -> Invitation | None:
    if row.purpose not in {"invitation", MAIL}:
        return None
    query = select(Invitation).where(Invitation.thread_id == row.thread_id)
    return session.scalar(query.with_for_update() if lock else query)


def _state(row: Confirmation, invitation: Invitation | None, at: datetime) -> PageState:
    if row.status != "open":
        return PageState(row.status)
    if row.purpose == "invitation" and invitation is not None and invitation.status != InvitationStatus.INVITED.value:
        return PageState.ANSWERED
    if invitation is None and row.purpose == "invitation":
        return PageState.CLOSED
    if invitation is not None and _is_over(invitation.period, at):
        return PageState.CLOSED
    return PageState.EXPIRED if at > row.expires_at else PageState.OPEN


def _is_over(period: BillingPeriod, at: datetime) -> bool:
    return period.status != PeriodStatus.OPEN.value or at > end_of_day(period.due_on, period.project.timezone)


def page_link(settings: Settings, token: str) -> str:
    """Where the page lies for the world."""
    return f"{(settings.web_url or '').rstrip('/')}/confirm/{token}"


def page_tokens(session: Session, message_ids: Collection[int]) -> dict[int, str]:
    """The tokens of the confirm pages that these letters lead to, by message; most have none."""
    query = select(Confirmation.letter_id, Confirmation.token).where(Confirmation.letter_id.in_(message_ids))
    return {row.letter_id: row.token for row in session.execute(query)}


def ask_link(settings: Settings, message_id: int) -> str:
    """Where the reader of a letter asks for a page to answer on."""
    return f"{(settings.web_url or '').rstrip('/')}/confirm/ask/{page_request(settings.secret, message_id)}"


def as_it_goes_out(settings: Settings, message: Message, page_token: str | None) -> Letter:
    """A stored letter with the link and code of its confirm page, if it has one. They are in the mail alone."""
    letter = with_ask_link(Letter(message.subject, message.text, message.html or ""), ask_link(settings, message.id))
    if page_token is None:
        return letter
    return with_page(letter, page_link(settings, page_token), make_code(settings.secret, page_token))
