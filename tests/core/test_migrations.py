"""The migrations make exactly the tables that the code has, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from payclerk_core.migrate import upgrade
from payclerk_core.tables import Base

if TYPE_CHECKING:
    from payclerk_core.db import Database


def test_tables_and_migrations_are_the_same(database: Database) -> None:
    with database.engine.connect() as connection:
        ours = MigrationContext.configure(connection, opts={"include_name": _ours})
        differences = compare_metadata(ours, Base.metadata)

    assert differences == []


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The job tables are the library's own."""
    return kind != "table" or name in Base.metadata.tables


def test_migrating_again_changes_nothing(database: Database) -> None:
    upgrade(database.url)
    upgrade(database.url)
