"""How long an import of 50,000 lines takes, beside a bare read of the same file in the same run."""

from __future__ import annotations

import io
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import xlsxwriter

from payclerk_core.actions.call import Call
from payclerk_core.actions.importing import import_project
from payclerk_core.db import Database
from payclerk_core.documents.workbook import read_workbook
from payclerk_core.migrate import upgrade
from payclerk_core.settings import Settings

LINES = 50_000
A_CONTRACT = 500
SETTINGS = Settings(_env_file=None, token_secret="x" * 32)
SHEETS = {
    "Companies": [["Name"], ["Builder"], ["Trade"]],
    "People": [["Name", "E-mail", "Company", "Role", "Language", "Commitments", "Client contracts"]],
    "Contracts": [
        [
            "Number",
            "Kind",
            "Title",
            "Company",
            "Status",
            "Private",
            "Work retainage %",
            "Stored retainage %",
            "Invoice contacts",
        ]
    ],
    "SOV": [["Contract", "Item", "Cost code", "Cost type", "Description", "Scheduled value"]],
}
PROJECT = [
    ["Number", "9000"], ["Name", "Large"], ["Time zone", "UTC"], ["Currency", "USD"], ["Dictionary", None],
    ["Slack channel", None], ["Period start day", 1], ["Period end day", 31], ["Period due day", 25],
]  # fmt: skip


def workbook(lines: int) -> bytes:
    """A project with so many lines on contracts of 500 lines each."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheets = {"Project": PROJECT, **{name: list(rows) for name, rows in SHEETS.items()}}
    for number in range((lines + A_CONTRACT - 1) // A_CONTRACT):
        sheets["Contracts"].append([f"SC-{number:03d}", "subcontract", "Work", "Trade", "approved", "no", 10, 10, ""])
    for line in range(lines):
        contract, item = divmod(line, A_CONTRACT)
        words = [f"SC-{contract:03d}", f"{item:03d}", "03-3000", "Labor", f"Work on part {line}"]
        sheets["SOV"].append([*words, 1000 + line % 977 + 0.25])
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def bare_read(content: bytes) -> int:
    """What the library alone takes to go through all rows."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    count = sum(1 for sheet in book.worksheets for _ in sheet.iter_rows(values_only=True))
    book.close()
    return count


def bench_import(report: Callable[[str, float, str, float], None], lines: int = LINES) -> None:
    """Read and store a new project, then the same file again, each against the bare read."""
    content = workbook(lines)
    with tempfile.TemporaryDirectory(prefix="payclerk-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'import.sqlite3'}"
        upgrade(url)
        db = Database(url)
        peer = seconds(lambda: bare_read(content))
        report(f"Import of {lines} lines", seconds(lambda: load(db, content)), "bare read of the file", peer)
        report("The same file again", seconds(lambda: load(db, content)), "bare read of the file", peer)
        db.close()


def load(db: Database, content: bytes) -> None:
    with db.transaction() as session:
        call = Call(session, datetime(2026, 11, 10, tzinfo=UTC), SETTINGS, actor=None, door="cli")
        import_project(call, read_workbook(content))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _print(what: str, ours: float, peer_name: str, peer: float) -> None:
    sys.stdout.write(f"{what:<34} {ours:9.2f} s    {ours / peer:6.1f} x  {peer_name} ({peer:.2f} s)\n")


if __name__ == "__main__":
    bench_import(_print)
