"""A claim as a CSV file: columns A to I of its lines, their total, then the summary (task T16).

Spreadsheets run what begins with `=`, `+`, `-` or `@` as a formula. Descriptions come from other companies' files, so
such a cell is made text with a leading apostrophe, unless it is a number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from ..money import Money, total
from ..rules.billing import Line, Summary
from .words import US_GC, Words, summary_labels

CSV: Final = "text/csv; charset=utf-8"
_DANGER: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # also full-width
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_SUMMARY: Final = (
    ("1", "original_sum"), ("2", "change_orders"), ("3", "contract_sum"), ("4", "completed"), ("5a", "work_retainage"),
    ("5b", "stored_retainage"), ("5", "retainage"), ("6", "earned"), ("7", "previous_certificates"), ("8", "due"),
    ("9", "balance"),
)  # fmt: skip


def claim_csv(lines: Sequence[Line], summary: Summary, words: Words = US_GC) -> bytes:
    """The claim's numbers as UTF-8 with a byte order mark, which Excel needs to read an accent."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([defused(cell) for cell in row] for row in _rows(lines, summary, words))
    return out.getvalue().encode("utf-8-sig")


def defused(cell: str) -> str:
    """The cell as text that no spreadsheet runs; a number stays one.

    >>> defused("=1+1"), defused("-12.50")
    ("'=1+1", '-12.50')
    """
    bare = cell.lstrip(" \u00a0")
    return "'" + cell if bare.startswith(_DANGER) and not _NUMBER.fullmatch(cell) else cell


def _rows(lines: Sequence[Line], summary: Summary, words: Words) -> Iterator[Sequence[str]]:
    yield _heads(words)
    yield from (_line(line) for line in lines)
    yield _total(lines, summary)
    yield []
    yield ["Line", "Summary", f"Amount ({summary.due.currency})"]
    labels = summary_labels(words)
    yield from ([number, labels[name], getattr(summary, name).plain()] for number, name in _SUMMARY)


def _heads(words: Words) -> list[str]:
    return [
        "A Item", "B Description of work", "C Scheduled value", "D Work completed, earlier periods",
        "E Work completed, this period", "F Material stored", "G Completed and stored to date", "G/C %",
        "H Balance to finish", f"I {words.retainage}", words.change_orders.capitalize(),
    ]  # fmt: skip


def _line(line: Line) -> list[str]:
    amounts = [money.plain() for money in _amounts(line)]
    return [
        line.item, line.description, *amounts[:5], str(line.percent), *amounts[5:], line.change_order or "",
    ]  # fmt: skip


def _amounts(line: Line) -> tuple[Money, ...]:
    return (
        line.scheduled, line.previous_work, line.this_work, line.stored, line.completed, line.balance, line.retainage,
    )  # fmt: skip


def _total(lines: Sequence[Line], summary: Summary) -> list[str]:
    columns = zip(*(_amounts(line) for line in lines), strict=True) if lines else ([] for _ in range(7))
    sums = [total(column, summary.due.currency).plain() for column in columns]
    return ["", "Grand total", *sums[:5], str(summary.percent), *sums[5:]]
