"""Billing forms that come back as an attachment: each becomes a claim, or an answer that names each fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from payclerk_core.documents.billing_form import FilledForm, FormTable
from payclerk_core.documents.file_kinds import OTHER_KIND
from payclerk_core.documents.invoice_total import InvoiceText
from payclerk_core.errors import UserError
from payclerk_core.tables import Claim, Invitation, Message, Person, Thread

from .ahead import TOO_HARD, OpenedFiles
from .reading.opening import OpenedFile, Purpose, named_as_form
from .reading.parts import Attachment

log = structlog.get_logger()

_NOT_OURS: Final = frozenset({"not_our_form", "not_a_workbook", "not_a_table", "too_large", OTHER_KIND})
_TWO_FORMS: Final = (
    "The mail holds {count} billing forms that do not say the same, and we cannot tell which of them counts; "
    "please send that one alone."
)


@dataclass(frozen=True, slots=True)
class FoundForm:
    """An attachment that is our billing form as it came, or what is wrong with it."""

    file_name: str
    table: FormTable | UserError
    is_sure: bool = True  # it is a form of ours; one that could not be opened may be any file

    @property
    def seal(self) -> str:
        return "" if isinstance(self.table, UserError) else self.table.seal


def find_forms(opened: OpenedFiles, files: Sequence[Attachment]) -> list[FoundForm]:
    """The attachments that are billing forms, by what is in them; any other file is just a file."""
    found = [_found(file, one) for file, one in opened.of(files, Purpose.FORM)]
    return [form for form in found if form is not None]


def _found(file: Attachment, opened: OpenedFile) -> FoundForm | None:
    if opened.form is not None:
        return FoundForm(file.name, opened.form)
    if opened.fault is None:
        return None
    error = opened.fault.error()
    if error.code == TOO_HARD:
        return FoundForm(file.name, error, is_sure=named_as_form(file.name))
    return FoundForm(file.name, error) if error.code not in _NOT_OURS or _named_as_ours(file, error) else None


def _named_as_ours(file: Attachment, error: UserError) -> bool:
    """Our form in a kind that is not read, damaged or behind a password: its name may be all there is to go by."""
    is_damaged = error.code == "not_a_workbook" and file.content.startswith(b"PK")
    return (error.code == OTHER_KIND or is_damaged) and named_as_form(file.name)


def take_forms(
    call: Call,
    thread: Thread,
    person: Person,
    message: Message,
    forms: Sequence[FoundForm],
    invoices: Mapping[str, InvoiceText],
    contrary: UserError | None = None,
) -> None:
    """Make the claim of the form, or answer what is wrong. Of another contract's form beside it only that is said.

    `contrary`: what the mail's words say against the form.
    """
    own = [form for form in forms if not _of_another(call, thread, form)]
    notes = locked_notes(call, message, invoices)
    for form in forms:
        if own and form not in own:
            _take(call, ReturnedForm(thread, person, form.file_name, message.message_id, notes), message, form)
    taken = own or forms
    returned = ReturnedForm(thread, person, taken[0].file_name, message.message_id, notes)
    if contrary is not None:
        refuse_form(replace(call, actor=person), returned, contrary)
        log.info("form_refused")
    elif len(taken) > 1 and not _same(replace(call, actor=person), returned, taken):
        names = ", ".join(form.file_name for form in taken)[:200]
        error = UserError(_TWO_FORMS.format(count=len(taken)), code="two_forms")
        refuse_form(replace(call, actor=person), replace(returned, file_name=names), error)
        log.info("form_refused")
    else:
        _take(call, returned, message, taken[0])


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


def _take(call: Call, returned: ReturnedForm, message: Message, form: FoundForm) -> None:
    """The mail is stored in either case."""
    theirs = replace(call, actor=returned.person)
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
