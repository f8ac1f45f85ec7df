"""Several mail processes over one PostgreSQL: nothing is lost, doubled or stuck, and a mail's tries are counted once."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from bot_office import NOON
from bot_office import Month as Books
from mail_inbox import Inbox
from mail_month import ADDRESS, make_settings, noon, settings_for
from mail_processes import mail_processes
from payclerk_core.actions.batches import Order
from payclerk_core.actions.call import Call
from payclerk_core.actions.invitations import invite
from payclerk_core.db import Database
from payclerk_core.fleet import Pace, living
from payclerk_core.jobs import waiting
from payclerk_core.tables import BatchItem, Executor, FailedJob, InboxMail, JobTakeover, Message, Person
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.guard import GuardedReader
from payclerk_mailbox.handling import Handling
from payclerk_mailbox.imap import open_folder
from waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from imap_servers import Dovecot
    from mail_processes import MailProcesses, Taken

APART, TOGETHER = 60, 40  # invitations in jobs of their own, and in one job
COPIES = ("one", "two", "three", "four")
ASKED = 24  # mails that wait in the mailbox
BEAT_SECONDS = 2  # so that a busy machine lets a living process beat in time
START = 150  # seconds for four processes to come up on a busy machine
LIMIT = 120  # seconds within which everything has to be done, whatever died


def invite_all(database: Database) -> dict[str, str]:
    """Everybody is invited, by fives and once by forty; the subject of each letter by the address it goes to."""
    settings = make_settings()
    with database.transaction() as session:
        month = Books(session, settings, APART + TOGETHER + 1)
        month.period()
        month.contracts[-1].status = "draft"
        contracts = [contract.id for contract in month.contracts[:-1]]
        orders = [contracts[start : start + 5] for start in range(0, APART, 5)] + [contracts[APART:]]
        call = Call(session, NOON, settings, actor=session.get_one(Person, month.ada.id), door="slack")
        for number, chosen in enumerate(orders):
            invite(call, Order(f"order {number}", month.project.id, None), chosen)
        letters = session.scalars(select(Message).where(Message.kind == "invitation")).all()
        return {row.recipients[0].email: row.subject for row in letters}


def deliver_questions(database: Database, server: Dovecot, user: str, senders: list[str]) -> None:
    """What people wrote while nobody read the mailbox, from addresses that we know."""
    settings = settings_for(server, user)
    with open_folder(settings) as folder:
        Capture(settings, database, noon).run(folder)  # the first look says from where on it is read
    for number, sender in enumerate(senders):
        lines = (
            f"From: {sender}\nTo: {ADDRESS}\nSubject: Gate\nMessage-ID: <{number}@trade.example>\n"
            f"Authentication-Results: mx.reply.maple.example; dmarc=pass header.from=trade.example\n\n"
            f"Question {number}: which gate is open on Monday?\n"
        )
        server.deliver(user, lines.replace("\n", "\r\n").encode())


def environment_of(url: str, server: Dovecot, user: str) -> dict[str, str]:
    return {
        "PAYCLERK_DATABASE_URL": url,
        "PAYCLERK_TOKEN_SECRET": "s" * 40,
        "PAYCLERK_MAIL_ADDRESS": ADDRESS,
        "PAYCLERK_MAIL_AUTHSERV_ID": "mx.reply.maple.example",
        "PAYCLERK_SMTP_HOST": "127.0.0.1",
        "PAYCLERK_SMTP_SECURITY": "none",
        "PAYCLERK_IMAP_HOST": server.host,
        "PAYCLERK_IMAP_PORT": str(server.port),
        "PAYCLERK_IMAP_SECURITY": "none",
        "PAYCLERK_IMAP_USER": user,
        "PAYCLERK_IMAP_PASSWORD": server.password,
        "PAYCLERK_POLL_SECONDS": "1",
        "PAYCLERK_BEAT_SECONDS": str(BEAT_SECONDS),
    }


def start_all(processes: MailProcesses, database: Database) -> None:
    """All of them live and have mails in hand, before any mail goes through. The first one stops after two."""
    for name in COPIES:
        processes.start(name, frozen_after=2 if name == COPIES[0] else None)
    for name in COPIES:
        assert processes.server(name).waits.wait(START), processes.log()[-3000:]
    with database.reading() as session:
        assert len(set(session.scalars(select(Executor.id)))) == len(COPIES)  # no two by one name


def by_recipient(taken: list[Taken]) -> dict[str, list[Taken]]:
    found = defaultdict(list)
    for one in taken:
        found[one.recipient].append(one)
    return found


def _to_send(database: Database) -> int:
    """Other jobs are for processes that this test does not start."""
    return sum(row.count for row in waiting(database) if row.job == "mail.send")


def _unread(database: Database) -> int:
    with database.reading() as session:
        done = select(func.count(InboxMail.id)).where(InboxMail.status == "done", InboxMail.flagged)
        return ASKED - (session.scalar(done) or 0)


@pytest.mark.timeout(600)
def test_of_four_mail_processes_one_is_killed_and_everything_is_sent_and_read_once(
    postgresql_url: str, dovecot_server: Dovecot, tmp_path: Path
) -> None:
    database, user = Database(postgresql_url), dovecot_server.new_user()
    invited = invite_all(database)
    deliver_questions(database, dovecot_server, user, list(invited)[:ASKED])
    victim, *others = COPIES
    with mail_processes(tmp_path, environment_of(postgresql_url, dovecot_server, user)) as processes:
        start_all(processes, database)
        processes.open_gate()
        assert processes.server(victim).frozen.wait(START)
        processes.kill(victim)
        processes.start("five")
        eventually(lambda: not _to_send(database), timeout=LIMIT)
        eventually(lambda: not _unread(database), timeout=LIMIT)
        with database.reading() as session:
            assert len(living(session, Pace())) >= len(others)
        taken = processes.taken

    letters = by_recipient([one for one in taken if one.subject in set(invited.values())])
    assert set(letters) == set(invited)
    doubled = {address: sent for address, sent in letters.items() if len(sent) > 1}
    # What the killed one had sent and not yet noted goes once more, as the same mail; nothing else does.
    assert all(sent[0].server == victim and len(sent) == 2 for sent in doubled.values())
    assert len(doubled) <= 2
    assert all(len({one.message_id for one in sent}) == 1 for sent in letters.values())
    assert all(sent[0].raw == sent[-1].raw for sent in doubled.values())
    _nothing_is_left(database)
    database.close()


def _nothing_is_left(database: Database) -> None:
    with database.reading() as session:
        assert session.scalars(select(FailedJob.reason)).all() == []
        assert session.scalar(select(func.count(JobTakeover.workflow_id)))  # what the killed one had in hand
        kinds = Counter(session.scalars(select(Message.status).where(Message.kind == "invitation")))
        assert kinds == {"sent": APART + TOGETHER}
        assert Counter(session.scalars(select(BatchItem.outcome))) == {"done": APART + TOGETHER}
        mails = session.scalars(select(InboxMail)).all()
        assert Counter(mail.status for mail in mails) == {"done": ASKED}
        tries = Counter(mail.attempts for mail in mails)
        assert set(tries) <= {1, 2}
        assert tries[2] <= 1  # at most the one in the hands of who was killed


class EndsOnEach(GuardedReader):
    """Its process is killed by every mail that it looks at, as soon as the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.at_it, self.goes_on = threading.Event(), threading.Event()

    def _ask(self, request: Any) -> Any:
        self.asked += 1
        self.at_it.set()
        assert self.goes_on.wait(60)
        os.kill(self._running().pid, signal.SIGKILL)
        return super()._ask(request)


