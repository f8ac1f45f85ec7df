"""Reads a printed claim back and says what does not add up (tie-out rules, domain 3.7).

The summary is read by its labels and the sheet by its columns' places: what is checked is what a person will see.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

import pikepdf

from .claim_certificate import CERTIFIED_LABEL, EXPLANATION_TITLE
from .layout import PAPERS, Paper
from .page_text import Fragment, fragments
from .words import US_GC, Words, summary_labels

AMOUNT_COLUMNS: Final = ("scheduled", "previous_work", "this_work", "stored", "completed", "balance", "retainage")
# Their places among the sheet's ten columns: after item and description, and around the percentage.
_PLACES: Final = (2, 3, 4, 5, 6, 8, 9)
# As many decimals as the currency has: none of a yen, three of a dinar.
AMOUNT: Final = re.compile(r"\(?\d[\d,]*(\.\d{2,3})?\)?")
BROUGHT: Final = "Brought forward"
_NOTHING: Final = (Decimal(0),) * len(AMOUNT_COLUMNS)
Amounts = tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class FootedSheet:
    """One page of the continuation sheet as printed; amounts in the order of AMOUNT_COLUMNS.

    The first page brings nothing forward, and has no row that says so.
    """

    brought: Amounts
    rows: tuple[Amounts, ...]
    carried: Amounts
    last_label: str
    first_label: str = ""


@dataclass(frozen=True, slots=True)
class FootedClaim:
    """The numbers printed on a claim: summary amounts by field name, and the sheet page by page."""

    summary: Mapping[str, Decimal]
    sheets: tuple[FootedSheet, ...]
    certified: Decimal | None = None


def read_back(pdf: bytes, words: Words = US_GC) -> FootedClaim:
    """The numbers of a claim printed by `render_claim`; ValueError names what cannot be found."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        first, *rest = [list(fragments(page)) for page in opened.pages]
    paper = PAPERS[words.paper]
    if rest and _explains(rest[-1], paper):
        rest.pop()
    sheets = tuple(_read_sheet(page, paper, brings=number > 0) for number, page in enumerate(rest))
    return FootedClaim(_read_summary(first, words), sheets, _read_certified(first))


def _explains(pieces: Sequence[Fragment], paper: Paper) -> bool:
    """A page of words after the sheet: why another amount was certified."""
    return any(piece.text == EXPLANATION_TITLE for piece in pieces) and not amount_rows(pieces, paper.edges())


def printed_certificate(pdf: bytes) -> Decimal | None:
    """The amount that a claim's first page says was certified; None where it says nothing."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return _read_certified(list(fragments(opened.pages[0])))


def _read_certified(pieces: Sequence[Fragment]) -> Decimal | None:
    try:
        return amount_beside(CERTIFIED_LABEL, pieces)
    except ValueError:
        return None


def number_of(text: str) -> Decimal:
    """A printed amount as a number; parentheses are negative."""
    value = Decimal(text.strip("()").replace(",", ""))
    return -value if text.startswith("(") else value


def _read_summary(pieces: Sequence[Fragment], words: Words) -> Mapping[str, Decimal]:
    return {name: amount_beside(label, pieces) for name, label in summary_labels(words).items()}


def amount_beside(label: str, pieces: Sequence[Fragment]) -> Decimal:
    """The first amount to the right of a label, on its line."""
    for start in (fragment for fragment in pieces if fragment.text == label):
        same = [f for f in pieces if f.x > start.x and abs(f.y - start.y) <= 1 and AMOUNT.fullmatch(f.text)]
        if same:
            return number_of(min(same, key=lambda fragment: fragment.x).text)
    raise ValueError(f"no amount is printed beside '{label}'")


def _read_sheet(pieces: Sequence[Fragment], paper: Paper, *, brings: bool) -> FootedSheet:
    """Rows from top to bottom; the first of a later page brings forward, the last carries forward or closes."""
    rows = amount_rows(pieces, paper.edges())
    if len(rows) < 1 + brings:
        raise ValueError("a continuation page has no totals")
    *lines, (bottom, carried) = rows
    top, brought = lines.pop(0) if brings else (None, _NOTHING)
    first_label = "" if top is None else _leftmost(pieces, top)
    return FootedSheet(brought, tuple(amounts for _, amounts in lines), carried, _leftmost(pieces, bottom), first_label)


def _leftmost(pieces: Sequence[Fragment], height: Decimal) -> str:
    return min((f for f in pieces if abs(f.y - height) <= 1), key=lambda fragment: fragment.x).text


def amount_rows(pieces: Sequence[Fragment], edges: Sequence[tuple[int, int]]) -> list[tuple[Decimal, Amounts]]:
    """The rows with an amount in each of the sheet's amount columns, from top to bottom, with their heights."""
    by_height: dict[Decimal, dict[int, Decimal]] = {}
    for fragment in pieces:
        place = next((i for i in _PLACES if edges[i][0] <= fragment.x < edges[i][1]), None)
        if place is not None and AMOUNT.fullmatch(fragment.text):
            by_height.setdefault(fragment.y, {})[place] = number_of(fragment.text)
    full = ((y, cells) for y, cells in by_height.items() if len(cells) == len(_PLACES))
    return [(y, tuple(cells[place] for place in _PLACES)) for y, cells in sorted(full, reverse=True)]


