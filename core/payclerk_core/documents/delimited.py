"""Tables kept as text with a sign between the cells (CSV), from whatever program wrote them."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from typing import Final

from ..errors import UserError
from .file_kinds import refuse_other_kind
from .sheets import FORM, MOST_COLUMNS, text_of

_DELIMITERS: Final = ",;\t|"
_HEAD_WITHIN: Final = 80  # rows


def delimited_rows(content: bytes, headings: Collection[str]) -> list[list[str]]:
    """The table's cells, parted by the sign that parts these headings best; UserError for what is no such table."""
    refuse_other_kind(content)
    text = _decoded(content)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, headings)))
    except csv.Error:
        raise UserError("This is no table that can be read; save it as .xlsx or .csv.", code="not_a_table") from None
    if len(rows) > FORM.rows or max(map(len, rows), default=0) > MOST_COLUMNS:
        text = f"The table has more than {FORM.rows} rows or {MOST_COLUMNS} columns; send the table alone."
        raise UserError(text, code="too_large")
    return rows


def _decoded(content: bytes) -> str:
    if (text := text_of(content)) is not None:
        return text
    raise UserError("This is no table that can be read; save it as .xlsx or as CSV UTF-8.", code="not_a_table")


def _delimiter(text: str, headings: Collection[str]) -> str:
    top = text.splitlines()[:_HEAD_WITHIN]
    return max(_DELIMITERS, key=lambda sign: max((_known(line.split(sign), headings) for line in top), default=0))


def _known(cells: Sequence[str], headings: Collection[str]) -> int:
    wanted = {name.casefold() for name in headings}
    return sum(cell.strip().strip('"').strip().casefold() in wanted for cell in cells)
