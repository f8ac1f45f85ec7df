"""The sheet Retainage rules: sliding scales, in the order of their rows (domain 3.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from ...money import decimal_to_money
from .cells import Row
from .rows import KnownContract, RuleRow
from .schedule import contract_of

MOST_RULES: Final = 5


def read_scales(rows: Iterable[Row], contracts: Mapping[str, KnownContract], stepped: Collection[str]) -> list[RuleRow]:
    """The rules of all contracts; `stepped` are those that step down at a percent complete instead."""
    found: list[RuleRow] = []
    for row in rows:
        rule = RuleRow(contract_of(row, contracts), row.read("Percent"), row.read("Of"), row.read("Until"))
        _check(row, rule, [other for other in found if other.contract == rule.contract])
        if rule.contract in stepped:
            row.fault(
                "Contract", f"{rule.contract} has a step at a percent complete, too.", "Leave one of the two ways."
            )
        found.append(rule)
    return found


def _check(row: Row, rule: RuleRow, before: Sequence[RuleRow]) -> None:
    if len(before) >= MOST_RULES:
        row.fault("Contract", f"{rule.contract} has more than {MOST_RULES} rules.", "Leave at most five.")
    if rule.until <= 0 or (rule.of != "amount" and rule.until > 100):
        limit = "more than 0" if rule.of == "amount" else "a percentage above 0, at most 100"
        row.fault("Until", f"'{rule.until}' is not {limit}.", "Write until how much is held.")
    _check_amount(row, rule)
    reached = max((other.until for other in before if other.of == rule.of), default=None)
    if reached is not None and rule.until <= reached:
        row.fault("Until", f"A rule before ends at {reached} already.", "Each rule reaches further.")


def _check_amount(row: Row, rule: RuleRow) -> None:
    """An amount has no more decimals than its currency."""
    if rule.of != "amount":
        return
    try:
        decimal_to_money(rule.until, row.currency)
    except ValueError as fault:
        row.fault("Until", f"{fault}.", "Write an amount of the project's currency.")
