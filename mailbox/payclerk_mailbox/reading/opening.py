"""The files of a mail, opened for what may be in them, and left as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from payclerk_core.documents.billing_form import FormTable, open_form
from payclerk_core.documents.invoice_total import InvoiceText, read_invoice
from payclerk_core.documents.plain_sheet import PlainSheet
from payclerk_core.documents.ssov_file import open_breakdown
from payclerk_core.errors import UserError

from .parts import Attachment


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
    """A workbook by what is in it, or text that may be a table."""
    if file.content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return True
    return file.name.lower().endswith((".csv", ".txt", ".tsv")) or file.content_type in {"text/csv", "text/plain"}


def is_breakdown(file: Attachment) -> bool:
    """A table by its name, or a workbook by what is in it."""
    by_name = file.name.lower().endswith((".xlsx", ".xls", ".xlsm", ".csv", ".tsv", ".ods", ".numbers"))
    return by_name or file.content_type == "text/csv" or file.content.startswith(b"PK")


def is_invoice(file: Attachment) -> bool:
    """A PDF, by what is in it."""
    return b"%PDF-" in file.content[:1024]
