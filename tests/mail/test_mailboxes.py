"""Several mailboxes: what the file may say, that each is polled by itself, and the watchdog over them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from mail_month import NOON, make_settings, noon, promised, settings_for
from payclerk_core.db import Database
from payclerk_core.errors import UserError
from payclerk_core.jobs import JobRunner
from payclerk_core.mailboxes import mailboxes
from payclerk_core.tables import InboxMail, MailboxSilence, MailFolder
from payclerk_mailbox.door import MailDoor
from payclerk_mailbox.watch import Watch
from processes import free_port
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from imap_servers import Dovecot
    from payclerk_core.settings import Settings

LETTER = b"From: Ana <ana@ridgeline.example>\r\nTo: billing@reply.maple.example\r\nSubject: Hello\r\n\r\nHello\r\n"


def with_file(tmp_path: Path, text: str, **more: Any) -> Settings:
    path = tmp_path / "mailboxes.toml"
    path.write_text(text, "utf-8")
    return make_settings(imap_user="main@x.example", imap_password="main-secret", mailboxes_file=path, **more)


def test_a_further_mailbox_says_what_differs_and_names_its_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLD_MAIL_PASSWORD", "old-secret")
    text = """
        [[mailbox]]
        name = "old"
        user = "old@x.example"
        password_env = "OLD_MAIL_PASSWORD"
        folder = "Größe 請求"

        [[mailbox]]
        name = "shared"
        host = "localhost"
        port = 144
        user = "shared@x.example"
        sign_in = "oauthbearer"
        processed_folder = "Done"
    """
    app = {"oauth_provider": "microsoft", "oauth_client_id": "app", "oauth_tenant": "t", "imap_processed_folder": "P"}
    main, old, shared = mailboxes(with_file(tmp_path, text, imap_port=143, **app))
    assert main.account == "main@x.example"
    assert (old.account, old.imap_login, old.imap_port, old.imap_folder) == ("old", "old@x.example", 143, "Größe 請求")
    assert old.imap_password is not None
    assert old.imap_password.get_secret_value() == "old-secret"
    assert (old.imap_processed_folder, shared.imap_processed_folder) == (None, "Done")
    assert (shared.imap_host, shared.imap_port, shared.imap_sign_in) == ("localhost", 144, "oauthbearer")
    assert shared.imap_password is None
    assert shared.oauth_client_id == "app"
    assert shared.mail_address == main.mail_address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"one to 20 tables"),
        ("[[mailbox", "not TOML"),
        ("mailbox = 3", "one to 20 tables"),
        ("[[mailbox]]\nname='a'\nuser='b'\n" * 21, "one to 20 tables"),
        ("x = 1\n[[mailbox]]\nname='a'\nuser='b'", "nothing else"),
        ("mailbox = [3]", "mailbox 1"),
        ("[[mailbox]]\nname='a'", "mailbox 1: user Field required"),
        ("[[mailbox]]\nname='a'\nuser='b'\npassword='hush'", "mailbox 1: password Extra inputs"),
        ("[[mailbox]]\nname='a'\nuser='b'\nport=0", "mailbox 1: port"),
        ("[[mailbox]]\nname='a'\nuser='b'\npassword_env='NOT_SET_ANYWHERE'", "NOT_SET_ANYWHERE is not set"),
        ("[[mailbox]]\nname='a'\nuser='b'\nsign_in='xoauth2'", "PAYCLERK_OAUTH_PROVIDER"),
        ("[[mailbox]]\nname='a'\nuser='b'\nhost='mail.elsewhere.example'", "in the clear"),
        ("[[mailbox]]\nname='a'\nuser='b'\n[[mailbox]]\nname='A'\nuser='c'", "same name"),
        ("[[mailbox]]\nname='main@x.example'\nuser='b'", "same name"),
    ],
)
def test_a_faulty_file_is_told_with_the_mailbox_and_the_fault(tmp_path: Path, text: str, words: str):
    with pytest.raises(UserError, match=words) as caught:
        mailboxes(with_file(tmp_path, text))
    assert "PAYCLERK_MAILBOXES_FILE" in caught.value.message
    assert "hush" not in caught.value.message


def test_who_only_looks_at_the_ages_needs_no_secret(tmp_path: Path):
    app = {"oauth_provider": "google", "oauth_client_id": "app"}
    text = "[[mailbox]]\nname='a'\nuser='b'\nsign_in='xoauth2'\noauth_refresh_token_env='NOT_SET_ANYWHERE'"
    _, further = mailboxes(with_file(tmp_path, text, **app), to_sign_in=False)
    assert further.account == "a"


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read"):
        mailboxes(make_settings(mailboxes_file=tmp_path / "gone.toml"))


class Office:
    """A mail door over two mailboxes, the second on the good server; where the first is, is said by the test."""

    def __init__(self, server: Dovecot, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **main: Any) -> None:
        self.server, self.first, self.second = server, server.new_user(), server.new_user()
        monkeypatch.setenv("SECOND_PASSWORD", server.password)
        path = tmp_path / "mailboxes.toml"
        path.write_text(
            f'[[mailbox]]\nname = "second"\nport = {server.port}\nuser = "{self.second}"\npassword_env = "SECOND_PASSWORD"\n'
        )
        settings = settings_for(server, self.first, mailboxes_file=path, poll_seconds=3600)
        self.settings = settings.model_copy(update=main)
        self.db = Database(url)
        self.door = MailDoor(self.settings, self.db, noon, JobRunner(self.db, noon, executor_id="mail"))

    def polled(self) -> set[str]:
        with self.db.reading() as session:
            return set(session.scalars(select(MailFolder.account).where(MailFolder.polled_at.is_not(None))))

    def done(self) -> list[str]:
        with self.db.reading() as session:
            rows = session.scalars(select(InboxMail).order_by(InboxMail.account))
            return [row.account for row in rows if row.status == "done" and row.flagged and row.attempts == 1]

    def close(self) -> None:
        self.door.stop()
        self.db.close()


@pytest.fixture
def make_office(
    dovecot_server: Dovecot, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    offices: list[Office] = []

    def make(**main: Any) -> Office:
        offices.append(Office(dovecot_server, sqlite_url, tmp_path, monkeypatch, **main))
        return offices[-1]

    yield make
    for office in offices:
        office.close()


def test_each_mailbox_is_polled_and_woken_by_itself_and_each_mail_handled_once(make_office: Any):
    office = make_office()
    office.door.start()
    eventually(lambda: office.polled() == {office.first, "second"}, timeout=30)
    for user in (office.first, office.second):
        office.server.deliver(user, LETTER)
    eventually(lambda: office.done() == [office.first, "second"], timeout=30)


def test_a_mailbox_that_cannot_be_reached_does_not_slow_another(make_office: Any):
    office = make_office(imap_port=free_port())
    office.door.start()
    eventually(lambda: office.polled() == {"second"}, timeout=30)
    office.server.deliver(office.second, LETTER)
    eventually(lambda: office.done() == ["second"], timeout=30)


class Boxes:
    """A watch over the main mailbox and one more, with a steady clock that the test moves."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings, self.seconds = db, settings, 0.0
        self.other = settings.model_copy(update={"imap_name": "other"})
        self.watch = self.open()

    def open(self) -> Watch:
        return Watch([self.settings, self.other], self.db, noon, steady=lambda: self.seconds)

    def polled(self, box: Settings, at: datetime) -> None:
        with self.db.transaction() as session:
            row = session.scalar(select(MailFolder).where(MailFolder.account == box.account))
            if row is None:
                row = MailFolder(account=box.account, folder="INBOX", uidvalidity=1, last_uid=0)
                session.add(row)
            row.polled_at = at

    def after(self, seconds: float, watch: Watch | None = None) -> list[str]:
        self.seconds += seconds
        (watch or self.watch).look()
        return promised(self.db)

    def silences(self) -> list[tuple[str, bool]]:
        with self.db.reading() as session:
            rows = session.scalars(select(MailboxSilence).order_by(MailboxSilence.id))
            return [(row.account, row.over_at is not None) for row in rows]


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def boxes(sqlite_database: Database) -> Boxes:
    boxes = Boxes(sqlite_database, make_settings(imap_user="main", poll_seconds=30))
    boxes.polled(boxes.settings, NOON)
    boxes.polled(boxes.other, NOON)
    boxes.after(0)
    return boxes


