"""Files without a word, none of which bills: the form printed to PDF, a photo of it, an invoice, a kind nobody reads here.

Who sent them thinks that they have billed. So as long as there is no claim, a person is told, and the sender what to send.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import structlog
from sqlalchemy import select

from payclerk_core.actions.call import Call
from payclerk_core.actions.form_answers import NO_FORM, refuse_form
from payclerk_core.actions.forms import ReturnedForm
from payclerk_core.actions.inbox import ask_administrator
from payclerk_core.actions.text_revisions import returned_claim
from payclerk_core.errors import UserError
from payclerk_core.rules.lifecycle import InvitationStatus
from payclerk_core.tables import Invitation, Message, Person, Thread

log = structlog.get_logger()

_WHAT_TO_SEND: Final = (
    "There is no billing form in the mail that can be read as amounts: a print, a picture and an invoice cannot. "
    "Fill in the form itself, save it as .xlsx and send that file."
)
_WHY: Final = "files alone, none of which is a billing form that can be read"
_SHOWN: Final = 200  # characters of the files' names


def note_files_alone(call: Call, message: Message, thread: Thread, person: Person) -> None:
    """Tell a person, and the sender where it is a form that we wait for. A mail without a file says nothing."""
    call.session.flush()
    call.session.refresh(message, ["attachments"])
    names = ", ".join(file.name for file in message.attachments)[:_SHOWN]
    if not names or (thread.claim_id is not None and returned_claim(call, thread) is None):
        return
    message.decision_why = _WHY
    ask_administrator(call, message, "unclear")
    if _waits_for_form(call, thread):
        returned = ReturnedForm(thread, person, names, message.message_id)
        refuse_form(replace(call, actor=person), returned, UserError(_WHAT_TO_SEND, code=NO_FORM))
        log.info("files_alone")


def _waits_for_form(call: Call, thread: Thread) -> bool:
    """After ACCEPT, or after the claim was sent back."""
    if thread.claim_id is not None:
        return True
    invitation = call.session.scalar(select(Invitation).where(Invitation.thread_id == thread.id))
    return invitation is not None and invitation.status == InvitationStatus.ACCEPTED.value
