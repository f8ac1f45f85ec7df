"""The file a subcontractor breaks a contract's lines down with: written as a workbook, read from .xlsx or .csv."""

from __future__ import annotations

from .ssov_reader import has_breakdown, has_headings, open_breakdown, read_breakdown, read_ssov_file
from .ssov_values import CONTENT_TYPE, SsovFaults, SsovSheet, SsovSheetLine
from .ssov_writer import make_ssov_file

__all__ = [
    "CONTENT_TYPE",
    "SsovFaults",
    "SsovSheet",
    "SsovSheetLine",
    "has_breakdown",
    "has_headings",
    "make_ssov_file",
    "open_breakdown",
    "read_breakdown",
    "read_ssov_file",
]
