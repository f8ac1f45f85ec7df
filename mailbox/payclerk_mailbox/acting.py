"""What a mail from somebody who is sure does: its breakdown or its form counts, else its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from payclerk_core.actions.backup_checks import check_backup, note_unopened
from payclerk_core.actions.call import Call
from payclerk_core.documents.invoice_total import InvoiceText
from payclerk_core.tables import Contract, Message, Person

from .ahead import TOO_HARD, Ahead
from .answers import Answer, take_answer
from .contrary_words import contrary_words
from .entries import kept_files
from .matching import Match
from .reading.explain import Judged
from .reading.opening import Purpose
from .returned_breakdowns import FoundBreakdowns, find_breakdowns, take_breakdown
from .returned_forms import FoundForm, find_forms, take_forms
from .text_billing import TextAnswer, take_text, words_about


@dataclass(frozen=True, slots=True)
class Act:
    """A mail in the log, the person whose it is, and what they say in it."""

    message: Message
    found: Match
    person: Person
    said: Judged


@dataclass(frozen=True, slots=True)
class Brought:
    """What the files of a mail are."""

    breakdowns: FoundBreakdowns | None = None
    forms: tuple[FoundForm, ...] = ()


def brought(call: Call, found: Match, said: Judged, ahead: Ahead) -> Brought:
    """The breakdown, or else the forms, that a mail brings. A file that could not be opened counts where no word does."""
    contract = call.session.get(Contract, found.thread.contract_id) if found.thread.contract_id is not None else None
    if contract is None or contract.is_prime:  # the owner fills no form: whatever comes along, it is an answer
        return Brought()
    files = kept_files(ahead.looked)
    breakdowns = find_breakdowns(ahead.files, files) if found.token.purpose == "ssov" else None
    if breakdowns is not None:
        return Brought(breakdowns)
    forms = find_forms(ahead.files, files)
    sure = [form for form in forms if form.is_sure]
    return Brought(forms=tuple(sure or ([] if _decides(said) else forms)))


def _decides(said: Judged) -> bool:
    return said.decision is not None or said.command is not None or said.billing is not None


def matter_of(call: Call, found: Match, said: Judged, ahead: Ahead) -> str | None:
    """What a mail is about that does more than answer our question: form, breakdown, submit, cancel, billing."""
    files = brought(call, found, said, ahead)
    if files.breakdowns is not None:
        return "breakdown"
    if any(form.is_sure for form in files.forms):
        return "form"
    return words_about(call, found, said)


def act(call: Call, mail: Act, ahead: Ahead) -> None:
    """A breakdown or a form counts, else the words may bill; what does neither is an answer to what we asked."""
    invoices = _invoices(mail, ahead)
    files = brought(call, mail.found, mail.said, ahead)
    _take(call, mail, files, invoices)
    theirs = replace(call, actor=mail.person)
    answered = {form.file_name for form in files.forms}
    note_unopened(theirs, mail.message, [name for name in _unopened(mail, ahead) if name not in answered])
    check_backup(theirs, mail.message, invoices)


def _take(call: Call, mail: Act, files: Brought, invoices: Mapping[str, InvoiceText]) -> None:
    message, found, person, said = mail.message, mail.found, mail.person, mail.said
    contrary = contrary_words(said) if files.breakdowns is not None or files.forms else None
    if contrary is not None:
        message.decision, message.decision_why = None, contrary.message[:500]
    if files.breakdowns is not None:
        take_breakdown(call, found.thread, person, message, files.breakdowns, contrary)
    elif files.forms:
        take_forms(call, found.thread, person, message, files.forms, invoices, contrary)
    elif not take_text(call, TextAnswer(message, found, person, said, invoices)):
        take_answer(call, Answer(message, found, person, said, has_text=bool((said.reply.text + said.between).strip())))


def _invoices(mail: Act, ahead: Ahead) -> dict[str, InvoiceText]:
    """The words of the PDFs, by digest."""
    if mail.found.thread.contract_id is None:
        return {}
    opened = ahead.files.of(kept_files(ahead.looked), Purpose.INVOICE)
    return {file.sha256: one.invoice for file, one in opened if one.invoice is not None}


def _unopened(mail: Act, ahead: Ahead) -> list[str]:
    """The names of files that were too much for the reader."""
    if mail.found.thread.contract_id is None:
        return []
    hard = {key[0] for key, one in ahead.files.found.items() if one.fault is not None and one.fault.code == TOO_HARD}
    return [file.name for file in kept_files(ahead.looked) if file.sha256 in hard]
