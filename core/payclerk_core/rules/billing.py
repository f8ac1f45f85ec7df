"""The claim's two pages: continuation lines (columns A to I) and the summary (lines 1 to 9).

Rules after the form's own instructions; see docs/rules.md. Retainage here is a percentage of work and of stored
material; it is rounded per line, half up, and the summary is the sum of the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..money import Money, percent_of, total


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the continuation sheet. Amounts to date are gross (before retainage).

    `previous_work` is column D: earlier periods' work and never earlier stored material.
    `stored` is column F, a balance and not a movement.
    """

    item: str  # A
    description: str  # B
    scheduled: Money  # C
    previous_work: Money  # D
    this_work: Money  # E
    stored: Money  # F
    work_rate: Decimal  # retainage in percent of D + E
    stored_rate: Decimal  # retainage in percent of F
    change_order: str | None = None

    @property
    def work_to_date(self) -> Money:
        return self.previous_work + self.this_work

    @property
    def completed(self) -> Money:  # G = D + E + F
        return self.work_to_date + self.stored

    @property
    def percent(self) -> Decimal:  # G ÷ C
        return percent_of(self.completed, self.scheduled)

    @property
    def balance(self) -> Money:  # H = C - G
        return self.scheduled - self.completed

    @property
    def work_retainage(self) -> Money:
        return self.work_to_date.times(self.work_rate / 100)

    @property
    def stored_retainage(self) -> Money:
        return self.stored.times(self.stored_rate / 100)

    @property
    def retainage(self) -> Money:  # I
        return self.work_retainage + self.stored_retainage


@dataclass(frozen=True, slots=True)
class Summary:
    """The nine lines of the summary page. Names, not numbers, because vendors renumber them."""

    original_sum: Money  # 1
    change_orders: Money  # 2
    contract_sum: Money  # 3
    completed: Money  # 4
    work_retainage: Money  # 5a
    stored_retainage: Money  # 5b
    earned: Money  # 6
    previous_certificates: Money  # 7
    due: Money  # 8
    balance: Money  # 9
    percent: Decimal

    @property
    def retainage(self) -> Money:  # 5
        return self.work_retainage + self.stored_retainage


def summarize(lines: Sequence[Line], *, previous_certificates: Money) -> Summary:
    """The summary page of these lines.

    `previous_certificates` is line 7: what was certified before, net of retainage (line 6 of the last certificate).
    """
    currency = previous_certificates.currency
    original = total((line.scheduled for line in lines if line.change_order is None), currency)
    changes = total((line.scheduled for line in lines if line.change_order is not None), currency)
    completed = total((line.completed for line in lines), currency)
    work = total((line.work_retainage for line in lines), currency)
    stored = total((line.stored_retainage for line in lines), currency)
    contract_sum = original + changes
    earned = completed - work - stored
    return Summary(
        original_sum=original,
        change_orders=changes,
        contract_sum=contract_sum,
        completed=completed,
        work_retainage=work,
        stored_retainage=stored,
        earned=earned,
        previous_certificates=previous_certificates,
        due=earned - previous_certificates,
        balance=contract_sum - earned,
        percent=percent_of(completed, contract_sum),
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a claim that does not tie or deserves a look. Errors stop a submission, warnings do not."""

    severity: str  # "error" or "warning"
    item: str | None
    text: str


def check_claim(lines: Sequence[Line]) -> list[Finding]:
    """What a reviewer would question on these lines (domain 3.5 and 3.7)."""
    found: list[Finding] = []
    for line in lines:
        found.extend(_check_line(line))
    if not any(line.this_work or line.stored for line in lines):
        found.append(Finding("error", None, "Nothing is billed: every line is zero this period."))
    return found


def _check_line(line: Line) -> list[Finding]:
    found = []
    if line.stored < Money(0, line.stored.currency):
        found.append(Finding("error", line.item, f"Line {line.item}: stored material cannot be less than zero."))
    if line.work_to_date < Money(0, line.stored.currency) <= line.scheduled:
        text = f"Line {line.item}: work to date would be {line.work_to_date}, below zero."
        found.append(Finding("error", line.item, text))
    elif line.this_work < Money(0, line.this_work.currency):
        text = f"Line {line.item}: this period takes back {-line.this_work} of earlier work."
        found.append(Finding("warning", line.item, text))
    if line.scheduled and abs(line.completed.cents) > abs(line.scheduled.cents):
        text = f"Line {line.item}: {line.percent} % of the scheduled {line.scheduled} is billed."
        found.append(Finding("warning", line.item, text))
    return found
