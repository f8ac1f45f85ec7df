"""Answers that a mail alone does not settle: the letter with a link and a code, and what the page then does.

The letter goes to the address that our own letter went to, never to who wrote; whoever opens the page sees what would
happen, and only the code of that letter makes it happen, once. What a mail brings (a form, a breakdown, a billing in
words) is taken by whoever read it: `Take`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from ..dates import end_of_day, project_date
from ..documents.letters import CODE_PLACE, LINK_PLACE
from ..documents.mail_preview import Preview
from ..errors import UserError
from ..jobs import promise
from ..queries.confirmations import MAIL, ConfirmPage, PageState, find_page
from ..queries.directory import is_contact
from ..rules.lifecycle import InvitationStatus
from ..tables import (
    Claim,
    Confirmation,
    Contract,
    Invitation,
    Message,
    MessageRecipient,
    Person,
    ReplyToken,
    SlackPost,
    Thread,
)
from ..tokens import is_code, make_token, requested_by
from .answer_handling import note_handled
from .call import Call
from .inbox import Incoming, ask_administrator, log_incoming
from .invitations import accept_invitation, decline_invitation
from .mailing import About, Recipient, mail_domain, write_letter
from .owner_answers import take_owner_answer

TRIES: Final = 5
LIFE: Final = timedelta(days=5)
ONCE_IN: Final = timedelta(days=1)
ASKED_A_DAY: Final = 3  # letters that somebody asks for on the page behind the invitation's link
MAILS_A_DAY: Final = 3  # letters to one person about mails that brought something
ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    MAIL: ("take", "disown"),
    "invitation": ("accept", "decline"),
    "owner_claim": ("approve", "approve_as_noted", "reject"),
}
_DECISIONS: Final = frozenset(ANSWERS) - {MAIL}


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody sends from the page."""

    code: str
    answer: str
    note: str = ""
    seen: str = ""  # the digest of the preview that was shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: done, wrong_code, no_answer, refused (with the reason), or the state the page is in."""

    result: str
    page: ConfirmPage | None
    why: str = ""
    preview: Preview | None = None


Take = Callable[[Call, ConfirmPage], Preview]  # do what the mail of a page brings; UserError when it cannot be done


