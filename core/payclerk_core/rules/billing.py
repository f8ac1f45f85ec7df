"""The claim's two pages: continuation lines (columns A to I) and the summary (lines 1 to 9).

Rules after the form's own instructions; docs/rules.md lists them. Everything is worked out in whole cents, because a
claim may have ten thousand lines; people and documents see `Money`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from ..errors import UserError
from ..money import Money, PercentOf, minor_units, percent_of
from .retainage import (
    AS_THE_RATE_SAYS,
    Limits,
    LineBase,
    Rates,
    Standing,
    Terms,
    rates_in_force,
    scale_withheld,
    within,
)
from .withholding import RATE_ONLY, OwnFigures, RateChange, own_of, own_part, take_back


class StoredMaterials(StrEnum):
    """What becomes of material stored on the claim before (domain 3.4)."""

    MANUAL = "manual"  # it stays in column F until the person moves it into E
    AUTOMATIC = "automatic"  # it is work completed before (column D), with its retainage


@dataclass(frozen=True, slots=True)
class SovItem:
    """A line of the schedule of values as a claim sees it: columns A to C, in cents."""

    item: str
    description: str
    scheduled: int
    change_order: str | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """Where a line stood before a claim, in cents: billed to date, in store, held, and withheld ever (gross)."""

    work: int = 0
    stored: int = 0
    work_held: int = 0
    stored_held: int = 0
    gross: int = 0
    standing: Standing = field(default=AS_THE_RATE_SAYS, compare=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is entered on a line for one period, in cents. None: as it was, or as the rate says.

    `to_percent` says how complete the line is (column G in percent of C) instead of `work`; `stated_work` is an amount
    given beside it, with which it has to agree. `work_percent` to `stored_withheld` are an administrator's own retainage
    for this line and period; an amount counts before a percentage.
    """

    work: int = 0
    stored: int | None = None
    to_percent: Decimal | None = None
    stated_work: int | None = None
    released: int = 0  # of both: from work first, then from stored material
    work_released: int = 0
    stored_released: int = 0
    work_percent: Decimal | None = None
    work_withheld: int | None = None
    stored_percent: Decimal | None = None
    stored_withheld: int | None = None

    @property
    def own(self) -> OwnFigures:
        figures = self.work_percent, self.work_withheld, self.stored_percent, self.stored_withheld
        return RATE_ONLY if figures == _NO_FIGURES else OwnFigures(*figures)


_NO_FIGURES = (None, None, None, None)
NOTHING = Entry()
NEW = Before()


class Line(NamedTuple):
    """One line of the continuation sheet, in cents. Amounts to date are gross (before retainage).

    `previous_work` is column D: earlier periods' work and never earlier stored material, but for `moved`, which the
    automatic mode counts as installed. `stored` is column F, a balance and not a movement. A tuple, because it is made
    four times as fast as a frozen dataclass.
    """

    item: str  # A
    description: str  # B
    scheduled_cents: int  # C
    previous_work_cents: int  # D
    work_cents: int  # E
    stored_cents: int  # F
    work_held_before: int = 0
    work_withheld: int = 0
    work_released: int = 0
    stored_held_before: int = 0
    stored_withheld: int = 0
    stored_released: int = 0
    change_order: str | None = None
    moved_cents: int = 0
    currency: str = "USD"
    standing: Standing = AS_THE_RATE_SAYS

    @property
    def completed_cents(self) -> int:  # G = D + E + F
        return self.previous_work_cents + self.work_cents + self.stored_cents

    @property
    def work_held(self) -> int:
        return self.work_held_before + self.work_withheld - self.work_released

    @property
    def stored_held(self) -> int:
        return self.stored_held_before + self.stored_withheld - self.stored_released

    @property
    def held(self) -> int:  # I
        return self.work_held + self.stored_held

    @property
    def released(self) -> int:
        return self.work_released + self.stored_released

    @property
    def scheduled(self) -> Money:
        return Money(self.scheduled_cents, self.currency)

    @property
    def previous_work(self) -> Money:
        return Money(self.previous_work_cents, self.currency)

    @property
    def this_work(self) -> Money:
        return Money(self.work_cents, self.currency)

    @property
    def stored(self) -> Money:
        return Money(self.stored_cents, self.currency)

    @property
    def work_to_date(self) -> Money:
        return Money(self.previous_work_cents + self.work_cents, self.currency)

    @property
    def completed(self) -> Money:
        return Money(self.completed_cents, self.currency)

    @property
    def percent(self) -> Decimal:  # G ÷ C
        return percent_of(self.completed, self.scheduled)

    @property
    def balance(self) -> Money:  # H = C - G
        return Money(self.scheduled_cents - self.completed_cents, self.currency)

    @property
    def work_retainage(self) -> Money:
        return Money(self.work_held, self.currency)

    @property
    def stored_retainage(self) -> Money:
        return Money(self.stored_held, self.currency)

    @property
    def retainage(self) -> Money:
        return Money(self.held, self.currency)

    @property
    def release(self) -> Money:
        return Money(self.released, self.currency)

    def after(self, gross_before: int = 0) -> Before:
        """Where the line stands for the next claim."""
        withheld = self.work_withheld + self.stored_withheld
        work = self.previous_work_cents + self.work_cents
        gross = gross_before + withheld
        return Before(work, self.stored_cents, self.work_held, self.stored_held, gross, self.standing)


