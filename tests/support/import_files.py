"""A project to import, changed cell by cell and written as Excel or CSV; it starts as the template's example."""

from __future__ import annotations

import copy
import csv
import io
import zipfile
from datetime import date

import openpyxl

from payclerk_core.documents.workbook import SHEETS
from payclerk_core.documents.workbook.example import EXAMPLE


class Draft:
    """The rows of each sheet as dictionaries by heading; the sheet Project is one row."""

    def __init__(self) -> None:
        self.sheets: dict[str, list[dict[str, object]]] = {
            name: [dict(row) for row in rows] for name, rows in copy.deepcopy(dict(EXAMPLE)).items()
        }
        self.heads = {name: [column.name for column in columns] for name, columns in SHEETS.items()}

    def put(self, sheet: str, row: int, column: str, value: object) -> Draft:
        """Set a cell of the row with this number in the file (2: the first below the headings)."""
        self.sheets[sheet][0 if sheet == "Project" else row - 2][column] = value
        return self

    def add(self, sheet: str, **values: object) -> Draft:
        """One more row, with the headings' spaces as underscores; what is not named is as in the sheet's last row."""
        given = {name.replace("_", " "): value for name, value in values.items()}
        self.sheets[sheet].append(given)
        return self

    def without(self, sheet: str, *columns: str) -> Draft:
        """Leave columns out, or the whole sheet."""
        if columns:
            self.heads[sheet] = [head for head in self.heads[sheet] if head not in columns]
        else:
            del self.sheets[sheet]
        return self

    def only(self, *names: str) -> Draft:
        """Leave all other sheets out."""
        self.sheets = {name: self.sheets[name] for name in names}
        return self

    def table(self, sheet: str) -> list[list[object]]:
        """The sheet's cells."""
        heads, rows = self.heads[sheet], self.sheets[sheet]
        if sheet == "Project":
            return [[head, rows[0].get(head)] for head in heads]
        return [list(heads), *([row.get(head) for head in heads] for row in rows)]

    def xlsx(self) -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name in self.sheets:
            sheet = book.create_sheet(name)
            for row in self.table(name):
                sheet.append(row)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def csv(self, sheet: str, *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerows([[_written(value) for value in row] for row in self.table(sheet)])
        return out.getvalue().encode(encoding)

    def zip(self, **how: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in self.sheets:
                archive.writestr(f"import/{name.replace(' ', '_')}.csv", self.csv(name, **how))
        return out.getvalue()


def _written(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
