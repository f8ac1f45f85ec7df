"""The job `mail.send`: one copy of a stored message to one recipient. It bears being run twice."""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from payclerk_core.actions.call import Call
from payclerk_core.actions.inbox import note_delivered, note_undeliverable
from payclerk_core.clock import Clock
from payclerk_core.db import Database
from payclerk_core.errors import OutsideError
from payclerk_core.jobs import Job
from payclerk_core.queries.confirmations import as_it_goes_out
from payclerk_core.queries.directory import email_key
from payclerk_core.settings import Settings
from payclerk_core.tables import Message, MessageRecipient, ReplyToken

from .mime import MOST_EARLIER, AddressError, Named, Outgoing, OutgoingFile, ascii_address, build_mail, own_message_id
from .smtp import UndeliverableError, hand_over

log = structlog.get_logger()


class Sender:
    """Sends what actions have promised."""

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._settings, self._db, self._clock = settings, db, clock

    def send(self, job: Job) -> None:
        """Send the copy of one recipient. A row that has been delivered or has bounced is done with.

        No transaction is open while we talk to the server. Dying between its yes and our note sends the copy once
        more: the same bytes under the same Message-ID, which mail programs show once.
        """
        key = int(job.payload["recipient_id"])
        with self._db.reading() as session:
            recipient = session.get_one(MessageRecipient, key)
            if recipient.delivered_at is not None or recipient.bounced_at is not None:
                return
            mail = self._outgoing(session, recipient)
        try:
            hand_over(
                self._settings,
                sender=mail.return_address,
                recipient=ascii_address(recipient.email),
                raw=build_mail(mail),
            )
        except AddressError:
            self._note_undeliverable(key, "the address is not one mail can be sent to; correct it in the directory")
        except UndeliverableError as outcome:
            self._note_undeliverable(key, outcome.reason)
        else:
            self._note_delivered(key)

    def _outgoing(self, session: Session, recipient: MessageRecipient) -> Outgoing:
        if self._settings.mail_address is None:
            raise OutsideError("our own mail address is not set; see PAYCLERK_MAIL_ADDRESS", permanent=False)
        message = session.get_one(Message, recipient.message_id)
        token = session.get_one(ReplyToken, recipient.token_id)
        letter = as_it_goes_out(session, self._settings, message)
        return Outgoing(
            sender=Named(self._settings.mail_name, self._settings.mail_address),
            token=token.token,
            number=message.id,
            date=message.written_at,
            to=_shown(message, "to"),
            cc=_shown(message, "cc"),
            subject=message.subject,
            text=letter.text,
            html=letter.html or None,
            auto_submitted=message.auto_submitted,
            in_reply_to=message.in_reply_to,
            earlier=_earlier(session, recipient, message, self._settings.mail_address),
            stop_subject=_stop_subject(message),
            files=[OutgoingFile(a.name, a.file.content, a.file.content_type) for a in message.attachments],
        )

    def _note_delivered(self, key: int) -> None:
        with self._db.transaction() as session:
            note_delivered(self._call(session), key)
        log.info("mail_sent")

    def _note_undeliverable(self, key: int, reason: str) -> None:
        with self._db.transaction() as session:
            note_undeliverable(self._call(session), key, reason)
        log.warning("mail_undeliverable")

    def _call(self, session: Session) -> Call:
        return Call(session, self._clock(), self._settings, actor=None, door="mail")


def _earlier(session: Session, recipient: MessageRecipient, message: Message, address: str) -> list[str]:
    """The ids under which this person has our earlier mails of the conversation."""
    query = (
        select(MessageRecipient.message_id, ReplyToken.token)
        .join(Message, Message.id == MessageRecipient.message_id)
        .join(ReplyToken, ReplyToken.id == MessageRecipient.token_id)
        .where(Message.thread_id == message.thread_id, Message.id < message.id)
        .where(ReplyToken.recipient_key == email_key(recipient.email))
        .order_by(MessageRecipient.message_id.desc())
        .limit(MOST_EARLIER)
    )
    return [own_message_id(token, number, address) for number, token in reversed(session.execute(query).all())]


def _stop_subject(message: Message) -> str:
    """Reminders alone come again and again by themselves; a person reads the wish and takes the contact off."""
    return f"Stop: {message.subject}" if message.kind == "reminder" else ""


def _shown(message: Message, name: str) -> list[Named]:
    """Who the headers show. Bcc is nobody's business, so it is never asked for here."""
    return [Named(row.name, row.email) for row in message.recipients if row.field == name]