def check_footing(claim: FootedClaim) -> list[str]:
    """Everything that does not add up on the printed claim; nothing for one that foots."""
    return [*_check_pages(claim.sheets), *_check_rows(claim.sheets), *_check_summary(claim)]


def _check_pages(sheets: Sequence[FootedSheet]) -> Iterator[str]:
    if not sheets:
        yield "there is no continuation sheet"
        return
    if any(sheets[0].brought):
        yield "the first sheet brings an amount forward"
    for number, sheet in enumerate(sheets, start=1):
        yield from _check_columns(number, sheet)
    for number, (sheet, following) in enumerate(pairwise(sheets), start=1):
        if sheet.carried != following.brought:
            yield f"sheet {number} carries forward other amounts than sheet {number + 1} brings"
    yield from _check_labels(sheets)


def _check_columns(number: int, sheet: FootedSheet) -> Iterator[str]:
    for index, name in enumerate(AMOUNT_COLUMNS):
        added = sheet.brought[index] + sum((row[index] for row in sheet.rows), Decimal(0))
        if added != sheet.carried[index]:
            yield f"column '{name}' of sheet {number} adds up to {added}, not {sheet.carried[index]}"


def _check_labels(sheets: Sequence[FootedSheet]) -> Iterator[str]:
    for number, sheet in enumerate(sheets, start=1):
        expected = "Grand total" if number == len(sheets) else "Carried forward"
        if sheet.last_label != expected:
            yield f"sheet {number} ends with '{sheet.last_label}', not '{expected}'"
        if number > 1 and sheet.first_label != BROUGHT:
            yield f"sheet {number} begins with '{sheet.first_label}', not '{BROUGHT}'"


def _check_rows(sheets: Sequence[FootedSheet]) -> Iterator[str]:
    for number, sheet in enumerate(sheets, start=1):
        for scheduled, previous, this, stored, completed, balance, _ in (*sheet.rows, sheet.carried):
            if previous + this + stored != completed:
                yield f"a line of sheet {number}: {previous} + {this} + {stored} is not {completed}"
            if scheduled - completed != balance:
                yield f"a line of sheet {number}: {scheduled} - {completed} is not {balance}"


def _check_summary(claim: FootedClaim) -> Iterator[str]:
    s = claim.summary
    sums = {
        "contract_sum": s["original_sum"] + s["change_orders"],  # 3
        "change_orders": s["additions"] + s["deductions"],  # 2; deductions are printed negative
        "retainage": s["work_retainage"] + s["stored_retainage"],  # 5
        "earned": s["completed"] - s["retainage"],  # 6
        "due": s["earned"] - s["previous_certificates"],  # 8
        "balance": s["contract_sum"] - s["earned"],  # 9
    }
    for name, value in sums.items():
        if s[name] != value:
            yield f"summary '{name}' is {s[name]}, but its lines give {value}"
    yield from _check_summary_against_sheet(claim)


def _check_summary_against_sheet(claim: FootedClaim) -> Iterator[str]:
    if not claim.sheets:
        return
    grand = dict(zip(AMOUNT_COLUMNS, claim.sheets[-1].carried, strict=True))
    for name, column in (("contract_sum", "scheduled"), ("completed", "completed"), ("retainage", "retainage")):
        if claim.summary[name] != grand[column]:
            yield f"summary '{name}' is {claim.summary[name]}, the sheet's total of '{column}' is {grand[column]}"
