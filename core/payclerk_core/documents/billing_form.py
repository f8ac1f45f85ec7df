"""The billing form: an Excel workbook with the contract's lines that a subcontractor fills and sends back.

The lines and a seal travel in a hidden sheet, so that a form that was changed, mixed up or made by somebody else is
known when it comes back. The caller makes the seal and checks it; here it is an opaque text.
"""

from __future__ import annotations

from .form_reader import is_billing_form, read_form, read_table
from .form_table import FormTable, open_form
from .form_values import BillingForm, Entered, FilledForm, FilledRow, FormFaults, FormLine, SealedLine
from .form_writer import make_form

__all__ = [
    "BillingForm",
    "Entered",
    "FilledForm",
    "FilledRow",
    "FormFaults",
    "FormLine",
    "FormTable",
    "SealedLine",
    "is_billing_form",
    "make_form",
    "open_form",
    "read_form",
    "read_table",
]
