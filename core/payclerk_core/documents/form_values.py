"""What is on a billing form and what comes back from it, and where things stand in its workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from ..money import Money
from ..rules.billing import Line
from .sheets import Fault, SheetFaultsError

SHEET: Final = "Billing"
SEAL_SHEET: Final = "payclerk"
HEADINGS: Final = (
    "Item",
    "Description",
    "Scheduled value",
    "Previously billed",
    "Work this period",
    "Materials stored",
    "Total completed",
    "%",
    "Balance to finish",
    "Reviewer's note",
)
TOTAL: Final = "Total"
HEAD_ROW: Final = 12  # the table's heading, counted from 1
SCHEDULED, PREVIOUS, WORK, STORED = 3, 4, 5, 6  # columns C to F, counted from 1
COMPLETED, PERCENT, BALANCE = 7, 8, 9  # worked out by the form; what is typed there is no entry
INVOICE_LABEL: Final = "Your invoice number"
INVOICE_ROW, INVOICE_COLUMN = 9, 3
# The seal once more where people see it: a CSV file, and what some programs save, hold the shown sheet alone.
CODE_LABEL: Final = "Form code"
CODE_ROW: Final = 8


@dataclass(frozen=True, slots=True)
class SealedLine:
    """A line as it was when the form left; amounts are plain, '1234.50'."""

    sov_line_id: int
    item: str
    scheduled: str
    previous: str
    description: str


@dataclass(frozen=True, slots=True)
class Entered:
    """What somebody typed on a line of a form that was not taken, and what is wrong with it, by column."""

    work: object
    stored: object
    faults: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class FormLine:
    sov_line_id: int
    item: str
    description: str
    scheduled: Money
    previous_work: Money
    work: Money  # prefilled on a correction
    stored: Money
    note: str = ""


@dataclass(frozen=True, slots=True)
class BillingForm:
    """All that is printed on the form, and the seal it carries."""

    project_name: str
    project_number: str
    contract_number: str
    contract_title: str
    company: str
    claim_number: int
    period_from: date
    period_to: date
    due_on: date
    currency: str
    work_retainage: Decimal
    stored_retainage: Decimal
    previous_certificates: Money
    lines: Sequence[FormLine]
    seal: str
    revision: int = 1
    held_otherwise: Money | None = None  # what is held besides the plain rates, less what was released
    entered: Mapping[int, Entered] = field(default_factory=dict)  # by schedule line: a copy to correct

    def claim_lines(self) -> list[Line]:
        """The lines as the claim's rules see them, with retainage at the plain rates."""
        return [self._claim_line(line) for line in self.lines]

    def _claim_line(self, line: FormLine) -> Line:
        work = (line.previous_work + line.work).percent(self.work_retainage).cents
        return Line(
            item=line.item,
            description=line.description,
            scheduled_cents=line.scheduled.cents,
            previous_work_cents=line.previous_work.cents,
            work_cents=line.work.cents,
            stored_cents=line.stored.cents,
            work_withheld=work,
            stored_withheld=line.stored.percent(self.stored_retainage).cents,
            currency=self.currency,
        )


@dataclass(frozen=True, slots=True)
class FilledRow:
    sov_line_id: int
    item: str
    work: Money
    stored: Money


@dataclass(frozen=True, slots=True)
class FilledForm:
    """What came back: the seal as it is in the file, and the amounts of every line."""

    seal: str
    rows: tuple[FilledRow, ...]
    invoice_number: str | None


class FormFaults(SheetFaultsError):  # noqa: N818 - what it holds
    """Why a form was not taken; `faults` names each cell."""

    def __init__(self, faults: Sequence[Fault], seal: str = "", entered: Mapping[int, Entered] | None = None) -> None:
        counted = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"{counted} in the billing form:", faults)
        self.seal = seal
        self.entered = entered or {}
