"""Billing forms that come back as an attachment: each becomes a claim, or an answer that names each fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog
from sqlalchemy import select

from payclerk_core.actions.backup_checks import locked_notes
from payclerk_core.actions.call import Call
from payclerk_core.actions.form_answers import refuse_form
from payclerk_core.actions.forms import ReturnedForm, accepted_by_form, read_identity, read_returned, submit_form
from payclerk_core.actions.inbox import keep_as_backup
from payclerk_core.actions.invitations import accept_by_form
from payclerk_core.actions.text_drafts import drop_draft
from payclerk_core.documents.billing_form import FilledForm, FormTable, open_form
from payclerk_core.errors import UserError
from payclerk_core.tables import Claim, Invitation, Message, Person, Thread

from .reading.parts import Attachment

log = structlog.get_logger()

_NOT_OURS: Final = frozenset({"not_our_form", "not_a_workbook", "not_a_table", "too_large"})
_MOST_TRIED: Final = 10  # files of a mail that are looked into for a form
_TWO_FORMS: Final = (
    "The mail holds {count} billing forms that do not say the same, and we cannot tell which of them counts; "
    "please send that one alone."
)


@dataclass(frozen=True, slots=True)
class FoundForm:
    """An attachment that is our billing form as it came, or what is wrong with it."""

    file_name: str
    table: FormTable | UserError

    @property
    def seal(self) -> str:
        return "" if isinstance(self.table, UserError) else self.table.seal


def find_forms(files: Sequence[Attachment]) -> list[FoundForm]:
    """The attachments that are billing forms, by what is in them; any other file is just a file."""
    once = {file.sha256: file for file in files if _may_be_form(file)}
    found = [_look(file) for file in list(once.values())[:_MOST_TRIED]]
    return [form for form in found if form is not None]


def _may_be_form(file: Attachment) -> bool:
    if file.content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return True
    return file.name.lower().endswith((".csv", ".txt", ".tsv")) or file.content_type in {"text/csv", "text/plain"}


def _look(file: Attachment) -> FoundForm | None:
    try:
        return FoundForm(file.name, open_form(file.content))
    except UserError as error:
        ours = error.code not in _NOT_OURS and (error.code != "other_kind" or _named_as_ours(file.name))
        return FoundForm(file.name, error) if ours or _old_kind_of_ours(file, error) else None


def _named_as_ours(name: str) -> bool:
    return name.lower().startswith("billing form ")


def _old_kind_of_ours(file: Attachment, error: UserError) -> bool:
    """Our form as .xls, damaged or behind a password cannot be looked into; its name is all there is to go by."""
    is_book = file.content.startswith((b"\xd0\xcf", b"PK"))
    return error.code == "not_a_workbook" and is_book and _named_as_ours(file.name)


def take_forms(call: Call, thread: Thread, person: Person, message: Message, forms: Sequence[FoundForm]) -> None:
    """Make the claim of the form, or answer what is wrong. Of another contract's form beside it only that is said."""
    own = [form for form in forms if not _of_another(call, thread, form)]
    for form in forms:
        if own and form not in own:
            _take(call, thread, person, message, form)
    taken = own or forms
    returned = ReturnedForm(thread, person, taken[0].file_name, in_reply_to=message.message_id)
    if len(taken) > 1 and not _same(replace(call, actor=person), returned, taken):
        names = ", ".join(form.file_name for form in taken)[:200]
        error = UserError(_TWO_FORMS.format(count=len(taken)), code="two_forms")
        refuse_form(replace(call, actor=person), replace(returned, file_name=names), error)
        log.info("form_refused")
    else:
        _take(call, thread, person, message, taken[0])


def _of_another(call: Call, thread: Thread, form: FoundForm) -> bool:
    identity = read_identity(call.settings.secret, form.seal) if form.seal else None
    return identity is not None and identity.contract_id != thread.contract_id


def _same(call: Call, returned: ReturnedForm, forms: Sequence[FoundForm]) -> bool:
    """Whether all of them say the same; a form that cannot be read says nothing that could be compared."""
    try:
        said = [_filled(call, returned, form) for form in forms]
    except UserError:
        return False
    return all(one == said[0] for one in said)


def _take(call: Call, thread: Thread, person: Person, message: Message, form: FoundForm) -> None:
    """The mail is stored in either case."""
    returned = ReturnedForm(thread, person, form.file_name, message.message_id, locked_notes(call, message))
    theirs = replace(call, actor=person)
    try:
        with call.session.begin_nested():
            claim = _submit(theirs, returned, form)
    except UserError as error:
        call.session.expire_all()
        refuse_form(theirs, returned, error)
        log.info("form_refused")
    else:
        keep_as_backup(theirs, message, claim)
        log.info("form_submitted")


def _submit(call: Call, returned: ReturnedForm, form: FoundForm) -> Claim:
    drop_draft(call, returned.thread)  # what was billed in words before, and not submitted
    filled = _filled(call, returned, form)
    query = select(Invitation).where(Invitation.thread_id == returned.thread.id).with_for_update()
    invitation = call.session.scalars(query).one_or_none()
    if invitation is not None and accepted_by_form(invitation):
        accept_by_form(call, invitation, returned.person)
    return submit_form(call, returned, filled)


def _filled(call: Call, returned: ReturnedForm, form: FoundForm) -> FilledForm:
    if isinstance(form.table, UserError):
        raise form.table
    return read_returned(call, returned, form.table)
