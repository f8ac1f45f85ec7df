"""The subcontractor's schedule of values (SSOV): how a contract's lines are broken down, and who may do what (domain 1.3).

Each original line is broken down to the cent: what remains to allocate of it must be 0.00 before the breakdown is
submitted. It must be approved before anything is billed (domain 1.4). Unit contracts have none (task T27).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..money import Money, total


class SsovStatus(StrEnum):
    DRAFT = "draft"
    UNDER_REVIEW = "under_review"
    REVISE_AND_RESUBMIT = "revise_and_resubmit"
    APPROVED = "approved"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    SsovStatus.DRAFT: "Draft",
    SsovStatus.UNDER_REVIEW: "Under Review",
    SsovStatus.REVISE_AND_RESUBMIT: "Revise & Resubmit",
    SsovStatus.APPROVED: "Approved",
}
# The contact's turn (task T27); an administrator may also correct what waits for a review (task T26).
EDITABLE_BY_CONTACT: Final = frozenset({SsovStatus.DRAFT, SsovStatus.REVISE_AND_RESUBMIT})
EDITABLE_BY_ADMINISTRATOR: Final = EDITABLE_BY_CONTACT | {SsovStatus.UNDER_REVIEW}
COMPLETE_ONLY: Final = frozenset({SsovStatus.UNDER_REVIEW, SsovStatus.APPROVED})


@dataclass(frozen=True, slots=True)
class Detail:
    """One line of the breakdown. The item has to be new on the contract."""

    item: str
    description: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Broken:
    """A line of the contract with the details it is broken down into."""

    item: str
    scheduled: Money
    details: tuple[Detail, ...] = ()

    @property
    def remaining(self) -> Money:
        return remaining(self.scheduled, (detail.amount for detail in self.details))


def remaining(scheduled: Money, details: Iterable[Money]) -> Money:
    """What of a line is still to be allocated; below zero: too much is.

    >>> remaining(Money(10000), [Money(2500), Money(7500)])
    Money('0.00', 'USD')
    """
    return scheduled - total(details, scheduled.currency)


def unallocated(lines: Sequence[Broken]) -> list[str]:
    """A sentence for each line that is not broken down to the cent; none: the breakdown is complete."""
    return [_unallocated(line) for line in lines if line.remaining]


def _unallocated(line: Broken) -> str:
    left = line.remaining
    if (left.cents > 0) == (line.scheduled.cents > 0):
        return f"Line {line.item}: {left} of {line.scheduled} remains to allocate."
    return f"Line {line.item}: the details come to {line.scheduled - left}, but the line to {line.scheduled}."


def goes_against(scheduled: Money, amount: Money) -> bool:
    """Is a detail of the other sign than its line? The others could then be billed for more than the line is."""
    return amount.cents * scheduled.cents < 0 or (bool(amount) and not scheduled)


def detail_faults(line: Broken) -> Iterator[str]:
    """What is wrong with the details of one line by themselves."""
    for detail in line.details:
        if goes_against(line.scheduled, detail.amount):
            yield f"Detail {detail.item} ({detail.amount}) goes against line {line.item} ({line.scheduled})."


def repeated_items(details: Iterable[Detail], taken: Iterable[str]) -> list[str]:
    """The items that are used twice, or that another line of the contract has already; in order."""
    seen, found = set(taken), []
    for detail in details:
        if detail.item in seen and detail.item not in found:
            found.append(detail.item)
        seen.add(detail.item)
    return found


def editing_obstacle(status: SsovStatus, *, by_contact: bool, has_claims: bool) -> str | None:
    """Why the breakdown cannot be changed now; None when it can."""
    if has_claims:
        return "Claims were made on this breakdown; it cannot change any more."
    if status in (EDITABLE_BY_CONTACT if by_contact else EDITABLE_BY_ADMINISTRATOR):
        return None
    hint = "wait for its review" if by_contact else "set it back to Draft or Revise & Resubmit first"
    return f"The breakdown is {status.label}; {hint}."


def status_obstacle(*, has_claims: bool, has_changes: bool) -> str | None:
    """Why an administrator cannot give the breakdown another status; None when any may be set (domain 1.3)."""
    if has_claims:
        return "Claims were made on this contract; the status of its breakdown cannot change any more."
    if has_changes:
        return "The contract has approved change orders; the status of its breakdown cannot change any more."
    return None


def enabling_obstacle(*, prime: bool, by_unit: bool, has_claims: bool, has_changes: bool) -> str | None:
    """Why a contract cannot ask for a breakdown; None when it can (tasks C3, C10)."""
    if prime:
        return "Only subcontracts and purchase orders are broken down by the subcontractor."
    if by_unit:
        return "A contract kept by unit cannot be broken down."
    if has_claims:
        return "Claims were made on this contract; it is too late to break it down."
    if has_changes:  # its status could not be set any more, so that it could never be approved
        return "The contract has approved change orders; it is too late to break it down."
    return None
