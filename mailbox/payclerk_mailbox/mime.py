"""A stored message as the bytes that go out to one recipient. The same message gives the same bytes every time.

What is put on it is in reference 4.2 and 5.3: the reply token in Reply-To, Message-ID, body and envelope sender.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from functools import cache
from typing import Final
from urllib.parse import quote

from payclerk_core.documents.due_date import CALENDAR
from payclerk_core.documents.letters import Letter, with_reference

LOOP_HEADER: Final = "X-Payclerk-Loop"


class _IdsHeader(UnstructuredHeader):
    """Ids or addresses in angle brackets: folded between them, never in or into encoded words."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        lines = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {lines}{policy.linesep}"  # type: ignore[attr-defined]


class _Headers(HeaderRegistry):
    """Python makes a new class for each header of each mail; one for each name is enough."""

    def __getitem__(self, name: str) -> type:
        return _header_class(self, name.lower())


@cache
def _header_class(headers: HeaderRegistry, name: str) -> type:
    return HeaderRegistry.__getitem__(headers, name)


# Python folds a long In-Reply-To into encoded words that no program finds its id in; as an id it is left whole.
_HEADERS: Final = _Headers()
_HEADERS.map_to_type("in-reply-to", MessageIDHeader)  # type: ignore[arg-type]
_HEADERS.map_to_type("references", _IdsHeader)  # type: ignore[arg-type]
_HEADERS.map_to_type("list-unsubscribe", _IdsHeader)  # type: ignore[arg-type]
_POLICY: Final = SMTP.clone(header_factory=_HEADERS)
_PLAIN_ADDRESS: Final = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-][\w!#$%&'*+/=?^`{|}~.-]*@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE
)
_ID: Final = re.compile(r"<[!-;=?-~]{1,240}>")  # what came in as an id may be anything
MOST_EARLIER: Final = 10  # that many ids of a conversation are enough for any mail program
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class AddressError(ValueError):
    """No mail can be sent to this address as it is written."""


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody a mail goes to, as its headers show them."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One copy of a message: everything its bytes are made of."""

    sender: Named
    token: str
    number: int
    date: datetime
    to: Sequence[Named]
    cc: Sequence[Named]
    subject: str
    text: str
    html: str | None
    auto_submitted: bool
    in_reply_to: str | None = None
    earlier: Sequence[str] = ()  # Message-IDs of ours that this person has of the conversation, oldest first
    stop_subject: str = ""  # of the mail that asks us to stop; empty: there is nothing to stop
    files: Sequence[OutgoingFile] = field(default_factory=tuple)
    logo: OutgoingFile | None = None  # its name is the one the HTML calls it by

    @property
    def return_address(self) -> str:
        """Our address with the token: a reply, and a bounce of whatever shape, comes back with it (3.3 #68)."""
        local, _, domain = self.sender.email.rpartition("@")
        return f"{local}+{self.token}@{domain}"

    @property
    def message_id(self) -> str:
        return own_message_id(self.token, self.number, self.sender.email)


def own_message_id(token: str, number: int, address: str) -> str:
    """The id of one copy of our message `number`."""
    return f"<t.{token}.{number}@{address.rpartition('@')[2]}>"


def build_mail(mail: Outgoing) -> bytes:
    """The copy as it goes over the wire. Raises AddressError when a header cannot hold an address."""
    message = EmailMessage(policy=_POLICY)
    _head(message, mail)
    letter = with_reference(Letter(mail.subject, mail.text, mail.html or ""), mail.token, mail.return_address)
    message.set_content(letter.text, cte="quoted-printable")
    if mail.html:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        if mail.logo is not None:
            _relate(message, mail.logo)
    for file in mail.files:
        _attach(message, file)
    _fix_boundaries(message, mail.message_id)
    return message.as_bytes()


def _head(message: EmailMessage, mail: Outgoing) -> None:
    message["From"] = _address(mail.sender)
    message["To"] = _addresses(mail.to) or "undisclosed-recipients:;"
    if copied := _addresses(mail.cc):
        message["Cc"] = copied
    message["Reply-To"] = _address(Named(mail.sender.name, mail.return_address))
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.date)
    message["Message-ID"] = mail.message_id
    answered = one_line(mail.in_reply_to or "").strip()
    known = [*mail.earlier, *([answered] if _ID.fullmatch(answered) else [])]
    if known:
        message["In-Reply-To"], message["References"] = known[-1], " ".join(known)
    if mail.auto_submitted:  # RFC 3834: what answers a mail says so
        message["Auto-Submitted"] = "auto-replied" if mail.in_reply_to else "auto-generated"
    if mail.stop_subject:
        stop = f"<mailto:{quote(mail.return_address, safe='@')}?subject={quote(mail.stop_subject, safe='')}>"
        message["List-Unsubscribe"] = stop
    # Holiday notes are asked to stay away, delivery reports are wanted (4.2).
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message[LOOP_HEADER] = mail.sender.email.rpartition("@")[2]


def one_line(text: str) -> str:
    """Nothing in a header may begin a new line: that would be a header of the writer's choice."""
    return _CONTROL.sub(" ", text)


def ascii_address(email: str) -> str:
    """The address as servers without SMTPUTF8 take it: the domain in its ASCII form."""
    local, _, domain = email.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise AddressError from None
    if not _PLAIN_ADDRESS.fullmatch(address):
        raise AddressError
    return address


def _addresses(people: Sequence[Named]) -> list[Address]:
    """Those that can be written: a bad address of one must not keep the mail from the others."""
    written = []
    for person in people:
        with suppress(AddressError):
            written.append(_address(person))
    return written


def _address(person: Named) -> Address:
    return Address(display_name=one_line(person.name).strip(), addr_spec=ascii_address(person.email))


def _attach(message: EmailMessage, file: OutgoingFile) -> None:
    if file.content_type == CALENDAR:
        _attach_calendar(message, file)
        return
    main, _, sub = file.content_type.partition("/")
    if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", file.content_type) or main in {"text", "multipart", "message"}:
        main, sub = "application", "octet-stream"
    message.add_attachment(file.content, maintype=main, subtype=sub, filename=one_line(file.name))


def _relate(message: EmailMessage, logo: OutgoingFile) -> None:
    """A picture inside the mail: no program lists it among the files, none has to load it."""
    main, _, sub = logo.content_type.partition("/")
    html = message.get_body(("html",))
    if html is not None:
        html.add_related(logo.content, main, sub, cid=f"<{logo.name}>", disposition="inline", filename="logo.png")


def _attach_calendar(message: EmailMessage, file: OutgoingFile) -> None:
    """As a file to open: mail programs offer it for the calendar, and ask for no answer to it (no attendee)."""
    name = one_line(file.name)
    message.add_attachment(file.content, maintype="text", subtype="calendar", filename=name)
    part = list(message.iter_attachments())[-1]
    part.set_param("charset", "utf-8")
    part.set_param("method", "PUBLISH")


def _fix_boundaries(message: EmailMessage, seed: str) -> None:
    # Python draws boundaries at random. "=_" occurs in no quoted-printable or base64 text.
    stem = hashlib.sha256(seed.encode()).hexdigest()[:24]
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{stem}.{number}")
