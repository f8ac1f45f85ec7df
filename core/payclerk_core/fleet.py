"""The processes that run payclerk's jobs: each says that it lives, and all see which have ended.

A process beats: it writes the database's time into its row of `executor` again and again. One without a beat for six
intervals has ended, and others finish its jobs (`job_care.py`); one that could not beat for four and a half of them
begins nothing new until it has, for by then the others may take it for ended. All moments are the database's, so the
clocks of the machines may differ.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from .db import Database, database_now
from .tables import Executor, MailLease

log = structlog.get_logger()
_FORGOTTEN_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a process beats; all other times of the fleet are multiples of it."""

    beat: timedelta = timedelta(seconds=10)

    @property
    def dead_after(self) -> timedelta:
        """Without a beat for so long, others finish its jobs and read its mailbox."""
        return self.beat * 6

    @property
    def hold_after(self) -> timedelta:
        """Without a beat for so long, it begins nothing new. Well before the others act."""
        return self.beat * 9 / 2

    @property
    def look(self) -> timedelta:
        """How often each process looks for what others left behind."""
        return self.beat * 2


def new_executor_id(kind: str) -> str:
    """A name of its own for each process and each start: what ran under another name is over."""
    return f"{kind[:20]}@{socket.gethostname()[:40]}/{secrets.token_hex(6)}"


def _steady() -> int:
    """Nanoseconds that also pass while the machine sleeps, where the system counts those."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)


def _since(moment: int) -> timedelta:
    return timedelta(microseconds=(_steady() - moment) // 1000)


def kind_of(executor_id: str) -> str:
    return executor_id.partition("@")[0]


def living(session: Session, pace: Pace) -> set[str]:
    """The ids of the processes that live."""
    since = database_now(session) - pace.dead_after
    return set(session.scalars(select(Executor.id).where(Executor.beats_at > since)))


def living_kinds(session: Session, pace: Pace) -> Mapping[str, int]:
    """How many processes of each kind live: bot, mail, clock, web, or up for all in one."""
    return dict(sorted(Counter(kind_of(one) for one in living(session, pace)).items()))


class Heart:
    """Beats for one process, in a thread of its own, and looks after the fleet in another.

    `look` is told whether it may judge who has ended.
    """

    def __init__(self, db: Database, executor_id: str, pace: Pace, look: Callable[[bool], None]) -> None:
        self._db, self._id, self._pace, self._look = db, executor_id, pace, look
        self._stopping = threading.Event()
        self._beaten = threading.Condition()
        self._last: int | None = None  # nanoseconds, as the next
        self._unbroken_since = 0
        self._mended: int | None = None  # when we beat again after a break
        steps = (("beat", self._beat_or_log, pace.beat), ("fleet", self._look_or_log, pace.look))
        self._threads = [
            threading.Thread(target=self._repeat, args=(step, every), name=name, daemon=True)
            for name, step, every in steps
        ]

    def start(self) -> None:
        self.beat()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with self._beaten:
            self._beaten.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=5)

    def leave(self) -> None:
        """Take our row away: nothing of ours runs any more, and nobody need wait to see it."""
        with self._db.transaction() as session:
            session.execute(delete(Executor).where(Executor.id == self._id))

    def beat(self) -> None:
        """Say that we live, and keep the mailboxes that we hold."""
        began = _steady()  # before the database's moment, so that we never think ourselves younger
        with self._db.transaction() as session:
            now = database_now(session)
            mine = update(Executor).where(Executor.id == self._id)
            if not session.execute(mine.values(beats_at=now)).rowcount:  # type: ignore[attr-defined]
                session.add(Executor(id=self._id, kind=kind_of(self._id), beats_at=now))
            held = update(MailLease).where(MailLease.holder == self._id, MailLease.until > now)
            session.execute(held.values(until=now + self._pace.dead_after))
            session.execute(delete(Executor).where(Executor.beats_at < now - _FORGOTTEN_AFTER))
        with self._beaten:
            if self._last is None or _since(self._last) > self._pace.look:
                self._unbroken_since = began
            if self._last is not None and _since(self._last) > self._pace.hold_after:
                self._mended = began
            self._last = began
            self._beaten.notify_all()

    @property
    def fresh(self) -> bool:
        """Whether we beat lately enough to begin something."""
        return self._last is not None and _since(self._last) < self._pace.hold_after

    @property
    def steady(self) -> bool:
        """Whether we are fresh, and so was everything that we took up: what was taken before a break may be others' now."""
        return self.fresh and (self._mended is None or _since(self._mended) > self._pace.dead_after)

    @property
    def may_judge(self) -> bool:
        """Whether we beat without a break for so long that who is silent has ended.

        When the database comes back, all are silent at first, also those that live.
        """
        return self.fresh and _since(self._unbroken_since) > self._pace.dead_after

    def wait_until_fresh(self) -> bool:
        """Wait for a beat. False when we stop instead."""
        with self._beaten:
            self._beaten.wait_for(lambda: self.fresh or self._stopping.is_set())
        return self.fresh

    def _repeat(self, step: Callable[[], None], every: timedelta) -> None:
        while not self._stopping.wait(every.total_seconds()):
            step()

    def _beat_or_log(self) -> None:
        try:
            self.beat()
        except SQLAlchemyError as error:  # the next one comes; until then nothing new is begun
            log.warning("no_beat", reason=type(error).__name__)

    def _look_or_log(self) -> None:
        try:
            self._look(self.may_judge)
        except Exception as error:  # noqa: BLE001  what it did not see now it sees at the next look
            log.warning("fleet_look_failed", reason=type(error).__name__)
