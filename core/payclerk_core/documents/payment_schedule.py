"""A payment schedule as a PDF: what was claimed, what is scheduled, why; read back before it is handed out (T10)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import pikepdf

from ..errors import UserError
from ..money import Money, total
from ..rules.payment_schedules import ScheduledLine
from .footing import AMOUNT, amount_beside, number_of
from .layout import PAPERS
from .page_text import Fragment, fragments
from .typeset import amount, printable, typeset
from .words import DICTIONARIES, Words

_WORDS: Final[Words] = DICTIONARIES["au_nz"]  # the only places whose law knows payment schedules
_MARGIN: Final = 44
_ITEM, _AMOUNT_WIDTH, _AMOUNTS = 46, 84, 3  # points; the description takes what is left
_TOTALS: Final = {"claimed": "Amount claimed", "scheduled": "Amount scheduled", "difference": "Difference"}
_PAYABLE: Final = "Payable on this claim"
_TYPE: Final = Decimal("8.6")  # points; an amount of more than 15 characters is set smaller
Row = tuple[Decimal, Decimal, Decimal]  # claimed, scheduled, difference


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """All that is printed on a payment schedule. `payable` is what is proposed for payment of the claim."""

    project_name: str
    project_number: str
    payer: str
    payee: str
    contract_number: str
    contract_title: str
    claim_number: int
    revision: int
    invoice_number: str
    billed_on: date
    period_from: date
    period_to: date
    received_on: date
    answer_due_on: date
    business_days: int
    law: str
    issued_on: date
    lines: Sequence[ScheduledLine]
    payable: Money
    footer: str = ""

    @property
    def in_time(self) -> bool:
        """Was it issued by the day the law asks for?"""
        return self.issued_on <= self.answer_due_on


@dataclass(frozen=True, slots=True)
class PrintedSchedule:
    """The numbers printed on a payment schedule: the totals above by name, the rows, and the last row's sums."""

    totals: Mapping[str, Decimal]
    rows: tuple[Row, ...]
    sums: Row


def render_schedule(page: SchedulePage) -> bytes:
    """The schedule's PDF. What was printed is read back, and one that does not foot is refused with a UserError."""
    return checked(typeset("payment_schedule.typ", _data(page)), page)


def checked(pdf: bytes, page: SchedulePage) -> bytes:
    """The same PDF, or a UserError that says where it does not add up or is not what the page holds."""
    printed = read_schedule(pdf)
    differences = [*check_schedule(printed), *_differences(printed, page)]
    if differences:
        shown = "; ".join(differences[:5])
        raise UserError(f"This payment schedule does not foot and was not printed: {shown}.", code="does_not_foot")
    return pdf


def read_schedule(pdf: bytes) -> PrintedSchedule:
    """The numbers of a schedule printed by `render_schedule`; ValueError names what cannot be found."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        pages = [list(fragments(page)) for page in opened.pages]
    totals = {name: amount_beside(label, pages[0]) for name, label in {**_TOTALS, "payable": _PAYABLE}.items()}
    rows = [row for pieces in pages for row in _rows(pieces)]
    if not rows:
        raise ValueError("the schedule has no sums")
    return PrintedSchedule(totals, tuple(rows[:-1]), rows[-1])


def _rows(pieces: Sequence[Fragment]) -> list[Row]:
    """The rows of a page from top to bottom: where all three columns hold an amount at one height."""
    by_height: dict[Decimal, dict[int, Decimal]] = {}
    for piece in pieces:
        column = next((i for i, (left, right) in enumerate(_amount_edges()) if left <= piece.x < right), None)
        if column is not None and AMOUNT.fullmatch(piece.text):
            by_height.setdefault(piece.y, {})[column] = number_of(piece.text)
    full = [(y, cells) for y, cells in by_height.items() if len(cells) == _AMOUNTS]
    return [(cells[0], cells[1], cells[2]) for _, cells in sorted(full, key=lambda row: row[0], reverse=True)]


def _columns() -> list[int]:
    left = PAPERS[_WORDS.paper].width - 2 * _MARGIN - _ITEM - _AMOUNTS * _AMOUNT_WIDTH
    return [_ITEM, left] + [_AMOUNT_WIDTH] * _AMOUNTS


def _amount_edges() -> list[tuple[int, int]]:
    stops = [_MARGIN]
    for width in _columns():
        stops.append(stops[-1] + width)
    return list(pairwise(stops))[-_AMOUNTS:]


def check_schedule(printed: PrintedSchedule) -> list[str]:
    """Everything that does not add up on the printed schedule; nothing for one that foots."""
    return [*_check_rows(printed), *_check_sums(printed)]


def _check_rows(printed: PrintedSchedule) -> Iterator[str]:
    for claimed, scheduled, difference in (*printed.rows, printed.sums):
        if scheduled - claimed != difference:
            yield f"{scheduled} less {claimed} is not {difference}"


def _check_sums(printed: PrintedSchedule) -> Iterator[str]:
    for index, name in enumerate(_TOTALS):
        added = sum((row[index] for row in printed.rows), Decimal(0))
        if added != printed.sums[index]:
            yield f"column '{name}' adds up to {added}, not {printed.sums[index]}"
        if printed.totals[name] != printed.sums[index]:
            yield f"'{_TOTALS[name]}' is {printed.totals[name]}, its column comes to {printed.sums[index]}"


def _differences(printed: PrintedSchedule, page: SchedulePage) -> Iterator[str]:
    """Where the printed numbers are not the claim's: a schedule can add up and still miss a line."""
    if len(printed.rows) != len(page.lines):
        yield f"{len(printed.rows)} of {len(page.lines)} lines are on it"
    for row, line in zip(printed.rows, page.lines, strict=False):
        if row != tuple(Decimal(money.plain()) for money in _amounts(line)):
            yield f"line {line.item} is printed with other amounts"
    if printed.totals["payable"] != printed.sums[1]:
        yield f"'{_PAYABLE}' is {printed.totals['payable']}, what is scheduled comes to {printed.sums[1]}"
    if printed.totals["payable"] != Decimal(page.payable.plain()):
        yield f"'{_PAYABLE}' is printed as {printed.totals['payable']} instead of {page.payable.plain()}"


