"""CSV files as sheets: which sheet, which delimiter and which encoding are found out, never guessed between two."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from ...errors import UserError
from ..file_kinds import refuse_other_kind
from ..sheets import IMPORT, MEGABYTE, MOST_COLUMNS, Fault, text_of
from .columns import SHEETS, sheet_named
from .grid import Grid, Progress

MOST_FILES: Final = 50
_DELIMITERS: Final = (",", ";", "\t")
_TOLD_EACH: Final = 1000


def read_csv_zip(archive: zipfile.ZipFile, tell: Progress) -> list[Grid]:
    """The sheets in a ZIP of CSV files named like them."""
    entries = [entry for entry in archive.infolist() if entry.filename.casefold().endswith((".csv", ".txt", ".tsv"))]
    entries = [entry for entry in entries if not PurePosixPath(entry.filename).name.startswith(".")]  # a Mac's shadows
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > IMPORT.unpacked:
        raise UserError(
            "The ZIP file unpacks to too much and was not opened; send the CSV files alone.", code="too_large"
        )
    return read_csv_files([(entry.filename, _unpacked(archive, entry)) for entry in entries], tell)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)
    except Exception:  # noqa: BLE001 - broken, locked or in a compression of their own
        text = f"{entry.filename} in the ZIP file cannot be read; pack it again without a password."
        raise UserError(text, code="not_a_workbook") from None


def read_csv_files(files: Sequence[tuple[str, bytes]], tell: Progress) -> list[Grid]:
    """The sheets in CSV files; one alone may have any name, its headings say what it is."""
    return [_grid(name, content, tell) for name, content in files]


def _grid(name: str, content: bytes, tell: Progress) -> Grid:
    stem = PurePosixPath(name.replace("\\", "/")).stem
    if len(content) > IMPORT.file:
        raise UserError(f"{name} is larger than {IMPORT.file // MEGABYTE} MB; split it.", code="too_large")
    text = _text(name, content)
    sheet = sheet_named(stem) or _sheet_by_headings(text)
    if sheet is None:
        known = ", ".join(SHEETS)
        raise UserError(
            f"{name} has the name and the headings of no sheet. Name it like one of: {known}.", code="faults"
        )
    grid = Grid(sheet)
    delimiter = max(_DELIMITERS, key=lambda sign: _known_headings(sheet, _first_record(text, sign)))
    try:
        for number, record in enumerate(_records(text, delimiter), 1):
            _take(grid, number, record)
            if number % _TOLD_EACH == 0:
                tell(f"Reading {sheet}", number, None)
    except csv.Error as error:
        place = f"after row {grid.rows[-1][0]}" if grid.rows else "row 1"
        fix = "Is a quotation mark not closed? Save it anew as CSV."
        grid.faults.append(Fault(sheet, place, f"The file cannot be read on: {error}.", fix))
    return grid


def _take(grid: Grid, number: int, record: Sequence[str]) -> None:
    values: list[str | None] = [value.strip() or None for value in record]
    while values and values[-1] is None:
        values.pop()
    if number > IMPORT.rows or len(values) > MOST_COLUMNS:
        text = f"The file {grid.sheet} reaches to row {number}, column {len(values)}; split it or delete what is empty."
        raise UserError(text, code="too_large")
    if values:
        grid.rows.append((number, tuple(values)))


def _text(name: str, content: bytes) -> str:
    refuse_other_kind(content)
    if (text := text_of(content)) is not None:
        return text
    raise UserError(
        f"{name} is no text file in UTF-8, UTF-16 or Windows-1252; save it as CSV UTF-8.", code="not_a_workbook"
    )


def _sheet_by_headings(text: str) -> str | None:
    """The sheet with the most headings of the first row, if it stands out; the sheet Project has its names below."""
    heads = {name: max(_known_headings(name, _first_record(text, sign)) for sign in _DELIMITERS) for name in SHEETS}
    heads["Project"] = max(_project_names(text, sign) for sign in _DELIMITERS)
    best = sorted(heads, key=heads.__getitem__, reverse=True)
    return best[0] if heads[best[0]] >= 2 and heads[best[0]] > heads[best[1]] else None


def _project_names(text: str, delimiter: str) -> int:
    names = {column.name.casefold() for column in SHEETS["Project"]}
    firsts = (line.partition(delimiter)[0].strip().strip('"') for line in text.splitlines()[: len(names)])
    return sum(first.casefold() in names for first in firsts) if delimiter in text else 0


def _known_headings(sheet: str, record: Sequence[str]) -> int:
    if sheet == "Project":
        return int(len(record) > 1)
    names = {column.name.casefold() for column in SHEETS[sheet]}
    return sum(head.strip().casefold() in names for head in record)


def _first_record(text: str, delimiter: str) -> list[str]:
    try:
        return next(_records(text, delimiter), [])
    except csv.Error:
        return []


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
