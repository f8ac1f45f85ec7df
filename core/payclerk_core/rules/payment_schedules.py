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


@dataclass(frozen=True, slots=True)
class Closing:
    """What leads from the lines to the amount that is scheduled; each as claimed and as it stands where they differ."""

    claimed_held: Money  # retention to date, had all stood that was claimed
    held: Money
    earlier: Money  # work of earlier periods less what was certified of it
    due: Money  # line 8
    certified: Money
    reason: str  # of the certificate
    retention: str  # the project's word


def closing_lines(closing: Closing) -> list[ScheduledLine]:
    """Retention as an amount, earlier periods and the certificate, so that both columns end in what is payable."""
    nothing = closing.due - closing.due
    follows = "It follows the amounts of the lines" if closing.held != closing.claimed_held else ""
    name = f"{closing.retention} withheld to date"
    held = ScheduledLine("", name, nothing - closing.claimed_held, nothing - closing.held, follows)
    earlier = ScheduledLine("", "Earlier periods, less what was certified", closing.earlier, closing.earlier)
    certified = ScheduledLine(
        "", "Certified at another amount", nothing, closing.certified - closing.due, closing.reason
    )
    return [held, *(line for line in (earlier, certified) if line.answered)]


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
    return f"Line {', '.join(line.item or line.description for line in lines)}"
