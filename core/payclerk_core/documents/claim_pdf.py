"""A claim as a PDF: our own summary page and continuation sheet, checked after printing by reading it back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from ..errors import UserError
from ..money import Money, percent_of
from ..rules.billing import Line, Summary, change_box
from ..rules.contract_terms import percent as percent_text
from ..rules.held_rate import HeldRate, held_rate
from ..rules.retainage import Rates
from .claim_certificate import Certified, certificate_data, day
from .footing import AMOUNT_COLUMNS, FootedClaim, check_footing, read_back
from .layout import PAPERS
from .typeset import amount, printable, typeset
from .words import US_GC, Words, summary_labels

Direction = Literal["payable", "receivable"]
_LETTERS: Final = ("A", "B", "C", "D", "E", "F", "G = D + E + F", "G ÷ C", "H = C - G", "I")
_WIDEST_PERCENT: Final = 9999
_EXPLAINED: Final = "An amount other than line 8 is explained in an attachment."
_MARKS: Final = {"rejected": "Rejected", "approved": "Approved"}


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """All that is printed on a claim. `review` maps an item to its (status, reason)."""

    direction: Direction
    project_name: str
    project_number: str
    payer: str
    payee: str
    contract_number: str
    contract_title: str
    claim_number: int
    invoice_number: str
    period_from: date
    period_to: date
    billed_on: date
    status_label: str
    lines: Sequence[Line]
    summary: Summary
    revision: int
    review: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    words: Words = US_GC
    counted_before: Collection[str] = ()  # the change orders that an earlier claim had already
    rates: Rates | None = None  # in force with this claim; None under a sliding scale
    certified: Certified | None = None


class FootingError(UserError):
    """The printed claim does not add up; it is not handed out."""

    def __init__(self, differences: Sequence[str]) -> None:
        shown = "; ".join(differences[:5])
        super().__init__(f"This claim does not foot and was not printed: {shown}.", code="does_not_foot")
        self.differences = tuple(differences)


def render_claim(page: ClaimPage) -> bytes:
    """The claim's PDF. What was printed is read back, and a document that does not foot is refused."""
    pdf = typeset("claim.typ", _data(page))
    footed = read_back(pdf, page.words)
    differences = [*check_footing(footed), *_differences(footed, page)]
    if differences:
        raise FootingError(differences)
    return pdf


def _differences(footed: FootedClaim, page: ClaimPage) -> Iterator[str]:
    """Where the printed numbers are not the claim's: a sheet can add up and still miss a line."""
    printed = [row for sheet in footed.sheets for row in sheet.rows]
    if len(printed) != len(page.lines):
        yield f"{len(printed)} of {len(page.lines)} lines are on the sheet"
    for row, line in zip(printed, page.lines, strict=False):
        if row != tuple(Decimal(money.plain()) for money in _line_amounts(line)):
            yield f"line {line.item} is printed with other amounts"
    for name in summary_labels(page.words):
        expected = _summary_amounts(page)[name]
        if footed.summary[name] != Decimal(expected.plain()):
            yield f"'{name}' is printed as {footed.summary[name]} instead of {expected.plain()}"
    expected_certificate = Decimal(page.certified.amount.plain()) if page.certified else None
    if footed.certified != expected_certificate:
        yield f"the amount certified is printed as {footed.certified} instead of {expected_certificate}"


def _line_amounts(line: Line) -> tuple[Money, ...]:
    """In the order of AMOUNT_COLUMNS."""
    return (
        line.scheduled, line.previous_work, line.this_work, line.stored, line.completed, line.balance, line.retainage,
    )  # fmt: skip


def _summary_amounts(page: ClaimPage) -> Mapping[str, Money]:
    summary = page.summary
    box = change_box(page.lines, page.counted_before, summary.due.currency)
    return {
        **{name: getattr(summary, name) for name in summary_labels(page.words) if hasattr(summary, name)},
        "additions": box.previous_additions + box.additions,
        "deductions": box.previous_deductions + box.deductions,
    }


