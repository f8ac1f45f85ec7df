"""Real processes killed at any step, two pollers at once: no mail is lost and none has its effects twice (reference 6.6).

The suite takes some mails; PAYCLERK_CRASH_MAILS=500 is the full run, of which the figures are printed (pytest -rP --timeout 1200).
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import select

from mail_inbox import Inbox
from mail_month import call_of, noon, settings_for
from payclerk_core.actions.inbox import read_again
from payclerk_core.db import Database
from payclerk_core.tables import InboxMail, Message
from payclerk_mailbox.capture import Capture
from payclerk_mailbox.handling import Handling
from payclerk_mailbox.imap import open_folder
from poller_process import Task, run_pollers

if TYPE_CHECKING:
    from imap_servers import Dovecot
    from payclerk_core.settings import Settings

MAILS = int(os.environ.get("PAYCLERK_CRASH_MAILS", "40"))
ODDS = 0.02


def deliver_all(server: Dovecot, user: str, inbox: Inbox) -> None:
    """Questions, some without a Message-ID and some sharing one; in the middle, one answer that decides."""
    for number in range(1, MAILS):
        mail = inbox.answer(inbox.month.dana, f"Question {number}: whom do I call?")
        if number % 8 == 0:
            mail.replace_header("Message-ID", "<always@courier.example>")
        if number % 9 == 0:
            del mail["Message-ID"]
        server.deliver(user, mail.as_bytes())
        if number == MAILS // 2:
            server.deliver(user, inbox.answer(inbox.month.sam, "ACCEPT").as_bytes())


def retry_what_waits(settings: Settings, db: Database) -> int:
    """A mail whose poller was killed at all three attempts waits for a person, who presses Retry."""
    with db.transaction() as session:
        waiting = session.scalars(select(InboxMail.id).where(InboxMail.status == "quarantine")).all()
        for key in waiting:
            read_again(call_of(session, settings), key)
    Handling(settings, db, noon).run()
    return len(waiting)


def test_two_pollers_that_keep_being_killed_lose_and_double_nothing(dovecot_server: Dovecot, database_url: str):
    user = dovecot_server.new_user()
    calm = Database(database_url)
    inbox = Inbox(calm)
    settings = settings_for(dovecot_server, user)
    with open_folder(settings) as folder:
        Capture(settings, calm, noon).run(folder)
    deliver_all(dovecot_server, user, inbox)
    calm.engine.dispose()

    # Both go by one name and so hold the lease together: the tables alone keep them apart.
    facts = {"imap_port": dovecot_server.port, "imap_user": user, "imap_password": dovecot_server.password}
    ended = run_pollers([Task(database_url, facts, MAILS, ODDS, seed) for seed in (11, 12)])

    waited = retry_what_waits(settings, calm)
    with calm.reading() as session:
        statuses = Counter(session.scalars(select(InboxMail.status)))
        logged = Counter(session.scalars(select(Message.inbox_id).where(Message.direction == "in")))
    killed = sum(one.killed for one in ended)
    print(f"{MAILS} mails, {killed} pollers killed, {waited} retried by hand; {dict(statuses)}, {len(logged)} logged")
    assert statuses == {"done": MAILS}
    assert len(logged) == MAILS
    assert set(logged.values()) == {1}
    assert len(inbox.letters("invitation_accepted")) == 1
    assert killed > MAILS / 10
    assert sum(one.faults for one in ended) == 0
    calm.close()