@dataclass(frozen=True, slots=True)
class Contract:
    """What a claim needs to know of its contract. `rates` are in force before the claim."""

    terms: Terms
    rates: Rates
    stored_materials: StoredMaterials = StoredMaterials.MANUAL
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Billed:
    """The lines of a claim, and the rates in force from it on."""

    lines: tuple[Line, ...]
    rates: Rates


Row = tuple[SovItem, Before, Entry]


def bill(contract: Contract, rows: Sequence[Row], *, new_rates: Rates | None = None) -> Billed:
    """The continuation lines of one claim: what is entered on where each line stood.

    `new_rates` count from this claim on, for the whole balance. Raises UserError for a release of more than is held.
    """
    moves = contract.stored_materials is StoredMaterials.AUTOMATIC
    drafts = [_draft(item, before, entry, contract.currency, moves=moves) for item, before, entry in rows]
    scaled = bool(contract.terms.scale) and new_rates is None
    rates = new_rates or (contract.terms.rates if scaled else _stepped(contract, rows, drafts))
    if scaled:
        withheld = _by_scale(contract, rows, drafts)
    else:  # a rate set by hand ends a scale, whose balance is that of no rate
        before = in_force_before(contract, rows) if new_rates is not None else contract.rates
        change = RateChange(None if contract.terms.scale else before, rates)
        withheld = [change.withheld(draft, entry.own) for (_, _, entry), draft in zip(rows, drafts, strict=True)]
    lines = tuple(
        _line(row, draft, cents, contract.currency, moves=moves)
        for row, draft, cents in zip(rows, drafts, withheld, strict=True)
    )
    return Billed(lines, rates)


def in_force_before(contract: Contract, rows: Sequence[Row]) -> Rates:
    """The rates before a claim: the contract's, or its step's where what was billed before it has reached the step.

    For the first claim of a contract that joins midway these differ: no claim of ours has stepped down yet.
    """
    counts_stored = contract.terms.step is not None and contract.terms.step.counts_stored
    completed = sum(before.work + (before.stored if counts_stored else 0) for _, before, _ in rows)
    return rates_in_force(contract.terms, contract.rates, completed, sum(item.scheduled for item, _, _ in rows))


def _draft(item: SovItem, before: Before, entry: Entry, currency: str, *, moves: bool) -> LineBase:
    if moves and before.stored:
        before = _installed(before)
    stored = before.stored if entry.stored is None else entry.stored
    work = entry.work
    if entry.to_percent is not None:
        work = PercentOf(entry.to_percent)(item.scheduled) - before.work - stored
        if entry.stated_work not in {None, work}:
            stated, comes_to = Money(entry.stated_work or 0, currency), Money(work, currency)
            text = (
                f"Line {item.item}: {entry.to_percent} % is {comes_to} this period, not the {stated} given beside it."
            )
            raise UserError(
                f"{text} Give one of them, or make them agree.", code="bad_input", field=f"lines.{item.item}"
            )
    held = before.work_held, before.stored_held
    return LineBase(before.work, work, before.stored, stored, *held, before.gross, before.standing)


