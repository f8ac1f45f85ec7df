"""The playground's mail: two servers, a mailbox for each person, and people who read and answer."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime
from email import policy
from email.utils import getaddresses, parseaddr
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pymap.flags import FlagOp
from pymap.parsing.specials.flag import Seen

from .accounts import HOST_NAME, PAYCLERK_ADDRESS, Accounts
from .clients import AWAY, answer, subject_of_answer
from .compose import Draft, build
from .faults import MailFaults
from .folders import Folders
from .imap import ImapServer
from .letters import StoredMail
from .loop import LoopThread
from .office import PostOffice
from .routes import MailRoutes
from .smtp import SmtpServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from starlette.routing import BaseRoute

    from payclerk_playground.personas import Persona

    from .accounts import Account
    from .clients import Lang, Style
    from .letters import Attachment

Result = TypeVar("Result")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MailWorld:
    def __init__(
        self,
        folder: Path,
        personas: Iterable[Persona],
        smtp_port: int = 0,
        imap_port: int = 0,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.faults = MailFaults()
        self.accounts = Accounts(personas)
        self._now = now
        self._folders = {account.address: Folders(folder / account.address) for account in self.accounts}
        self._office = PostOffice(self.accounts, self._folders, self.faults, now)
        self._smtp = SmtpServer(self.accounts, self.faults, self._office.deliver, smtp_port)
        self._imap = ImapServer(self.accounts, self._folders, imap_port)
        self._loop = LoopThread("playground-mail")
        self.news = self._office.news

    def start(self) -> None:
        self._loop.start()
        self.smtp_up()
        self.imap_up()

    def stop(self) -> None:
        if not self._loop.runs:
            return
        self.news.tell(None)
        self.smtp_down()
        self.imap_down()
        self._loop.stop()

    def smtp_up(self) -> None:
        self._loop.call(self._smtp.up())

    def smtp_down(self) -> None:
        self._loop.call(self._smtp.down())

    def imap_up(self) -> None:
        self._loop.call(self._imap.up())

    def imap_down(self) -> None:
        self._loop.call(self._imap.down())

    def settings(self) -> dict[str, str]:
        """What payclerk needs to use these servers."""
        return {
            "PAYCLERK_MAIL_ADDRESS": PAYCLERK_ADDRESS,
            "PAYCLERK_MAIL_AUTHSERV_ID": HOST_NAME,
            **self._login("SMTP", self._smtp.port),
            **self._login("IMAP", self._imap.port),
            "PAYCLERK_IMAP_FOLDER": "INBOX",
        }

    def _login(self, protocol: str, port: int) -> dict[str, str]:
        values = {
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "SECURITY": "none",
            "USER": PAYCLERK_ADDRESS,
            "PASSWORD": self.accounts.payclerk.password,
        }
        return {f"PAYCLERK_{protocol}_{name}": value for name, value in values.items()}

    def routes(self) -> list[BaseRoute]:
        return MailRoutes(self).routes()

    def password_of(self, email: str) -> str:
        return self._account(email).password

    def inbox(self, email: str) -> list[StoredMail]:
        return self.mails(email, "INBOX")

    def mails(self, email: str, folder: str = "INBOX") -> list[StoredMail]:
        """What lies in that person's folder now, oldest first."""
        found = self._folders[self._account(email).address].folder(folder)
        if found is None:
            return []
        return [
            StoredMail(f"{folder}:{message.uid}", raw, message.internal_date, Seen in message.permanent_flags)
            for message, raw in found.contents()
        ]

    def mail(self, email: str, mail_id: str) -> StoredMail:
        for mail in self.mails(email, mail_id.rpartition(":")[0]):
            if mail.id == mail_id:
                return mail
        raise LookupError(f"{email} has no mail {mail_id}")

    def folders(self, email: str) -> list[str]:
        return self._folders[self._account(email).address].names()

    def mark_read(self, email: str, mail: StoredMail) -> None:
        folder_name, _, uid = mail.id.rpartition(":")
        folder = self._folders[self._account(email).address].folder(folder_name)
        if folder is not None and int(uid) in folder.raw:
            message = next(message for message, _ in folder.contents() if message.uid == int(uid))
            self._loop.call(folder.update(message.uid, message, frozenset({Seen}), FlagOp.ADD))
            self.news.tell(email)

    def wait_for(self, predicate: Callable[[], Result], timeout: float = 30) -> Result:
        """Ask again at each delivery until the answer is true, and give that answer; else TimeoutError."""
        return self.news.wait_for(predicate, timeout)

    def send(
        self,
        from_email: str,
        to: str | Sequence[str],
        subject: str,
        text: str,
        html: str | None = None,
        attachments: Sequence[Attachment] = (),
        cc: Sequence[str] = (),
        in_reply_to: str | None = None,
        references: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
        *,
        forged_by: str | None = None,
    ) -> None:
        """Send as that person, over SMTP. With `forged_by` somebody else sends it in that person's name."""
        recipients = [to] if isinstance(to, str) else list(to)
        draft = Draft(
            self._as_sender(from_email),
            recipients,
            subject,
            text,
            html,
            attachments,
            cc,
            in_reply_to,
            references,
            headers or {},
        )
        content = raw if raw is not None else build(draft, self._now()).as_bytes(policy=policy.SMTP)
        addresses = [address for _, address in getaddresses([*recipients, *cc])]
        self._submit(forged_by or from_email, addresses, content, keep=forged_by is None)

    def reply(
        self,
        email: str,
        mail: StoredMail,
        text: str,
        *,
        style: Style = "plain",
        attachments: Sequence[Attachment] = (),
        lang: Lang = "en",
        from_email: str | None = None,
        subject: str | None = None,
        cc: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        forged_by: str | None = None,
    ) -> None:
        """Answer as the mail program of that name would; `from_email` when another address of theirs answers."""
        account = self._account(email)
        made = answer(style, mail, text, lang, mail.date.astimezone(ZoneInfo(account.tz)))
        self.send(
            from_email or email,
            mail.reply_to,
            subject if subject is not None else subject_of_answer(mail.subject, made.subject_prefix),
            made.text,
            made.html,
            attachments,
            cc,
            **_thread_of(mail),
            headers={**made.headers, **(headers or {})},
            forged_by=forged_by,
        )

    def out_of_office(self, email: str, mail: StoredMail, lang: Lang = "en") -> None:
        prefix, text = AWAY[lang]
        headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
        self.send(email, mail.reply_to, prefix + mail.subject, text, **_thread_of(mail), headers=headers)

    def _account(self, email: str) -> Account:
        account = self.accounts.find(email)
        if account is None:
            raise LookupError(f"{email} has no mailbox here")
        return account

    def _as_sender(self, email: str) -> str:
        account = self.accounts.find(email)
        return account.mailbox if account and account.address == email.casefold() else email

    def _submit(self, sender: str, recipients: Sequence[str], content: bytes, *, keep: bool) -> None:
        address = parseaddr(sender)[1]
        account = self.accounts.find(address)
        with smtplib.SMTP("127.0.0.1", self._smtp.port, local_hostname="localhost", timeout=30) as client:
            if account is not None:
                client.login(account.address, account.password)
            client.sendmail(address, recipients, content)
        if account is not None and keep:
            self._loop.call(self._file_as_sent(account.address, content))

    async def _file_as_sent(self, address: str, content: bytes) -> None:
        folders = self._folders[address]
        if folders.folder("Sent") is None:
            await folders.add_mailbox("Sent")
        sent = folders.folder("Sent")
        if sent is not None:
            await sent.deliver(content, self._now(), seen=True)
        self.news.tell(address)


def _thread_of(mail: StoredMail) -> dict[str, Any]:
    return {"in_reply_to": mail.message_id, "references": [*mail.header("References").split(), mail.message_id]}
