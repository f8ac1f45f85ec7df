"""The servers of tests/support, each met as payclerk meets it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError
from sqlalchemy import inspect, select

from payclerk_core.tables import Company
from processes import cannot_be_had, need_program
from waiting import eventually, until_readable

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from imap_servers import Dovecot, ImapServer
    from payclerk_core.db import Database
    from postgres import PostgresServer

LETTER = b"From: ana@ridgeline.test\r\nSubject: Draw 4\r\n\r\nACCEPT\r\n"


def sign_in(server: ImapServer, user: str) -> IMAPClient:
    client = IMAPClient(server.host, server.port, ssl=False, timeout=10)
    client.login(user, server.password)
    return client


def test_mail_that_is_delivered_can_be_fetched_byte_for_byte(imap_server: ImapServer):
    user = imap_server.new_user()
    imap_server.deliver(user, LETTER)
    with sign_in(imap_server, user) as client:
        client.select_folder("INBOX")
        [uid] = client.search()
        assert client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] == LETTER


def test_each_user_has_an_inbox_of_their_own(imap_server: ImapServer):
    imap_server.deliver(imap_server.new_user(), LETTER)
    with sign_in(imap_server, imap_server.new_user()) as client:
        assert client.select_folder("INBOX")[b"EXISTS"] == 0


def test_a_wrong_password_is_refused(imap_server: ImapServer):
    client = IMAPClient(imap_server.host, imap_server.port, ssl=False, timeout=10)
    with pytest.raises(LoginError):
        client.login(imap_server.new_user(), "wrong")
    client.shutdown()


def test_a_stop_breaks_connections_and_a_start_keeps_port_and_mail(imap_server: ImapServer):
    user = imap_server.new_user()
    imap_server.deliver(user, LETTER)
    client = sign_in(imap_server, user)
    imap_server.stop()
    with pytest.raises((IMAPClient.AbortError, OSError)):
        client.noop()
    client.shutdown()
    with pytest.raises(OSError, match="refused"):
        IMAPClient(imap_server.host, imap_server.port, ssl=False, timeout=10)

    imap_server.start()

    with sign_in(imap_server, user) as client:
        assert client.select_folder("INBOX")[b"EXISTS"] == 1


def test_dovecot_tells_an_idle_client_of_new_mail(dovecot_server: Dovecot):
    user = dovecot_server.new_user()
    with sign_in(dovecot_server, user) as client:
        client.select_folder("INBOX")
        client.idle()
        dovecot_server.deliver(user, LETTER)
        until_readable(client.socket())
        assert (1, b"EXISTS") in client.idle_check(timeout=10)
        client.idle_done()


def test_dovecot_that_lost_its_books_numbers_anew(dovecot_server: Dovecot):
    user = dovecot_server.new_user()
    dovecot_server.deliver(user, LETTER)
    with sign_in(dovecot_server, user) as client:
        before = client.select_folder("INBOX")[b"UIDVALIDITY"]
    dovecot_server.renumber(user)
    with sign_in(dovecot_server, user) as client:
        after = client.select_folder("INBOX")
    assert after[b"UIDVALIDITY"] != before
    assert after[b"EXISTS"] == 1


def test_postgresql_answers_on_loopback_only(postgres_server: PostgresServer):
    with psycopg.connect(
        host=postgres_server.host, port=postgres_server.port, user=postgres_server.user, dbname="postgres"
    ) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_a_database_is_migrated_and_empty(database: Database):
    tables = inspect(database.engine).get_table_names()
    assert "claim" in tables
    with database.transaction() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM claim").scalar() == 0


@pytest.mark.parametrize("time", ["first", "second"])
def test_no_test_sees_the_rows_of_another(database: Database, time: str):
    with database.transaction() as session:
        session.add(Company(name=time))
    with database.reading() as session:
        assert [(company.id, company.name) for company in session.scalars(select(Company))] == [(1, time)]


def test_a_page_is_shown(chromium: Chrome):
    chromium.get("data:text/html,<title>Draw 4</title><h1>ready</h1>")
    assert chromium.title == "Draw 4"


def test_a_missing_server_skips_with_the_reason(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no-such-server is not installed \(Debian package nothing"):
        need_program("no-such-server", package="nothing")


def test_a_missing_server_fails_in_ci(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no disk"):
        cannot_be_had("no disk")


def test_eventually_returns_what_another_thread_brings():
    brought: list[str] = []
    threading.Timer(0.05, brought.append, ["claim"]).start()
    assert eventually(lambda: brought and brought[0]) == "claim"


def test_eventually_gives_up_and_says_what_it_saw():
    with pytest.raises(AssertionError, match=r"not within 0.02 s; the last look gave \[\]"):
        eventually(list, timeout=0.02)
