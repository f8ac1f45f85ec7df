"""A mailbox of Maple Street in November whose mails are put in as captured rows, and what has become of them."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from email.message import EmailMessage
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from mail_month import ADDRESS, NOON, Month, call_of, make_settings, noon, promised
from payclerk_core.actions.batches import Order
from payclerk_core.actions.invitations import invite
from payclerk_core.actions.periods import create_period
from payclerk_core.documents.letters import ASK_PLACE
from payclerk_core.rules.periods import PeriodDates
from payclerk_core.tables import InboxMail, Invitation, Message, MessageRecipient, ReplyToken
from payclerk_mailbox.handling import Handling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from payclerk_core.db import Database
    from payclerk_core.tables import Contract, Person

MINE = "mx.reply.maple.example"
QUOTE = "\n\nOn Tue, Nov 10, 2026 at 6:00 AM Maple Street Billing <billing@reply.maple.example> wrote:\n\n> "


class Inbox:
    """Maple Street in November, everybody invited; mails come in as captured rows."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.db, self.settings = database, make_settings(**settings)
        self.keys: Callable[[str], bytes | None] = {}.get  # of DKIM signatures, in place of DNS
        self.numbers = count(1)
        with database.transaction() as session:
            self.month = Month(session)
            call = call_of(session, self.settings, self.month.pat)
            create_period(
                call, self.month.project.id, PeriodDates(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 25))
            )
            session.flush()
            contracts = [self.month.plumbing.id, self.month.steel.id]
            invite(call, Order("first", self.month.project.id, None), contracts)

    def token(self, person: Person) -> str:
        with self.db.reading() as session:
            return (
                session.scalars(
                    select(ReplyToken.token).where(ReplyToken.person_id == person.id).order_by(ReplyToken.id)
                ).first()
                or ""
            )

    def to(self, token: str) -> str:
        local, _, domain = ADDRESS.partition("@")
        return f"{local}+{token}@{domain}"

    def sent_text(self, person: Person, token: str = "") -> str:
        """The first letter to this person, of the conversation of this token where there is one, as it arrived."""
        query = select(Message.text).join(MessageRecipient, MessageRecipient.message_id == Message.id)
        query = query.where(MessageRecipient.person_id == person.id).order_by(Message.id)
        of_token = query.join(ReplyToken, ReplyToken.thread_id == Message.thread_id).where(ReplyToken.token == token)
        with self.db.reading() as session:
            text = session.scalars(of_token).first() or session.scalars(query).first() or ""
        return text.replace(ASK_PLACE, "https://billing.maple.example/ask")

    def answer(
        self,
        person: Person,
        text: str,
        *,
        token: str | None = None,
        letter_to: Person | None = None,
        **more: Any,
    ) -> EmailMessage:
        """A person's answer to our first mail to them, or to somebody else, as their provider delivers it."""
        token = self.token(letter_to or person) if token is None else token
        quoted = self.sent_text(letter_to or person, token).replace("REPLY-REFERENCE", token).replace("\n", "\n> ")
        return self.mail(f"{person.name} <{person.email}>", text + QUOTE + quoted, to=self.to(token), **more)

    def mail(
        self,
        sender: str,
        text: str,
        *,
        to: str = ADDRESS,
        signed: str | None = None,
        files: Sequence[tuple[str, bytes]] = (),
        **headers: str,
    ) -> EmailMessage:
        message = EmailMessage()
        domain = signed or sender.rpartition("@")[2].rstrip(">")
        message["Authentication-Results"] = f"{MINE}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
        message["From"], message["To"], message["Subject"] = sender, to, "Re: invited to bill"
        message["Message-ID"] = f"<{next(self.numbers)}@mail.example>"
        for name, value in headers.items():
            del message[name.replace("_", "-")]
            message[name.replace("_", "-")] = value
        message.set_content(text)
        for name, content in files:
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        return message

    def put(self, mail: EmailMessage | bytes) -> int:
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        number = next(self.numbers)
        with self.db.transaction() as session:
            row = InboxMail(
                account="billing",
                folder="INBOX",
                uidvalidity=1,
                uid=number,
                sha256=hashlib.sha256(raw).hexdigest(),
                arrived_at=NOON + timedelta(seconds=number),
                captured_at=NOON,
                size=len(raw),
                raw=raw,
                status="new",
                status_at=NOON,
            )
            session.add(row)
            session.flush()
            return row.id

    def run(self, clock=noon) -> None:
        Handling(self.settings, self.db, clock, keys=self.keys).run()

    def take(self, mail: EmailMessage | bytes, clock=noon) -> InboxMail:
        """Put a mail in and handle it."""
        key = self.put(mail)
        self.run(clock)
        with self.db.reading() as session:
            return session.get_one(InboxMail, key)

    def log(self) -> list[Message]:
        """What came in, as the Emails logs have it."""
        with self.db.reading() as session:
            return list(session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)))

    def letters(self, kind: str) -> list[Message]:
        with self.db.reading() as session:
            return list(session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))

    def status(self, contract: Contract) -> str:
        with self.db.reading() as session:
            return session.scalars(select(Invitation.status).where(Invitation.contract_id == contract.id)).one()

    def notices(self) -> list[str]:
        """What Slack is told since the period was opened."""
        told = [one.removeprefix("slack.notice:") for one in promised(self.db, "slack.notice")]
        return [one for one in told if not one.startswith("period:")]
