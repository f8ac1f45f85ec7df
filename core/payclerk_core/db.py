"""The database: engine, sessions, and the one place where a transaction begins and ends."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.orm import Session, sessionmaker

SQLITE_WAIT_MS = 30_000
# More statements are in use than the 500 that SQLAlchemy keeps compiled.
COMPILED = 1500


# The first half of PostgreSQL's advisory locks, which are shared with whatever else uses the database.
_LOCKS: Final = {"fleet": 725401, "mail": 725402, "copy": 725403}
# The second half is an int4. Numbers that fold into one only wait for each other.
_MOST_NUMBERS: Final = 2**31


class Database:
    """An engine and its sessions. Safe to share between threads; a Session is not."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self.engine.execution_options(payclerk_reading=True), expire_on_commit=False)
        self._here = _Here()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._sessions() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session to look and not to change: it waits for nobody. What is changed in it is lost."""
        with self._readers() as session:
            yield session

    @contextmanager
    def alone_with(self, *numbers: int, of: str, wait: bool = False) -> Iterator[bool]:
        """Whether nobody else, in whatever process, is inside with any of these now; with `wait`, as soon as that is so.

        `of`: what is numbered, fleet, mail or copy.

        It ends with the block or the process. On SQLite there is one process, whose threads are kept apart.
        """
        if self.engine.dialect.name == "sqlite":
            with self._here.alone(frozenset((of, number) for number in numbers), wait) as alone:
                yield alone
            return
        with self.transaction() as session:
            yield _lock(session, _LOCKS[of], sorted({number % _MOST_NUMBERS for number in numbers}), wait)

    def close(self) -> None:
        self.engine.dispose()


def _lock(session: Session, what: int, numbers: list[int], wait: bool) -> bool:
    """Until the transaction ends. In one order, so that two who want the same never wait for each other."""
    name = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    query = text(f"SELECT {name}(:what, number) FROM unnest(CAST(:numbers AS int[])) AS number")  # noqa: S608
    answers = session.scalars(query, {"what": what, "numbers": numbers}).all()
    return wait or all(answers)


class _Here:
    """What the threads of this process are inside with."""

    def __init__(self) -> None:
        self._change, self._taken = threading.Condition(), frozenset[tuple[str, int]]()

    @contextmanager
    def alone(self, wanted: frozenset[tuple[str, int]], wait: bool) -> Iterator[bool]:
        with self._change:
            if wait:
                self._change.wait_for(lambda: self._taken.isdisjoint(wanted))
            alone = self._taken.isdisjoint(wanted)
            if alone:
                self._taken |= wanted
        try:
            yield alone
        finally:
            if alone:
                self._leave(wanted)

    def _leave(self, wanted: frozenset[tuple[str, int]]) -> None:
        with self._change:
            self._taken -= wanted
            self._change.notify_all()


def database_now(session: Session) -> datetime:
    """The database's own moment, which is the same for all processes."""
    if session.get_bind().dialect.name == "sqlite":
        text: str = session.scalar(select(func.strftime("%Y-%m-%d %H:%M:%f", "now"))) or ""
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return session.execute(select(func.now())).scalar_one().astimezone(UTC)


def is_away(error: Exception) -> bool:
    """Whether the database cannot be reached or used at the moment, so that the same may succeed later."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OperationalError | InterfaceError | NoConnectionError)


def make_engine(url: str) -> Engine:
    """An engine with the settings both databases need to be right under several processes."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed, query_cache_size=COMPILED, pool_size=10, max_overflow=15, pool_pre_ping=True, hide_parameters=True
        )
    engine = create_engine(
        parsed, query_cache_size=COMPILED, connect_args={"timeout": SQLITE_WAIT_MS // 1000}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # WAL lets readers go on while one writes; the driver's own BEGIN is switched off for the one below.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_WAIT_MS}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between;
    # taking the write lock at the start makes it wait instead. Who only reads need not wait.
    reading = connection.get_execution_options().get("payclerk_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