def _data(page: ClaimPage) -> dict[str, Any]:
    words, direction = page.words, page.direction
    paper = PAPERS[words.paper]
    running = [[*map(amount, sums[:5]), _percent(sums), *map(amount, sums[5:])] for sums in _running(page)]
    return {
        "title": printable(f"{words.claim(direction)} {page.claim_number}, {page.contract_number}"),
        "paper": words.paper,
        "payee": {"name": printable(page.payee)},
        "heading": words.claim(direction),
        "number_label": f"No. {page.claim_number}",
        "status": _status(page),
        "foot": _foot(page),
        "fields": [[label, printable(text)] for label, text in page_fields(page)],
        "lines": _summary_lines(page),
        **_boxes(page),
        "certified": certificate_data(page.certified, page.summary.due),
        "sign": paper.signing(certificate=direction == "receivable"),
        "sheet_title": f"{words.schedule}: continuation sheet",
        "sheet_line": printable(f"{page.payee}, {page.contract_number} {page.contract_title}"),
        "sheet_size": str(sheet_size(running)),
        "columns": paper.columns(),
        "letters": list(_LETTERS),
        "heads": column_heads(words),
        "rows": [_row(line, page.review.get(line.item)) for line in page.lines],
        "running": running,
    }


def _status(page: ClaimPage) -> str:
    """A status comes and goes while a document that was issued stays: callers may leave it out."""
    shown = f"Status: {page.status_label}" if page.status_label else ""
    revision = f"Revision {page.revision}" if page.revision > 1 else ""
    return printable(", ".join(filter(None, (shown, revision))))


def _foot(page: ClaimPage) -> str:
    project = f"{page.project_number} {page.project_name}"
    return printable(f"{project} | {page.contract_number} | {page.words.claim(page.direction)} {page.claim_number}")


def page_fields(page: ClaimPage) -> Iterator[tuple[str, str]]:
    """What the head of a claim's first page says, as (label, value)."""
    words, direction = page.words, page.direction
    yield "Project", page.project_name
    if page.project_number:
        yield "Project number", page.project_number
    yield words.contract(direction), f"{page.contract_number} {page.contract_title}"
    yield f"To ({words.payer(direction).lower()})", page.payer
    yield f"From ({words.payee(direction).lower()})", page.payee
    yield "Period", f"{day(page.period_from)} to {day(page.period_to)}"
    yield "Invoice number", page.invoice_number or "none"
    yield "Invoice date", day(page.billed_on)


def _summary_lines(page: ClaimPage) -> list[dict[str, Any]]:
    labels, amounts, notes = summary_labels(page.words), _summary_amounts(page), retainage_notes(page)
    numbered = (
        ("1", "original_sum", False), ("2", "change_orders", False), ("3", "contract_sum", True),
        ("4", "completed", True), ("5a", "work_retainage", False), ("5b", "stored_retainage", False),
        ("5", "retainage", False), ("6", "earned", True), ("7", "previous_certificates", False),
        ("8", "due", True), ("9", "balance", False),
    )  # fmt: skip
    return [
        {
            "number": number,
            "label": labels[name],
            "note": notes.get(name, ""),
            "amount": amount(amounts[name]),
            "bold": bold,
        }
        for number, name, bold in numbered
    ]


def retainage_notes(page: ClaimPage) -> Mapping[str, str]:
    """The percents of lines 5a and 5b, by the name of their field."""
    work = [(line.previous_work_cents + line.work_cents, line.work_held) for line in page.lines]
    stored = [(line.stored_cents, line.stored_held) for line in page.lines]
    rates, count = page.rates, page.claim_number
    return {
        "work_retainage": _percent_note(held_rate(work, rates.work if rates else None, roundings=count)),
        "stored_retainage": _percent_note(held_rate(stored, rates.stored if rates else None, roundings=count)),
    }


def _percent_note(held: HeldRate | None) -> str:
    if held is None:
        return ""
    shown = "" if held.percent is None else percent_text(held.percent)
    if not held.by_line:
        return shown
    return f"varies by line, {shown} overall" if shown else "varies by line"


