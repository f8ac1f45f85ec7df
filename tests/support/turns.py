"""Two acts at the same moment, each in a transaction of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import text

from payclerk_core.actions.call import Call
from payclerk_core.errors import UserError
from waiting import eventually

if TYPE_CHECKING:
    from books import Books
    from payclerk_core.db import Database

Act = Callable[[Call], object]


def at_once(books: Books, first: Act, second: Act) -> list[str]:
    """Both in their own transaction; the first one commits only when the second one waits. What each came to."""
    outcome = ["", ""]
    began, finished = threading.Event(), threading.Event()

    def follow() -> None:
        try:
            with books.call() as call:
                began.set()
                second(call)
            outcome[1] = "done"
        except UserError as refused:
            outcome[1] = refused.code
        finally:
            began.set()
            finished.set()

    other = threading.Thread(target=follow)
    with books.call() as call:
        first(call)
        outcome[0] = "done"
        other.start()
        if books.database.engine.dialect.name == "postgresql":
            # On SQLite it waits at the very beginning of its transaction, before it can say so.
            began.wait(10)
            eventually(lambda: finished.is_set() or waits_for_a_lock(books.database))
    other.join(20)
    return outcome


def waits_for_a_lock(database: Database) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.engine.connect() as connection:
        return bool(connection.execute(text(query)).scalar())
