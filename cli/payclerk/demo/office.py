"""payclerk as real processes beside the demo: started, killed and started again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class OfficeProcess:
    """`payclerk up`, or the processes of the Procfile, with the given settings; their log goes to a file."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        environment: Mapping[str, str],
        commands: Sequence[str] = ("up",),
    ) -> None:
        self._folder, self._commands = folder, commands
        self._environment = {**environment, **settings}
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._processes = [self._start(command) for command in self._commands]

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        with (self._folder / "payclerk.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "payclerk", command],
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
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
        self._processes = []

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []

    @property
    def alive(self) -> bool:
        return bool(self._processes) and all(process.poll() is None for process in self._processes)


class CommandFailedError(Exception):
    """A payclerk command ended with an error; the text is what it printed."""
