"""The files of a mail, opened for what may be in them, and left as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payclerk_core.documents.billing_form import FormTable, open_form
from payclerk_core.documents.file_kinds import holds_words, is_markup
from payclerk_core.documents.form_values import CODE_LABEL
from payclerk_core.documents.invoice_total import InvoiceText, read_invoice
from payclerk_core.documents.plain_sheet import PlainSheet
from payclerk_core.documents.ssov_file import open_breakdown
from payclerk_core.documents.ssov_values import COLUMNS
from payclerk_core.errors import UserError

from .parts import Attachment

_TABLES: Final = (".xlsx", ".xls", ".xlsm", ".xlsb", ".csv", ".tsv", ".ods", ".fods", ".numbers")


class Purpose(StrEnum):
    """What a file is opened as."""

    FORM = "form"
    BREAKDOWN = "breakdown"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class FileFault:
    """Why a file could not be opened: what a UserError says."""

    message: str
    code: str

    def error(self) -> UserError:
        return UserError(self.message, code=self.code)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """One of these: what the file holds, or why nothing of it is known."""

    form: FormTable | None = None
    breakdown: PlainSheet | None = None
    invoice: InvoiceText | None = None
    fault: FileFault | None = None


def open_file(content: bytes, purpose: Purpose) -> OpenedFile:
    """Open a file; what is wrong with it is said, not raised."""
    try:
        match purpose:
            case Purpose.FORM:
                return OpenedFile(form=open_form(content))
            case Purpose.BREAKDOWN:
                return OpenedFile(breakdown=open_breakdown(content))
            case Purpose.INVOICE:
                return OpenedFile(invoice=read_invoice(content))
    except UserError as error:
        return OpenedFile(fault=FileFault(error.message, error.code))


def is_table(file: Attachment) -> bool:
    """What may be our form: a workbook by what is in it, text that may be a table, or a page that shows the form."""
    if file.content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return True
    is_text = file.name.lower().endswith((".csv", ".txt", ".tsv")) or file.content_type in {"text/csv", "text/plain"}
    return is_text or (is_markup(file.content) and (named_as_form(file.name) or holds_words(file.content, CODE_LABEL)))


def is_breakdown(file: Attachment) -> bool:
    """A table by its name, a workbook by what is in it, or a page that shows a breakdown."""
    if has_table_name(file.name) or file.content_type == "text/csv" or file.content.startswith(b"PK"):
        return True
    return is_markup(file.content) and holds_words(file.content, COLUMNS[0])


def has_table_name(name: str) -> bool:
    """Whether a file is a table by its name, read here or not."""
    return name.lower().endswith(_TABLES)


def named_as_form(name: str) -> bool:
    """Whether a file has the name that our billing form went out with, in whatever kind it was saved."""
    return name.lower().startswith("billing form ")


def is_invoice(file: Attachment) -> bool:
    """A PDF, by what is in it."""
    return b"%PDF-" in file.content[:1024]
