"""Where a claim starts: what the claims before it left on every line, line 7, and the rates in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..rules.billing import Before, SovItem, limits_of
from ..rules.openings import Opening, openings
from ..rules.retainage import Limits, Of, Rates, ScaleRule, Standing, StepDown, Terms
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
    by_hand: bool = False  # somebody set a rate on a claim before: a step or a sliding scale has ended


def terms_of(contract: Contract) -> Terms:
    """How the contract withholds, as the rules see it."""
    scale = tuple(ScaleRule(rule.percent, Of(rule.of), rule.until) for rule in contract.retainage_rules)
    step = None
    if contract.step_at is not None and contract.step_work_retainage is not None:
        step = StepDown(contract.step_at, contract.step_work_retainage, contract.step_counts_stored)
    return Terms(Rates(contract.work_retainage, contract.stored_retainage), scale, step)


def basis_of(session: Session, contract: Contract, *, before: int | None = None) -> Basis:
    """The basis after the latest claim, or after the one before claim number `before` (for a revision of it)."""
    query = select(Claim).where(Claim.contract_id == contract.id)
    if before is not None:
        query = query.where(Claim.number < before)
    last = session.scalar(with_pages(query.order_by(Claim.number.desc()).limit(1)))
    rates = Rates(contract.work_retainage, contract.stored_retainage)
    opened = _openings(contract)
    if last is None:
        return _opening(rates, before or contract.first_number, opened)
    # Column D takes earlier work and never earlier stored material: that is carried in F as a balance.
    gross = _withheld_ever(session, contract, last.number, opened)
    return Basis(
        number=before or last.number + 1,
        rates=Rates(last.work_retainage, last.stored_retainage),
        before={**opened, **{row.sov_line_id: _left(row, gross) for row in last.lines}},
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
        _standing(row),
    )


def _standing(row: ClaimLine) -> Standing:
    own = row.own_work_cents, row.own_held_cents
    return Standing(*own, row.let_go_cents, row.store_own, row.store_let_go_cents, row.ever_released)


def _opening(rates: Rates, number: int, opened: Mapping[int, Before]) -> Basis:
    """A project that joined midway: what was billed before payclerk, less what is held of it, is line 7."""
    billed = sum(line.work + line.stored - line.work_held - line.stored_held for line in opened.values())
    return Basis(number, rates, opened, billed)


def _openings(contract: Contract) -> dict[int, Before]:
    lines = [line for line in contract.billed_lines if line.opening_work_cents or line.opening_stored_cents]
    if not lines:
        return {}
    billed = [
        Opening(line.opening_work_cents, line.opening_stored_cents, line.opening_retainage_cents) for line in lines
    ]
    limits = limits_of(_items_at_joining(contract), contract.project.currency)
    return dict(zip((line.id for line in lines), openings(terms_of(contract), limits, billed), strict=True))


def opening(line: SovLine, rates: Rates) -> Before:
    """Where one line stood; what is held is kept for stored material by its rate first, the rest for work."""
    billed = Opening(line.opening_work_cents, line.opening_stored_cents, line.opening_retainage_cents)
    return openings(Terms(rates), _NO_LIMITS, [billed])[0]


_NO_LIMITS: Final = Limits(0, 0)


def _items_at_joining(contract: Contract) -> list[SovItem]:
    """The contract's lines, and those of change orders that were billed on before payclerk."""
    orders = opened_orders(contract.billed_lines)
    return [
        SovItem(line.item, line.description, line.scheduled_cents, str(line.change_order_id or "") or None)
        for line in contract.billed_lines
        if line.change_order_id is None or line.change_order_id in orders
    ]


def opened_orders(lines: Iterable[SovLine]) -> set[int]:
    """The change orders (their ids) that were billed on before payclerk."""
    opened = (line for line in lines if line.opening_work_cents or line.opening_stored_cents)
    return {line.change_order_id for line in opened if line.change_order_id is not None}


def _set_by_hand(session: Session, contract: Contract, number: int) -> bool:
    """Was the last word on the rates one by hand, and not the contract's terms turned on again?"""
    if not contract.retainage_rules and contract.step_at is None:
        return False
    query = select(Claim.rates_set).where(Claim.contract_id == contract.id, Claim.number <= number)
    query = query.where(Claim.rates_set | Claim.by_contract).order_by(Claim.number.desc())
    return bool(session.scalar(query.limit(1)))


def _withheld_ever(session: Session, contract: Contract, number: int, opened: Mapping[int, Before]) -> dict[int, int]:
    """By line, what was withheld up to this claim, released or not: what a sliding scale goes by."""
    if not contract.retainage_rules:
        return {}
    withheld = func.sum(ClaimLine.work_withheld_cents + ClaimLine.stored_withheld_cents)
    query = select(ClaimLine.sov_line_id, withheld).join(ClaimLine.claim)
    query = query.where(Claim.contract_id == contract.id, Claim.number <= number).group_by(ClaimLine.sov_line_id)
    before = {line_id: line.gross for line_id, line in opened.items()}
    return {line_id: int(cents) + before.get(line_id, 0) for line_id, cents in session.execute(query)}
