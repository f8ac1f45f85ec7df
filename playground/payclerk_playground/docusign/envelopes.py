"""Envelopes, their recipients, and what may happen to them in which state."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .errors import DocusignError

if TYPE_CHECKING:
    from datetime import datetime

OPEN = ("sent", "delivered")
Kind = Literal["signers", "carbonCopies"]
TabKind = Literal["sign", "date", "name", "title", "text"]


@dataclass(frozen=True)
class Document:
    id: str
    name: str
    content: bytes


@dataclass(frozen=True)
class SignTab:
    """Where something goes: by page and place, or so far from a word on the page. Lengths in points from the top left.

    `kind` is sign, date, name, title or text; a text has a label and the value it is sent with.
    """

    document_id: str | None = None
    page: int | None = None
    x: float = 72
    y: float = 72
    anchor: str | None = None
    kind: TabKind = "sign"
    label: str = ""
    value: str = ""


@dataclass
class Recipient:
    id: str
    name: str
    email: str
    kind: Kind = "signers"
    order: int = 1
    tabs: tuple[SignTab, ...] = ()
    embedded: bool = False  # a clientUserId was given: DocuSign then mails nothing
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "created"
    times: dict[str, datetime] = field(default_factory=dict)
    declined_reason: str | None = None
    written: dict[str, str] = field(default_factory=dict)  # what they wrote into a text, by its label

    def texts(self) -> dict[str, str]:
        """What stands in each text: what they wrote, or what it was sent with."""
        return {tab.label: self.written.get(tab.label, tab.value) for tab in self.tabs if tab.kind == "text"}

    def becomes(self, status: str, now: datetime) -> None:
        self.status = status
        self.times[status] = now


@dataclass(frozen=True)
class AuditEvent:
    at: datetime
    action: str
    user: str
    message: str
    status: str


@dataclass
class Envelope:
    subject: str
    blurb: str
    documents: tuple[Document, ...]
    recipients: tuple[Recipient, ...]
    custom_fields: dict[str, str]
    transaction_id: str | None
    created: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "created"
    voided_reason: str | None = None
    times: dict[str, datetime] = field(default_factory=dict)
    events: list[AuditEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.becomes("created", self.created)
        self.note(self.created, "Registered", "payclerk", "The envelope was created by payclerk")

    @property
    def signers(self) -> list[Recipient]:
        return [one for one in self.recipients if one.kind == "signers"]

    @property
    def changed(self) -> datetime:
        return self.times[self.status]

    def becomes(self, status: str, now: datetime) -> None:
        self.status = status
        self.times[status] = now

    def note(self, now: datetime, action: str, user: str, message: str) -> None:
        self.events.append(AuditEvent(now, action, user, message, self.status))

    def recipient(self, email_or_guid: str) -> Recipient:
        wanted = email_or_guid.casefold()
        for one in self.recipients:
            if wanted in (one.email.casefold(), one.guid):
                return one
        raise DocusignError(404, "RECIPIENT_NOT_IN_ENVELOPE", f"{email_or_guid} is not a recipient of this envelope.")

    def send(self, now: datetime) -> list[Recipient]:
        """Off it goes; the answer is whose turn it is."""
        if self.status != "created":
            raise DocusignError(400, "ENVELOPE_INVALID_STATUS", f"An envelope that is {self.status} cannot be sent.")
        if not self.documents or not self.recipients:
            raise DocusignError(
                400, "ENVELOPE_IS_INCOMPLETE", "The envelope needs at least one document and one recipient."
            )
        self.becomes("sent", now)
        self.note(now, "Sent Invitations", "payclerk", "payclerk sent the envelope")
        return self.next_in_turn(now)

    def next_in_turn(self, now: datetime) -> list[Recipient]:
        """Those the envelope goes to now, lowest routing order first. A copy goes out at its turn and holds up nobody."""
        if any(one.status in OPEN for one in self.signers):
            return []
        invited: list[Recipient] = []
        for one in sorted(self.recipients, key=lambda one: one.order):
            if any(before.kind == "signers" and before.order < one.order for before in invited):
                break
            if one.status == "created":
                one.becomes("sent" if one.kind == "signers" else "completed", now)
                invited.append(one)
        return invited

    def waiting(self) -> list[Recipient]:
        """Signers who have been asked and have not answered."""
        return [one for one in self.signers if one.status in OPEN]

    def view(self, one: Recipient, now: datetime) -> None:
        if self.status in OPEN and one.status == "sent":
            one.becomes("delivered", now)
            if self.status == "sent":
                self.becomes("delivered", now)
            self.note(now, "Viewed", one.name, f"{one.name} opened the envelope")

    def sign(self, one: Recipient, now: datetime, written: dict[str, str] | None = None) -> list[Recipient]:
        """The answer is whose turn it is next; nobody's when all have signed."""
        self._require_turn(one)
        self.view(one, now)
        one.written.update(written or {})
        one.becomes("completed", now)
        self.note(now, "Signed", one.name, f"{one.name} signed the envelope")
        following = self.next_in_turn(now)
        if all(signer.status == "completed" for signer in self.signers):
            self.becomes("completed", now)
            self.note(now, "Completed", "DocuSign", "All recipients have signed")
        return following

    def decline(self, one: Recipient, reason: str, now: datetime) -> None:
        self._require_turn(one)
        self.view(one, now)
        one.becomes("declined", now)
        one.declined_reason = reason
        self.becomes("declined", now)
        self.note(now, "Declined", one.name, f"{one.name} declined to sign: {reason}")

    def void(self, reason: str, now: datetime) -> None:
        if self.status not in OPEN:
            raise DocusignError(
                400,
                "ENVELOPE_CANNOT_VOID_INVALID_STATE",
                "Only envelopes in the 'Sent' or 'Delivered' states may be voided.",
            )
        if not reason:
            raise DocusignError(400, "ENVELOPE_VOID_REASON_REQUIRED", "A reason is needed to void an envelope.")
        self.becomes("voided", now)
        self.voided_reason = reason
        self.note(now, "Voided", "payclerk", f"The envelope was voided: {reason}")

    def _require_turn(self, one: Recipient) -> None:
        if self.status not in OPEN or one.status not in OPEN:
            raise DocusignError(
                400,
                "RECIPIENT_NOT_IN_SEQUENCE",
                f"It is not {one.name}'s turn: the envelope is {self.status}, they are {one.status}.",
            )
