"""What one mail says, in two steps, each conclusion with its reason: the poller and `payclerk mail explain` take both.

`look` needs the bytes alone. Between the two somebody finds out what the mail answers and who may answer it: the poller
in the database, the command line from its options. `judge` then reads the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from .contrary import contrary_line
from .decision import Decision, Question, Reading, read_decision
from .html_text import hides_words
from .kind import Classified, Kind, OwnIdentity, classify
from .machine_words import CALENDAR_SUBJECTS
from .matching import Found, Match, token_of, tokens_in
from .message import Attachment, IncomingMail, parse
from .newest_quotation import answers_another
from .plain_billing import BillingText, read_billing, read_command
from .receiver import Receiver
from .reply import ReplyText, other_texts, read_reply
from .sender import SenderCheck, check_sender
from .unsafe import why_unsafe
from .words import comparable
from .words_between import BETWEEN, words_between

NO_NOTES: Final = "the answer approves as noted, and there are no notes in it"
_TWO_BODIES: Final = "the mail has two bodies, and the other says something else"
_STRUCK_OUT: Final = re.compile(r"<(?:s|strike|del)[\s>]|line-through", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a mail shows by itself: its parts, its kind, the tokens it carries, and which of its files could run."""

    mail: IncomingMail
    classified: Classified
    found: Found
    unsafe: tuple[str | None, ...] = ()  # of each attachment in turn: why it is not kept
    for_a_person: bool = False  # marked by a program, and yet it may hold somebody's own words
    own: OwnIdentity | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of the mail that is answered, and whether the sender is who was asked."""

    parent_text: str | None = None
    question: Question | None = None
    check: SenderCheck | None = None  # None: nobody was asked
    names: tuple[str, ...] = ()
    language: str = "en"
    places: int = 1  # how many threads the mail answers; of several none is decided
    billing_language: str = ""  # of who may bill in words here; empty: nobody
    decimals: int = 2  # of amounts in the contract's currency
    our_texts: str = ""  # all our letters of the conversation


@dataclass(frozen=True, slots=True)
class Judged:
    """What the sender wrote themselves, and what that decides."""

    reply: ReplyText
    decision: Decision | None
    reason: str
    why: str
    command: str | None = None  # submit or cancel, of a billing in words
    billing: BillingText | None = None
    between: str = ""  # what they typed between the lines of our letter, where it stands with what was cut off


@dataclass(frozen=True, slots=True)
class Explained:
    """Both steps together."""

    mail: IncomingMail
    classified: Classified
    found: Found
    reply: ReplyText
    sender_check: SenderCheck | None
    decision: Decision | None
    reason: str
    why: str

    @property
    def kind(self) -> Kind:
        return self.classified.kind

    @property
    def sender(self) -> str:
        """For show: who the mail says it is from."""
        return sender_of(self.mail)

    @property
    def matched_by(self) -> str | None:
        return self.found.matched_by

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return self.mail.attachments


def look(raw: bytes, own: OwnIdentity) -> Looked:
    """Take a mail apart; `Unreadable` is the only error."""
    mail = parse(raw)
    classified = classify(mail, own)
    unsafe = tuple(why_unsafe(file.name, file.content) for file in mail.attachments)
    words = classified.may_be_written and bool(read_reply(mail, None).text)
    return Looked(mail, classified, _found(mail, classified, own), unsafe, words, own)


def judge(looked: Looked, asked: Asked) -> Judged:
    """Read the answer. A decision comes out only when every gate passes (reference 5.2)."""
    reply = read_reply(looked.mail, asked.parent_text)
    another = answers_another(looked.mail, looked.own, asked.parent_text, asked.our_texts) if looked.own else None
    between = "" if reply.forwarded else words_between(looked.mail, asked.parent_text, asked.our_texts)
    reading = _unless_noted(_decision(looked, asked, reply, another), between)
    judged = Judged(reply, reading.decision, reading.reason, reading.why, between=_apart(between, reply))
    bills = asked.billing_language and another is None
    return _with_billing(looked.mail, judged, asked) if bills else judged


def _unless_noted(reading: Reading, between: str) -> Reading:
    """A decision whose notes stand elsewhere, or nowhere, is for a person."""
    if reading.decision is not None and between:
        return Reading(None, "", BETWEEN.format(words=between.partition("\n")[0][:60]))
    if reading.decision is Decision.APPROVE_AS_NOTED and not reading.reason.strip():
        return Reading(None, "", NO_NOTES)
    return reading


def _apart(between: str, reply: ReplyText) -> str:
    """Those of the lines that are not among the answer's already."""
    written = set(reply.text.split("\n"))
    return "\n".join(line for line in between.split("\n") if line not in written)


def _with_billing(mail: IncomingMail, judged: Judged, asked: Asked) -> Judged:
    """What the words bill, submit or cancel, where they may: in both bodies, where the mail has two."""
    command, billing = _billed(judged.reply.text, asked)
    others = other_texts(mail, asked.parent_text, judged.reply.text)
    if any(_meant(*_billed(other, asked)) != _meant(command, billing) for other in others):
        return replace(judged, why=_TWO_BODIES)
    return replace(judged, command=command, billing=billing)


