"""Inboxes that mail is put into; some have letters that lead to confirm pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from confirm_web import ConfirmWeb
from mail_inbox import Inbox
from payclerk_core.db import Database

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


@pytest.fixture
def web(database: Database) -> Iterator[ConfirmWeb]:
    web = ConfirmWeb(database)
    yield web
    web.close()


@pytest.fixture
def page(sqlite_url: str) -> Iterator[ConfirmWeb]:
    """The same on one database, for what no database has a say in."""
    database = Database(sqlite_url)
    page = ConfirmWeb(database)
    yield page
    page.close()
    database.close()
