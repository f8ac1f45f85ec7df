"""What the law of a project's place says: caps of retainage (domain 6.3), days to answer a claim (domain 6.4).

One data file holds both, each entry with its source and since when it counts. payclerk warns and counts days; it never
says that something is lawful.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from ..money import Money
from .findings import Finding, warning_of_ours
from .retainage import Rates


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that may be withheld, in percent: of each payment, and of the contract sum (None: not limited there)."""

    jurisdiction: str
    public_works: bool
    percent: Decimal
    contract: Decimal | None
    flow_down: bool  # a subcontract may not withhold more than the prime contract
    signed_from: date
    source: str
    exceptions: str
    page: str  # what the row was compared with
    looked_at: date  # when it was last compared


@dataclass(frozen=True, slots=True)
class Answer:
    """Within how many business days of its receipt a claim is answered by a payment schedule."""

    jurisdiction: str
    business_days: int
    source: str
    page: str  # what the row was compared with
    looked_at: date  # when it was last compared


def cap_of(jurisdiction: str | None, *, public_works: bool, signed_on: date | None) -> Cap | None:
    """The cap that counts for a contract; one without a signing date is taken for a new one. None: none is known."""
    caps = [cap for cap in _caps() if cap.jurisdiction == _code(jurisdiction) and cap.public_works == public_works]
    in_force = [cap for cap in caps if signed_on is None or signed_on >= cap.signed_from]
    return max(in_force, key=lambda cap: cap.signed_from, default=None)


def cap_findings(
    jurisdiction: str | None,
    public_works: bool,
    signed_on: date | None,
    rates: Rates,
    held: Money,
    contract_sum: Money,
) -> list[Finding]:
    """What is withheld above the cap: by the rates of this claim, and by what is held of the contract in all."""
    cap = cap_of(jurisdiction, public_works=public_works, signed_on=signed_on)
    if cap is None:
        return []
    found = []
    if (above := _above(rates, Rates(cap.percent, cap.percent))) is not None:
        found.append(warning_of_ours("retainage_cap", f"{above}; {_says(cap, cap.percent, 'each payment', signed_on)}"))
    if cap.contract is not None and held > contract_sum.percent(cap.contract) >= contract_sum.percent(Decimal(0)):
        text = f"{held} of retainage is held of a contract sum of {contract_sum}"
        found.append(warning_of_ours("held_cap", f"{text}; {_says(cap, cap.contract, 'the contract sum', signed_on)}"))
    return found


def flow_down_findings(rates: Rates, prime_rates: Rates, cap: Cap | None) -> list[Finding]:
    """A subcontract that withholds more than the owner does of us; in some places the law forbids it (domain 6.3)."""
    if (above := _above(rates, prime_rates)) is None:
        return []
    prime = f"{_shown(prime_rates.work)} % of work and {_shown(prime_rates.stored)} % of stored material"
    law = f", and {cap.source} lets a subcontract withhold no more" if cap and cap.flow_down else ""
    text = f"{above}; the prime contract withholds {prime}{law}."
    return [warning_of_ours("retainage_flow_down", text)]


def _above(rates: Rates, most: Rates) -> str | None:
    """What is above: 'Retainage of 10 % of work and 10 % of stored material is withheld'."""
    parts = [(rates.work, most.work, "work"), (rates.stored, most.stored, "stored material")]
    above = [f"{_shown(rate)} % of {what}" for rate, limit, what in parts if rate > limit]
    return f"Retainage of {' and '.join(above)} is withheld" if above else None


def _says(cap: Cap, percent: Decimal, of: str, signed_on: date | None) -> str:
    unknown = (
        "" if signed_on else " The contract has no signing date; record it, for the law that counts depends on it."
    )
    exceptions = f" {cap.exceptions}" if cap.exceptions else ""
    return f"{cap.source} allows {_shown(percent)} % of {of}.{exceptions}{unknown}"


def _shown(percent: Decimal) -> str:
    return f"{percent.normalize():f}"


def answer_of(jurisdiction: str | None) -> Answer | None:
    """How a claim is answered by the law of this place; None where payclerk knows of no payment schedule."""
    return next((answer for answer in _answers() if answer.jurisdiction == _code(jurisdiction)), None)


def answering_jurisdictions() -> Sequence[str]:
    """The codes of all places whose law asks for a payment schedule."""
    return [answer.jurisdiction for answer in _answers()]


def _code(jurisdiction: str | None) -> str:
    """'AU-NSW' is typed as well as 'au-nsw'."""
    return (jurisdiction or "").strip().casefold()


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("jurisdictions.toml").read_text("utf-8"))


@cache
def _caps() -> Sequence[Cap]:
    return [_cap(row) for row in _data()["cap"]]


def _cap(row: Mapping[str, Any]) -> Cap:
    return Cap(
        jurisdiction=row["jurisdiction"],
        public_works=row["public_works"],
        percent=Decimal(row["percent"]),
        contract=Decimal(row["contract"]) if "contract" in row else None,
        flow_down=row.get("flow_down", False),
        signed_from=row["signed_from"],
        source=row["source"],
        exceptions=row.get("exceptions", ""),
        page=row["page"],
        looked_at=row["looked_at"],
    )


@cache
def _answers() -> Sequence[Answer]:
    return [Answer(**row) for row in _data()["answer"]]
