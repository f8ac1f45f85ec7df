"""What sentences bill on a contract's lines: `Line 3: 40 %` is how complete it is, an amount is this period's work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..errors import UserError
from ..money import Money, decimal_to_money

# A contract with more is billed by the form; so many amounts in a mail's text are read wrong by people too.
MOST_LINES: Final = 15
_DOLLARS: Final = frozenset({"USD", "CAD", "AUD", "NZD"})


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of a mail: a line by its item, and how complete it is, this period's work, or what is stored."""

    item: str
    kind: str  # percent, work, stored
    number: Decimal
    written: str
    sign: str = ""  # "$", or a currency's code


@dataclass(frozen=True, slots=True)
class BilledLine:
    """All that was said of one line. None: nothing of the kind."""

    percent: Decimal | None = None
    work: Money | None = None
    stored: Money | None = None


@dataclass(frozen=True, slots=True)
class TextFault:
    """A sentence that cannot be taken, why, and what to write."""

    where: str
    what: str
    fix: str


class TextFaults(UserError):  # noqa: N818 - what it holds
    """Why a billing in plain words was not taken; `faults` names each sentence."""

    def __init__(self, faults: Sequence[TextFault]) -> None:
        super().__init__(" ".join(f"{fault.where}: {fault.what} {fault.fix}" for fault in faults), code="faults")
        self.faults = tuple(faults)


class _RefusedError(ValueError):
    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


def billed_lines(said: Iterable[Said], lines: Mapping[str, int], currency: str) -> dict[int, BilledLine]:
    """By the id of the schedule's line, what is billed on it. `lines`: the ids by item. Raises TextFaults with all faults."""
    found: dict[int, BilledLine] = {}
    faults: list[TextFault] = []
    for one in said:
        try:
            line_id = _line_of(one, lines)
            found[line_id] = _with(found.get(line_id, BilledLine()), one, currency)
        except _RefusedError as error:
            faults.append(TextFault(one.written, error.what, error.fix))
    if faults:
        raise TextFaults(faults)
    return found


def _line_of(said: Said, lines: Mapping[str, int]) -> int:
    """By its item as it is, else without the zeros before it while that is one line only."""
    item = said.item.casefold()
    exact = [line_id for known, line_id in lines.items() if known.casefold() == item]
    alike = [line_id for known, line_id in lines.items() if known.casefold().lstrip("0") == item.lstrip("0")]
    if len(exact or alike) == 1:
        return (exact or alike)[0]
    raise _RefusedError(f"The contract has no line {said.item[:20]}.", f"Its lines are {', '.join(lines)}.")


def _with(line: BilledLine, said: Said, currency: str) -> BilledLine:
    told = {"percent": line.percent, "work": line.work, "stored": line.stored}
    value = said.number if said.kind == "percent" else _money(said, currency)
    if told[said.kind] not in {None, value}:
        raise _RefusedError("The line is billed twice, with different figures.", "Write it once.")
    told[said.kind] = value
    if told["percent"] is not None and told["work"] is not None:
        raise _RefusedError("The line is billed by percent and by amount.", "Write one of the two.")
    return BilledLine(**told)  # type: ignore[arg-type]


def _money(said: Said, currency: str) -> Money:
    if said.sign and not (said.sign == currency or (said.sign == "$" and currency in _DOLLARS)):
        raise _RefusedError(f"The contract is in {currency}.", f"Write the amount in {currency}.")
    try:
        return decimal_to_money(said.number, currency)
    except ValueError:
        raise _RefusedError("This is not an amount to the cent.", "Write it like 1234.50.") from None
