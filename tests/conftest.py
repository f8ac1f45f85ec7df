"""Real servers and databases, as fixtures. What starts them is in tests/support/.

`database_url` runs a test over SQLite and PostgreSQL, `imap_server` over Dovecot and pymap; a server that is not
installed skips the test with the reason, and fails it in CI.
"""

from __future__ import annotations

import gc
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import pytest
import structlog
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from imap_servers import Dovecot, ImapServer, Pymap, SecureDovecot
    from payclerk_core.db import Database
    from postgres import PostgresServer

Server = TypeVar("Server", "PostgresServer", "Dovecot", "Pymap", "SecureDovecot")

# A busy machine is no fault of what is tested.
settings.register_profile("payclerk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("payclerk")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that have a time limit of their own come first: one of them at the end would keep a single core busy.

    pymap is tried over SQLite alone: what differs between the databases does not differ between mail servers.
    """
    items[:] = [item for item in items if not {"pymap", "postgresql"} <= _parameters(item)]
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command of ours sets up the logs of its process, which here is that of all tests."""
    yield
    structlog.reset_defaults()


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


def _parameters(item: pytest.Item) -> set[object]:
    spec = getattr(item, "callspec", None)
    return {value for value in spec.params.values() if isinstance(value, str)} if spec else set()


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Started, and ended with all its files, also when it does not start."""
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """An empty PostgreSQL cluster: `url(name)`, `create(name)`, `drop(name)`."""
    from postgres import PostgresServer

    with running(PostgresServer()) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> PostgresServer:
    """The cluster with a migrated template: `lend()` a database of it."""
    from payclerk_core.migrate import upgrade
    from postgres import TEMPLATE

    upgrade(postgres_server.create(TEMPLATE))
    return postgres_server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file, to be copied."""
    from payclerk_core.migrate import upgrade

    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def sqlite_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite") / "payclerk.sqlite3"


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, sqlite_path: Path) -> str:
    """An empty migrated SQLite database: a new file each time, whoever still has the one before open."""
    for left in sqlite_path.parent.glob("payclerk.sqlite3*"):
        left.unlink()
    shutil.copyfile(migrated_sqlite, sqlite_path)
    return f"sqlite:///{sqlite_path}"


@pytest.fixture
def postgresql_url(migrated_postgres: PostgresServer) -> Iterator[str]:
    """An empty migrated PostgreSQL database."""
    name = migrated_postgres.lend()
    yield migrated_postgres.url(name)
    migrated_postgres.give_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty migrated database, once of each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(scope="session")
def opened() -> dict[str, Database]:
    """By address. The compiled statements stay with an engine: a new one for each test takes a fifth of its time."""
    return {}


@pytest.fixture
def database(database_url: str, opened: dict[str, Database]) -> Iterator[Database]:
    """The same, opened."""
    from payclerk_core.db import Database

    database = opened.setdefault(database_url, Database(database_url))
    yield database
    database.close()


@pytest.fixture(scope="session")
def dovecot_session() -> Iterator[Dovecot]:
    from imap_servers import Dovecot

    with running(Dovecot()) as server:
        yield server


@pytest.fixture(scope="session")
def pymap_session() -> Iterator[Pymap]:
    from imap_servers import Pymap

    with running(Pymap()) as server:
        yield server


@pytest.fixture
def dovecot_server(dovecot_session: Dovecot) -> Dovecot:
    """Dovecot, up, whatever the test before did to it. Take a `new_user()` for each test."""
    dovecot_session.start()
    return dovecot_session


@pytest.fixture(scope="session")
def secure_dovecot_session() -> Iterator[SecureDovecot]:
    from imap_servers import SecureDovecot

    with running(SecureDovecot()) as server:
        yield server


@pytest.fixture
def secure_dovecot(secure_dovecot_session: SecureDovecot) -> SecureDovecot:
    """Dovecot with TLS, STARTTLS and sign-in by token, up. Take a `new_user()` for each test."""
    secure_dovecot_session.start()
    return secure_dovecot_session


@pytest.fixture
def pymap_server(pymap_session: Pymap) -> Pymap:
    """pymap, up, whatever the test before did to it. Take a `new_user()` for each test."""
    pymap_session.start()
    return pymap_session


@pytest.fixture(params=["dovecot", "pymap"])
def imap_server(request: pytest.FixtureRequest) -> ImapServer:
    """Each of the two IMAP servers in turn."""
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Chrome]:
    """A headless Chromium with an empty profile, driven by selenium."""
    from browser import open_chromium

    driver = open_chromium(tmp_path / "chromium")
    yield driver
    driver.quit()
