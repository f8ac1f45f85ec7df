"""What was certified of a claim, as it is printed on it: how much, by whom and when, and why it is another amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ..money import Money
from .typeset import amount, printable

CERTIFIED_LABEL: Final = "Amount certified"
EXPLANATION_TITLE: Final = "Explanation of the amount certified"
_LONGEST_NAME: Final = 120  # the signature boxes stand at a fixed place below it


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate. `by` names who certified it; `reason` explains an amount other than the one asked for."""

    amount: Money
    on: date
    by: str
    reason: str = ""


def certificate_data(certified: Certified | None, due: Money) -> dict[str, Any]:
    """The certificate for the claim's form; empty for a claim that is not certified."""
    if certified is None:
        return {}
    other = certified.amount - due
    apart = "More than line 8 by" if other > Money(0, due.currency) else "Less than line 8 by"
    return {
        "amount": amount(certified.amount),
        "rows": [
            [CERTIFIED_LABEL, amount(certified.amount), "Certified by", printable(certified.by[:_LONGEST_NAME])],
            [*([apart, amount(abs(other))] if other else ["", ""]), "Date", day(certified.on)],
        ],
        "title": EXPLANATION_TITLE,
        "reason": printable(certified.reason),
        "apart": "The explanation is on the last page.",
    }


def day(moment: date) -> str:
    """With the month in letters: 03/04 is April in London and March in Chicago."""
    return f"{moment.day} {moment:%b %Y}"