class _ChangedError(Exception):
    """What would happen is not what was shown."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview


def offer_confirmation(
    call: Call, about: Message, token: ReplyToken, person: Person, proposed: str | None, *, vouched: bool = False
) -> bool:
    """Write to the one who was asked that an answer came in which needs to be confirmed; at most once a day.

    Where they are vouched for and it is the project that wants the page (`vouched`), at most once a day for each letter's
    conversation: who bills on three contracts answers three times. False where no page can settle it, so that a person
    has to.
    """
    thread = call.get(Thread, token.thread_id, "thread")
    purpose = _purpose(call, thread, token, person)
    if purpose is None or _offered_lately(call, person, tuple(_DECISIONS), within=thread if vouched else None) > 0:
        return False
    _offer(call, _Page(thread, person, purpose, about, proposed, "answer"), token)
    return True


def offer_mail(
    call: Call, about: Message, token: ReplyToken, person: Person, matter: str, *, vouched: bool = False
) -> bool:
    """The same for a mail that brings a form, a breakdown or a billing in words; some three times a day at most.

    False where no page can settle it, so that a person has to.
    """
    thread = call.get(Thread, token.thread_id, "thread")
    lately = _offered_lately(call, person, (MAIL,), within=thread if vouched else None)
    if not _may_bring(call, thread, token, person) or lately >= MAILS_A_DAY:
        return False
    _offer(call, _Page(thread, person, MAIL, about, None, matter), token)
    return True


def ask_for_page(call: Call, request: str) -> bool:
    """Send the page of an open invitation to who its letter went to, whoever asks; some three times a day at most.

    False, of which nobody outside is told, where nothing is open any more.
    """
    letter = call.session.get(Message, requested_by(call.settings.secret, request) or 0)
    recipient = letter.recipients[0] if letter is not None and letter.recipients else None
    token = call.session.get(ReplyToken, recipient.token_id) if recipient and recipient.token_id else None
    person = call.session.get(Person, token.person_id) if token and token.person_id else None
    if letter is None or token is None or person is None or token.revoked_at is not None:
        return False
    thread = call.get(Thread, token.thread_id, "thread")
    purpose = _purpose(call, thread, token, person)
    if purpose != "invitation" or _offered_lately(call, person, (purpose,), "out") >= ASKED_A_DAY:
        return False
    _offer(call, _Page(thread, person, purpose, letter, None, "asked"), token)
    return True


def _may_bring(call: Call, thread: Thread, token: ReplyToken, person: Person) -> bool:
    contract = call.session.get(Contract, thread.contract_id) if thread.contract_id else None
    if call.settings.web_url is None or token.person_id is None or contract is None or contract.is_prime:
        return False
    return is_contact(call.session, contract.id, person.id) and call.at < _deadline(call, thread, MAIL)


@dataclass(frozen=True, slots=True)
class _Page:
    """A page to be made, and the letter that leads to it."""

    thread: Thread
    person: Person
    purpose: str
    about: Message
    proposed: str | None
    matter: str


def _offer(call: Call, page: _Page, token: ReplyToken) -> None:
    contract = call.session.get_one(Contract, page.thread.contract_id)
    deadline = _deadline(call, page.thread, page.purpose)
    facts = {
        **_place(page.person, contract),
        "matter": page.matter,
        "due_on": _due_on(call, page.thread, page.purpose),
        "expires_on": project_date(deadline, contract.project.timezone),
        "link": LINK_PLACE,
        "code": CODE_PLACE,
    }
    letter = _write(call, page.thread, "confirm_answer", page.person, facts, page.about, token)
    _make(call, letter, page.about, page.thread, page.person, page.purpose, page.proposed, deadline)


def answer_unclear(call: Call, invitation: Invitation, person: Person, why: str, about: Message) -> bool:
    """Tell a verified sender that we could not tell; at most once a day, so that two machines never talk for long."""
    if _written_lately(call, "answer_unclear", person) or _has_answer(call, about):
        return False
    thread = call.get(Thread, invitation.thread_id, "thread")
    has_page = call.settings.web_url is not None
    facts = {
        **_place(person, invitation.contract),
        "due_on": invitation.period.due_on,
        "why": why,
        "link": LINK_PLACE if has_page else "",
        "code": CODE_PLACE if has_page else "",
    }
    letter = _write(call, thread, "answer_unclear", person, facts, about, None)
    if has_page:
        deadline = _deadline(call, thread, "invitation")
        _make(call, letter, about, thread, person, "invitation", None, deadline)
    return True


def _purpose(call: Call, thread: Thread, token: ReplyToken, person: Person) -> str | None:
    """What a page could settle, for this person and now."""
    if call.settings.web_url is None or token.person_id is None or thread.contract_id is None:
        return None
    if token.purpose == "owner_claim":
        return token.purpose if thread.claim_id is not None else None
    invitation = call.session.scalar(select(Invitation).where(Invitation.thread_id == thread.id))
    is_open = invitation is not None and invitation.status == InvitationStatus.INVITED.value
    if not is_open or thread.claim_id is not None or not is_contact(call.session, thread.contract_id, person.id):
        return None
    return "invitation" if call.at < _deadline(call, thread, "invitation") else None


def _offered_lately(
    call: Call, person: Person, purposes: Sequence[str], about: str = "in", *, within: Thread | None = None
) -> int:
    """How many of these pages were offered to somebody since yesterday, about mails that came in, or letters of ours."""
    # Locked, so that of two pollers only one writes.
    call.session.refresh(person, with_for_update=True)
    theirs = aliased(Message)
    query = (
        select(func.count(Confirmation.id))
        .join(Message, Message.id == Confirmation.letter_id)
        .join(theirs, theirs.id == Confirmation.about_id)
        .where(theirs.direction == about)
        .where(Confirmation.person_id == person.id, Confirmation.purpose.in_(purposes))
        .where(Message.kind == "confirm_answer", Confirmation.made_at > call.at - ONCE_IN)
    )
    return call.session.scalar(query.where(Confirmation.thread_id == within.id) if within else query) or 0


def _written_lately(call: Call, kind: str, person: Person) -> bool:
    # Locked, so that of two pollers only one writes.
    call.session.refresh(person, with_for_update=True)
    query = (
        select(Message.id)
        .join(MessageRecipient, MessageRecipient.message_id == Message.id)
        .where(Message.kind == kind, MessageRecipient.person_id == person.id, Message.written_at > call.at - ONCE_IN)
    )
    return call.session.scalar(query.limit(1)) is not None


def _has_answer(call: Call, about: Message) -> bool:
    """A mail that is read again has its answer."""
    query = select(Message.id).where(Message.kind == "answer_unclear", Message.in_reply_to == about.message_id)
    return call.session.scalar(query.limit(1)) is not None


def _deadline(call: Call, thread: Thread, purpose: str) -> datetime:
    due_on = _due_on(call, thread, purpose)
    contract = call.session.get_one(Contract, thread.contract_id)
    ends = end_of_day(due_on, contract.project.timezone) if due_on and purpose in {"invitation", MAIL} else None
    return min(call.at + LIFE, ends) if ends else call.at + LIFE


def _due_on(call: Call, thread: Thread, purpose: str) -> date | None:
    if purpose == "owner_claim":
        claim = call.session.get(Claim, thread.claim_id) if thread.claim_id else None
        return claim.period.due_on if claim else None
    invitation = call.session.scalar(select(Invitation).where(Invitation.thread_id == thread.id))
    return invitation.period.due_on if invitation else None


def _place(person: Person, contract: Contract) -> dict[str, object]:
    return {
        "contact_name": person.name,
        "project_name": contract.project.name,
        "contract_number": contract.number,
        "contract_title": contract.title,
    }


def _write(
    call: Call,
    thread: Thread,
    name: str,
    person: Person,
    facts: Mapping[str, object],
    about: Message,
    token: ReplyToken | None,
) -> Message:
    asked = About(token.purpose, token.invitation_id, token.claim_id, token.decision_expires_at) if token else None
    invitation = call.session.scalar(select(Invitation).where(Invitation.thread_id == thread.id))
    subject = asked or About("invitation", invitation_id=invitation.id if invitation else None)
    # What a stranger wrote is nothing that the one who is asked would find in their own mailbox.
    answered = about.message_id if about.sender_verified else None
    return write_letter(call, thread, name, [Recipient(person)], facts, subject, in_reply_to=answered)


def _make(
    call: Call,
    letter: Message,
    about: Message,
    thread: Thread,
    person: Person,
    purpose: str,
    proposed: str | None,
    deadline: datetime,
) -> None:
    token = make_token(
        call.settings.secret,
        recipient=person.email,
        record=f"thread:{thread.id}",
        purpose="confirm",
        nonce=secrets.token_hex(16),  # as in mailing.py: numbers come again after a restore
    )
    row = Confirmation(
        token=token,
        letter_id=letter.id,
        about_id=about.id,
        thread_id=thread.id,
        person_id=person.id,
        purpose=purpose,
        proposed=proposed if proposed in ANSWERS[purpose] else None,
        answered=None,
        attempts=0,
        made_at=call.at,
        expires_at=deadline,
        **call.stamp("open"),
    )
    call.session.add(row)
    call.record("confirmation_offered", row, project_id=thread.project_id, after={"purpose": purpose})


def confirm(call: Call, token: str, given: Given, take: Take | None = None) -> Outcome:
    """Do what the page asks, once, for who has the code of the letter. A wrong code is counted, by all processes."""
    page = find_page(call.session, token, call.at, lock=True)
    if page is None or page.state is not PageState.OPEN:
        return Outcome(page.state.value if page else "unknown", page)
    row = page.confirmation
    if not is_code(call.settings.secret, row.token, given.code):
        return _wrong_code(call, page)
    if given.answer not in ANSWERS[row.purpose]:
        return Outcome("no_answer", page)
    theirs = replace(call, actor=page.person)
    try:
        with call.session.begin_nested():
            preview = _decide(theirs, page, given, take)
    except _ChangedError as changed:
        call.session.expire_all()
        return Outcome("changed", page, preview=changed.preview)
    except UserError as error:
        return Outcome("refused", page, error.message)
    return replace(_used(theirs, page, given), preview=preview)


def _wrong_code(call: Call, page: ConfirmPage) -> Outcome:
    row = page.confirmation
    row.attempts += 1
    locked = row.attempts >= TRIES
    if locked:
        call.move(row, "locked")
        call.record("confirmation_locked", row, project_id=page.contract.project_id)
    return Outcome("locked" if locked else "wrong_code", replace(page, state=PageState.LOCKED) if locked else page)


def _decide(call: Call, page: ConfirmPage, given: Given, take: Take | None) -> Preview | None:
    """The same actions as by mail: an invitation is answered, the owner's answer proposed or taken, a form submitted."""
    if page.confirmation.purpose == MAIL:
        return _take(call, page, given, take)
    line = _log(call, page, given)
    if page.invitation is None:
        take_owner_answer(call, line, page.confirmation.thread, page.person)
    elif given.answer == "accept":
        accept_invitation(call, page.invitation, page.person)
        if given.note.strip():
            ask_administrator(call, line, "unclear")  # accepted, and what they say besides is for a person
    else:
        decline_invitation(call, page.invitation, page.person, given.note)
    return None


