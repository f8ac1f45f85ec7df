"""Deaths at every step, with two pollers at once: no mail is lost and none has its effects twice (reference 6.6)."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select

from mail_inbox import Inbox
from mail_month import noon, settings_for
from payclerk_core.db import Database
from payclerk_core.tables import InboxMail, Message
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.handling import Handling
from payclerk_mailbox.imap import ImapFolder, open_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from imap_servers import Dovecot
    from payclerk_core.settings import Settings

MAILS = 40
ODDS = 0.04
STEPS = frozenset({"select", "uids_from", "facts", "raw", "mark_seen"})


class DeathError(BaseException):
    """The process is gone: nothing catches this."""


class Fate:
    """Decides who dies; the same seed, the same order of decisions."""

    def __init__(self, seed: int) -> None:
        self._random, self.deaths = random.Random(seed), 0  # noqa: S311 - not for secrets

    def strike(self) -> None:
        if self._random.random() < ODDS:
            self.deaths += 1
            raise DeathError


class MortalDatabase(Database):
    """Dies before a commit, or right after it."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url)
        self._fate = fate

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            yield session
            self._fate.strike()
        self._fate.strike()


class MortalFolder:
    """Dies before a step on the server, or right after it."""

    def __init__(self, folder: ImapFolder, fate: Fate) -> None:
        self._folder, self._fate = folder, fate

    def __getattr__(self, name: str) -> Any:
        step = getattr(self._folder, name)
        if name not in STEPS:
            return step

        def mortal(*args: Any) -> Any:
            self._fate.strike()
            done = step(*args)
            self._fate.strike()
            return done

        return mortal


def live_and_die(settings: Settings, url: str, seed: int, deaths: Counter[int]) -> None:
    """Poll as often as it takes; every death is followed by a new process that knows only the tables."""
    fate = Fate(seed)
    quiet = 0
    while quiet < 2:
        db = MortalDatabase(url, fate)
        try:
            with open_folder(settings) as folder:
                capture = Capture(settings, db, noon)
                capture.run(MortalFolder(folder, fate))  # type: ignore[arg-type]
                Handling(settings, db, noon).run()
                capture.flag(MortalFolder(folder, fate))  # type: ignore[arg-type]
            quiet += 1
        except DeathError:
            quiet = 0
        finally:
            db.close()
    deaths[seed] = fate.deaths


def test_two_pollers_that_keep_dying_lose_and_double_nothing(dovecot_server: Dovecot, database_url: str):
    user = dovecot_server.new_user()
    calm = Database(database_url)
    inbox = Inbox(calm)
    settings = settings_for(dovecot_server, user)
    with open_folder(settings) as folder:
        Capture(settings, calm, noon).run(folder)
    for number in range(MAILS):
        mail = inbox.answer(inbox.month.dana, f"Question {number}: whom do I call?")
        if number % 8 == 0:
            mail.replace_header("Message-ID", "<always@courier.example>")
        if number % 9 == 0:
            del mail["Message-ID"]
        dovecot_server.deliver(user, mail.as_bytes())
    dovecot_server.deliver(user, inbox.answer(inbox.month.sam, "ACCEPT").as_bytes())

    deaths: Counter[int] = Counter()
    with structlog.testing.capture_logs():
        pollers = [Thread(target=live_and_die, args=(settings, database_url, seed, deaths)) for seed in (11, 12)]
        for poller in pollers:
            poller.start()
        for poller in pollers:
            poller.join()

    with calm.reading() as session:
        statuses = Counter(session.scalars(select(InboxMail.status)))
        logged = Counter(session.scalars(select(Message.inbox_id).where(Message.direction == "in")))
    # One that was struck at three attempts running waits for a person: seen, not lost.
    assert statuses["done"] + statuses["quarantine"] == MAILS + 1
    assert sum(statuses.values()) == MAILS + 1
    assert set(logged.values()) == {1}
    assert len(logged) == statuses["done"]
    assert len(inbox.letters("invitation_accepted")) <= 1
    assert sum(deaths.values()) > 5
    calm.close()
