"""What a contract may say of retainage, beyond what can be worked out at all: terms that mean one thing (domain 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ..errors import UserError
from ..money import Money, decimal_to_money, minor_units
from .retainage import Of, ScaleRule, Terms, require_percent

_RATE_DECIMALS: Final = 4


def check_terms(terms: Terms, currency: str) -> None:
    """Raise UserError for terms that contradict themselves or cannot be kept in this currency, naming the field."""
    _require_rate(terms.rates.work, "work_retainage")
    _require_rate(terms.rates.stored, "stored_retainage")
    if terms.step is not None:
        _require_rate(terms.step.at, "step_at")
        _require_rate(terms.step.work, "step_work_retainage")
    if terms.scale and terms.step is not None:
        raise UserError("Choose either a step down or a sliding scale; both at once would contradict.", field="rules")
    _check_scale(terms.scale, currency)


def _check_scale(scale: Sequence[ScaleRule], currency: str) -> None:
    reached: dict[Of, Decimal] = {}
    for number, rule in enumerate(scale, 1):
        _check_rule(number, rule, currency)
        if rule.until <= reached.get(rule.of, Decimal(0)):
            text = f"Rule {number} ends at {rule.until}, no later than one before it; each has to reach further."
            raise UserError(text, field="rules")
        reached[rule.of] = rule.until


def _check_rule(number: int, rule: ScaleRule, currency: str) -> None:
    _require_rate(rule.percent, "rules")
    if rule.of is not Of.AMOUNT:
        _require_rate(rule.until, "rules")
        return
    try:
        decimal_to_money(rule.until, currency)
    except ValueError as fault:
        like = Money(20_000 * 10 ** minor_units(currency), currency).plain()
        text = f"Rule {number}: give the most that is held as an amount like {like}; {fault}."
        raise UserError(text, field="rules") from None


def _require_rate(rate: Decimal, field: str) -> None:
    if not rate.is_finite() or decimals(rate) > _RATE_DECIMALS:
        text = f"{rate} is not a percentage; give one from 0 to 100, with at most four decimals."
        raise UserError(text, code="bad_rate", field=field)
    require_percent(rate)


def terms_in_words(terms: Terms, currency: str) -> str:
    """How the contract withholds, as people say it.

    >>> from payclerk_core.rules.retainage import Rates, StepDown
    >>> ten = Rates(Decimal("10.00"), Decimal(10))
    >>> terms_in_words(Terms(ten, step=StepDown(Decimal(50), Decimal(5))), "USD")
    '10% until 50% complete, then 5% of the whole balance'
    """
    if terms.scale:
        return ", then ".join(_rule_in_words(rule, currency) for rule in terms.scale)
    rates = terms.rates
    flat = percent(rates.work)
    if rates.stored != rates.work:
        flat = f"{flat} of work and {percent(rates.stored)} of stored material"
    if terms.step is None:
        return flat
    return f"{flat} until {percent(terms.step.at)} complete, then {percent(terms.step.work)} of the whole balance"


def _rule_in_words(rule: ScaleRule, currency: str) -> str:
    if rule.of is Of.AMOUNT:
        until = str(decimal_to_money(rule.until, currency))
    else:
        until = f"{percent(rule.until)} of the {rule.of.value} contract sum"
    return f"{percent(rule.percent)} until {until} is held"


def percent(rate: Decimal) -> str:
    """A rate as people write it.

    >>> percent(Decimal("7.50")), percent(Decimal(100))
    ('7.5%', '100%')
    """
    return f"{rate.normalize():f}%"


def decimals(number: Decimal) -> int:
    """How many decimals a finite number has.

    >>> decimals(Decimal("7.50")), decimals(Decimal("100"))
    (1, 0)
    """
    # By its digits: normalizing rounds a long number, makes nothing of a tiny one and overflows with a huge one.
    _, digits, exponent = number.as_tuple()
    if not number or not isinstance(exponent, int):
        return 0
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -exponent - zeros)
