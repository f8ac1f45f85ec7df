"""A PostgreSQL cluster of the tests' own, with a new database for each test."""

from __future__ import annotations

import itertools
import signal

import psycopg
from psycopg import sql

from processes import Server, ServerFolder, free_port, need_program, run_once

USER = "payclerk"
TEMPLATE = "migrated"
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
    """Started on a free loopback port; `new_database` copies the template, `drop` takes the copy away."""

    host = "127.0.0.1"
    user = USER

    def __init__(self) -> None:
        binaries = need_program("postgres", "usr/lib/postgresql/*/bin/postgres", package="postgresql").parent
        self.port = free_port()
        self._names = (f"test_{number}" for number in itertools.count(1))
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

    def new_database(self, template: str = TEMPLATE) -> str:
        """The name of a new copy of the template."""
        name = next(self._names)
        query = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
        self._run(query.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, database: str) -> None:
        """Also when a killed process of a test is still connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _run(self, query: sql.Composed) -> None:
        with psycopg.connect(
            host=self.host, port=self.port, user=USER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(query)