def _boxes(page: ClaimPage) -> dict[str, Any]:
    words, summary = page.words, page.summary
    payee, payer = words.payee(page.direction), words.payer(page.direction)
    return {
        "changes_title": words.change_orders.capitalize(),
        "changes": list(_changes(page)),
        "percent_line": f"{summary.percent}% of the contract sum is completed and stored to date.",
        "currency_line": f"All amounts in {summary.due.currency}; amounts in parentheses are negative.",
        "retainage_line": f"{words.retainage} is rounded to the cent on each line, then added up.",
        "statement": {
            "title": f"{payee}'s statement",
            "text": f"The {payee.lower()} states that the work billed here was done, and the material billed here is "
            "stored, as the contract requires, and that what was paid before was passed on to those it was due to.",
        },
        "certificate": {
            "title": f"{payer}'s certificate",
            "text": f"The {payer.lower()} certifies the amount below for payment. "
            + ("The certificate is above." if page.certified else _EXPLAINED),
        },
    }


def _changes(page: ClaimPage) -> Iterator[list[str]]:
    """The form's box: additions and deductions in all, and what of them is new on this claim."""
    box = change_box(page.lines, page.counted_before, page.summary.due.currency)
    labels = summary_labels(page.words)
    yield [labels["additions"], amount(box.previous_additions + box.additions)]
    yield ["of these, new this period", amount(box.additions)]
    yield [labels["deductions"], amount(box.previous_deductions + box.deductions)]
    yield ["of these, new this period", amount(box.deductions)]
    yield ["Net", amount(box.net)]


def column_heads(words: Words) -> list[str]:
    """The heads of the sheet's ten columns."""
    return [
        "Item", "Description of work", "Scheduled value", "Work completed, earlier periods",
        "Work completed, this period", "Material stored", "Completed and stored to date", "%",
        "Balance to finish", words.retainage,
    ]  # fmt: skip


def _row(line: Line, review: tuple[str, str] | None) -> dict[str, Any]:
    amounts = [amount(money) for money in _line_amounts(line)]
    described = f"{line.change_order}: {line.description}" if line.change_order else line.description
    return {
        "item": printable(line.item, word=7),
        "description": printable(described),
        "amounts": [*amounts[:5], narrow(line.percent), *amounts[5:]],
        "note": _note(review),
    }


def _note(review: tuple[str, str] | None) -> str:
    """What the reviewer said about the line; an approval without a word is not worth the ink."""
    if review is None:
        return ""
    status, reason = review
    mark = _MARKS.get(status, "Note")
    if reason:
        return printable(f"{mark}: {reason}")
    return mark if status == "rejected" else ""


def _running(page: ClaimPage) -> list[list[Money]]:
    """The columns added up before the first line, after it, and so on: what a page brings and carries forward."""
    sums = [Money(0, page.summary.due.currency)] * len(AMOUNT_COLUMNS)
    result = [sums]
    for line in page.lines:
        sums = [so_far + money for so_far, money in zip(sums, _line_amounts(line), strict=True)]
        result.append(sums)
    return result


def _percent(sums: Sequence[Money]) -> str:
    return narrow(percent_of(sums[AMOUNT_COLUMNS.index("completed")], sums[AMOUNT_COLUMNS.index("scheduled")]))


def narrow(percent: Decimal) -> str:
    """A percentage that fits its column: of a line scheduled at one cent it may run into the millions."""
    if abs(percent) >= _WIDEST_PERCENT:
        return f"> {_WIDEST_PERCENT}" if percent > 0 else f"< -{_WIDEST_PERCENT}"
    return str(percent)


def sheet_size(running: Sequence[Sequence[str]]) -> Decimal:
    """The type size in points at which the widest amount still fits its column."""
    widest = max(len(text) for row in running for text in row)
    return min(Decimal("8.2"), Decimal("8.2") * 14 / max(widest, 1)).quantize(Decimal("0.1"))
