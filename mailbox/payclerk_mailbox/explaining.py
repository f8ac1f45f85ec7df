"""`payclerk mail explain`: what the poller would make of a mail in a file, without a database and without sending.

The steps are the poller's own (`GuardedReader`); the options stand for what the poller finds in the database and in
the stamp of the receiving mail server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from payclerk_core.errors import UserError
from payclerk_core.tokens import TOKEN_LENGTH

from .guard import GuardedReader, ReadingDiedError
from .mail_files import mail_in, mails_in
from .mime import LOOP_HEADER
from .reading.decision import Question
from .reading.explain import Asked, Judged, Looked, sender_of
from .reading.html_text import read_html
from .reading.kind import OwnIdentity
from .reading.limits import Unreadable
from .reading.message import IncomingMail
from .reading.questions import question_in
from .reading.receiver import Receiver
from .reading.sender import SenderCheck, Standing, check_sender

Auth = Literal["pass", "fail", "none"]
_STAND_IN: Final = "receiving.server.invalid"
_WITH_TOKEN: Final = re.compile(
    rb"(?P<local>[\w.-]{1,60})\+[a-z2-7]{%d}@(?P<domain>[a-z0-9.-]{1,200})" % TOKEN_LENGTH, re.ASCII | re.IGNORECASE
)
_QUESTIONS: Final = {question.value: question for question in Question}


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of the command."""

    sent: Path | None = None
    invited: str | None = None
    auth: Auth | None = None
    asked: str | None = None  # invitation, owner_claim; ssov and nothing are no questions that words decide
    address: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one mail; the names are those of the JSON."""

    file: str
    kind: str
    sender: str | None = None
    matched_by: str | None = None
    reply_text: str = ""
    elided_text: str = ""
    decision: str | None = None
    reason: str = ""
    why: str = ""
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Context:
    own: OwnIdentity
    parent: IncomingMail | None
    parent_text: str | None
    question: Question | None


def explain(paths: Sequence[Path], wish: Wish, reader: GuardedReader) -> Iterator[Line]:
    """A line for each mail of these files, folders (in order of their names) and mboxes."""
    context = _context(wish, reader)
    for name, raw in mails_in(paths):
        yield _line(name, raw, wish, context, reader)


def _line(name: str, raw: bytes | OSError | Unreadable, wish: Wish, context: _Context, reader: GuardedReader) -> Line:
    """Whatever is wrong with a mail, the next one has its turn."""
    if isinstance(raw, OSError):
        why = f"the file cannot be opened ({raw.strerror})"
        return Line(name, "unreadable", reason=why, why=why)
    if isinstance(raw, Unreadable):
        why = f"the file {raw.reason}"
        return Line(name, "unreadable", reason=why, why=why)
    try:
        context = replace(context, own=_own_of(raw, wish, context))
        looked = reader.look(raw, context.own)
        judged = reader.judge(looked, context.own, _asked(looked, wish, context))
    except (Unreadable, ReadingDiedError) as error:
        why = f"the mail {error.reason}"
        return Line(name, "unreadable", reason=why, why=why)
    return _shown(name, looked, judged, context)


def _shown(name: str, looked: Looked, judged: Judged, context: _Context) -> Line:
    return Line(
        file=name,
        kind=looked.classified.kind.value,
        sender=sender_of(looked.mail) if looked.mail.senders else None,
        matched_by=_matched_by(looked, context.parent),
        reply_text=judged.reply.text,
        elided_text=judged.reply.elided,
        decision=judged.decision.value if judged.decision else None,
        reason=judged.reason or judged.why,
        why=judged.why,
        attachments=tuple(file.name for file in looked.mail.attachments),
    )


def _matched_by(looked: Looked, parent: IncomingMail | None) -> str | None:
    """By a token; or, where the mail answered is given, by its id, as by that which a provider has given it."""
    if looked.found.matched_by or parent is None:
        return looked.found.matched_by
    if parent.message_id in looked.mail.in_reply_to:
        return "in_reply_to"
    return "references" if parent.message_id in looked.found.message_ids else None


def _context(wish: Wish, reader: GuardedReader) -> _Context:
    own = _own(wish.address or "nobody@payclerk.invalid", None)
    if wish.sent is None:
        return _Context(own, None, None, _QUESTIONS.get(wish.asked or ""))
    parent = _parent(wish.sent, reader, own)
    text = parent.plain or read_html(parent.html or "")[0]
    question = _QUESTIONS.get(wish.asked) if wish.asked else question_in(text)
    return _Context(_own(wish.address or _answered_to(parent), parent), parent, text, question)


def _own_of(raw: bytes, wish: Wish, context: _Context) -> OwnIdentity:
    """Where nothing says what our address is, an address with a token in it does."""
    found = None if wish.address or wish.sent else _WITH_TOKEN.search(raw[:65536])
    return _own(f"{found['local'].decode()}@{found['domain'].decode()}", None) if found else context.own


def _parent(path: Path, reader: GuardedReader, own: OwnIdentity) -> IncomingMail:
    raw = mail_in(path)
    if isinstance(raw, OSError):
        raise UserError(f"The mail given with --sent cannot be opened: {raw.strerror}.")
    if isinstance(raw, Unreadable):
        raise UserError(f"What is given with --sent {raw.reason}. Give the file as it was sent.")
    try:
        return reader.look(raw, own).mail
    except (Unreadable, ReadingDiedError) as error:
        raise UserError(f"The mail given with --sent {error.reason}. Give the file as it was sent.") from None


def _answered_to(parent: IncomingMail) -> str:
    """The address answers go to, without the token."""
    for address in (*parent.reply_to, *parent.senders):
        local, _, domain = address.email.rpartition("@")
        return f"{local.partition('+')[0]}@{domain}"
    return "nobody@payclerk.invalid"


def _own(address: str, parent: IncomingMail | None) -> OwnIdentity:
    domain = parent.message_id.strip("<>").rpartition("@")[2] if parent else address.rpartition("@")[2]
    known = (parent.message_id,) if parent else ()
    return OwnIdentity(address, domain, LOOP_HEADER, known_ids=known, name=_sent_as(parent))


def _sent_as(parent: IncomingMail | None) -> str:
    return parent.sender.name if parent and parent.sender else ""


def _asked(looked: Looked, wish: Wish, context: _Context) -> Asked:
    check = _check(looked.mail, wish, context.parent)
    places = max(1, len(looked.found.chosen))
    return Asked(context.parent_text, context.question, check, (), wish.language, places)


def _check(mail: IncomingMail, wish: Wish, parent: IncomingMail | None) -> SenderCheck:
    """The poller's check, of the mail with the stamp that `--auth` stands for and no other."""
    invited = wish.invited or next((one.email for one in parent.to), None) if parent else wish.invited
    if invited is None:
        invited = mail.sender.email if mail.sender else ""
    if wish.auth is None:
        said = check_sender(mail, invited, Receiver(None))
        return replace(said, standing=Standing.VERIFIED) if said.by_address else said
    return check_sender(_stamped(mail, wish.auth), invited, Receiver(_STAND_IN))


def _stamped(mail: IncomingMail, auth: Auth) -> IncomingMail:
    domain = mail.senders[0].domain if mail.senders else ""
    items = tuple(item for item in mail.headers.items if item[0] != "authentication-results")
    if auth != "none":
        items = (("authentication-results", f"{_STAND_IN}; dmarc={auth} header.from={domain}"), *items)
    return replace(mail, headers=replace(mail.headers, items=items))
