"""`payclerk import` as who installs payclerk types it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from import_files import Draft
from payclerk.main import app


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAYCLERK_TOKEN_SECRET", "x" * 40)
    monkeypatch.setenv("PAYCLERK_DATABASE_URL", f"sqlite:///{tmp_path / 'p.sqlite3'}")


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["import", *words])
    return result.exit_code, result.output


def kept(name: str, content: bytes) -> str:
    Path(name).write_bytes(content)
    return name


def test_the_template_is_written_once_and_imports() -> None:
    assert run("--template", "new.xlsx") == (
        0,
        "Wrote new.xlsx: fill it, and import it with 'payclerk import new.xlsx'.\n",
    )
    assert run("--template", "new.xlsx")[0] == 1
    code, text = run("new.xlsx")
    assert (code, "Project EX-1 Example project:" in text, "9 new sov lines" in text) == (0, True, True)
    assert "Nothing to change" in run("new.xlsx")[1]


def test_a_preview_changes_nothing() -> None:
    file = kept("a.xlsx", Draft().xlsx())
    code, text = run(file, "--preview")
    assert code == 0
    assert "9 new sov lines\n  SC-01 line 001\n" in text
    assert "... and 4 more" in text
    assert text.endswith("Nothing was imported.\n")
    assert "9 new sov lines" in run(file, "--yes")[1]


def test_a_part_needs_the_project_it_is_for() -> None:
    sov = kept("lines.csv", Draft().put("SOV", 9, "Scheduled value", "23.000,00").csv("SOV", delimiter=";"))
    code, text = run(sov)
    assert (code, "Contracts: The sheet is missing." in text) == (1, True)
    assert run(sov, "--project", "EX-1") == (1, "There is no project EX-1; import its whole workbook first.\n")
    run(kept("a.xlsx", Draft().xlsx()))
    assert "1 changed sov line" in run(sov, "--project", "EX-1")[1]


def test_a_folder_of_csv_files() -> None:
    folder = Path("tables")
    folder.mkdir()
    assert run("tables") == (
        1,
        "There are no CSV files in tables; name them like the sheets: SOV.csv, Contracts.csv.\n",
    )
    for name in Draft().sheets:
        (folder / f"{name}.csv").write_bytes(Draft().csv(name, encoding="cp1252"))
    assert "9 new sov lines" in run("tables")[1]


def test_faults_are_listed_and_nothing_is_stored() -> None:
    file = kept("a.xlsx", Draft().put("SOV", 5, "Scheduled value", "6.000").put("SOV", 9, "Item", None).xlsx())
    code, text = run(file)
    assert code == 1
    assert "2 faults in the file" in text
    assert "- SOV F5: 'Scheduled value': '6.000' can be read in two ways" in text
    assert "- SOV B9: 'Item' is empty. Fill it in." in text
    assert run(kept("b.xlsx", Draft().xlsx()))[1].count("new") == 11


def test_a_gigabyte_is_refused_before_it_is_read() -> None:
    with Path("huge.csv").open("wb") as file:
        file.truncate(1024**3)
    assert run("huge.csv") == (1, "huge.csv is larger than 25 MB; import it in parts.\n")


def test_without_a_file_it_says_what_to_do() -> None:
    assert "--template" in run()[1]
    assert run("nowhere.xlsx") == (1, "There is no file nowhere.xlsx.\n")


def at_a_terminal(answer: bytes, *words: str) -> tuple[int, str]:
    """The same with somebody sitting there, who answers the one question."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from payclerk.main import app; app()", "import", *words]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
            if b"[y/N]" in said and answer:
                os.write(ours, answer)
                answer = b""
    os.close(ours)
    return process.returncode, said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # nobody is there any more
        return b""


def test_at_a_terminal_it_shows_and_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("TERM", "xterm")
    file = kept("a.xlsx", Draft().xlsx())
    code, text = at_a_terminal(b"n\n", file)
    assert (code, "9 new sov lines" in text, "Nothing was imported." in text) == (0, True, True)
    code, text = at_a_terminal(b"y\n", file)
    assert (code, "Storing sov lines" in text) == (0, True)
    code, text = at_a_terminal(b"", file)
    assert (code, "Nothing to change" in text, "[y/N]" in text) == (0, True, False)


def test_the_people_of_a_project_are_written_changed_and_imported() -> None:
    assert run("--people", "people.xlsx") == (
        1,
        "Name the project whose people to write: payclerk import --people FILE --project NUMBER.\n",
    )
    assert run("--people", "people.xlsx", "--project", "EX-1") == (1, "There is no project EX-1.\n")
    run(kept("a.xlsx", Draft().xlsx()))
    assert run("--people", "people.xlsx", "--project", "EX-1") == (
        0,
        "Wrote people.xlsx: change it, and import it with 'payclerk import people.xlsx --project EX-1'.\n",
    )
    assert run("--people", "people.xlsx", "--project", "EX-1")[0] == 1
    book = openpyxl.load_workbook("people.xlsx")
    [cell] = [cell for row in book["People"].iter_rows() for cell in row if cell.value == "lee@electric.example"]
    cell.value = "lee@new.example"
    book.save("people.xlsx")
    code, text = run("people.xlsx", "--project", "EX-1", "--preview")
    assert (code, "email lee@electric.example -> lee@new.example" in text) == (0, True)
    assert "1 changed person\n" in run("people.xlsx", "--project", "EX-1")[1]
