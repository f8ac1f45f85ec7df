"""The Emails log as a file: an index as a workbook, and each mail's words and files beside it. The same log, the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import xlsxwriter

from .package_writer import safe_name

INDEX: Final = "Emails.xlsx"
COLUMNS: Final = (
    ("No.", 6), ("Date", 17), ("From", 34), ("To", 34), ("Private", 9), ("Subject", 44), ("What it is", 18),
    ("Sender verified", 16), ("Decision", 18), ("Why", 44), ("State", 30), ("Files", 44), ("Folder", 12),
)  # fmt: skip
_THE_DAY_ZIP_BEGINS: Final = (1980, 1, 1, 0, 0, 0)
_MADE: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed date, so that the same log gives the same bytes
_LONGEST_CELL: Final = 32_000
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class LoggedFile:
    """A file of a mail, or the mail as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LoggedMail:
    """One mail as its reader may see it."""

    when: str
    sender: str
    recipients: Sequence[str]
    private: bool
    subject: str
    kind: str
    verified: str
    decision: str
    why: str
    state: str
    text: str
    quoted: str = ""
    files: Sequence[LoggedFile] = field(default_factory=tuple)


def make_log_archive(title: str, mails: Sequence[LoggedMail]) -> bytes:
    """The ZIP: the index first, then a folder for each mail, in the order given."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, INDEX, _index(title, mails))
        for place, mail in enumerate(mails, 1):
            _put(archive, f"{_folder(place)}/mail.txt", _words(mail).encode())
            for number, file in enumerate(mail.files, 1):
                _put(archive, f"{_folder(place)}/{number:02d} {_name(file.name)}", file.content)
    return out.getvalue()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _THE_DAY_ZIP_BEGINS)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _folder(place: int) -> str:
    return f"{place:04d}"


def _name(name: str) -> str:
    """A name that stays in its folder, with its suffix.

    >>> _name("../../etc/passwd"), _name("a" * 200 + ".pdf")[-8:]
    ('_.._etc_passwd', 'aaaa.pdf')
    """
    shown = safe_name("".join(character if character.isprintable() else " " for character in name))
    stem, dot, suffix = shown.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}.{suffix[:10]}" if dot and stem else shown[:_LONGEST_NAME]


def _words(mail: LoggedMail) -> str:
    head = {
        "From": mail.sender,
        "To": ", ".join(mail.recipients),
        "Date": mail.when,
        "Subject": mail.subject,
        "Private": "only its sender and recipients may read it" if mail.private else "",
        "Files": ", ".join(file.name for file in mail.files),
    }
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    quoted = f"\n\n--- Cut off, because it is quoted or a signature ---\n\n{mail.quoted}" if mail.quoted else ""
    return "\n".join(lines) + f"\n\n{mail.text}{quoted}\n"


def _index(title: str, mails: Sequence[LoggedMail]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": title, "created": _MADE})
    sheet = book.add_worksheet("Emails")
    head = book.add_format({"bold": True, "bg_color": "#22384F", "font_color": "#FFFFFF", "text_wrap": True})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (name, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, head)
    for place, mail in enumerate(mails, 1):
        # Always a string: a subject that begins with = computes nothing.
        for column, value in enumerate(_row(place, mail)):
            sheet.write_string(place, column, value[:_LONGEST_CELL], plain)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(mails)), len(COLUMNS) - 1)
    book.close()
    return out.getvalue()


def _row(place: int, mail: LoggedMail) -> Iterator[str]:
    yield str(place)
    yield from (mail.when, mail.sender, ", ".join(mail.recipients), "private" if mail.private else "", mail.subject)
    yield from (mail.kind, mail.verified, mail.decision, mail.why, mail.state)
    yield from (", ".join(file.name for file in mail.files), _folder(place))
