"""What the law of the project's place has to do with the retainage of a payable claim (domain 6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from ..rules.findings import Finding
from ..rules.jurisdictions import cap_findings, cap_of, flow_down_findings
from ..rules.retainage import Rates
from ..tables import Claim, Contract
from .basis import basis_of
from .claims import summary_of
from .contracts import prime_contract


def law_findings(session: Session, claim: Claim) -> list[Finding]:
    """What a payable claim withholds above a cap, or above the prime contract."""
    contract, project = claim.contract, claim.contract.project
    if contract.is_prime:
        return []
    rates, summary = _rates_of(claim), summary_of(claim)
    place = (project.jurisdiction, project.public_works, contract.signed_on)
    found = cap_findings(*place, rates, summary.retainage, summary.contract_sum)
    if (prime := prime_contract(session, project.id)) is not None:
        cap = cap_of(project.jurisdiction, public_works=project.public_works, signed_on=contract.signed_on)
        found += flow_down_findings(rates, _rates_in_force(session, prime), cap)
    return found


def _rates_of(claim: Claim) -> Rates:
    """The highest percentage that any line of the claim withholds by, of work and of stored material."""
    general = _by_scale(claim.contract, Rates(claim.work_retainage, claim.stored_retainage))
    return Rates(
        _highest([line.work_percent for line in claim.lines], general.work),
        _highest([line.stored_percent for line in claim.lines], general.stored),
    )


def _highest(by_line: Sequence[Decimal | None], general: Decimal) -> Decimal:
    """A percentage set for one line counts instead of the general one."""
    return max((general if percent is None else percent for percent in by_line), default=general)


def _rates_in_force(session: Session, prime: Contract) -> Rates:
    return _by_scale(prime, basis_of(session, prime).rates)


def _by_scale(contract: Contract, rates: Rates) -> Rates:
    """A sliding scale counts instead of the rates: the highest of its percentages, whatever is held by now."""
    percents = [rule.percent for rule in contract.retainage_rules]
    return Rates(max(percents), max(percents)) if percents else rates
