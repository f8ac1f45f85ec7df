"""Retainage: what is withheld of each line, and what is held and released of it (domain 3.3).

Retainage is a movement: held before + withheld - released = held now, by line, of work and of stored material apart.
While nothing special happens what is withheld adds up to the rate of the work to date (form G702, line 5a), because each
movement is the difference of two rounded balances. A rate that changes counts for the whole balance; an administrator
may set a percentage or an amount for a line and one period; a sliding scale stops at what its rules say is held.
What a line holds at a rate, and how a new one changes it, is in `withholding.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from ..errors import UserError
from ..money import Money, PercentOf

MOST_RULES: Final = 5  # the source product's limit for a sliding scale
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rates:
    """What is withheld, in percent: of work, and of stored material."""

    work: Decimal
    stored: Decimal

    def __post_init__(self) -> None:
        for rate in (self.work, self.stored):
            require_percent(rate)


def require_percent(rate: Decimal) -> None:
    """Refuse what is no percentage from 0 to 100."""
    if not 0 <= rate <= HUNDRED:
        raise UserError(f"Retainage of {rate} % is not possible; give a percentage from 0 to 100.", code="bad_rate")


class Of(StrEnum):
    """What the limit of a rule is measured against."""

    ORIGINAL = "original"  # percent of the original contract sum
    REVISED = "revised"  # percent of the contract sum to date
    AMOUNT = "amount"  # whole units of the currency


@dataclass(frozen=True, slots=True)
class ScaleRule:
    """One rule of a sliding scale: `percent` is withheld until `until` of what `of` says has been."""

    percent: Decimal
    of: Of
    until: Decimal

    def limit(self, original_cents: int, revised_cents: int, unit: int = 100) -> int:
        """The most that is held under this rule, in minor units, of which `unit` are a whole one."""
        if self.of is Of.AMOUNT:
            return int(self.until * unit)
        return PercentOf(self.until)(original_cents if self.of is Of.ORIGINAL else revised_cents)


@dataclass(frozen=True, slots=True)
class StepDown:
    """From `at` percent complete on, `work` percent on the whole balance, stored material included.

    Clauses measure work in place ("50 % complete"); with `counts_stored`, material in store counts as well.
    """

    at: Decimal
    work: Decimal
    counts_stored: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """How a contract withholds. With `scale`, its rules count for work and stored material instead of the rates."""

    rates: Rates
    scale: tuple[ScaleRule, ...] = ()
    step: StepDown | None = None

    def __post_init__(self) -> None:
        if len(self.scale) > MOST_RULES:
            text = f"A sliding scale has at most {MOST_RULES} rules; this one has {len(self.scale)}."
            raise UserError(text, code="bad_scale")
        for rule in self.scale:
            require_percent(rule.percent)
            if rule.until < 0:
                raise UserError(
                    f"A sliding scale cannot end at {rule.until}; give an amount above zero.", code="bad_scale"
                )

    def ended(self) -> Terms:
        """The terms after somebody set a rate by hand: neither scale nor step counts, until it is turned on again."""
        return Terms(self.rates)


def rates_in_force(terms: Terms, before: Rates, completed_cents: int, contract_cents: int) -> Rates:
    """The rates of a claim that come from the claim before it; a step-down only ever lowers them."""
    step = terms.step
    if step is None or contract_cents <= 0 or completed_cents * HUNDRED < step.at * contract_cents:
        return before
    return Rates(min(before.work, step.work), min(before.stored, step.work))


class Standing(NamedTuple):
    """What is remembered of a line's retainage beside the amounts held, in cents.

    `own_work` was withheld at figures of the line's own and `own_held` is held of it; `let_go` is by how much less than
    the rate is held of the rest (None: not known, so what the rate and the amount held say). `store_own` and
    `store_let_go` say the same of what is in store now. `released`: something was released of the line, which no later
    rate charges again, whatever came between.
    """

    own_work: int = 0
    own_held: int = 0
    let_go: int | None = None
    store_own: bool = False
    store_let_go: int | None = None
    released: bool = False


AS_THE_RATE_SAYS: Final = Standing()


class LineBase(NamedTuple):
    """What retainage is worked out from, of one line, in cents. `gross` was withheld ever, released or not.

    A tuple, because a claim makes one for each of its lines and throws it away.
    """

    work_before: int
    work: int
    stored_before: int
    stored: int
    work_held: int
    stored_held: int
    gross: int = 0
    standing: Standing = AS_THE_RATE_SAYS

    @property
    def added(self) -> int:
        """How much more of the line is completed and stored than before."""
        return self.work + self.stored - self.stored_before


@dataclass(frozen=True, slots=True)
class Limits:
    """The contract sums that a sliding scale is measured against, in minor units; `unit` of them are a whole one."""

    original: int
    revised: int
    unit: int = 100


Withheld = tuple[int, int]  # of work and of stored material, in cents; negative gives back


def scale_withheld(
    scale: Sequence[ScaleRule], limits: Limits, lines: Sequence[LineBase], *, besides: int = 0
) -> list[Withheld]:
    """What a sliding scale withholds of each line; what a limit leaves is shared by largest remainder.

    `besides` is withheld with the same claim at figures of lines' own, in cents: it fills the scale as well.
    """
    held = sum(line.gross for line in lines) + besides
    percent, room = _rule_in_force(scale, limits, held)
    part = PercentOf(percent)
    plain = [part(line.added) for line in lines]
    if room is not None and sum(plain) > room:
        plain = _within_limits(scale, limits, held, lines, plain)
    return [_split(line, withheld) for line, withheld in zip(lines, plain, strict=True)]


def _rule_in_force(scale: Sequence[ScaleRule], limits: Limits, held: int) -> tuple[Decimal, int | None]:
    """The percentage at this point, and how much can be withheld before the next rule (None: work is taken back)."""
    for rule in scale:
        room = rule.limit(limits.original, limits.revised, limits.unit) - held
        if room > 0:
            return rule.percent, room
    return Decimal(0), None


def _within_limits(
    scale: Sequence[ScaleRule], limits: Limits, held: int, lines: Sequence[LineBase], plain: Sequence[int]
) -> list[int]:
    """Through the rules until all that was added is dealt with. What lines take back stays as it was worked out."""
    taken_back = sum(min(withheld, 0) for withheld in plain)
    wanted = _through_rules(scale, limits, held, sum(line.added for line in lines)) - taken_back
    weights = [max(line.added, 0) for line in lines]
    shares = [share.cents for share in Money(max(wanted, 0)).share(weights)]
    return [share if weight else withheld for share, weight, withheld in zip(shares, weights, plain, strict=True)]


def _through_rules(scale: Sequence[ScaleRule], limits: Limits, held: int, added: int) -> int:
    withheld, left = 0, Decimal(added)
    for rule in scale:
        room = rule.limit(limits.original, limits.revised, limits.unit) - held - withheld
        if room <= 0 or left <= 0:
            continue
        asked = PercentOf(rule.percent)(int(left))
        if asked <= room:
            return withheld + asked
        withheld += room
        left -= room * HUNDRED / rule.percent
    return withheld


def _split(line: LineBase, withheld: int) -> Withheld:
    """Of work and of stored material: what leaves the store takes what was held for it along."""
    change = line.stored - line.stored_before
    if change < 0:
        moved = -_proportion(line.stored_held, -change, line.stored_before)
        return withheld - moved, moved
    if line.work <= 0 or line.added <= 0:
        return (withheld, 0) if change == 0 else (0, withheld)
    stored = _proportion(withheld, change, line.added)
    return withheld - stored, stored


def _proportion(cents: int, part: int, whole: int) -> int:
    return Money(cents).share([part, whole - part])[0].cents if 0 < part < whole else (cents if part >= whole else 0)


def within(held: int, billed: int) -> int:
    """Retainage kept between nothing and all that was billed (of a deduction: between all of it and nothing)."""
    if 0 <= held <= billed:
        return held
    return min(max(held, min(billed, 0)), max(billed, 0))


def may_be_held(retainage: Money, billed: Money) -> bool:
    """May so much retainage be held of what was billed? Never more than it, and never of the other sign.

    >>> may_be_held(Money(500), Money(10000)), may_be_held(Money(500), Money(-10000))
    (True, False)
    """
    return within(retainage.cents, billed.cents) == retainage.cents


def release_percent(held: Sequence[int], percent: Decimal) -> list[int]:
    """So many percent of what each line holds, rounded per line."""
    require_percent(percent)
    part = PercentOf(percent)
    return [part(cents) for cents in held]


def release_amount(held: Sequence[int], amount: Money) -> list[int]:
    """An amount taken from the lines in proportion to what they hold, to the cent; never more than is held."""
    available = sum(cents for cents in held if cents > 0)
    if amount.cents < 0:
        raise UserError("The amount to release must be more than zero.", code="bad_release")
    if amount.cents > available:
        most = Money(available, amount.currency)
        raise UserError(f"Only {most} is held; {amount} cannot be released.", code="release_exceeds_held")
    if not amount:
        return [0 for _ in held]
    return [share.cents for share in amount.share([max(cents, 0) for cents in held])]