def test_a_mailbox_that_is_silent_for_three_intervals_is_said_once_and_so_is_its_return(boxes: Boxes):
    boxes.polled(boxes.other, NOON + timedelta(seconds=80))
    assert boxes.after(89) == []
    assert boxes.after(2) == ["slack.notice:mailbox:1"]
    assert boxes.after(30) == ["slack.notice:mailbox:1"]
    assert boxes.silences() == [("main", False)]
    boxes.polled(boxes.settings, NOON + timedelta(seconds=121))
    boxes.polled(boxes.other, NOON + timedelta(seconds=121))
    assert boxes.after(0) == boxes.after(0) == ["slack.notice:mailbox:1", "slack.notice:mailbox:1:over"]
    assert boxes.silences() == [("main", True)]


def test_a_second_silence_is_said_again(boxes: Boxes):
    for minute in (10, 20):
        boxes.polled(boxes.other, NOON + timedelta(minutes=minute))
        boxes.after(0)
        boxes.polled(boxes.other, NOON + timedelta(minutes=minute + 1))
        boxes.after(91)
        boxes.polled(boxes.settings, NOON + timedelta(minutes=minute + 2))
        boxes.after(0)
    assert boxes.silences() == [("main", True), ("main", True)]


def test_two_pollers_and_a_restart_say_it_once(database: Database):
    boxes = Boxes(database, make_settings(imap_user="main", poll_seconds=30))
    boxes.polled(boxes.settings, NOON)
    pollers = [Watch([boxes.settings], database, noon, steady=lambda: boxes.seconds) for _ in range(2)]
    for poller in pollers:
        boxes.after(0, poller)
    assert boxes.after(91, pollers[0]) == boxes.after(0, pollers[1]) == ["slack.notice:mailbox:1"]
    restarted = Watch([boxes.settings], database, noon, steady=lambda: boxes.seconds)
    boxes.after(0, restarted)
    assert boxes.after(91, restarted) == ["slack.notice:mailbox:1"]
    boxes.polled(boxes.settings, NOON + timedelta(seconds=200))
    for poller in (*pollers, restarted):
        assert boxes.after(0, poller) == ["slack.notice:mailbox:1", "slack.notice:mailbox:1:over"]


def test_a_clock_that_jumps_is_no_silence(boxes: Boxes):
    boxes.polled(boxes.settings, NOON - timedelta(days=30))
    assert boxes.after(0) == []
    assert boxes.after(60) == []


def test_a_mailbox_that_could_never_be_read_is_said_too(sqlite_database: Database):
    boxes = Boxes(sqlite_database, make_settings(imap_user="main", poll_seconds=30))
    boxes.polled(boxes.other, NOON)
    boxes.after(0)
    boxes.polled(boxes.other, NOON + timedelta(seconds=90))
    assert boxes.after(91) == ["slack.notice:mailbox:1"]
    boxes.polled(boxes.settings, NOON + timedelta(seconds=91))
    assert boxes.after(0)[-1] == "slack.notice:mailbox:1:over"
