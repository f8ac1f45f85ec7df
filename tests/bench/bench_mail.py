"""Mail out and mail in, beside bare loops over the same servers in the same run."""

from __future__ import annotations

import smtplib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from bot_office import NOON, Month
from mail_month import make_settings
from payclerk_core.actions.batches import Order
from payclerk_core.actions.call import Call
from payclerk_core.actions.invitations import invite
from payclerk_core.db import Database
from payclerk_core.jobs import JobRunner
from payclerk_core.migrate import upgrade
from payclerk_core.settings import Settings
from payclerk_core.tables import MessageRecipient, Person
from payclerk_mailbox.mime import build_mail
from payclerk_mailbox.outgoing import Copy, copies_to_send
from payclerk_mailbox.sending import Sender
from processes import free_port

LETTERS = 1000
Report = Callable[[str, float, str, float], None]


def bench_sending(report: Report) -> None:
    """From the promise of 1,000 invitations to the server's yes to the last."""
    with tempfile.TemporaryDirectory(prefix="payclerk-bench-") as folder, smtp_sink() as port:
        settings = make_settings(smtp_port=port)
        db = migrated(Path(folder))
        invite_all(db, settings)
        with db.reading() as session:
            copies = copies_to_send(session, settings, session.scalars(select(MessageRecipient.id)).all())
        ours = send_all(db, settings)
        bare = bare_loop(copies, port)
        db.close()
    report(f"{LETTERS} invitations, each", ours / LETTERS, "bare smtplib loop", bare / LETTERS)


def migrated(folder: Path) -> Database:
    url = f"sqlite:///{folder / 'bench.sqlite3'}"
    upgrade(url)
    return Database(url)


@contextmanager
def smtp_sink() -> Iterator[int]:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("smtp_sink.py"), str(port)], stdout=subprocess.PIPE
    ) as sink:
        assert sink.stdout is not None
        sink.stdout.readline()
        try:
            yield port
        finally:
            sink.terminate()


def invite_all(db: Database, settings: Settings) -> None:
    with db.transaction() as session:
        month = Month(session, settings, LETTERS)
        month.period()
    with db.transaction() as session:
        call = Call(session, NOON, settings, actor=session.get_one(Person, month.ada.id), door="slack")
        chosen = [contract.id for contract in month.contracts]
        begin = time.perf_counter()
        invite(call, Order("bench", month.project.id, None), chosen)
    sys.stdout.write(f"invite {time.perf_counter() - begin:.1f} s\n")


def send_all(db: Database, settings: Settings) -> float:
    runner = JobRunner(db, lambda: datetime.now(UTC), executor_id="bench")
    runner.handle("mail.send", Sender(settings, db, lambda: datetime.now(UTC)).send)
    pause = threading.Event()
    begin = time.perf_counter()
    runner.start()
    try:
        while waiting(db):
            pause.wait(0.02)
        return time.perf_counter() - begin
    finally:
        runner.stop()


def waiting(db: Database) -> int:
    with db.reading() as session:
        query = select(func.count(MessageRecipient.id)).where(MessageRecipient.delivered_at.is_(None))
        return session.scalar(query) or 0


def bare_loop(copies: list[Copy], port: int) -> float:
    """The same bytes over one connection, with nothing kept of it."""
    raws = [build_mail(copy.mail) for copy in copies]
    begin = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for raw in raws:
            client.sendmail("billing@reply.maple.example", ["dana@harbor.example"], raw)
    one = time.perf_counter() - begin
    begin = time.perf_counter()
    for raw in raws:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("billing@reply.maple.example", ["dana@harbor.example"], raw)
    print("bare one connection", one, "each its own", time.perf_counter() - begin)
    return one


if __name__ == "__main__":

    def report(what, ours, peer, bare):
        print(what, ours * 1000, peer, bare * 1000, "rate ratio", bare / ours)

    bench_sending(report)
