"""The configurable PDF of an owner's claim: its lines summed up in groups, read back after printing (task T13).

It goes beside the claim, whose own pages (the detail that is mailed and signed) stay as they are.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pikepdf

from ..money import Money
from ..rules.summarization import CostLine, Figures, Group, Layout, Level, figures_of, summed_up
from .claim_pdf import ClaimPage, FootingError, column_heads, narrow, page_fields, sheet_size
from .footing import Amounts, amount_beside, amount_rows
from .layout import PAPERS
from .page_text import Fragment, fragments
from .typeset import amount, printable, typeset
from .words import summary_labels

_CLOSING: Final = ("contract_sum", "completed", "retainage", "earned", "previous_certificates", "due", "balance")
_LEVELS: Final[Mapping[Level, str]] = {
    Level.DIVISION: "division",
    Level.COST_CODE: "cost code",
    Level.COST_TYPE: "cost type",
    Level.CUSTOM: "custom group",
}


@dataclass(frozen=True, slots=True)
class OwnerSummaryPage:
    """The claim, its lines with their cost codes, and how they are summed up."""

    claim: ClaimPage
    lines: Sequence[CostLine]
    layout: Layout


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the sheet. A heading has no figures."""

    kind: str  # heading, line, group (a group as one row), subtotal, total
    depth: int
    item: str
    label: str
    figures: Figures | None


def render_owner_summary(page: OwnerSummaryPage) -> bytes:
    """The PDF. What was printed is read back, and one that does not add up to the claim is refused."""
    rows = list(_rows(page))
    pdf = typeset("owner_summary.typ", _data(page, rows))
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        sheets = [list(fragments(sheet)) for sheet in opened.pages]
    if differences := [*_differences(page, rows, sheets)]:
        raise FootingError(differences)
    return pdf


def _rows(page: OwnerSummaryPage) -> Iterator[_Row]:
    whole = summed_up(page.lines, page.layout, page.claim.summary.due.currency)
    yield from _inside(whole, 0, page.layout)
    yield _Row("total", 0, "", "Grand total", whole.subtotal)


def _inside(group: Group, depth: int, layout: Layout) -> Iterator[_Row]:
    for inner in group.groups:
        if not inner.groups and not layout.show_lines:
            yield _Row("group", depth, "", inner.name, inner.subtotal)
            continue
        yield _Row("heading", depth, "", inner.name, None)
        yield from _inside(inner, depth + 1, layout)
        yield _Row("subtotal", depth, "", f"Subtotal, {inner.name}", inner.subtotal)
    for row in group.lines:
        described = (
            f"{row.line.change_order}: {row.line.description}" if row.line.change_order else row.line.description
        )
        yield _Row("line", depth, row.line.item, described, figures_of([row], row.line.currency))


def _differences(page: OwnerSummaryPage, rows: Sequence[_Row], sheets: Sequence[Sequence[Fragment]]) -> Iterator[str]:
    edges = PAPERS[page.claim.words.paper].edges()
    placed = [amount_rows(sheet, edges) for sheet in sheets]
    printed = [amounts for sheet in placed for _, amounts in sheet]
    shown = [row for row in rows if row.figures is not None]
    if len(printed) != len(shown):
        yield f"{len(printed)} of {len(shown)} rows are on the sheet"
        return
    for row, amounts in zip(shown, printed, strict=True):
        if row.figures is not None and amounts != _decimals(row.figures.amounts):
            yield f"'{row.label}' is printed with other amounts"
    yield from check_subtotals([(row.kind, row.depth, row.label) for row in shown], printed)
    bottom = placed[-1][-1][0] if placed[-1] else None
    closing = [piece for piece in sheets[-1] if bottom is None or piece.y < bottom]
    yield from _against_claim(page, printed[-1], closing)


def check_subtotals(rows: Sequence[tuple[str, int, str]], printed: Sequence[Amounts]) -> Iterator[str]:
    """Where a printed subtotal is not the sum of what stands above it. `rows` are (kind, depth, label)."""
    none = (Decimal(0),) * 7
    sums: dict[int, Amounts] = {}
    for (kind, depth, label), amounts in zip(rows, printed, strict=True):
        if kind in {"subtotal", "total"}:
            # What belongs to a subtotal stands one level deeper; to the total: on the first level.
            inside = sums.pop(depth + 1 if kind == "subtotal" else 0, none)
            if inside != amounts:
                yield f"'{label}' does not add up"
        sums[depth] = tuple(so_far + value for so_far, value in zip(sums.get(depth, none), amounts, strict=True))


def _against_claim(page: OwnerSummaryPage, total: Amounts, closing: Sequence[Fragment]) -> Iterator[str]:
    """The total is the claim's, and so are the lines under it."""
    summary, labels = page.claim.summary, summary_labels(page.claim.words)
    expected = _decimals((summary.contract_sum, summary.completed, summary.retainage))
    if (total[0], total[4], total[6]) != expected:
        yield "the grand total is not the claim's"
    for name in _CLOSING:
        if amount_beside(labels[name], closing) != Decimal(getattr(summary, name).plain()):
            yield f"'{labels[name]}' is printed with another amount"


def _decimals(amounts: Sequence[Money]) -> Amounts:
    return tuple(Decimal(money.plain()) for money in amounts)


def _data(page: OwnerSummaryPage, rows: Sequence[_Row]) -> dict[str, Any]:
    claim, words = page.claim, page.claim.words
    labels = summary_labels(words)
    cells = [_cells(row.figures) for row in rows]
    title = f"{words.claim(claim.direction)} {claim.claim_number}, {claim.contract_number}"
    return {
        "title": printable(f"{title}: summary"),
        "author": printable(claim.payee),
        "paper": words.paper,
        "heading": f"{words.claim(claim.direction)}: summary",
        "number_label": f"No. {claim.claim_number}",
        "foot": printable(f"{claim.project_number} {claim.project_name} | {title}, summary"),
        "fields": [[label, printable(text)] for label, text in page_fields(claim)],
        "grouped_line": _grouped(page.layout),
        "currency_line": f"All amounts in {claim.summary.due.currency}; amounts in parentheses are negative.",
        "columns": PAPERS[words.paper].columns(),
        "sheet_size": str(sheet_size([row for row in cells if row])),
        "heads": column_heads(words),
        "rows": [_shown(row, shown) for row, shown in zip(rows, cells, strict=True)],
        "closing": [[labels[name], amount(getattr(claim.summary, name)), name == "due"] for name in _CLOSING],
    }


def _grouped(layout: Layout) -> str:
    by = " and ".join(_LEVELS[level] for level in layout.levels)
    if not by:
        return "Lines in the order of the schedule."
    return f"Summed up by {by}{'' if layout.show_lines else '; subtotals only'}."


def _cells(figures: Figures | None) -> list[str]:
    if figures is None:
        return []
    amounts = [amount(money) for money in figures.amounts]
    return [*amounts[:5], narrow(figures.percent), *amounts[5:]]


def _shown(row: _Row, cells: Sequence[str]) -> dict[str, Any]:
    item, label = printable(row.item, word=7), printable(row.label)
    return {"kind": row.kind, "depth": row.depth, "item": item, "label": label, "amounts": list(cells)}
