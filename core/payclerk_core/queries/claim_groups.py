"""The list of claims searched, filtered and grouped, with subtotals that add up to the total (task T22)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from ..money import Money, total
from ..rules.lifecycle import ClaimStatus, PaymentStatus
from ..tables import Project
from .claims import ClaimFilter, ClaimRow, claim_rows


class GroupBy(StrEnum):
    """What the claims of a list are grouped by."""

    COMPANY = "company"
    STATUS = "status"
    PAYMENT = "payment"
    PERIOD = "period"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS: Final = {
    GroupBy.COMPANY: "Contract company",
    GroupBy.STATUS: "Status",
    GroupBy.PAYMENT: "Payment status",
    GroupBy.PERIOD: "Billing period",
}
PAYMENT_LABELS: Final[Mapping[PaymentStatus, str]] = {
    PaymentStatus.UNPAID: "Unpaid",
    PaymentStatus.PARTLY_PAID: "Partially Paid",
    PaymentStatus.PAID: "Paid",
}


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What the list is narrowed to, beyond status, period and search; None takes all."""

    claims: ClaimFilter = field(default_factory=ClaimFilter)
    company_id: int | None = None
    payment: PaymentStatus | None = None
    contract_kind: str | None = None  # subcontract, purchase_order


@dataclass(frozen=True, slots=True)
class Subtotal:
    """How many claims, what is due of them and what is paid."""

    count: int
    due: Money
    paid: Money


@dataclass(frozen=True, slots=True)
class ClaimGroup:
    """The claims under one heading; no name when the list is not grouped."""

    name: str
    rows: tuple[ClaimRow, ...]
    subtotal: Subtotal


@dataclass(frozen=True, slots=True)
class ClaimGroups:
    """A list of claims as people asked for it."""

    groups: tuple[ClaimGroup, ...]
    total: Subtotal


def grouped_claims(
    session: Session, project_id: int, wanted: ListFilter, group_by: GroupBy | None = None
) -> ClaimGroups:
    """The payable claims that match, in groups; within a group by contract number and claim number."""
    currency = session.get_one(Project, project_id).currency
    rows = [row for row in claim_rows(session, project_id, replace(wanted.claims, search="")) if _matches(row, wanted)]
    return ClaimGroups(tuple(_grouped(rows, group_by, currency)), _subtotal(rows, currency))


def _matches(row: ClaimRow, wanted: ListFilter) -> bool:
    contract = row.claim.contract
    return (
        wanted.company_id in {None, contract.company_id}
        and wanted.payment in {None, row.payment}
        and wanted.contract_kind in {None, contract.kind}
        and _found(row, wanted.claims.search)
    )


def _found(row: ClaimRow, search: str) -> bool:
    """Every word, in any of the invoice number, commitment number and title, company and comment (T22)."""
    claim = row.claim
    haystack = f"{row.label} {claim.invoice_number} {claim.contract.title} {claim.comment or ''}".casefold()
    return all(word in haystack for word in search.casefold().split())


def _grouped(rows: Sequence[ClaimRow], by: GroupBy | None, currency: str) -> Iterable[ClaimGroup]:
    if by is None:
        return [ClaimGroup("", tuple(rows), _subtotal(rows, currency))] if rows else []
    groups: dict[tuple[int | str, ...], list[ClaimRow]] = {}
    for row in rows:
        groups.setdefault(_KEYS[by](row), []).append(row)
    return [ClaimGroup(str(key[-1]), tuple(held), _subtotal(held, currency)) for key, held in sorted(groups.items())]


def _subtotal(rows: Sequence[ClaimRow], currency: str) -> Subtotal:
    return Subtotal(len(rows), total((row.due for row in rows), currency), total((row.paid for row in rows), currency))


def _company(row: ClaimRow) -> tuple[int | str, ...]:
    """Two companies do not share a name."""
    name = row.claim.contract.company.name
    return (name.casefold(), name)


def _status(row: ClaimRow) -> tuple[int | str, ...]:
    """In the order a claim goes through them."""
    return (list(ClaimStatus).index(row.status), row.status.label)


def _payment(row: ClaimRow) -> tuple[int | str, ...]:
    return (list(PaymentStatus).index(row.payment), PAYMENT_LABELS[row.payment])


def _period(row: ClaimRow) -> tuple[int | str, ...]:
    period = row.claim.period
    return (period.starts_on.isoformat(), f"{period.starts_on} to {period.ends_on}")


_KEYS: Final[Mapping[GroupBy, Callable[[ClaimRow], tuple[int | str, ...]]]] = {
    GroupBy.COMPANY: _company,
    GroupBy.STATUS: _status,
    GroupBy.PAYMENT: _payment,
    GroupBy.PERIOD: _period,
}
