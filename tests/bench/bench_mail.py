"""Mail out and mail in, beside bare loops over the same servers in the same run.

Run alone for the long one: `python tests/bench/bench_mail.py memory` reads 20,000 mails and prints how much memory the
process has before and after.
"""

from __future__ import annotations

import resource
import smtplib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import mailparser
from imapclient import IMAPClient
from sqlalchemy import func, select

from bot_office import NOON, Month
from imap_servers import Dovecot
from mail_month import make_settings, settings_for
from payclerk_core.actions.batches import Order
from payclerk_core.actions.call import Call
from payclerk_core.actions.invitations import invite
from payclerk_core.db import Database
from payclerk_core.jobs import JobRunner
from payclerk_core.migrate import upgrade
from payclerk_core.settings import Settings
from payclerk_core.tables import InboxMail, MessageRecipient, Person
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.handling import Handling
from payclerk_mailbox.imap import open_folder
from payclerk_mailbox.mime import build_mail
from payclerk_mailbox.outgoing import copies_to_send
from payclerk_mailbox.poller import Poller
from payclerk_mailbox.sending import Sender
from processes import free_port

INVITATIONS = 1000
MAILS = 2000
ARRIVALS = 60
MANY = 20_000
Report = Callable[[str, float, str, float], None]


def with_server(bench: Callable[[Report, Dovecot], None]) -> Callable[[Report], None]:
    """The bench with a Dovecot of its own."""

    def run(report: Report) -> None:
        server = Dovecot()
        server.start()
        try:
            bench(report, server)
        finally:
            server.close()

    return run


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def migrated() -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="payclerk-bench-") as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        upgrade(url)
        db = Database(url)
        yield db
        db.close()


# Out


def bench_sending(report: Report) -> None:
    """From the promise of the invitations to the server's yes to the last one."""
    with migrated() as db, smtp_sink() as port:
        settings = make_settings(smtp_port=port)
        invite_all(db, settings)
        built, bare = loop_that_builds(db, settings, port), loop_of_bytes(db, settings, port)
        ours = send_all(db, settings)
    report(f"{INVITATIONS} invitations, each", ours / INVITATIONS, "loop that builds and sends", built / INVITATIONS)
    report("  the same", ours / INVITATIONS, "smtplib, bytes at hand", bare / INVITATIONS)


@contextmanager
def smtp_sink() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("smtp_sink.py")), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sink:
        if sink.stdout is not None:
            sink.stdout.readline()
        try:
            yield port
        finally:
            sink.terminate()


