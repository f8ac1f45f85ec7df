"""The states of a contract: which follow which, and what is locked in them (domain 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .lifecycle import BILLING_CONTRACTS, ContractStatus

_S = ContractStatus
# domain 1.2: the company and the schedule of values of an approved or complete contract cannot change. What has ended
# is history, so it is locked too.
LOCKED: Final = frozenset({_S.APPROVED, _S.COMPLETE, _S.TERMINATED, _S.VOID})
ENDED: Final = frozenset({_S.TERMINATED, _S.VOID})
# Only what nobody has billed on may go there: the others would leave claims on a contract that says it never was.
_UNBILLED_ONLY: Final = frozenset({_S.DRAFT, _S.OUT_FOR_BID, _S.OUT_FOR_SIGNATURE, _S.VOID})
MOVES: Final[Mapping[ContractStatus, frozenset[ContractStatus]]] = {
    _S.DRAFT: frozenset({_S.OUT_FOR_BID, _S.OUT_FOR_SIGNATURE, _S.APPROVED, _S.VOID}),
    _S.OUT_FOR_BID: frozenset({_S.DRAFT, _S.OUT_FOR_SIGNATURE, _S.APPROVED, _S.VOID}),
    _S.OUT_FOR_SIGNATURE: frozenset({_S.DRAFT, _S.OUT_FOR_BID, _S.APPROVED, _S.VOID}),
    _S.APPROVED: frozenset({_S.DRAFT, _S.COMPLETE, _S.TERMINATED, _S.VOID}),
    _S.COMPLETE: frozenset({_S.APPROVED, _S.TERMINATED}),
    _S.TERMINATED: frozenset({_S.APPROVED}),
    _S.VOID: frozenset(),
}


def words(status: ContractStatus) -> str:
    """The status as people read it."""
    return status.value.replace("_", " ").title()


def move_obstacle(current: ContractStatus, wanted: ContractStatus, *, lines: int, billed: bool) -> str | None:
    """Why a contract cannot go from one status to another; None when it can.

    `lines` counts its schedule of values; `billed`: a claim was made on it, or amounts were billed before payclerk.
    """
    if wanted not in MOVES[current]:
        return f"{_from(current)} Choose {_choices(current)}." if MOVES[current] else f"{_from(current)} It stays so."
    if wanted in _UNBILLED_ONLY and billed:
        return f"It was billed on, so it cannot become {words(wanted)}; terminate or complete it."
    if wanted in BILLING_CONTRACTS and lines == 0:
        return "Its schedule of values is empty; add its lines first."
    return None


def _from(current: ContractStatus) -> str:
    return f"A contract that is {words(current)} cannot become that."


def _choices(current: ContractStatus) -> str:
    return " or ".join(words(status) for status in ContractStatus if status in MOVES[current])
