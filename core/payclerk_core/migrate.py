"""Brings a database to this version's tables (ours and the jobs'), from empty or from any earlier version."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from .jobs import prepare_job_tables


def upgrade(url: str) -> None:
    """Migrate to the newest version. Safe to run again, and while the previous version still runs."""
    command.upgrade(_config(url), "head")
    prepare_job_tables(url)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", "payclerk_core:migrations")
    config.attributes["url"] = url
    return config
