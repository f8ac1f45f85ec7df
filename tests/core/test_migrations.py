"""The migrations make exactly the tables that the code has, on both databases, and keep what is in them.

`stories/` holds databases of earlier revisions, filled by the demo of that time; its README says how they were made.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from payclerk_core.db import Database, make_engine
from payclerk_core.errors import UserError
from payclerk_core.migrate import revision_of, upgrade
from payclerk_core.queries.claims import summary_of
from payclerk_core.tables import Base, Claim, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from postgres import PostgresServer

STORIES = Path(__file__).with_name("stories")
REVISIONS = sorted(path.name.partition(".")[0] for path in STORIES.glob("*.sql.gz"))
CONTENT = {
    "0001": (10, 197),
    "0002": (0, 0),
    "0003": (0, 0),
    "0005": (16, 248),
    "0006": (16, 248),
    "0012": (16, 248),
}  # claims, lines
OURS = "alembic_version"


def test_tables_and_migrations_are_the_same(database: Database) -> None:
    with database.engine.connect() as connection:
        ours = MigrationContext.configure(connection, opts={"include_name": _ours})
        differences = compare_metadata(ours, Base.metadata)

    assert differences == []


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """The job tables are the library's own."""
    return kind != "table" or name in Base.metadata.tables


def test_migrating_again_changes_nothing(database: Database) -> None:
    assert upgrade(database.url) is None
    assert upgrade(database.url) is None


def story(revision: str, path: Path) -> Path:
    """An SQLite file of that revision with its data."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(gzip.decompress((STORIES / f"{revision}.sql.gz").read_bytes()).decode())
    return path


def rows_of(engine: sa.Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name != OURS]
        counts = {name: select(sa.func.count()).select_from(sa.table(name)) for name in names}
        return {name: connection.scalar(count) or 0 for name, count in counts.items()}


@pytest.fixture
def empty_postgresql(postgres_server: PostgresServer) -> Iterator[str]:
    yield postgres_server.create("upgraded")
    postgres_server.drop("upgraded")


def filled_postgresql(url: str, source: Path, revision: str) -> None:
    """The same rows at the same revision on PostgreSQL."""
    upgrade(url, revision)
    old, new = make_engine(f"sqlite:///{source}"), make_engine(url)
    meta = sa.MetaData()
    meta.reflect(new)
    with old.connect() as here, new.begin() as there:
        there.execute(sa.text("SET session_replication_role = replica"))  # rows come in any order
        for table in meta.tables.values():
            if table.name == OURS or not sa.inspect(here).has_table(table.name):
                continue
            plain = sa.table(table.name, *(sa.column(column.name) for column in table.columns))
            found = here.execute(select(plain)).all()
            values = [
                {c.name: converted(c, value) for c, value in zip(table.columns, row, strict=True)} for row in found
            ]
            if values:
                there.execute(table.insert(), values)
                _go_on_counting(there, table)
    old.dispose()
    new.dispose()


def _go_on_counting(connection: sa.Connection, table: sa.Table) -> None:
    if "id" in table.columns:
        counter = connection.scalar(select(sa.func.pg_get_serial_sequence(f'"{table.name}"', "id")))
        newest = connection.scalar(select(sa.func.max(table.c.id)))
        connection.execute(select(sa.func.setval(counter, newest)))


def converted(column: sa.Column[Any], value: Any) -> Any:
    """A value as SQLite holds it, as PostgreSQL takes it."""
    if value is None:
        return None
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return bool(value)
    if isinstance(kind, sa.JSON):
        return json.loads(value)
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, sa.Numeric) and not isinstance(kind, sa.Integer) else value


@pytest.fixture(params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, revision: str, tmp_path: Path) -> str:
    """A database of that revision with its data, of each kind."""
    path = story(revision, tmp_path / "old.sqlite3")
    if request.param == "sqlite":
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("empty_postgresql")
    filled_postgresql(url, path, revision)
    return url


def dues(session: Session) -> dict[int, int]:
    """Line 8 of each claim as that revision's own code said it when it was submitted, unless something changed since."""
    found: dict[int, int] = {}
    for event in session.scalars(select(Event).where(Event.record == "claim").order_by(Event.id)):
        said = event.after or {}
        if "due_cents" in said:
            found[event.record_id] = said["due_cents"]
        elif "lines" in said and event.verb != "reviewed":
            found.pop(event.record_id, None)
    return found


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_any_revision_keeps_its_data(filled: str, revision: str) -> None:
    engine = make_engine(filled)
    before = rows_of(engine)
    engine.dispose()
    upgrade(filled)
    db = Database(filled)
    try:
        after = rows_of(db.engine)
        kept = {name: count for name, count in before.items() if name in Base.metadata.tables}
        assert kept
        assert {name: after[name] for name in kept} == kept
        with db.reading() as session:
            claims = session.scalars(select(Claim)).all()
            assert (len(claims), sum(len(claim.lines) for claim in claims)) == CONTENT[revision]
            due = dues(session)
            assert {claim.id: summary_of(claim).due.cents for claim in claims if claim.id in due} == due
    finally:
        db.close()


def test_every_revision_but_the_newest_has_its_story_or_came_with_another() -> None:
    """0004 never stood alone, nor 0007 to 0011, nor 0013. The newest gets its file before the next one is written."""
    assert set(REVISIONS) == set(CONTENT)


@pytest.mark.parametrize("revision", ["0001"])
def test_a_file_is_copied_beside_itself_before_it_changes(revision: str, tmp_path: Path) -> None:
    path = story(revision, tmp_path / "payclerk.sqlite3")
    copy = upgrade(f"sqlite:///{path}")
    assert copy == tmp_path / "payclerk.sqlite3.before-upgrade-from-0001"
    assert revision_of(f"sqlite:///{copy}") == "0001"
    again = make_engine(f"sqlite:///{copy}")
    assert rows_of(again)["claim"] == CONTENT[revision][0]
    again.dispose()


def test_rows_that_do_not_fit_leave_the_file_as_it_was(tmp_path: Path) -> None:
    path = story("0001", tmp_path / "payclerk.sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE claim_line SET claim_id = 99999 WHERE id = (SELECT min(id) FROM claim_line)")
        connection.commit()
    with pytest.raises(UserError, match=r"1 of its rows point at rows that are not there: claim_line \(to claim\)"):
        upgrade(f"sqlite:///{path}")
    assert revision_of(f"sqlite:///{path}") == "0001"
    assert not list(tmp_path.glob("*.part"))


def test_without_room_for_a_copy_nothing_changes(tmp_path: Path) -> None:
    path = story("0001", tmp_path / "payclerk.sqlite3")
    (tmp_path / "payclerk.sqlite3.before-upgrade-from-0001.part").mkdir()  # in the way, as a full disk would be
    with pytest.raises(UserError, match="no copy of it could be kept"):
        upgrade(f"sqlite:///{path}")
    assert revision_of(f"sqlite:///{path}") == "0001"
