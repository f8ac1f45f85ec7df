"""A PostgreSQL cluster of the tests' own, with an empty database for each test."""

from __future__ import annotations

import itertools
import signal
from collections import Counter
from contextlib import closing
from typing import Final

import psycopg
from psycopg import sql

from processes import Server, ServerFolder, free_port, need_program, run_once

USER = "payclerk"
TEMPLATE = "migrated"
# Emptying takes a fifth of the time of a copy; but deleted rows stay in the files, so after so many tests it is dropped.
USES: Final = 40
# What the migrations put there.
KEPT: Final = ("alembic_version", "dbos_migrations")
# Speed before safety: this cluster is thrown away. The rest keeps it to loopback.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class PostgresServer:
    """Started on a free loopback port; `lend` gives an empty migrated database, `give_back` takes it again."""

    host = "127.0.0.1"
    user = USER

    def __init__(self) -> None:
        binaries = need_program("postgres", "usr/lib/postgresql/*/bin/postgres", package="postgresql").parent
        self.port = free_port()
        self._names = (f"test_{number}" for number in itertools.count(1))
        self._free: list[str] = []
        self._uses: Counter[str] = Counter()
        self._empty: sql.Composable | None = None
        self._folder = ServerFolder("postgres")
        data = self._folder.path / "data"
        looks = ("--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
        run_once([binaries / "initdb", *looks, "--no-sync", "-D", data], cwd=self._folder.path)
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        self._server = Server(
            [binaries / "postgres", "-D", data, "-p", str(self.port), *settings],
            ready="database system is ready to accept connections",
            cwd=self._folder.path,
            stop_signal=signal.SIGQUIT,  # at once, without tidying
        )

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def close(self) -> None:
        self.stop()
        self._folder.remove()

    def url(self, database: str) -> str:
        """In SQLAlchemy's form."""
        return f"postgresql+psycopg://{USER}@{self.host}:{self.port}/{database}"

    def create(self, database: str) -> str:
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)

    def lend(self) -> str:
        """The name of an empty migrated database, of this test alone until it is given back."""
        if self._free:
            return self._free.pop()
        name = next(self._names)
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
        self._run(query.format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        return name

    def give_back(self, database: str) -> None:
        """Empty it for the next test, also when a killed process of this one is still connected."""
        self._uses[database] += 1
        if self._uses[database] >= USES:
            self.drop(database)
            return
        with closing(self._connect(database)) as connection:
            others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
            connection.execute(f"{others} AND pid <> pg_backend_pid()")
            connection.execute("SET session_replication_role = replica")  # no look at foreign keys
            connection.execute(self._emptying(connection))
        self._free.append(database)

    def _emptying(self, connection: psycopg.Connection) -> sql.Composable:
        if self._empty is None:
            query = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'dbos')"
            tables = [row for row in connection.execute(query) if row[1] not in KEPT]
            deletions = [sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)) for table in tables]
            numbers = sql.SQL("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")
            self._empty = sql.SQL("; ").join([*deletions, numbers])
        return self._empty

    def drop(self, database: str) -> None:
        """Also when a killed process of a test is still connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _run(self, query: sql.Composed) -> None:
        with closing(self._connect("postgres")) as connection:
            connection.execute(query)

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=self.host, port=self.port, user=USER, dbname=database, autocommit=True)
