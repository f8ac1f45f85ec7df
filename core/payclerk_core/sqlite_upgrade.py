"""What a migration of an SQLite file needs beside Alembic: a copy made before, constraints put aside, a check after.

SQLite changes a table by copying it and dropping the old one, which foreign keys forbid while rows point at it; its own
documentation asks to switch them off for that and to check them before the transaction ends (lang_altertable, section 7).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import make_url

from .errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection


def keep_copy(url: str, revision: str) -> Path:
    """Copy the database beside itself, named after the revision it has. Returns the copy.

    A copy of an earlier attempt at the same upgrade is replaced, and only by a whole one.
    """
    source = Path(str(make_url(url).database))
    copy = source.with_name(f"{source.name}.before-upgrade-from-{revision}")
    part = copy.with_name(f"{copy.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(part)) as new:
            old.backup(new)
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise UserError(
            f"The database was not upgraded, because no copy of it could be kept in {copy.name}: {error}."
            " Make room beside it and try again.",
            code="no_copy",
        ) from error
    part.replace(copy)
    return copy


def without_foreign_keys(connection: sqlite3.Connection, _record: Any) -> None:
    """Put the constraints aside for this connection. Works only outside a transaction."""
    connection.execute("PRAGMA foreign_keys=OFF")


def check(connection: Connection) -> None:
    """Raise, so that the transaction is rolled back, when rows point at nothing or the file is not sound."""
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        tables = ", ".join(sorted({f"{row[0]} (to {row[2]})" for row in orphans}))
        raise UserError(
            f"The database was not upgraded, because {len(orphans)} of its rows point at rows that are not there: {tables}."
            " It is as it was. Restore a backup in which they are, or ask for help with this text.",
            code="rows_do_not_fit",
        )
    said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if said != "ok":
        raise UserError(
            f"The database was not upgraded, because its file is damaged: {said}. It is as it was. Restore a backup.",
            code="file_damaged",
        )
