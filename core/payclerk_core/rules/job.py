"""A whole job, claim after claim: what `payclerk calc` works out, and what the tests of the rules run on.

One claim is `billing.bill`; this strings them together: each starts where the one before left every line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from ..errors import UserError
from ..money import Money
from .billing import (
    NEW,
    NOTHING,
    Before,
    ChangeBox,
    Contract,
    Entry,
    Line,
    Row,
    SovItem,
    Summary,
    bill,
    change_box,
    in_force_before,
    summarize,
)
from .findings import Finding, refuse_errors, warning
from .retainage import Rates
from .tie_out import Overbilling, Ties, tie_out


@dataclass(frozen=True, slots=True)
class JobChange:
    """An approved change order: its lines count from claim number `approved_in` on."""

    number: str
    approved_in: int
    items: tuple[SovItem, ...]


class NewRates(NamedTuple):
    """What is withheld from a claim on, in percent; None: it stays as it is in force."""

    work: Decimal | None = None
    stored: Decimal | None = None


@dataclass(frozen=True, slots=True)
class JobClaim:
    """One claim of a job: what is entered by item, and what is decided of it."""

    number: int
    entries: Mapping[str, Entry]
    rates: Rates | NewRates | None = None  # new ones, from here on
    certified: Money | None = None
    less_previous: Money | None = None  # line 7 as somebody else states it
    by_contract: bool = False  # the contract's step or scale counts again, from here on


@dataclass(frozen=True, slots=True)
class Job:
    """A contract and its claims in order. `openings` hold what was billed before the first one."""

    contract: Contract
    items: tuple[SovItem, ...]
    claims: tuple[JobClaim, ...]
    changes: tuple[JobChange, ...] = ()
    openings: Mapping[str, Before] = field(default_factory=dict)
    original_sum: Money | None = None
    overbilling: Overbilling = Overbilling.WARN


@dataclass(frozen=True, slots=True)
class JobPage:
    """One claim worked out."""

    number: int
    lines: tuple[Line, ...]
    summary: Summary
    changes: ChangeBox
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """Where the job stands between two claims."""

    before: Mapping[str, Before]
    rates: Rates
    certificates: Money
    number: int | None = None
    changes: frozenset[str] = frozenset()
    by_hand: bool = False  # a claim set a rate: a step or a sliding scale has ended


def work_out(job: Job) -> list[JobPage]:
    """Every claim of the job. Raises UserError for the first one that cannot be: its `field` says where."""
    _require_unique(job)
    return list(_pages(job))


def _pages(job: Job) -> Iterator[JobPage]:
    before = frozenset(change.number for change in job.changes if _is_earlier(job, change))
    state = _State(job.openings, job.contract.rates, _opening_certificates(job), changes=before)
    for place, claim in enumerate(job.claims):
        try:
            page, state = _next(job, claim, state)
        except UserError as fault:
            where = f"claims[{place}]" + (f".{fault.field}" if fault.field else "")
            raise UserError(f"Claim {claim.number}: {fault.message}", code=fault.code, field=where) from None
        yield page


def _is_earlier(job: Job, change: JobChange) -> bool:
    """Was the change order there before the first claim: approved for an earlier number, or billed on already?"""
    first = min((claim.number for claim in job.claims), default=1)
    return change.approved_in < first or any(item.item in job.openings for item in change.items)


def _opening_certificates(job: Job) -> Money:
    """Line 7 of the first claim: what was billed before it, less what is held of it."""
    openings = job.openings.values()
    billed = sum(o.work + o.stored for o in openings) - sum(o.work_held + o.stored_held for o in openings)
    return Money(billed, job.contract.currency)


def _next(job: Job, claim: JobClaim, state: _State) -> tuple[JobPage, _State]:
    if state.number is not None and claim.number <= state.number:
        text = f"it follows claim {state.number}; give claims rising numbers."
        raise UserError(text, code="sequence", field="number")
    items = [
        *job.items,
        *(item for change in job.changes if change.approved_in <= claim.number for item in change.items),
    ]
    _require_known(claim, items)
    rows = [(item, state.before.get(item.item, NEW), claim.entries.get(item.item, NOTHING)) for item in items]
    by_hand = state.by_hand and not claim.by_contract
    terms = job.contract.terms.ended() if by_hand else job.contract.terms
    contract = replace(job.contract, terms=terms, rates=state.rates)
    billed = bill(contract, rows, new_rates=_new_rates(claim, contract, rows))
    line_7 = state.certificates if claim.less_previous is None else claim.less_previous
    summary = summarize(billed.lines, previous_certificates=line_7)
    findings = _findings(job, claim, state, billed.lines, summary)
    refuse_errors(findings)
    page = JobPage(
        claim.number, billed.lines, summary, change_box(billed.lines, state.changes, job.contract.currency), findings
    )
    return page, _State(
        {line.item: line.after(before.gross) for line, (_, before, _) in zip(billed.lines, rows, strict=True)},
        billed.rates,
        line_7 + (summary.due if claim.certified is None else claim.certified),
        claim.number,
        frozenset(line.change_order for line in billed.lines if line.change_order is not None),
        by_hand or claim.rates is not None,
    )


def _new_rates(claim: JobClaim, contract: Contract, rows: Sequence[Row]) -> Rates | None:
    """The rates that the claim sets; what it leaves out stays as it is in force, which under a sliding scale none is."""
    if (said := claim.rates) is None:
        return None
    if contract.terms.scale and None in {said.work, said.stored}:
        text = "under a sliding scale there is no rate that could stay; give those of work and of stored material."
        raise UserError(text, code="bad_rate", field="retainage")
    in_force = in_force_before(contract, rows)
    return Rates(
        in_force.work if said.work is None else said.work, in_force.stored if said.stored is None else said.stored
    )


def _findings(job: Job, claim: JobClaim, state: _State, lines: Sequence[Line], summary: Summary) -> tuple[Finding, ...]:
    ties = Ties(
        overbilling=job.overbilling,
        number=claim.number,
        previous_number=state.number,
        before=state.before,
        original_sum=job.original_sum,
        certified=claim.certified,
        may_be_empty=True,
    )
    found = tie_out(lines, summary, ties)
    if claim.less_previous is not None and claim.less_previous != state.certificates:
        text = f"Line 7 is given as {claim.less_previous}; the claims before come to {state.certificates}."
        found.append(warning("previous_certificates", text))
    return tuple(found)


def _require_known(claim: JobClaim, items: Sequence[SovItem]) -> None:
    known = {item.item for item in items}
    for item in claim.entries:
        if item not in known:
            text = f"there is no line {item} at this claim; add it to the lines, or approve its change order by then."
            raise UserError(text, code="unknown_line", field=f"lines.{item}")


def _require_unique(job: Job) -> None:
    seen: set[str] = set()
    for item in (*job.items, *(item for change in job.changes for item in change.items)):
        if item.item in seen:
            text = f"Item {item.item} is there twice; give each line an item of its own."
            raise UserError(text, code="duplicate_item", field=f"lines.{item.item}")
        seen.add(item.item)
