"""payclerk as a real process beside the demo: started, killed and started again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


class OfficeProcess:
    """`payclerk up` with the given settings; its log goes to a file."""

    def __init__(self, folder: Path, settings: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = {**environment, **settings}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "payclerk.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "payclerk", "up"],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def run(self, *arguments: str) -> str:
        """One command of payclerk, to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "payclerk", *arguments],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CommandFailedError(done.stdout + done.stderr)
        return done.stdout

    def kill(self) -> None:
        """SIGKILL: nothing can be finished or tidied up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None


class CommandFailedError(Exception):
    """A payclerk command ended with an error; the text is what it printed."""
