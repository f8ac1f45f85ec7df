"""What a payment schedule says of a claim line by line, and what it must not leave open (domain 6.4, task T10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import UserError
from ..money import Money


@dataclass(frozen=True, slots=True)
class ScheduledLine:
    """One line of a claim as it is answered: work of this period and stored material, before retention."""

    item: str
    description: str
    claimed: Money
    scheduled: Money  # what the reviewer let stand
    reason: str = ""
    rejected: bool = False

    @property
    def difference(self) -> Money:
        """Scheduled less claimed: negative where less stands than was asked for."""
        return self.scheduled - self.claimed

    @property
    def answered(self) -> bool:
        """Is there anything to say of the line?"""
        return bool(self.claimed) or bool(self.scheduled)


def require_answered(lines: Sequence[ScheduledLine]) -> None:
    """Raise UserError, with the lines named, unless each difference has its reason and no rejected amount stands.

    A schedule without reasons is treated as if none was served (domain 6.4).
    """
    if silent := [line for line in lines if line.difference and not line.reason]:
        text = "differs from what was claimed, but no reason is given; review it and say why"
        raise UserError(f"{_named(silent)} {text}.", code="reason_missing", field=f"lines.{silent[0].item}")
    if standing := [line for line in lines if line.rejected and line.scheduled and not line.difference]:
        text = "is rejected, but its amount still stands in full; correct the amount, or approve the line"
        raise UserError(f"{_named(standing)} {text}.", code="rejected_lines", field=f"lines.{standing[0].item}")


def _named(lines: Iterable[ScheduledLine]) -> str:
    return f"Line {', '.join(line.item for line in lines)}"
