"""Several `payclerk mail` processes over one PostgreSQL, started as the Procfile says, each with an SMTP server of its own.

So a test sees which process sent what, can keep all of them waiting until everyone has work in hand, and can let one
end in the middle of a mail that the server has not said yes to.
"""

from __future__ import annotations

import asyncio
import email
import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REPOSITORY = Path(__file__).parents[2]
HELD_SECONDS = 25  # less than our sender waits for the server's answer


@dataclass(frozen=True)
class Taken:
    """A mail that a server said yes to."""

    server: str
    recipient: str
    message_id: str
    subject: str
    raw: bytes


@dataclass
class Gate:
    """What the servers share: whether mails may go through yet, and what went through."""

    opened: threading.Event = field(default_factory=threading.Event)
    taken: list[Taken] = field(default_factory=list)


class SmtpServer:
    """Takes mails once the gate is open. After `frozen_after` of them it keeps every further one waiting for its answer."""

    def __init__(self, name: str, gate: Gate, frozen_after: int | None = None) -> None:
        self.name, self._gate, self._left = name, gate, frozen_after
        self.waits = threading.Event()  # a mail has come
        self.frozen = threading.Event()  # one is kept waiting for good
        self._over = threading.Event()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._over.set()
        self._controller.stop()

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802  its name
        self.waits.set()
        if not await _comes(self._gate.opened):
            return "451 not now"
        if self._left == 0:
            self.frozen.set()
            await _comes(self._over)
            return "451 not now"
        self._left = self._left if self._left is None else self._left - 1
        mail = email.message_from_bytes(envelope.content, policy=policy.default)
        [recipient] = envelope.rcpt_tos
        self._gate.taken.append(
            Taken(self.name, recipient, str(mail["Message-ID"]), str(mail["Subject"]), envelope.content)
        )
        return "250 taken"


async def _comes(event: threading.Event) -> bool:
    if event.is_set():
        return True
    return await asyncio.get_running_loop().run_in_executor(None, event.wait, HELD_SECONDS)


class MailProcesses:
    """The processes and their servers, by the names the test gives them."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder, self._settings, self._gate = folder, settings, Gate()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._servers: dict[str, SmtpServer] = {}

    @property
    def taken(self) -> list[Taken]:
        return list(self._gate.taken)

    def server(self, name: str) -> SmtpServer:
        return self._servers[name]

    def open_gate(self) -> None:
        self._gate.opened.set()

    def start(self, name: str, frozen_after: int | None = None) -> None:
        server = self._servers[name] = SmtpServer(name, self._gate, frozen_after)
        server.start()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PAYCLERK_")}
        environment |= {**self._settings, "PAYCLERK_SMTP_PORT": str(server.port)}
        with (self._folder / "log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", *_command_of("mail")],
                env=environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """SIGKILL: nothing is finished or tidied up, and nobody gets the name again."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def end(self) -> None:
        self.open_gate()
        for name in list(self._running):
            self.kill(name)
        for server in self._servers.values():
            server.stop()


def _command_of(process: str) -> list[str]:
    lines = (REPOSITORY / "Procfile").read_text("utf-8").splitlines()
    return next(shlex.split(line.partition(":")[2]) for line in lines if line.startswith(f"{process}:"))


@contextmanager
def mail_processes(folder: Path, settings: Mapping[str, str]) -> Iterator[MailProcesses]:
    """To be started one by one; ended with their servers, whatever happens."""
    processes = MailProcesses(folder, settings)
    try:
        yield processes
    finally:
        processes.end()
