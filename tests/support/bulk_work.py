"""Starts a process that works off bulk orders and imports, and is killed at a commit (bulk_worker.py)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payclerk_core.db import Database

WORKER = Path(__file__).parent / "bulk_worker.py"


def work(
    database: Database, kill_at: int, moment: str = "before_commit", slack: str = "http://127.0.0.1:9"
) -> subprocess.Popen[bytes]:
    """`kill_at`: the commit of a job at which it is killed, before or after it; 0: never."""
    path = os.pathsep.join([str(WORKER.parent), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(WORKER), database.url, str(kill_at), moment, slack]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})