def invite_all(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        month = Month(session, settings, INVITATIONS + 1)
        month.period()
        month.contracts[-1].status = "draft"
    with db.transaction() as session:
        call = Call(session, NOON, settings, actor=session.get_one(Person, month.ada.id), door="slack")
        invite(call, Order("bench", month.project.id, None), [contract.id for contract in month.contracts])


def loop_that_builds(db: Database, settings: Settings, port: int) -> float:
    begin = time.perf_counter()
    with db.reading() as session, smtplib.SMTP("127.0.0.1", port) as client:
        for copy in copies_to_send(session, settings, session.scalars(select(MessageRecipient.id)).all()):
            client.sendmail(copy.mail.return_address, [copy.email], build_mail(copy.mail))
    return time.perf_counter() - begin


def loop_of_bytes(db: Database, settings: Settings, port: int) -> float:
    with db.reading() as session:
        copies = copies_to_send(session, settings, session.scalars(select(MessageRecipient.id)).all())
    ready = [(copy.mail.return_address, copy.email, build_mail(copy.mail)) for copy in copies]
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for sender, recipient, raw in ready:
            client.sendmail(sender, [recipient], raw)
    return time.perf_counter() - begin


def send_all(db: Database, settings: Settings) -> float:
    runner = JobRunner(db, now, executor_id="bench")
    runner.handle("mail.send", Sender(settings, db, now).send)
    begin = time.perf_counter()
    runner.start()
    try:
        wait_until(lambda: undelivered(db) == 0)
        return time.perf_counter() - begin
    finally:
        runner.stop()


def undelivered(db: Database) -> int:
    with db.reading() as session:
        query = select(func.count(MessageRecipient.id)).where(MessageRecipient.delivered_at.is_(None))
        return session.scalar(query) or 0


def wait_until(done: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not done():
        pause.wait(0.01)


# In


def bench_capture(report: Report, server: Dovecot) -> None:
    """A mailbox of 2,000 mails: into our tables, and dealt with; beside fetching and parsing them and no more."""
    user = server.new_user()
    for number in range(MAILS):
        server.deliver(user, a_mail(user, number))
    bare = fetch_and_parse(server, user)
    with migrated() as db:
        settings = settings_for(server, user, mail_dkim_check=False)
        with open_folder(settings) as folder:
            capture = Capture(settings, db, now)
            start_at_the_first(db, capture, folder)
            begin = time.perf_counter()
            while capture.run(folder):
                pass
            captured = time.perf_counter() - begin
            Handling(settings, db, now).run()
            dealt_with = time.perf_counter() - begin
        check_all(db, MAILS)
    report(f"{MAILS} mails captured, each", captured / MAILS, "fetch and parse", bare / MAILS)
    report("  captured and dealt with, each", dealt_with / MAILS, "fetch and parse", bare / MAILS)


def a_mail(user: str, number: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Dana Ruiz <dana@harbor.example>", user
    mail["Subject"], mail["Message-ID"] = f"Progress of week {number}", f"<{number}@harbor.example>"
    mail.set_content(f"Hello,\n\nthe crew is at level {number}. More tomorrow.\n\nDana\n" * 10)
    mail.add_alternative("<p>Hello,</p><p>the crew is on time.</p>" * 20, subtype="html")
    return mail.as_bytes()


def fetch_and_parse(server: Dovecot, user: str) -> float:
    begin = time.perf_counter()
    with IMAPClient(server.host, port=server.port, ssl=False, timeout=60) as client:
        client.login(user, server.password)
        client.select_folder("INBOX", readonly=True)
        for uid in client.search("ALL"):
            mailparser.parse_from_bytes(client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"])
    return time.perf_counter() - begin


def start_at_the_first(db: Database, capture: Capture, folder: object) -> None:
    """A mailbox that is new to us begins with what comes from now on; here all of it is to be read."""
    from payclerk_core.tables import MailFolder

    capture.run(folder)  # type: ignore[arg-type]
    with db.transaction() as session:
        session.scalars(select(MailFolder)).one().last_uid = 0


def check_all(db: Database, wanted: int) -> None:
    with db.reading() as session:
        found = session.scalar(select(func.count(InboxMail.id)).where(InboxMail.status == "done"))
    if found != wanted:
        raise SystemExit(f"{found} of {wanted} mails were dealt with")


def bench_arrival(report: Report, server: Dovecot) -> None:
    """From the moment a mail lies in the mailbox to its row being dealt with, woken by IDLE."""
    user = server.new_user()
    with migrated() as db:
        settings = settings_for(server, user, mail_dkim_check=False, poll_seconds=30)
        poller = Poller(settings, db, now)
        thread = threading.Thread(target=poller.run)
        thread.start()
        try:
            seconds = [arrival(db, server, user, number) for number in range(ARRIVALS)]
        finally:
            poller.stop()
            thread.join()
            poller.close()
    seconds.sort()
    report("Arrival to log entry, half", statistics.median(seconds), "one second", 1.0)
    report("  95 of 100", seconds[int(len(seconds) * 0.95)], "one second", 1.0)


def arrival(db: Database, server: Dovecot, user: str, number: int) -> float:
    pause = threading.Event()
    pause.wait(0.3)  # so that the poller is in IDLE again
    begin = time.perf_counter()
    server.deliver(user, a_mail(user, number))
    wait_until(lambda: dealt_with(db) > number)
    return time.perf_counter() - begin


def dealt_with(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count(InboxMail.id)).where(InboxMail.status == "done")) or 0


def bench_memory() -> None:
    """The most memory this process and the reading one have had, after each run of 500 of 20,000 mails."""
    server = Dovecot()
    server.start()
    try:
        user = server.new_user()
        for number in range(MANY):
            server.deliver(user, a_mail(user, number))
        with migrated() as db:
            settings = settings_for(server, user, mail_dkim_check=False)
            with open_folder(settings) as folder:
                capture, handling = Capture(settings, db, now), Handling(settings, db, now)
                start_at_the_first(db, capture, folder)
                more = True
                while more:
                    more = capture.run(folder)
                    handling.run()
                    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                    sys.stdout.write(f"{dealt_with(db):6} mails  {peak} MB, reading {reader_peak()} MB\n")
                    sys.stdout.flush()
    finally:
        server.close()


def reader_peak() -> int:
    """Megabytes, of the one child of ours that reads mails."""
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text("ascii").split()
    found = [line for pid in children for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines()]
    return max((int(line.split()[1]) // 1024 for line in found if line.startswith("VmHWM")), default=0)


if __name__ == "__main__":
    bench_memory()