def _installed(before: Before) -> Before:
    """The automatic mode: value and retainage of the store go into work of before, at what is held of them."""
    known = before.standing
    if known.store_own:
        own = Standing(
            known.own_work + before.stored, known.own_held + before.stored_held, known.let_go, released=known.released
        )
    else:
        own = Standing(known.own_work, known.own_held, released=known.released)
    return Before(before.work + before.stored, 0, before.work_held + before.stored_held, 0, before.gross, own)


def _stepped(contract: Contract, rows: Sequence[Row], drafts: Sequence[LineBase]) -> Rates:
    if (step := contract.terms.step) is None:
        return contract.rates
    completed = sum(draft.work_before + draft.work + (draft.stored if step.counts_stored else 0) for draft in drafts)
    return rates_in_force(contract.terms, contract.rates, completed, sum(item.scheduled for item, _, _ in rows))


Withholding = tuple[tuple[int, int], Standing]


def _by_scale(contract: Contract, rows: Sequence[Row], drafts: Sequence[LineBase]) -> list[Withholding]:
    """A line with figures of its own takes no share of the scale; what it withholds fills the scale as well."""
    limits = limits_of([item for item, _, _ in rows], contract.currency)
    own = {place: entry.own for place, (_, _, entry) in enumerate(rows) if entry.own is not RATE_ONLY}
    left = [(d, 0) if n in own and own[n].of_work else take_back(d) for n, d in enumerate(drafts)]
    shares = [_without_own(draft, own[n]) if n in own else draft for n, (draft, _) in enumerate(left)]
    besides = sum(_own_withheld(left[place][0], figures) for place, figures in own.items())
    besides -= sum(given_back for _, given_back in left)
    plain = scale_withheld(contract.terms.scale, limits, shares, besides=besides)
    return [
        _own(own.get(n, RATE_ONLY), draft, (work - given_back, stored))
        for n, ((draft, given_back), (work, stored)) in enumerate(zip(left, plain, strict=True))
    ]


def limits_of(items: Sequence[SovItem], currency: str) -> Limits:
    """The contract sums of these lines, as a sliding scale is measured against them."""
    original = sum(item.scheduled for item in items if item.change_order is None)
    return Limits(original, sum(item.scheduled for item in items), 10 ** minor_units(currency))


def _without_own(draft: LineBase, own: OwnFigures) -> LineBase:
    return draft._replace(
        work=0 if own.of_work else draft.work, stored=draft.stored_before if own.of_stored else draft.stored
    )


def _own_withheld(draft: LineBase, own: OwnFigures) -> int:
    work = own.work(draft.work) if own.of_work else 0
    return work + (_own_stored(draft, own) - draft.stored_held if own.of_stored else 0)


def _own_stored(draft: LineBase, own: OwnFigures) -> int:
    if own.stored_withheld is not None or own.stored_percent is None:
        return own.stored_withheld or 0
    return PercentOf(own.stored_percent)(draft.stored)


def _own(own: OwnFigures, draft: LineBase, plain: tuple[int, int]) -> Withholding:
    """An administrator's figure for the line: of this period's work, and of the balance of stored material."""
    work, stored = plain
    known = draft.standing._replace(let_go=None, store_let_go=None)
    if own.of_work:
        work = own.work(draft.work)
    if own.of_work and own.work_withheld is None:
        own_work, own_held = own_of(draft)
        own_work = within(own_work + draft.work, draft.work_before + draft.work)
        known = known._replace(own_work=own_work, own_held=within(own_held + work, own_work))
    if own.of_stored:
        stored = _own_stored(draft, own) - draft.stored_held
        known = known._replace(store_own=own.stored_withheld is None)
    return (work, stored), known


def _line(row: Row, draft: LineBase, withheld: Withholding, currency: str, *, moves: bool) -> Line:
    item, before, entry = row
    (work_asked, stored_asked), standing = withheld
    work = within(draft.work_held + work_asked, draft.work_before + draft.work) - draft.work_held
    stored = within(draft.stored_held + stored_asked, draft.stored) - draft.stored_held
    released = _NO_RELEASE
    if entry.released or entry.work_released or entry.stored_released:
        released = _released(item, entry, draft.work_held + work, draft.stored_held + stored, currency)
        standing = _after_release(standing, draft.work_held + work, released)
    return Line(
        item.item, item.description, item.scheduled, draft.work_before, draft.work, draft.stored,
        draft.work_held, work, released[0], draft.stored_held, stored, released[1],
        item.change_order, before.stored if moves else 0, currency, standing,
    )  # fmt: skip


