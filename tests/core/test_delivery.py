"""A mail to several people is sent when the last copy was taken, also when all are taken at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mail_month import NOON, call_of, make_settings
from payclerk_core.actions.inbox import note_delivered
from payclerk_core.tables import Message, MessageRecipient, Project, Thread

if TYPE_CHECKING:
    from payclerk_core.db import Database

COPIES = 4


def write_mail(database: Database) -> list[int]:
    """A queued mail with a copy for each of some people; the ids of the copies."""
    with database.transaction() as session:
        days = {"period_start_day": 1, "period_end_day": 31, "period_due_day": 25}
        project = Project(number="1", name="Maple", timezone="UTC", currency="USD", dictionary="us", **days)
        session.add(project)
        session.flush()
        thread = Thread(project_id=project.id, subject="Claim", started_at=NOON)
        session.add(thread)
        session.flush()
        facts = {"direction": "out", "kind": "composed", "message_id": "<m.1@x>", "sender": "a@b.example"}
        message = Message(thread_id=thread.id, **facts, subject="Claim", text="Hello", status="queued", status_at=NOON)
        message.written_at = NOON
        message.recipients = [
            MessageRecipient(field="to", name=f"P{n}", email=f"p{n}@x.example") for n in range(COPIES)
        ]
        session.add(message)
        session.flush()
        return [row.id for row in message.recipients]


def test_copies_taken_at_the_same_moment_are_all_seen(database: Database) -> None:
    copies = write_mail(database)
    gate = threading.Barrier(COPIES)

    def taken(copy: int) -> None:
        gate.wait()
        with database.transaction() as session:
            note_delivered(call_of(session, make_settings()), copy)

    threads = [threading.Thread(target=taken, args=(copy,)) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as session:
        assert session.query(Message).one().status == "sent"
        assert all(row.delivered_at for row in session.query(MessageRecipient))
