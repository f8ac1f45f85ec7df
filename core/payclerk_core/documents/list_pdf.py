"""The list of payable claims as a PDF: filtered, searched and grouped as it was on the screen (task T17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from ..money import Money
from .typeset import amount, printable, typeset
from .words import US_GC, Words

_PLAIN_SIZE: Final = Decimal("8.5")


@dataclass(frozen=True, slots=True)
class ListedClaim:
    """One claim of the list; `due` is what was certified of it."""

    contract: str
    company: str
    claim_number: int
    invoice_number: str
    period_from: date
    period_to: date
    status: str
    due: Money
    paid: Money
    payment: str


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """The claims under one heading, and what they come to. No name: the list is not grouped."""

    name: str
    rows: Sequence[ListedClaim]
    due: Money
    paid: Money


@dataclass(frozen=True, slots=True)
class ListPage:
    """All that is printed of a list. `narrowed` says by what, as (label, value)."""

    project_name: str
    project_number: str
    made_at: datetime  # in the project's time zone
    narrowed: Sequence[tuple[str, str]]
    grouped_by: str
    groups: Sequence[ListedGroup]
    due: Money
    paid: Money
    words: Words = US_GC


def render_list(page: ListPage) -> bytes:
    """The list's PDF."""
    return typeset("claims_list.typ", _data(page))


def _data(page: ListPage) -> dict[str, Any]:
    made, sums = page.made_at, _sums(page.due, page.paid)
    count = sum(len(group.rows) for group in page.groups)
    return {
        "heading": f"{page.words.payable_claim}s",
        "paper": page.words.paper,
        "project": printable(f"{page.project_number} {page.project_name}"),
        "made": f"{made.day} {made:%b %Y %H:%M %Z}".strip(),
        "narrowed": [[label, printable(value)] for label, value in page.narrowed],
        "grouped_by": page.grouped_by,
        "currency_line": f"All amounts in {page.due.currency}; amounts in parentheses are negative.",
        "heads": [
            page.words.payable_contract, "Company", "No.", "Invoice", "Period", "Status", "Due", "Paid", "Open",
            "Payment",
        ],
        "groups": [_group(group) for group in page.groups],
        "total": [f"Total, {_claims(count)}", *sums],
        "figure_size": str(_figure_size(max(map(len, sums)))),
    }  # fmt: skip


def _group(group: ListedGroup) -> dict[str, Any]:
    return {
        "name": printable(group.name),
        "rows": [_row(row) for row in group.rows],
        "subtotal": [printable(f"{group.name}, {_claims(len(group.rows))}"), *_sums(group.due, group.paid)],
    }


def _row(row: ListedClaim) -> list[str]:
    return [
        printable(row.contract, word=12),
        printable(row.company),
        str(row.claim_number),
        printable(row.invoice_number, word=13),
        f"{row.period_from} to {row.period_to}",
        row.status,
        *_sums(row.due, row.paid),
        row.payment,
    ]


def _figure_size(widest: int) -> Decimal:
    """The type size in points at which an amount of so many characters still fits its column."""
    return min(_PLAIN_SIZE, _PLAIN_SIZE * 14 / max(widest, 1)).quantize(Decimal("0.1"))


def _sums(due: Money, paid: Money) -> list[str]:
    return [amount(due), amount(paid), amount(due - paid)]


def _claims(count: int) -> str:
    return f"{count} claim" if count == 1 else f"{count} claims"
