"""The file a project is imported from: its sheets and columns, reading it, and the template to fill."""

from __future__ import annotations

from .columns import CHANGE_COLUMNS, DICTIONARIES, INVOICE_TYPES, LANGUAGES, OWNER_ANSWERS, SHEETS, TRUSTS
from .files import OpenedFile, Source, open_file
from .grid import Progress
from .reader import EMAIL, read_opened, read_project, read_workbook
from .rows import (
    ChangeRow,
    CompanyRow,
    ContractRow,
    Known,
    KnownContract,
    PersonRow,
    Place,
    ProjectFile,
    ProjectRow,
    RuleRow,
    SovRow,
    WorkbookFaults,
)
from .template import write_sheet, write_template

__all__ = [
    "CHANGE_COLUMNS",
    "DICTIONARIES",
    "EMAIL",
    "INVOICE_TYPES",
    "LANGUAGES",
    "OWNER_ANSWERS",
    "SHEETS",
    "TRUSTS",
    "ChangeRow",
    "CompanyRow",
    "ContractRow",
    "Known",
    "KnownContract",
    "OpenedFile",
    "PersonRow",
    "Place",
    "Progress",
    "ProjectFile",
    "ProjectRow",
    "RuleRow",
    "Source",
    "SovRow",
    "WorkbookFaults",
    "open_file",
    "read_opened",
    "read_project",
    "read_workbook",
    "write_sheet",
    "write_template",
]
