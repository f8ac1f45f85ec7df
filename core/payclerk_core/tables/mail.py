"""The Emails log (threads and messages), reply tokens, and the captured inbox.

An inbox row is the mail itself, kept before anything else happens to it; a message row is what the log shows.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Json, Key, Keyed, Stated
from .records import StoredFile


class Thread(Keyed, Base):
    """One conversation of a contract or claim. A private one is seen by its sender and recipients alone."""

    __tablename__ = "thread"

    project_id: Mapped[int] = mapped_column(Key, ForeignKey("project.id"))
    contract_id: Mapped[int | None] = mapped_column(Key, ForeignKey("contract.id"))
    subject: Mapped[str] = mapped_column(String(500))
    private: Mapped[bool] = mapped_column(default=False)
    started_by_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    started_at: Mapped[datetime]
    # Set when the thread is about one claim; the invitation's thread becomes its claim's.
    claim_id: Mapped[int | None] = mapped_column(Key, ForeignKey("claim.id", use_alter=True), index=True)

    messages: Mapped[list[Message]] = relationship(order_by="Message.id", back_populates="thread")


class Message(Keyed, Stated, Base):
    """One mail of a thread. Outgoing: queued, sent, bounced, refused, discarded (after a restore). Incoming: received, or folded (of a flood)."""

    __tablename__ = "message"

    thread_id: Mapped[int] = mapped_column(Key, ForeignKey("thread.id"), index=True)
    direction: Mapped[str] = mapped_column(String(3))  # in, out
    kind: Mapped[str] = mapped_column(String(40))  # out: the template; in: person, auto_reply, bounce...
    message_id: Mapped[str] = mapped_column(String(998), index=True)
    sender: Mapped[str] = mapped_column(String(400))
    subject: Mapped[str] = mapped_column(String(998))
    text: Mapped[str] = mapped_column(Text)  # incoming: the answer alone
    html: Mapped[str | None] = mapped_column(Text)
    elided: Mapped[str | None] = mapped_column(Text)  # what was cut off an incoming one, for display
    decision: Mapped[str | None] = mapped_column(String(20))
    decision_why: Mapped[str | None] = mapped_column(String(500))
    sender_verified: Mapped[bool | None]
    inbox_id: Mapped[int | None] = mapped_column(Key, ForeignKey("inbox_mail.id"))
    batch_item_id: Mapped[int | None] = mapped_column(Key, ForeignKey("batch_item.id"))
    auto_submitted: Mapped[bool] = mapped_column(default=True)
    in_reply_to: Mapped[str | None] = mapped_column(String(998))
    written_at: Mapped[datetime]  # its Date header: the same however often and late it is sent

    thread: Mapped[Thread] = relationship(back_populates="messages")
    recipients: Mapped[list[MessageRecipient]] = relationship(order_by="MessageRecipient.id")
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.id")


class MessageRecipient(Keyed, Base):
    __tablename__ = "message_recipient"

    message_id: Mapped[int] = mapped_column(Key, ForeignKey("message.id"), index=True)
    field: Mapped[str] = mapped_column(String(3))  # to, cc, bcc
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    person_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    token_id: Mapped[int | None] = mapped_column(Key, ForeignKey("reply_token.id"))
    delivered_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(500))


class Attachment(Keyed, Base):
    """A file of a message; `claim_id` is set when it became backup of that claim."""

    __tablename__ = "attachment"

    message_id: Mapped[int] = mapped_column(Key, ForeignKey("message.id"), index=True)
    file_id: Mapped[int] = mapped_column(Key, ForeignKey("stored_file.id"))
    name: Mapped[str] = mapped_column(String(255))
    claim_id: Mapped[int | None] = mapped_column(Key, ForeignKey("claim.id"), index=True)

    file: Mapped[StoredFile] = relationship()


class ReplyToken(Keyed, Base):
    """Leads an answer back to its thread. One per recipient; it outlives the decision, which alone expires."""

    __tablename__ = "reply_token"

    token: Mapped[str] = mapped_column(String(26), unique=True)
    recipient_key: Mapped[str] = mapped_column(String(320))
    thread_id: Mapped[int] = mapped_column(Key, ForeignKey("thread.id"))
    purpose: Mapped[str] = mapped_column(String(20))  # invitation, form, claim, owner_claim, log
    invitation_id: Mapped[int | None] = mapped_column(Key, ForeignKey("invitation.id"))
    claim_id: Mapped[int | None] = mapped_column(Key, ForeignKey("claim.id"))
    person_id: Mapped[int | None] = mapped_column(Key, ForeignKey("person.id"))
    decision_expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    thread: Mapped[Thread] = relationship()


class Confirmation(Keyed, Stated, Base):
    """One page where one person confirms an answer with the code of our letter. open, used, locked (too many tries).

    The code is not kept: it is made of the secret and the token when the letter goes out, and when it is compared.
    """

    __tablename__ = "confirmation"

    token: Mapped[str] = mapped_column(String(26), unique=True)
    letter_id: Mapped[int] = mapped_column(Key, ForeignKey("message.id"), unique=True)  # ours, with link and code
    about_id: Mapped[int] = mapped_column(Key, ForeignKey("message.id"))  # theirs, that was not sure or not clear
    thread_id: Mapped[int] = mapped_column(Key, ForeignKey("thread.id"))
    person_id: Mapped[int] = mapped_column(Key, ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))  # invitation, owner_claim
    proposed: Mapped[str | None] = mapped_column(String(20))  # what the mail reads like: chosen beforehand on the page
    answered: Mapped[str | None] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    thread: Mapped[Thread] = relationship()


class MailFolder(Keyed, Base):
    """How far a folder was read. A changed UIDVALIDITY makes a new row."""

    __tablename__ = "mail_folder"

    account: Mapped[str] = mapped_column(String(320))
    folder: Mapped[str] = mapped_column(String(200))
    uidvalidity: Mapped[int] = mapped_column(Key)
    last_uid: Mapped[int] = mapped_column(Key)
    polled_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("account", "folder", "uidvalidity"),)


class MailLease(Base):
    """Who polls a mailbox now; runs out by itself."""

    __tablename__ = "mail_lease"

    account: Mapped[str] = mapped_column(String(320), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]


class MailboxSilence(Keyed, Base):
    """A time in which a mailbox could not be read, as people were told of it."""

    __tablename__ = "mailbox_silence"

    account: Mapped[str] = mapped_column(String(320))
    since: Mapped[datetime]  # the last good look before it
    noticed_at: Mapped[datetime]
    over_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))  # what the server said, in our words with the next step

    __table_args__ = (UniqueConstraint("account", "since"),)


class InboxMail(Keyed, Stated, Base):
    """A captured mail, raw. new, done, quarantine (could not be read), oversize."""

    __tablename__ = "inbox_mail"

    account: Mapped[str] = mapped_column(String(320))
    folder: Mapped[str] = mapped_column(String(200))
    uidvalidity: Mapped[int] = mapped_column(Key)
    uid: Mapped[int] = mapped_column(Key)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    arrived_at: Mapped[datetime]  # the server's INTERNALDATE: the Date header is the sender's claim
    captured_at: Mapped[datetime]
    size: Mapped[int]
    raw: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(500))
    kind: Mapped[str | None] = mapped_column(String(20))
    details: Mapped[dict[str, object] | None] = mapped_column(Json)
    flagged: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("account", "folder", "uidvalidity", "uid"),
        Index("ix_inbox_mail_status", "status"),
    )
