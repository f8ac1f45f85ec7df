"""A claim's lines: made from the schedule of values, and worked out again whenever an amount or a rate changes."""

from __future__ import annotations

from dataclasses import replace

from ..queries.basis import Basis, basis_of, terms_of
from ..rules.billing import NEW, Before, Billed, Contract, Entry, Line, SovItem, StoredMaterials, bill
from ..rules.retainage import Rates
from ..tables import Claim, ClaimLine, SovLine
from .call import Call


def new_line(sov: SovLine) -> ClaimLine:
    """A line with nothing billed on it; `work_out` fills in what was before."""
    return ClaimLine(
        sov_line=sov,
        position=sov.position,
        scheduled_cents=sov.scheduled_cents,
        previous_work_cents=0,
        work_cents=0,
        stored_cents=0,
        claimed_work_cents=0,
        claimed_stored_cents=0,
        quantity=None,
        moved_cents=0,
        previous_work_held_cents=0,
        work_withheld_cents=0,
        work_released_cents=0,
        previous_stored_held_cents=0,
        stored_withheld_cents=0,
        stored_released_cents=0,
        review="no_action",
        review_reason=None,
        reviewed_at=None,
        reviewed_by_id=None,
    )


def work_out(call: Call, claim: Claim) -> Billed:
    """Work out the claim's lines and line 7 from where the claim before it left them, and store the result.

    Raises UserError when more is to be released than is held.
    """
    basis = basis_of(call.session, claim.contract, before=claim.number)
    billed = bill_claim(claim, basis)
    claim.previous_certificates_cents = basis.certificates
    claim.work_retainage, claim.stored_retainage = billed.rates.work, billed.rates.stored
    for row, line in zip(claim.lines, billed.lines, strict=True):
        _store(row, line)
    call.session.flush()
    return billed


def bill_claim(claim: Claim, basis: Basis, *, as_claimed: bool = False, by_contract: bool = False) -> Billed:
    """The claim's lines as the rules give them, without storing anything.

    `as_claimed`: as if no review had cut them. `by_contract`: as if the contract's step or scale counted again.
    """
    terms = terms_of(claim.contract)
    contract = Contract(
        terms.ended() if basis.by_hand and not (claim.by_contract or by_contract) else terms,
        basis.rates,
        StoredMaterials(claim.stored_materials),
        claim.contract.project.currency,
    )
    by_hand = claim.rates_set and not by_contract
    rates = Rates(claim.work_retainage, claim.stored_retainage) if by_hand else None
    entry = _claimed_entry if as_claimed else _entry
    return bill(contract, [(_item(row), _before(row, basis), entry(row)) for row in claim.lines], new_rates=rates)


def _item(row: ClaimLine) -> SovItem:
    sov = row.sov_line
    return SovItem(
        sov.item, sov.description, row.scheduled_cents, sov.change_order.number if sov.change_order else None
    )


def _before(row: ClaimLine, basis: Basis) -> Before:
    return basis.before.get(row.sov_line.id, NEW)


def _entry(row: ClaimLine) -> Entry:
    return Entry(
        work=row.work_cents,
        stored=row.stored_cents,
        work_released=row.work_released_cents,
        stored_released=row.stored_released_cents,
        work_percent=row.work_percent,
        work_withheld=row.work_withheld_set_cents,
        stored_percent=row.stored_percent,
        stored_withheld=row.stored_withheld_set_cents,
    )


def _claimed_entry(row: ClaimLine) -> Entry:
    return replace(_entry(row), work=row.claimed_work_cents, stored=row.claimed_stored_cents)


def _store(row: ClaimLine, line: Line) -> None:
    row.previous_work_cents, row.moved_cents = line.previous_work_cents, line.moved_cents
    row.previous_work_held_cents, row.work_withheld_cents = line.work_held_before, line.work_withheld
    row.previous_stored_held_cents, row.stored_withheld_cents = line.stored_held_before, line.stored_withheld
    row.work_released_cents, row.stored_released_cents = line.work_released, line.stored_released
    kept = line.standing
    row.own_work_cents, row.own_held_cents, row.let_go_cents = kept.own_work, kept.own_held, kept.let_go
    row.store_own, row.store_let_go_cents, row.ever_released = kept.store_own, kept.store_let_go, kept.released