def _amounts(line: ScheduledLine) -> tuple[Money, Money, Money]:
    return line.claimed, line.scheduled, line.difference


def _sums(page: SchedulePage) -> tuple[Money, Money, Money]:
    currency = page.payable.currency
    claimed = total((line.claimed for line in page.lines), currency)
    scheduled = total((line.scheduled for line in page.lines), currency)
    return claimed, scheduled, scheduled - claimed


def _data(page: SchedulePage) -> dict[str, Any]:
    sums = [amount(money) for money in _sums(page)]
    rows = [_row(line) for line in page.lines]
    return {
        "title": printable(f"Payment schedule, {page.contract_number} claim {page.claim_number}"),
        "author": printable(page.payer),
        "paper": _WORDS.paper,
        "heading": "Payment schedule",
        "number_label": printable(f"{page.contract_number}, claim {page.claim_number}, revision {page.revision}"),
        "status": f"Issued on {_day(page.issued_on)}",
        "fields": [[label, printable(text)] for label, text in _fields(page)],
        "totals": [[label, text] for label, text in zip(_TOTALS.values(), sums, strict=True)],
        "payable": [_PAYABLE, amount(page.payable)],
        "notes": _notes(page),
        "columns": _columns(),
        "heads": ["Item", "Description of work", *_TOTALS.values()],
        "rows": rows,
        "sums": sums,
        "size": str(_size([*sums, *(text for row in rows for text in row["amounts"])])),
        "foot": printable(f"{page.project_number} {page.project_name} | {page.contract_number}"),
        "footer": printable(page.footer),
    }


def _fields(page: SchedulePage) -> Iterator[tuple[str, str]]:
    invoice = page.invoice_number or "no invoice number"
    yield "Project", f"{page.project_name} ({page.project_number})"
    yield f"To ({_WORDS.payable_payee.lower()})", page.payee
    yield f"From ({_WORDS.payable_payer.lower()})", page.payer
    yield _WORDS.payable_contract, f"{page.contract_number} {page.contract_title}"
    yield "Claim answered", f"No. {page.claim_number}, revision {page.revision}; {invoice}, {_day(page.billed_on)}"
    yield "Period", f"{_day(page.period_from)} to {_day(page.period_to)}"
    yield "Claim received on", _day(page.received_on)
    yield "To be answered by", f"{_day(page.answer_due_on)} ({page.business_days} business days: {page.law})"
    yield "Answered on", _day(page.issued_on)


def _notes(page: SchedulePage) -> list[str]:
    reasons = "Where the amount scheduled is not the amount claimed, the reason stands with the line."
    signs = f"All amounts in {page.payable.currency}; amounts in parentheses are negative."
    before = "Lines are of work done in the period and material stored at its end; retention is an amount below them."
    return [f"This payment schedule answers the claim named above. {reasons}", f"{signs} {before}"]


def _row(line: ScheduledLine) -> dict[str, Any]:
    return {
        "item": printable(line.item, word=7),
        "description": printable(line.description),
        "amounts": [amount(money) for money in _amounts(line)],
        "reason": printable(f"Reason: {line.reason}") if line.reason else "",
    }


def _day(day: date) -> str:
    """With the month in letters, as on the claim."""
    return f"{day.day} {day:%b %Y}"


def _size(texts: Sequence[str]) -> Decimal:
    """The type size in points at which the widest amount still fits its column."""
    widest = max(len(text) for text in texts)
    return min(_TYPE, _TYPE * 15 / max(widest, 1)).quantize(Decimal("0.1"))
