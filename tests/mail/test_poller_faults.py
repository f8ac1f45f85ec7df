"""What goes wrong in the world, with real servers: the poller recovers by itself and nothing is lost."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from imapclient import SocketTimeout
from sqlalchemy import event, select, text

from mail_month import noon, settings_for
from payclerk_core.db import Database
from payclerk_core.jobs import JobRunner
from payclerk_core.migrate import upgrade
from payclerk_core.tables import InboxMail, MailFolder
from payclerk_mailbox import imap
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.door import MailDoor
from payclerk_mailbox.imap import open_folder
from postgres import PostgresServer
from proxy import Proxy
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imap_servers import Dovecot
    from payclerk_core.settings import Settings

HEAD = b"From: Ana <ana@ridgeline.example>\r\nTo: billing@reply.maple.example\r\nSubject: Hello %d\r\n\r\n"


class Office:
    """A mail door over a mailbox of its own that it has polled once."""

    def __init__(self, server: Dovecot, url: str, **settings: Any) -> None:
        self.server, self.user = server, server.new_user()
        made = settings_for(server, self.user, poll_seconds=3600)
        self.settings: Settings = made.model_copy(update=settings)
        self.db, self.numbers = Database(url), count()
        with open_folder(settings_for(server, self.user)) as folder:
            Capture(self.settings, self.db, noon).run(folder)
        self.door = MailDoor(self.settings, self.db, noon, JobRunner(self.db, noon, executor_id="mail"))

    def deliver(self, size: int = 10) -> None:
        self.server.deliver(self.user, HEAD % next(self.numbers) + b"x" * 70 * (size // 70) + b"\r\n")

    def statuses(self) -> list[str]:
        with self.db.reading() as session:
            rows = session.scalars(select(InboxMail).order_by(InboxMail.uid))
            return ["flagged" if row.flagged else row.status for row in rows]

    def close(self) -> None:
        self.door.stop()
        self.db.close()


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as logs:
        yield logs


@pytest.fixture
def proxied(
    dovecot_server: Dovecot, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Office, Proxy]]:
    """With a network that can go silent; noticed after a second instead of a minute."""
    monkeypatch.setattr(imap, "TIMEOUT", SocketTimeout(5, 1))
    proxy = Proxy(dovecot_server.host, dovecot_server.port)
    office = Office(dovecot_server, sqlite_url, imap_port=proxy.port)
    yield office, proxy
    office.close()
    proxy.close()


def said(logs: list[Any], event: str) -> bool:
    return event in [line["event"] for line in logs]


def looked(office: Office, proxy: Proxy) -> bool:
    """It has signed in and looked: it waits in IDLE or is about to."""
    with office.db.reading() as session:
        return proxy.connections > 0 and session.scalars(select(MailFolder.polled_at)).one() is not None


def test_a_connection_that_goes_silent_is_given_up_and_made_anew(proxied: tuple[Office, Proxy], logs: list[Any]):
    office, proxy = proxied
    office.deliver()
    office.door.start()
    eventually(lambda: office.statuses() == ["flagged"])
    proxy.hole()
    office.deliver()
    office.door.wake()  # as the end of the interval does
    eventually(lambda: said(logs, "mail_poll_trouble"), timeout=30)
    proxy.heal()
    eventually(lambda: office.statuses() == ["flagged"] * 2, timeout=30)
    eventually(lambda: said(logs, "mail_poll_recovered"))


def test_a_server_that_closes_while_idle_is_noticed_at_once(dovecot_server: Dovecot, sqlite_url: str, logs: list[Any]):
    """Nothing rings and no interval ends: the closing itself has to wake the poller."""
    office = Office(dovecot_server, sqlite_url)
    try:
        office.deliver()
        office.door.start()
        eventually(lambda: office.statuses() == ["flagged"])
        dovecot_server.stop()
        eventually(lambda: said(logs, "mail_poll_trouble"))
        office.deliver()
        dovecot_server.start()
        eventually(lambda: office.statuses() == ["flagged"] * 2, timeout=30)
        assert sum(line["event"] == "mail_poll_trouble" for line in logs) <= 2  # closed, then refused
    finally:
        office.close()


def test_a_changed_uidvalidity_under_a_running_poller_loses_and_doubles_nothing(
    dovecot_server: Dovecot, sqlite_url: str
):
    office = Office(dovecot_server, sqlite_url)
    try:
        office.deliver()
        office.door.start()
        eventually(lambda: office.statuses() == ["flagged"])
        dovecot_server.renumber(office.user)
        office.deliver()
        eventually(lambda: sorted(office.statuses()) == ["flagged"] * 3, timeout=30)
        with office.db.reading() as session:
            kinds = [row.kind for row in session.scalars(select(InboxMail).order_by(InboxMail.id))]
        assert kinds.count("copy") == 1
    finally:
        office.close()


def test_a_full_disk_is_waited_out_and_the_mail_comes_once_there_is_room(
    dovecot_server: Dovecot, sqlite_url: str, logs: list[Any]
):
    office = Office(dovecot_server, sqlite_url)
    room = [100_000]  # pages; SQLite itself says "database or disk is full" above it

    @event.listens_for(office.db.engine, "checkout")
    def limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {room[0]}")

    try:
        with office.db.reading() as session:
            room[0] = session.execute(text("PRAGMA page_count")).scalar_one() + 20
        office.deliver(400_000)
        office.door.start()
        eventually(lambda: said(logs, "mail_poll_trouble"))
        assert office.statuses() == []
        room[0] = 100_000
        eventually(lambda: office.statuses() == ["flagged"], timeout=30)
        assert said(logs, "mail_poll_recovered")
    finally:
        office.close()


@pytest.mark.timeout(240)  # on a busy machine it has waited a while, and waits as long again
def test_postgresql_restarted_under_the_poller_is_waited_for(dovecot_server: Dovecot, logs: list[Any]):
    """A cluster of its own: the tests' one is not stopped under other tests."""
    cluster = PostgresServer()
    cluster.start()
    try:
        url = cluster.create("restarted")
        upgrade(url)
        office = Office(dovecot_server, url)
        try:
            office.deliver()
            office.door.start()
            eventually(lambda: office.statuses() == ["flagged"], timeout=30)
            cluster.stop()
            office.deliver()
            eventually(lambda: said(logs, "mail_poll_trouble"), timeout=30)
            cluster.start()
            eventually(lambda: office.statuses() == ["flagged"] * 2, timeout=150)
        finally:
            office.close()
    finally:
        cluster.close()