def test_of_two_copies_the_one_at_a_mail_counts_its_try_and_three_tries_are_three(postgresql_url: str) -> None:
    databases = [Database(postgresql_url) for _ in range(3)]
    inbox = Inbox(databases[2])
    key = inbox.put(inbox.answer(inbox.month.dana, "ACCEPT"))
    readers = [EndsOnEach(), EndsOnEach()]
    copies = [
        Handling(inbox.settings, database, noon, reader=reader)
        for database, reader in zip(databases, readers, strict=False)
    ]

    def row() -> tuple[str, int]:
        with inbox.db.reading() as session:
            mail = session.get_one(InboxMail, key)
            return mail.status, mail.attempts

    for tries in (1, 2, 3):
        one, other = (0, 1) if tries % 2 else (1, 0)
        at_it = threading.Thread(target=copies[one].run)
        at_it.start()
        assert readers[one].at_it.wait(60)
        copies[other].run()  # finds the mail in other hands
        readers[one].goes_on.set()
        at_it.join(60)
        assert row() == ("new", tries)
        assert sum(reader.asked for reader in readers) == tries
        readers[one].at_it.clear()
        readers[one].goes_on.clear()
    for copy in copies:
        copy.run()

    assert row() == ("quarantine", 3)
    assert [reader.asked for reader in readers] == [2, 1]
    assert inbox.notices() == [f"quarantine:{key}"]
    for one in (*readers, *databases):
        one.close()
