"""What a contract may say of retainage: rates, one step down, or a sliding scale of at most five rules (domain 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..errors import UserError

MOST_RULES: Final = 5  # the source product's limit
MEASURES: Final = ("original", "revised", "amount")
_HUNDRED: Final = Decimal(100)
_RATE_DECIMALS: Final = 4
_LARGEST_AMOUNT: Final = Decimal(10) ** 13  # in whole units, as the largest Money


@dataclass(frozen=True, slots=True)
class HoldRule:
    """`percent` is held until `until`: percent of the original or revised sum, or an amount in whole units."""

    percent: Decimal
    of: str  # original, revised, amount
    until: Decimal


@dataclass(frozen=True, slots=True)
class RetainageTerms:
    """The terms of a contract; rates are percentages, from `step_at` percent complete on `step_work` counts."""

    work: Decimal
    stored: Decimal
    step_at: Decimal | None = None
    step_work: Decimal | None = None
    rules: tuple[HoldRule, ...] = ()


def check_retainage_terms(terms: RetainageTerms) -> None:
    """Raise UserError for terms that cannot be worked out, naming the field."""
    _require_percent(terms.work, "work_retainage")
    _require_percent(terms.stored, "stored_retainage")
    _check_step(terms)
    if terms.rules and terms.step_at is not None:
        raise UserError("Choose either a step down or a sliding scale; both at once would contradict.", field="rules")
    _check_rules(terms.rules)


def _check_step(terms: RetainageTerms) -> None:
    if (terms.step_at is None) != (terms.step_work is None):
        text = "A step down needs both: from which percent complete, and the rate from then on."
        raise UserError(text, field="step_at")
    if terms.step_at is not None and terms.step_work is not None:
        _require_percent(terms.step_at, "step_at")
        _require_percent(terms.step_work, "step_work_retainage")


def _check_rules(rules: Sequence[HoldRule]) -> None:
    if len(rules) > MOST_RULES:
        text = f"A sliding scale has at most {MOST_RULES} rules; this one has {len(rules)}."
        raise UserError(text, field="rules")
    reached: dict[str, Decimal] = {}
    for number, rule in enumerate(rules, 1):
        _check_rule(number, rule)
        if rule.until <= reached.get(rule.of, Decimal(0)):
            text = f"Rule {number} ends at {rule.until}, no later than one before it; each has to reach further."
            raise UserError(text, field="rules")
        reached[rule.of] = rule.until


def _check_rule(number: int, rule: HoldRule) -> None:
    if rule.of not in MEASURES:
        raise UserError(f"Rule {number}: measure it by one of {', '.join(MEASURES)}.", field="rules")
    _require_percent(rule.percent, "rules")
    if rule.of != "amount":
        _require_percent(rule.until, "rules")
    elif not rule.until.is_finite() or not 0 < rule.until <= _LARGEST_AMOUNT or decimals(rule.until) > 2:
        raise UserError(f"Rule {number}: give the most that is held as an amount like 20000.00.", field="rules")


def _require_percent(rate: Decimal, field: str) -> None:
    if not rate.is_finite() or not 0 <= rate <= _HUNDRED or decimals(rate) > _RATE_DECIMALS:
        text = f"{rate} is not a percentage; give one from 0 to 100, with at most four decimals."
        raise UserError(text, code="bad_rate", field=field)


def decimals(number: Decimal) -> int:
    """How many decimals a finite number has.

    >>> decimals(Decimal("7.50")), decimals(Decimal("100"))
    (1, 0)
    """
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
