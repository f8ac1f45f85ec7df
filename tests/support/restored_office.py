"""payclerk's mail over real servers, which can be backed up, killed, restored and looked into with `payclerk restore`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from sqlalchemy import func, select
from typer.testing import CliRunner

from backups import make_backup, restore_backup
from mail_inbox import Inbox
from mail_month import call_of
from payclerk.demo.clockwork import Clockwork
from payclerk.main import app
from payclerk_core.clock import clock_for
from payclerk_core.db import Database
from payclerk_core.fleet import new_executor_id
from payclerk_core.jobs import JobRunner, waiting
from payclerk_core.tables import InboxMail
from payclerk_mailbox.door import MailDoor
from payclerk_mailbox.imap import open_folder
from processes import free_port
from waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage
    from pathlib import Path

    from imap_servers import ImapServer
    from payclerk_core.actions.call import Call


class Sink:
    """Takes every letter, and knows which came twice."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, EmailMessage]] = []
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.SMTP)
        self.letters.append((envelope.rcpt_tos[0], mail))  # type: ignore[arg-type]
        return "250 OK"

    @property
    def ids(self) -> Counter[str]:
        return Counter(str(mail["Message-ID"]) for _, mail in self.letters)

    @property
    def pairs(self) -> Counter[tuple[str, str]]:
        """Each person and what they were written about."""
        return Counter((person, str(mail["Subject"])) for person, mail in self.letters)

    def close(self) -> None:
        self._controller.stop()


@dataclass
class RestoredOffice:
    """Maple Street in November, everybody invited. `begin` starts a process, `kill` ends it without a word."""

    url: str
    server: ImapServer
    folder: Path
    processed: str | None = "Done"
    sink: Sink = field(default_factory=Sink)
    running: bool = False

    def __post_init__(self) -> None:
        self.user = self.server.new_user()
        self.clock_file = Clockwork(self.folder / "clock")
        self.at(datetime(2026, 11, 10, 6))
        self.clock = clock_for(self.clock_file.file)
        self.facts: dict[str, Any] = {
            "database_url": self.url,
            "smtp_port": self.sink.port,
            "imap_host": self.server.host,
            "imap_port": self.server.port,
            "imap_user": self.user,
            "imap_password": self.server.password,
            "clock_file": self.clock_file.file,
        }
        if self.processed:
            self.facts["imap_processed_folder"] = self.processed
        self.db = Database(self.url)
        self.inbox = Inbox(self.db, **self.facts)

    def at(self, moment: datetime) -> None:
        """Set the clock, in Chicago's time."""
        self.clock_file.set(moment)

    def begin(self) -> None:
        self.running = True
        self.runner = JobRunner(self.db, self.clock, executor_id=new_executor_id("mail"))
        self.door = MailDoor(self.inbox.settings, self.db, self.clock, self.runner)
        self.runner.start()
        self.work()

    def work(self, *mails: EmailMessage) -> None:
        """Deliver these, read and handle them, and send what follows."""
        for mail in mails:
            self.server.deliver(self.user, mail.as_bytes())
        assert self.door.poll_once()
        eventually(lambda: not [one for one in waiting(self.db) if one.job == "mail.send"], timeout=60)

    def act(self, action: Callable[[Call], object]) -> None:
        """As payclerk itself."""
        with self.db.transaction() as session:
            action(call_of(session, self.inbox.settings, at=self.clock()))

    def kill(self) -> None:
        self.running = False
        self.runner.stop()
        self.door._pollers[0]._lease.release()  # the lease of a killed process runs out in a minute
        self.door.stop()
        self.db.close()

    def back_up(self) -> Path:
        return make_backup(self.url, self.folder / "backup")

    def restore(self, backup: Path) -> None:
        restore_backup(self.url, backup)

    def payclerk(self, *words: str, status: int = 0) -> str:
        """What `payclerk restore` with these words prints, and ends with."""
        shown = {f"PAYCLERK_{name.upper()}": _text(value) for name, value in self.inbox.settings.model_dump().items()}
        env = {name: value for name, value in shown.items() if value}
        result = CliRunner().invoke(app, ["restore", *words], env=env)
        assert result.exit_code == status, result.output
        return result.output

    def mails(self) -> Counter[str]:
        """The captured mails by content, without copies."""
        query = select(InboxMail.sha256).where(func.length(InboxMail.raw) > 0)
        with self.db.reading() as session:
            return Counter(session.scalars(query))

    def there(self, name: str) -> int:
        """How many mails are in a folder of the server."""
        with open_folder(self.inbox.settings) as folder:
            client = folder._client
            if not client.folder_exists(name):
                return 0
            client.select_folder(name, readonly=True)
            return len(client.search())

    def keep_in_sent_folder(self) -> None:
        """As providers do that keep what goes out through them."""
        with open_folder(self.inbox.settings) as folder:
            folder._client.create_folder("Sent")
            for _, mail in self.sink.letters:
                folder._client.append("Sent", mail.as_bytes(), msg_time=self.clock())

    def close(self) -> None:
        if self.running:  # the test failed: what is left would spoil the next one
            self.kill()
        self.sink.close()
        self.db.close()


def _text(value: Any) -> str:
    """As a setting is written in the environment."""
    if value is None:
        return ""
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)
