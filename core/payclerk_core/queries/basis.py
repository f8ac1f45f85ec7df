"""Where a claim starts: what the claims before it left on every line, line 7, and the rates in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..money import PercentOf
from ..rules.billing import Before
from ..rules.retainage import Of, Rates, ScaleRule, StepDown, Terms
from ..tables import Claim, ClaimLine, Contract, SovLine
from .claims import certified_cents, with_pages


@dataclass(frozen=True, slots=True)
class Basis:
    """Where the claim with this number starts, in cents. `before` is by the id of the schedule's line."""

    number: int
    rates: Rates
    before: Mapping[int, Before] = field(default_factory=dict)
    certificates: int = 0  # line 7
    last: Claim | None = None  # the claim before
    by_hand: bool = False  # somebody set a rate on a claim before: a sliding scale has ended


def terms_of(contract: Contract) -> Terms:
    """How the contract withholds, as the rules see it."""
    scale = tuple(ScaleRule(rule.percent, Of(rule.of), rule.until) for rule in contract.retainage_rules)
    step = None
    if contract.step_at is not None and contract.step_work_retainage is not None:
        step = StepDown(contract.step_at, contract.step_work_retainage)
    return Terms(Rates(contract.work_retainage, contract.stored_retainage), scale, step)


def basis_of(session: Session, contract: Contract, *, before: int | None = None) -> Basis:
    """The basis after the latest claim, or after the one before claim number `before` (for a revision of it)."""
    query = select(Claim).where(Claim.contract_id == contract.id)
    if before is not None:
        query = query.where(Claim.number < before)
    last = session.scalar(with_pages(query.order_by(Claim.number.desc()).limit(1)))
    rates = Rates(contract.work_retainage, contract.stored_retainage)
    if last is None:
        return _opening(contract, rates, before or 1)
    # Column D takes earlier work and never earlier stored material: that is carried in F as a balance.
    gross = _withheld_ever(session, contract, last.number)
    return Basis(
        number=before or last.number + 1,
        rates=Rates(last.work_retainage, last.stored_retainage),
        before={**_openings(contract.lines, rates), **{row.sov_line_id: _left(row, gross) for row in last.lines}},
        certificates=last.previous_certificates_cents + certified_cents(last),
        last=last,
        by_hand=_set_by_hand(session, contract, last.number),
    )


def _left(row: ClaimLine, gross: Mapping[int, int]) -> Before:
    return Before(
        row.previous_work_cents + row.work_cents,
        row.stored_cents,
        row.previous_work_held_cents + row.work_withheld_cents - row.work_released_cents,
        row.previous_stored_held_cents + row.stored_withheld_cents - row.stored_released_cents,
        gross.get(row.sov_line_id, 0),
    )


def _opening(contract: Contract, rates: Rates, number: int) -> Basis:
    """A project that joined midway: what was billed before payclerk, less what is held of it, is line 7."""
    before = _openings(contract.lines, rates)
    billed = sum(line.work + line.stored - line.work_held - line.stored_held for line in before.values())
    return Basis(number, rates, before, billed)


def _openings(lines: Sequence[SovLine], rates: Rates) -> dict[int, Before]:
    opened = (line for line in lines if line.opening_work_cents or line.opening_stored_cents)
    return {line.id: opening(line, rates) for line in opened}


def opening(line: SovLine, rates: Rates) -> Before:
    """What is held is kept for stored material by its rate first, the rest for work."""
    held = line.opening_retainage_cents
    stored = min(PercentOf(rates.stored)(line.opening_stored_cents), held)
    return Before(line.opening_work_cents, line.opening_stored_cents, held - stored, stored, held)


def _set_by_hand(session: Session, contract: Contract, number: int) -> bool:
    if not contract.retainage_rules:
        return False
    query = select(Claim.id).where(Claim.contract_id == contract.id, Claim.number <= number, Claim.rates_set)
    return session.scalar(query.limit(1)) is not None


def _withheld_ever(session: Session, contract: Contract, number: int) -> dict[int, int]:
    """By line, what was withheld up to this claim, released or not: what a sliding scale goes by."""
    if not contract.retainage_rules:
        return {}
    withheld = func.sum(ClaimLine.work_withheld_cents + ClaimLine.stored_withheld_cents)
    query = select(ClaimLine.sov_line_id, withheld).join(ClaimLine.claim)
    query = query.where(Claim.contract_id == contract.id, Claim.number <= number).group_by(ClaimLine.sov_line_id)
    opened = {line.id: line.opening_retainage_cents for line in contract.lines}
    return {line_id: int(cents) + opened.get(line_id, 0) for line_id, cents in session.execute(query)}