def _take(call: Call, page: ConfirmPage, given: Given, take: Take | None) -> Preview | None:
    about = call.session.get_one(Message, page.confirmation.about_id)
    if given.answer == "disown":
        about.decision_why = f"{page.person.name} says on the page that it is not theirs"[:500]
        note_handled(call, about, page.contract.project_id, "disowned")
        return None
    if take is None:
        raise UserError("This mail cannot be taken here.")
    preview = take(call, page)
    if preview.digest != given.seen:
        raise _ChangedError(preview)
    note_handled(call, about, page.contract.project_id, "confirmed")
    return preview


def _log(call: Call, page: ConfirmPage, given: Given) -> Message:
    row, person = page.confirmation, page.person
    line = Incoming(
        inbox_id=None,
        kind="person",
        message_id=f"<confirmation.{row.id}@{mail_domain(call.settings.mail_address)}>",
        sender=f"{person.name} <{person.email}>",
        sender_email=person.email,
        subject=row.thread.subject,
        text=given.note[:2000],
        elided="",
        verified=True,
        why="answered on the confirm page",
        decision=given.answer,
    )
    return log_incoming(call, row.thread, line)


def _used(call: Call, page: ConfirmPage, given: Given) -> Outcome:
    row = page.confirmation
    row.answered = given.answer
    call.move(row, "used")
    call.record("confirmed", row, project_id=page.contract.project_id, after={"answer": given.answer})
    if call.session.scalar(select(SlackPost.id).where(SlackPost.subject == f"unclear:{row.about_id}")) is not None:
        # The mail that was not sure stands before a person: there it is shown as settled.
        key = f"unclear:{row.about_id}:settled"
        promise(call.session, "slack.notice", key, {"notice": "unclear", "id": row.about_id})
    return Outcome("done", replace(page, state=PageState.USED))
