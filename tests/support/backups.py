"""Backups as docs/install.md makes them: of an SQLite file by SQLite itself, of PostgreSQL by pg_dump and pg_restore."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from processes import need_program


def make_backup(url: str, to: Path) -> Path:
    """Of a database at work."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(_file(url))) as source, closing(sqlite3.connect(to)) as copy:
            source.backup(copy)
    else:
        _run("pg_dump", "--format=custom", f"--file={to}", f"--dbname={_plain(url)}")
    return to


def restore_backup(url: str, backup: Path) -> None:
    """Put the backup in the place of the database, whatever is connected to that."""
    if url.startswith("sqlite"):
        for left in _file(url).parent.glob(f"{_file(url).name}*"):
            left.unlink()
        shutil.copyfile(backup, _file(url))
        return
    name = sql.Identifier(make_url(url).database or "")
    server = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    _run("pg_restore", "--exit-on-error", f"--dbname={_plain(url)}", backup)


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _run(program: str, *words: object) -> None:
    # Not by the wrapper on PATH, which on Debian asks its own settings which server is meant.
    binaries = need_program("postgres", "usr/lib/postgresql/*/bin/postgres", package="postgresql").parent
    subprocess.run([binaries / program, *map(str, words)], check=True, capture_output=True)
