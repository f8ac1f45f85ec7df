"""Retainage of a claim: set for all lines or for some, released, and the claim that only releases it.

Tasks T24 and C17 (payable), T25 (to the owner), C6. Only administrators set; contacts may release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ..errors import UserError
from ..money import Money
from ..queries.claim_facts import facts_of
from ..queries.claims import claim_line
from ..queries.contracts import open_period
from ..rules.billing import split_release
from ..rules.findings import Finding
from ..rules.lifecycle import contact_obstacle, edit_obstacle
from ..rules.retainage import Rates, release_amount, release_percent, require_percent
from ..rules.shown import require_as_seen
from ..tables import Claim, ClaimLine, Contract
from .call import Call
from .claim_editing import is_administrator, reprint, require_lines
from .claim_lines import work_out
from .claim_making import ClaimStart, figures, require_in_time, start_claim, submit
from .claims import claim_label, load_claim_to_change
from .mailing import start_thread
from .retainage_terms import preview_of
from .seen import require_seen


@dataclass(frozen=True, slots=True)
class LineRetainage:
    """An administrator's own figures for one line and period: a percentage or an amount, of work and of material.

    All None goes back to the rate.
    """

    work_percent: Decimal | None = None
    work_amount: Money | None = None
    stored_percent: Decimal | None = None
    stored_amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """How much of what is held to release: in percent, as one amount, or line by line (by schedule line id)."""

    percent: Decimal | None = None
    amount: Money | None = None
    lines: Mapping[int, Money] | None = None


def set_rates(call: Call, claim_id: int, rates: Rates) -> list[Finding]:
    """New rates for all lines, from this claim on and for the whole balance (tasks T24, T25)."""
    claim = _to_set(call, claim_id)
    before = figures(claim)
    claim.work_retainage, claim.stored_retainage = rates.work, rates.stored
    claim.rates_set, claim.by_contract = True, False
    return _worked_out(call, claim, "retainage_set", before)


def resume_terms(
    call: Call, claim_id: int, *, seen: str | None = None, shown: Mapping[str, str] | None = None
) -> list[Finding]:
    """The contract's step or sliding scale counts again from this claim on, after a rate set by hand ended it.

    `seen` is the digest of the claim that was looked at, and `shown` what its preview said; when either is another now,
    nothing is done. Raises UserError when the contract has neither, or they count already (tasks T24, T25).
    """
    claim = _to_set(call, claim_id)
    require_seen(call, claim, seen)
    preview = preview_of(call, claim)
    if preview.obstacle is not None:
        raise UserError(f"{claim_label(claim)}: {preview.obstacle}", code="no_terms")
    if shown is not None:
        require_as_seen(shown, preview.shown())
    before = figures(claim)
    claim.rates_set, claim.by_contract = False, True
    return _worked_out(call, claim, "retainage_by_contract", before)


def set_line_retainage(call: Call, claim_id: int, lines: Mapping[int, LineRetainage]) -> list[Finding]:
    """Retainage of single lines for this period, instead of the rate (tasks T24, T25). By schedule line id."""
    claim = _to_set(call, claim_id)
    require_lines(claim, lines)
    before = figures(claim)
    for line in claim.lines:
        if line.sov_line_id in lines:
            _set_line(line, lines[line.sov_line_id])
    return _worked_out(call, claim, "retainage_set", before)


def _set_line(line: ClaimLine, setting: LineRetainage) -> None:
    for percent in (setting.work_percent, setting.stored_percent):
        if percent is not None:
            require_percent(percent)
    line.work_percent, line.stored_percent = setting.work_percent, setting.stored_percent
    line.work_withheld_set_cents = setting.work_amount.cents if setting.work_amount is not None else None
    line.stored_withheld_set_cents = setting.stored_amount.cents if setting.stored_amount is not None else None


def release_retainage(call: Call, claim_id: int, release: Release) -> list[Finding]:
    """Release retainage with this claim, instead of what it released so far (tasks C17, T25).

    Never more than is held. The findings hold the warning that the source product shows as a banner.
    """
    claim = load_claim_to_change(call, claim_id)
    call.authorise("T25" if claim.contract.is_prime else "C17", claim.contract.project_id, claim.contract)
    _require_may_release(call, claim)
    require_lines(claim, release.lines or {})
    before = figures(claim)
    _put_release(call, claim, release)
    return _worked_out(call, claim, "retainage_released", before)


def _put_release(call: Call, claim: Claim, release: Release) -> None:
    for line in claim.lines:
        line.work_released_cents = line.stored_released_cents = 0
    work_out(call, claim)
    for row, cents in zip(claim.lines, _releases(claim, release), strict=True):
        work_held = claim_line(row, claim).work_held
        row.work_released_cents, row.stored_released_cents = split_release(cents, work_held)


def _releases(claim: Claim, release: Release) -> list[int]:
    """In cents, in the order of the lines."""
    held = [claim_line(row, claim).held for row in claim.lines]
    if release.percent is not None:
        return release_percent(held, release.percent)
    if release.amount is not None:
        return release_amount(held, release.amount)
    by_line = release.lines or {}
    return [by_line[row.sov_line_id].cents if row.sov_line_id in by_line else 0 for row in claim.lines]


def make_release_claim(call: Call, contract_id: int) -> Claim:
    """The claim that only releases retainage: every line complete, nothing new, all that is held (task C6)."""
    contract = call.get(Contract, contract_id, "contract")
    call.authorise("C6", contract.project_id, contract)
    period = open_period(call.session, contract.project_id)
    if period is None:
        raise UserError("There is no open billing period; create one with /billing period first.", code="no_period")
    if not is_administrator(call, contract):
        require_in_time(call, period)
    subject = f"{contract.project.name}: release of retainage of {contract.number}"
    thread = start_thread(call, project_id=contract.project_id, contract_id=contract.id, subject=subject)
    claim = start_claim(call, ClaimStart(contract, period, thread, call.actor, kind="release"))
    _put_release(call, claim, Release(percent=Decimal(100)))
    work_out(call, claim)
    submit(call, claim)
    return claim


def _to_set(call: Call, claim_id: int) -> Claim:
    claim = load_claim_to_change(call, claim_id)
    call.authorise("T25" if claim.contract.is_prime else "T24", claim.contract.project_id, claim.contract)
    if (why := edit_obstacle(facts_of(call.session, claim))) is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="not_editable")
    return claim


def _require_may_release(call: Call, claim: Claim) -> None:
    facts = facts_of(call.session, claim)
    administrator = is_administrator(call, claim.contract)
    if (why := edit_obstacle(facts) if administrator else contact_obstacle(facts)) is not None:
        raise UserError(f"{claim_label(claim)}: {why}", code="not_editable")
    if not administrator:
        require_in_time(call, claim.period)


def _worked_out(call: Call, claim: Claim, verb: str, before: dict[str, object]) -> list[Finding]:
    work_out(call, claim)
    call.record(verb, claim, project_id=claim.contract.project_id, before=before, after=figures(claim))
    return reprint(call, claim)
