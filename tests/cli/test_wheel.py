"""payclerk from a wheel, as somebody installs it: nothing of this checkout is on the path."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("templates", "core", "bot", "mailbox", "scheduler", "playground", "cli")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "COLUMNS": "120", "PAYCLERK_TOKEN_SECRET": "s" * 40}
JOB = ROOT / "examples" / "ten-periods.json"


def said(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation", "--no-index")
    said(*pip, "--wheel-dir", folder, ROOT, cwd=folder)
    return next(folder.glob("payclerk-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A virtual environment with the wheel; what it depends on is lent by ours, without payclerk itself."""
    place = wheel.parent / "venv"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    site = Path(said(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place).strip())
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")  # its own .pth files are not read
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return python


def test_every_file_of_the_sources_travels(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    tracked = subprocess.run(["git", "ls-files", *SOURCES], cwd=ROOT, capture_output=True, text=True, check=True)
    missing = [line for line in tracked.stdout.splitlines() if line.partition("/")[2] not in inside]
    assert missing == []


def test_it_works_out_a_job_writes_a_workbook_and_makes_its_tables(installed: Path, tmp_path: Path):
    payclerk = (installed, "-m", "payclerk")
    where = said(installed, "-c", "import payclerk_core; print(*payclerk_core.__path__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(installed.parents[1])
    assert json.loads(said(*payclerk, "calc", JOB, "--json", cwd=tmp_path))
    said(*payclerk, "import", "--template", tmp_path / "new.xlsx", cwd=tmp_path)
    assert (tmp_path / "new.xlsx").stat().st_size > 5000
    said(*payclerk, "migrate", cwd=tmp_path)


def test_its_letters_and_forms_are_inside(installed: Path, tmp_path: Path):
    script = (
        "from payclerk_templates import __path__ as p; import pathlib; r = pathlib.Path(p[0]);"
        "from payclerk_core.rules.permissions import tasks; assert len(tasks()) == 47;"
        "print(len(list(r.glob('mail/*'))), len(list(r.glob('pdf/*.typ'))))"
    )
    letters, forms = map(int, said(installed, "-c", script, cwd=tmp_path).split())
    assert letters > 10
    assert forms >= 2