def _after_release(standing: Standing, work_held: int, released: tuple[int, int]) -> Standing:
    """What was released is let go: of what is held by the rate first, then of what is held at the line's own figures."""
    own = own_part(standing, work_held)
    own_left = own_part(standing, work_held - released[0])
    of_rest = released[0] - (own - own_left)
    return standing._replace(
        own_held=own_left,
        released=standing.released or any(cents for cents in released),
        let_go=None if standing.let_go is None else standing.let_go + of_rest,
        store_let_go=None if standing.store_let_go is None else standing.store_let_go + released[1],
    )


_NO_RELEASE = (0, 0)


def _released(item: SovItem, entry: Entry, work_held: int, stored_held: int, currency: str) -> tuple[int, int]:
    """What is released of work and of stored material; never more than is held, nor less than nothing."""
    first, rest = split_release(entry.released, work_held - entry.work_released)
    work, stored = entry.work_released + first, entry.stored_released + rest
    if (within(work, work_held), within(stored, stored_held)) != (work, stored):
        asked, most = Money(work + stored, currency), Money(work_held + stored_held, currency)
        text = f"Line {item.item}: {asked} cannot be released, {most} is held."
        raise UserError(text, code="release_exceeds_held", field=f"lines.{item.item}")
    return work, stored


def split_release(released: int, work_held: int) -> tuple[int, int]:
    """A release given as one amount: from what is held of work first, then from stored material."""
    work = within(released, work_held)
    return work, released - work


@dataclass(frozen=True, slots=True)
class ChangeBox:
    """The change-order box of the summary: approved before this claim and with it, additions and deductions."""

    previous_additions: Money
    previous_deductions: Money  # zero or less
    additions: Money
    deductions: Money

    @property
    def net(self) -> Money:
        return self.previous_additions + self.previous_deductions + self.additions + self.deductions


@dataclass(frozen=True, slots=True)
class Summary:
    """The nine lines of the summary page. Names, not numbers, because vendors renumber them."""

    original_sum: Money  # 1
    change_orders: Money  # 2
    contract_sum: Money  # 3
    completed: Money  # 4
    work_retainage: Money  # 5a
    stored_retainage: Money  # 5b
    earned: Money  # 6
    previous_certificates: Money  # 7
    due: Money  # 8
    balance: Money  # 9
    percent: Decimal

    @property
    def retainage(self) -> Money:  # 5
        return self.work_retainage + self.stored_retainage


def summarize(lines: Sequence[Line], *, previous_certificates: Money) -> Summary:
    """The summary page of these lines.

    `previous_certificates` is line 7: what was certified before, net of retainage (line 6 of the last certificate).
    """
    currency = previous_certificates.currency

    def money(cents: int) -> Money:
        return Money(cents, currency)

    original = sum(line.scheduled_cents for line in lines if line.change_order is None)
    contract_sum = sum(line.scheduled_cents for line in lines)
    completed = sum(line.completed_cents for line in lines)
    work, stored = sum(line.work_held for line in lines), sum(line.stored_held for line in lines)
    earned = completed - work - stored
    return Summary(
        original_sum=money(original),
        change_orders=money(contract_sum - original),
        contract_sum=money(contract_sum),
        completed=money(completed),
        work_retainage=money(work),
        stored_retainage=money(stored),
        earned=money(earned),
        previous_certificates=previous_certificates,
        due=money(earned) - previous_certificates,
        balance=money(contract_sum - earned),
        percent=percent_of(money(completed), money(contract_sum)),
    )


def change_box(lines: Sequence[Line], counted_before: Collection[str], currency: str) -> ChangeBox:
    """The box under the summary: each change order as a whole is an addition or a deduction (form G702).

    `counted_before` are the change orders that an earlier claim had already, or that were billed before payclerk.
    """
    orders: dict[str, int] = {}
    for line in lines:
        if line.change_order is not None:
            orders[line.change_order] = orders.get(line.change_order, 0) + line.scheduled_cents
    sums = [0, 0, 0, 0]
    for number, cents in orders.items():
        sums[(0 if number in counted_before else 2) + (cents < 0)] += cents
    return ChangeBox(*(Money(cents, currency) for cents in sums))