def _meant(command: str | None, billing: BillingText | None) -> tuple[object, ...]:
    """Without the lines that say nothing of it: a program may fold them in one body and not in the other."""
    said = billing.statements if billing else ()
    return (command, [(one.item, one.kind, one.number, one.sign) for one in said])


def _billed(text: str, asked: Asked) -> tuple[str | None, BillingText | None]:
    command = read_command(text, names=asked.names)
    if command is not None:
        return command, None
    return None, read_billing(text, names=asked.names, language=asked.billing_language, decimals=asked.decimals)


def read(
    raw: bytes,
    *,
    own: OwnIdentity,
    parent_text: str | None = None,
    question: Question | None = None,
    invited: str | None = None,
    authserv_id: str | None = None,
    names: Sequence[str] = (),
    language: str = "en",
) -> Explained:
    """Both steps, for a mail that answers one of ours at most."""
    looked = look(raw, own)
    check = check_sender(looked.mail, invited, Receiver(authserv_id)) if invited is not None else None
    places = max(1, len(looked.found.chosen))
    judged = judge(looked, Asked(parent_text, question, check, tuple(names), language, places))
    return Explained(
        looked.mail,
        looked.classified,
        looked.found,
        judged.reply,
        check,
        judged.decision,
        judged.reason,
        judged.why,
    )


def sender_of(mail: IncomingMail) -> str:
    """For show: every address the mail says it is from."""
    return ", ".join(address.email for address in mail.senders) or "unknown"


def sender_names(mail: IncomingMail) -> tuple[str, ...]:
    """What the sender is called, to know their signature by: display name, mailbox and domain."""
    if mail.sender is None:
        return ()
    local, _, domain = mail.sender.email.partition("@")
    return (mail.sender.name, local.replace(".", " ").replace("_", " "), domain.partition(".")[0])


def _found(mail: IncomingMail, classified: Classified, own: OwnIdentity) -> Found:
    """A bounce has our id in what it returns, seldom in its own headers (issue 68)."""
    found = tokens_in(mail, own.address)
    original = classified.bounce.original_message_id if classified.bounce else None
    token = token_of(original) if original else None
    if original is None:
        return found
    matches = found.matches
    if token is not None and found.matched_by != "address":  # what it returns is surer than what it answers
        matches = (Match(token, "returned"), *(match for match in matches if match.token != token))
    return Found(matches, tuple(dict.fromkeys((*found.message_ids, original))))


def _decision(looked: Looked, asked: Asked, reply: ReplyText, another: str | None) -> Reading:
    refusal = _refusal(looked, asked, reply)
    if refusal is not None or asked.question is None:
        return Reading(None, "", refusal or "")
    names = (*asked.names, *sender_names(looked.mail))
    reading = read_decision(reply.text, asked.question, names=names, language=asked.language)
    if reading.decision is None:
        return reading
    for other in other_texts(looked.mail, asked.parent_text, reply.text):
        if read_decision(other, asked.question, names=names, language=asked.language).decision is not reading.decision:
            return Reading(None, "", f'{_TWO_BODIES} ("{other[:60]}")')
    if another is not None:
        return Reading(None, "", another)
    if asked.parent_text is None:
        return reading
    contrary = contrary_line(reply.elided, asked.parent_text, reading.decision, asked.question)
    return Reading(None, "", f'the mail says otherwise further down ("{contrary[:60]}")') if contrary else reading


def _refusal(looked: Looked, asked: Asked, reply: ReplyText) -> str | None:
    """Why the text is not even asked for a decision, in the order a person would want to hear it."""
    if looked.classified.kind is not Kind.PERSON:
        return looked.classified.why
    if asked.check is not None and not asked.check.verified:
        return asked.check.why
    if asked.places > 1:
        return "the mail answers several of our mails at once"
    if asked.question is None or asked.check is None:
        return "nothing was asked that this mail could answer"
    return _unclear_text(looked.mail, reply)


def _unclear_text(mail: IncomingMail, reply: ReplyText) -> str | None:
    if reply.forwarded:
        return "the mail is a forward: whose words they are is for a person to say"
    if comparable(mail.subject).startswith(CALENDAR_SUBJECTS):
        return "the subject is that of a calendar's answer, and it may be about the date alone"
    if mail.html is not None and _STRUCK_OUT.search(mail.html):
        return "some of the mail is struck out, and plain text does not show what"
    if mail.html is not None and hides_words(mail.html):
        return "some words of the mail are not seen in every mail program, for their size, colour or place"
    if "the text was cut" in mail.defects:
        return "the mail is too long to be read whole"
    if reply.interleaved:
        return (
            "the answer stands between or under lines of our mail, or is very long, and what it answers is not certain"
        )
    if not reply.text:
        signed = any(kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"} for kind in mail.content_types)
        return "the mail is signed or encrypted in a way that cannot be read" if signed else "the mail adds no new text"
    return None
