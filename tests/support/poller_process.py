"""Pollers that are killed, in processes of their own: SIGKILL at a chance before and after every step.

`run_pollers` starts some supervisors at once. A supervisor has imported everything and forks a poller; when that is
killed it forks the next, which knows only what the tables and the mail server say. Nothing in payclerk knows of this:
the poller's database and folder are wrapped from outside.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import traceback
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import func, select

from mail_month import make_settings, noon
from payclerk_core.db import Database
from payclerk_core.tables import InboxMail
from payclerk_mailbox.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from payclerk_core.settings import Settings
    from payclerk_mailbox.imap import ImapFolder

STEPS = frozenset({"select", "uids_from", "facts", "raw", "mark_seen", "move"})
WAIT_SECONDS = 900


@dataclass(frozen=True)
class Task:
    """What one supervisor is told: which mailbox, how many mails there are, and how dangerous life is."""

    url: str
    settings: Mapping[str, Any]
    mails: int
    odds: float
    seed: int


@dataclass(frozen=True)
class Ended:
    """How the pollers of one supervisor ended."""

    killed: int
    faults: int


class Fate:
    """Decides at which step the process is killed."""

    def __init__(self, odds: float, seed: str) -> None:
        self._random, self._odds = random.Random(seed), odds  # noqa: S311 - not for secrets

    def strike(self) -> None:
        if self._random.random() < self._odds:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalDatabase(Database):
    """Killed before a commit, or right after it."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url)
        self._fate = fate

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            yield session
            session.flush()
            self._fate.strike()
        self._fate.strike()


class MortalFolder:
    """Killed before a step on the server, or right after it."""

    def __init__(self, folder: ImapFolder, fate: Fate) -> None:
        self._folder, self._fate = folder, fate

    def __getattr__(self, name: str) -> Any:
        step = getattr(self._folder, name)
        if name not in STEPS:
            return step

        def mortal(*args: Any) -> Any:
            self._fate.strike()
            done = step(*args)
            self._fate.strike()
            return done

        return mortal


class MortalPoller(Poller):
    """The poller, over a folder that kills."""

    def __init__(self, settings: Settings, db: Database, fate: Fate) -> None:
        super().__init__(settings, db, noon, holder="both")
        self._fate = fate

    def _look(self, folder: ImapFolder) -> None:
        super()._look(MortalFolder(folder, self._fate))  # type: ignore[arg-type]


def live(task: Task, number: int) -> None:
    """Poll until every mail has been dealt with, or death comes first."""
    fate = Fate(task.odds, f"{task.seed}/{number}")
    settings = make_settings(**task.settings)
    db = MortalDatabase(task.url, fate)
    poller = MortalPoller(settings, db, fate)
    while not dealt_with(db, task.mails):
        poller.poll_once()


def dealt_with(db: Database, mails: int) -> bool:
    ended = InboxMail.flagged | (InboxMail.status == "quarantine")
    with db.reading() as session:
        return session.scalar(select(func.count(InboxMail.id)).where(ended)) == mails


def supervise(task: Task) -> Ended:
    """Fork a poller again and again, until one ends by itself with nothing left to do."""
    killed = faults = 0
    while True:
        child = os.fork()
        if child == 0:
            _end_with(task, killed + faults)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            killed += 1
        elif os.WEXITSTATUS(status):
            faults += 1
        else:
            return Ended(killed, faults)


def _end_with(task: Task, number: int) -> None:
    code = 1
    try:
        live(task, number)
        code = 0
    except Exception:  # noqa: BLE001 - counted as a fault by the supervisor
        traceback.print_exc()
    finally:
        os._exit(code)


def run_pollers(tasks: Sequence[Task]) -> list[Ended]:
    """All at once, each to its end."""
    command = [sys.executable, __file__]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    running = [subprocess.Popen(command, start_new_session=True, **pipes) for _ in tasks]  # type: ignore[call-overload]
    try:
        for process, task in zip(running, tasks, strict=True):
            process.stdin.write(json.dumps(asdict(task)))
            process.stdin.close()
            process.stdin = None
        return [Ended(**json.loads(process.communicate(timeout=WAIT_SECONDS)[0])) for process in running]
    finally:
        for process in running:
            with process:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    print(json.dumps(asdict(supervise(Task(**json.load(sys.stdin))))))
