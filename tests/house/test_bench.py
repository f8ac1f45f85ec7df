"""`./run bench` prints figures and nothing else, whatever payclerk and its processes log meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"
NOISY = """
import subprocess, sys
from pathlib import Path
from bench_report import Table, quiet_terminal

with quiet_terminal(Path("noise.log")) as terminal:
    table = Table(terminal, as_json=len(sys.argv) > 1, bench="noise")
    table.begin()
    print("a log line")
    subprocess.run([sys.executable, "-c", "import sys; print('a child'); sys.stderr.write('its errors')"], check=True)
    table("  a loud thing", 0.002, "a peer", 0.001)
    table.end()
"""


def noisy(tmp_path: Path, *arguments: str) -> str:
    command = [sys.executable, "-c", NOISY, *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(BENCH)}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    log = (tmp_path / "noise.log").read_text("utf-8")
    assert all(words in log for words in ("a log line", "a child", "its errors"))
    return done.stdout


def test_the_table_stands_alone(tmp_path: Path):
    head, row = noisy(tmp_path).splitlines()
    assert head.split()[:3] == ["what", "median", "ratio"]
    assert row.split() == ["a", "loud", "thing", "2.0", "ms", "2.00", "x", "a", "peer", "(1.0", "ms)"]


def test_the_json_is_json(tmp_path: Path):
    figure = {
        "bench": "noise",
        "what": "a loud thing",
        "seconds": 0.002,
        "peer": "a peer",
        "peer_seconds": 0.001,
        "ratio": 2.0,
    }
    assert json.loads(noisy(tmp_path, "--json")) == [figure]
