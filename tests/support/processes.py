"""Starts the servers the tests talk to, and ends them whatever happens to the tests."""

from __future__ import annotations

import os
import pwd
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ANSWER_SECONDS = 30
STOP_SECONDS = 10
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}


def need_program(name: str, *patterns: str, package: str) -> Path:
    """The path of a program, on PATH or at one of the glob patterns. Without it: skip here, fail in CI."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found:
        return Path(found).resolve()
    for pattern in patterns:
        for path in sorted(Path("/").glob(pattern), reverse=True):
            return path
    return cannot_be_had(f"{name} is not installed (Debian package {package}; ./run setup installs it)")


def cannot_be_had(reason: str) -> NoReturn:
    """A real server is missing: skip the test with the reason; in CI nothing may go untested, so fail."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"in CI every server must be there: {reason}", pytrace=False)
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unprivileged_user() -> str | None:
    """Who runs a server that refuses root; None when we are not root and it can run as ourselves."""
    return "nobody" if os.geteuid() == 0 else None


class ServerFolder:
    """A temporary folder that a server running as another user can use (pytest's own is closed to others)."""

    def __init__(self, name: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"payclerk-{name}-"))
        self.give(self.path)

    def make(self, *parts: str) -> Path:
        """A folder below, owned by the server's user, as are those on the way to it."""
        path = self.path
        for part in parts:
            path /= part
            if not path.exists():
                path.mkdir(mode=0o700)
                self.give(path)
        return path

    def give(self, path: Path) -> None:
        user = unprivileged_user()
        if user:
            entry = pwd.getpwnam(user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


class Server:
    """A server process. `start` returns when a line of its output says that it is ready."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        ready: str,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        as_ourselves: bool = False,
    ) -> None:
        user = None if as_ourselves else unprivileged_user()
        self._command = [*as_user(user, stop_signal), *map(str, command)]
        self._name = Path(command[0]).name
        self._ready = ready
        self._cwd = cwd
        self._env = {**ENVIRONMENT, **(env or {})}
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.log: deque[str] = deque(maxlen=500)

    def start(self) -> None:
        self._process = process = subprocess.Popen(
            self._command,
            cwd=self._cwd,
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._said = said = queue.SimpleQueue()
        # Its output is read to the end, or the server would one day wait for us on a full pipe.
        self._reader = threading.Thread(target=self._read, args=(process, said), daemon=True)
        self._reader.start()
        self._await(self._ready)

    def tell(self, words: str, *, answer: str) -> None:
        """Write a line to the server and wait for the line it answers with."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        self._await(answer)

    def _read(self, process: subprocess.Popen[str], said: queue.SimpleQueue[str | None]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.log.append(line)
            said.put(line)
        said.put(None)  # it has ended: no use to wait for more

    def _await(self, text: str) -> None:
        try:
            while (line := self._said.get(timeout=ANSWER_SECONDS)) is not None:
                if text in line:
                    return
        except queue.Empty:
            pass
        self.stop()
        raise RuntimeError(f"{self._name} did not say {text!r}:\n" + "".join(self.log))

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with process:  # closes the pipes
            if process.poll() is None:
                process.send_signal(self._stop_signal)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # whatever of its group outlived it
            if self._reader is not None:
                self._reader.join(STOP_SECONDS)


def run_once(command: Sequence[str | Path], *, cwd: Path) -> None:
    """Run a short command as the server's user, to its end."""
    argv = [*as_user(unprivileged_user()), *map(str, command)]
    done = subprocess.run(argv, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def as_user(user: str | None, stop_signal: signal.Signals = signal.SIGTERM) -> list[str]:
    """What to put before a command. setpriv (util-linux) also has the kernel stop it when pytest itself is killed."""
    if shutil.which("setpriv") is None:
        return []
    prefix = ["setpriv", f"--pdeathsig={stop_signal.name.removeprefix('SIG')}"]
    if user is None:
        return prefix
    entry = pwd.getpwnam(user)
    return [*prefix, f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
