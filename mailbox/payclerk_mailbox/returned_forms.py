"""Billing forms that come back as an attachment: each becomes a claim, or an answer that names each fault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import structlog
from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.forms import ReturnedForm, accepted_by_form, refuse_form, submit_form
from payclerk_core.actions.inbox import keep_as_backup
from payclerk_core.actions.invitations import accept_by_form
from payclerk_core.documents.billing_form import FilledForm, read_form
from payclerk_core.errors import UserError
from payclerk_core.tables import Claim, Invitation, Message, Person, Thread

from .reading.message import IncomingMail

log = structlog.get_logger()

NOT_OURS: Final = frozenset({"not_our_form", "not_a_workbook", "too_large"})


@dataclass(frozen=True, slots=True)
class FoundForm:
    """An attachment that is our billing form, as filled in, or what is wrong with it."""

    file_name: str
    filled: FilledForm | UserError


def find_form(mail: IncomingMail) -> FoundForm | None:
    """The first attachment that is our billing form. Any other workbook is just a file."""
    for file in mail.attachments:
        if not file.name.lower().endswith((".xlsx", ".xlsm")):
            continue
        try:
            return FoundForm(file.name, read_form(file.content))
        except UserError as error:
            if error.code not in NOT_OURS:
                return FoundForm(file.name, error)
    return None


def take_form(call: Call, thread: Thread, person: Person, message: Message, form: FoundForm) -> None:
    """Make the claim of the form, or answer what is wrong with it. The mail is stored in either case."""
    returned = ReturnedForm(thread, person, form.file_name, in_reply_to=message.message_id)
    theirs = replace(call, actor=person)
    try:
        with call.session.begin_nested():
            claim = _submit(theirs, returned, form.filled)
    except UserError as error:
        call.session.expire_all()
        refuse_form(theirs, returned, error)
        log.info("form_refused")
    else:
        keep_as_backup(theirs, message, claim)
        log.info("form_submitted")


def _submit(call: Call, returned: ReturnedForm, filled: FilledForm | UserError) -> Claim:
    if isinstance(filled, UserError):
        raise filled
    query = select(Invitation).where(Invitation.thread_id == returned.thread.id).with_for_update()
    invitation = call.session.scalars(query).one_or_none()
    if invitation is not None and accepted_by_form(invitation):
        accept_by_form(call, invitation, returned.person)
    return submit_form(call, returned, filled)
