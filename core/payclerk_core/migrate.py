"""Brings a database to this version's tables (ours and the jobs'), from empty or from any earlier version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from . import sqlite_upgrade
from .db import make_engine
from .jobs import prepare_job_tables


def upgrade(url: str, revision: str = "head") -> Path | None:
    """Migrate to the newest version. Safe to run again, and on PostgreSQL while the previous version still runs.

    An SQLite file that changes is copied beside itself first: the copy is returned. UserError when it cannot be copied, or
    when its rows do not fit together afterwards; it is then as it was.
    """
    copy = _copy_before_a_change(url)
    command.upgrade(_config(url), revision)
    prepare_job_tables(url)
    return copy


def _copy_before_a_change(url: str) -> Path | None:
    if make_url(url).get_backend_name() != "sqlite":
        return None
    present = revision_of(url)
    newest = ScriptDirectory.from_config(_config(url)).get_current_head()
    return sqlite_upgrade.keep_copy(url, present) if present not in {None, newest} else None


def revision_of(url: str) -> str | None:
    """The revision the database has; None for an empty one."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", "payclerk_core:migrations")
    config.attributes["url"] = url
    return config
