"""What came in: an Excel workbook, CSV files, or a ZIP of them; told apart by what they are, not by their names."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import UserError
from ..sheets import IMPORT, MEGABYTE
from .csv_files import read_csv_files, read_csv_zip
from .excel import read_excel
from .grid import Grid, Progress, untold

_NOT_TEXT = (b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """The known sheets of what came in, not yet checked, and the names of other sheets."""

    grids: Sequence[Grid]
    others: Sequence[str] = ()

    @property
    def project_number(self) -> str | None:
        """The number in the sheet Project; None where there is none."""
        rows = (values for grid in self.grids if grid.sheet == "Project" for _, values in grid.rows)
        found = (str(v[1]).strip() for v in rows if len(v) > 1 and str(v[0]).strip().casefold() == "number")
        return next(found, None)


def open_file(sources: Sequence[Source], tell: Progress = untold) -> OpenedFile:
    """The sheets of one file, or of a folder's CSV files. Raises UserError for what is no such file."""
    if len(sources) == 1:
        return OpenedFile(*_one(sources[0], tell))
    return OpenedFile(_once(read_csv_files([(source.name, source.content) for source in sources], tell)))


def _one(source: Source, tell: Progress) -> tuple[list[Grid], list[str]]:
    content = source.content
    if len(content) > IMPORT.file:
        text = f"The file is larger than {IMPORT.file // MEGABYTE} MB; send the tables alone, or in parts."
        raise UserError(text, code="too_large")
    if content.startswith(b"PK") and (archive := _csv_archive(content)):
        with archive:
            return _once(read_csv_zip(archive, tell)), []
    if content.startswith((b"PK", *_NOT_TEXT)) or not content.strip() or _is_binary(content):
        return read_excel(content, tell)  # which says what is wrong with it
    return read_csv_files([(source.name or "The file", content)], tell), []


def _is_binary(content: bytes) -> bool:
    """Zero bytes stand in no text but UTF-16, which begins with its mark."""
    return b"\0" in content[:1000] and not content.startswith((b"\xff\xfe", b"\xfe\xff"))


def _csv_archive(content: bytes) -> zipfile.ZipFile | None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if "[Content_Types].xml" not in names and any(name.casefold().endswith((".csv", ".txt", ".tsv")) for name in names):
        return archive
    archive.close()
    return None


def _once(grids: list[Grid]) -> list[Grid]:
    for name, count in Counter(grid.sheet for grid in grids).items():
        if count > 1:
            raise UserError(f"{count} files are the sheet {name}; leave one of them.", code="faults")
    return grids
